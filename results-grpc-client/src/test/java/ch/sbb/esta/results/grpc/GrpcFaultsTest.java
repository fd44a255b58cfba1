package ch.sbb.esta.results.grpc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import ch.sbb.esta.results.ListQuery;
import ch.sbb.esta.results.LogName;
import ch.sbb.esta.results.Pages;
import ch.sbb.esta.results.Record;
import ch.sbb.esta.results.RecordName;
import ch.sbb.esta.results.Result;
import ch.sbb.esta.results.ResultName;
import ch.sbb.esta.results.ResultsException;
import ch.sbb.esta.results.ResultsException.Code;
import ch.sbb.esta.results.memory.InMemoryResultsStore;
import ch.sbb.esta.results.testkit.fault.FaultProxy;
import ch.sbb.esta.results.testkit.fault.FaultProxy.Direction;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicInteger;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What networks do to connections: every call ends within its deadline and says what was wrong; nothing is written twice. */
class GrpcFaultsTest {

    private static final ResultName RESULT = ResultName.parse("ci/results/p1");
    private static final String TYPE = "tekton.dev/v1.TaskRun";
    private static final LogName LOG = LogName.parse("ci/results/p1/logs/log");
    private static final RecordName LOG_RECORD = RESULT.record("log");
    private static final Duration DEADLINE = Duration.ofSeconds(2);

    private final UpstreamResults rows = new UpstreamResults(InstantSource.system());
    private final UpstreamLogs texts = new UpstreamLogs(rows);
    private final ResultsServer server = ResultsServer.serving(rows, texts);
    private final FaultProxy proxy = FaultProxy.to("localhost", server.port());
    private final GrpcConnection connection = GrpcConnection.builder("localhost:" + proxy.port())
            .insecure()
            .pauses(Duration.ofMillis(110), Duration.ofSeconds(2))
            .attempts(5)
            .open();
    private final GrpcOptions options = GrpcOptions.builder()
            .callTimeout(DEADLINE)
            .listTimeout(DEADLINE)
            .logTimeout(DEADLINE)
            .build();
    private final GrpcResultsClient client = new GrpcResultsClient(connection.channel(), options);
    private final GrpcLogsClient logs = new GrpcLogsClient(connection.channel(), options);
    private final InMemoryResultsStore quarantine = new InMemoryResultsStore(InstantSource.system());
    private final GrpcResultsStore store =
            new GrpcResultsStore(connection.channel(), options, quarantine, InstantSource.system());

    @BeforeEach
    void connect() {
        Result unused = client.createResult(RESULT, Map.of(), null);
        Record log = client.createRecord(LOG_RECORD, "results.tekton.dev/v1alpha3.Log", json("{}"));
        assertThat(log.name()).isEqualTo(LOG_RECORD);
    }

    @AfterEach
    void stop() {
        connection.close();
        proxy.close();
        server.close();
    }

    @Test
    void aStallEndsEachCallAtItsDeadline() {
        texts.plant(LOG_RECORD, "text");
        proxy.blackHole();

        assertEndsAs(Code.TIMEOUT, () -> client.findResult(RESULT));
        assertEndsAs(Code.TIMEOUT, () -> client.listResults(ListQuery.of("ci")));
        assertEndsAs(Code.TIMEOUT, () -> logs.open(LOG));
        assertEndsAs(Code.TIMEOUT, () -> logs.upload(LOG, new ByteArrayInputStream(new byte[1 << 20])));
        assertEndsAs(Code.TIMEOUT, () -> store.archive(List.of(SampleRuns.pipelineRun("p1", 5, true))));
    }

    @Test
    void aConnectionThatIsResetIsMadeAnew() {
        proxy.cut();

        assertThat(client.findResult(RESULT)).isPresent();
    }

    @Test
    void aServerThatIsGoneIsUnavailable() {
        proxy.refuse();
        proxy.cut();

        assertEndsAs(Code.UNAVAILABLE, () -> client.createRecord(RESULT.record("x"), TYPE, json("{}")));
        assertEndsAs(Code.UNAVAILABLE, () -> logs.upload(LOG, new ByteArrayInputStream(new byte[10])));
    }

    @Test
    void aTextThatIsCutDoesNotEndAsIfItWereWhole() throws Exception {
        texts.plant(LOG_RECORD, "x".repeat(2_000_000));
        proxy.cutAfter(Direction.TO_CLIENT, proxy.bytes(Direction.TO_CLIENT) + 500_000);

        try (InputStream text = logs.open(LOG)) {
            assertThatThrownBy(text::readAllBytes)
                    .isInstanceOf(IOException.class)
                    .cause()
                    .isInstanceOfSatisfying(
                            ResultsException.class, e -> assertThat(e.code()).isEqualTo(Code.UNAVAILABLE));
        }
        proxy.heal();
        try (InputStream text = logs.open(LOG)) {
            assertThat(text.readAllBytes()).hasSize(2_000_000);
        }
    }

    @Test
    void aTextThatComesTooSlowlyEndsAtItsDeadline() throws Exception {
        texts.plant(LOG_RECORD, "x".repeat(2_000_000));
        try (InputStream text = logs.open(LOG)) {
            proxy.throttle(1_000);
            assertThatThrownBy(text::readAllBytes)
                    .isInstanceOf(IOException.class)
                    .cause()
                    .isInstanceOfSatisfying(
                            ResultsException.class, e -> assertThat(e.code()).isEqualTo(Code.TIMEOUT));
        }
    }

    @Test
    void anUploadThatIsCutFailsLeavesNothingAndMayBeRepeated() throws Exception {
        byte[] text = new byte[2_000_000];
        proxy.cutAfter(Direction.TO_SERVER, proxy.bytes(Direction.TO_SERVER) + 500_000);

        assertEndsAs(Code.UNAVAILABLE, () -> logs.upload(LOG, new ByteArrayInputStream(text)));
        assertThat(texts.texts()).isEmpty();
        assertThat(server.calls()).filteredOn("UpdateLog"::equals).hasSize(1);

        proxy.heal();
        assertThat(logs.upload(LOG, new ByteArrayInputStream(text))).isEqualTo(text.length);
        assertThat(Objects.requireNonNull(texts.texts().get(LOG_RECORD.toString()))
                        .size())
                .isEqualTo(text.length);
    }

    @Test
    void aListGoesOnWhenTheServerIsRestartedInTheMiddle() {
        for (int i = 0; i < 40; i++) {
            Record unused = client.createRecord(RESULT.record("r" + i), TYPE, json("{\"i\": " + i + "}"));
        }
        AtomicInteger seen = new AtomicInteger();

        List<Record> all = Pages.stream(ListQuery.of(RESULT.toString()).pageSize(5), query -> {
                    if (seen.getAndIncrement() % 2 == 1) {
                        proxy.cut();
                    }
                    return client.listRecords(query);
                })
                .toList();

        assertThat(all).hasSize(41).doesNotHaveDuplicates();
    }

    @ParameterizedTest
    @ValueSource(longs = {0, 50, 200, 600, 2_000})
    void aWriteWhoseAnswerIsCutIsDoneOnceWhenItIsRepeated(long bytes) {
        proxy.cutAfter(Direction.TO_CLIENT, bytes);
        proxy.cut();
        // A channel that could not connect waits about a second before it tries again.
        Awaitility.await().atMost(Duration.ofSeconds(60)).until(this::isArchived);

        assertThat(quarantine.list("", 10).items()).isEmpty();
        assertThat(client.listRecords(ListQuery.of(RESULT.toString())).items())
                .extracting(record -> record.name().record())
                .containsExactlyInAnyOrder("log", "p1");
        assertThat(client.findResult(RESULT).orElseThrow().summary()).isPresent();
    }

    private boolean isArchived() {
        try {
            return store.archive(List.of(SampleRuns.pipelineRun("p1", 5, true)))
                    .get(0)
                    .isArchived();
        } catch (ResultsException e) {
            assertThat(e.isRetryable()).as(e::toString).isTrue();
            proxy.heal();
            return false;
        }
    }

    private static void assertEndsAs(Code code, ThrowingCallable call) {
        Instant start = Instant.now();
        ResultsException e = catchThrowableOfType(ResultsException.class, call);
        assertThat(e).as("a failure").isNotNull();
        assertThat(e.code()).as(e::toString).isEqualTo(code);
        assertThat(Duration.between(start, Instant.now())).isLessThan(DEADLINE.multipliedBy(4));
    }

    private static byte[] json(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}

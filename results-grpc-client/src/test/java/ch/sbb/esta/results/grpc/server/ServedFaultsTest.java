package ch.sbb.esta.results.grpc.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import ch.sbb.esta.results.ListQuery;
import ch.sbb.esta.results.LogInfo;
import ch.sbb.esta.results.LogName;
import ch.sbb.esta.results.LogState;
import ch.sbb.esta.results.Page;
import ch.sbb.esta.results.Record;
import ch.sbb.esta.results.RecordName;
import ch.sbb.esta.results.Result;
import ch.sbb.esta.results.ResultName;
import ch.sbb.esta.results.ResultsException;
import ch.sbb.esta.results.ResultsException.Code;
import ch.sbb.esta.results.grpc.GrpcConnection;
import ch.sbb.esta.results.grpc.GrpcLogsClient;
import ch.sbb.esta.results.grpc.GrpcOptions;
import ch.sbb.esta.results.grpc.GrpcResultsStore;
import ch.sbb.esta.results.logs.LogRecords;
import ch.sbb.esta.results.memory.InMemoryLogs;
import ch.sbb.esta.results.memory.InMemoryResultsStore;
import ch.sbb.esta.results.spi.Authorizer;
import ch.sbb.esta.results.testkit.fault.FaultProxy;
import ch.sbb.esta.results.testkit.fault.FaultProxy.Direction;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.SequenceInputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What networks and restarts do between our client and our server: calls end in time and say why, and nothing is there twice. */
class ServedFaultsTest {

    private static final Duration DEADLINE = Duration.ofSeconds(1);
    private static final ResultName RESULT = ResultName.parse("ci/results/p1");
    private static final RecordName LOG_RECORD = RESULT.record("log-1");
    private static final LogName LOG = LogName.parse("ci/results/p1/logs/log-1");
    private static final int TEXT_BYTES = 2_000_000;

    private final InMemoryResultsStore store = new InMemoryResultsStore(InstantSource.system());
    private final InMemoryLogs logs = new InMemoryLogs();
    private final ResultsServices services = ResultsServices.builder(store, Authorizer.allowAll())
            .logs(logs)
            .logUploads(logs)
            .logDeletion(logs)
            .build();
    private GrpcResultsServer server = start();
    private final FaultProxy proxy = FaultProxy.to("localhost", server.port());
    private final GrpcConnection connection = GrpcConnection.builder("localhost:" + proxy.port())
            .insecure()
            .pauses(Duration.ofMillis(110), Duration.ofSeconds(2))
            .open();
    private final InMemoryResultsStore quarantine = new InMemoryResultsStore(InstantSource.system());
    private final GrpcOptions hurried = GrpcOptions.builder()
            .callTimeout(DEADLINE)
            .listTimeout(DEADLINE)
            .logTimeout(DEADLINE)
            .build();
    private final GrpcOptions patient =
            GrpcOptions.builder().callTimeout(Duration.ofMinutes(1)).build();
    private final GrpcResultsStore client = client(patient);
    private final GrpcLogsClient texts = new GrpcLogsClient(connection.channel(), patient);

    private GrpcResultsServer start() {
        return GrpcResultsServer.builder(services)
                .address(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
                .plaintext()
                .drainTimeout(Duration.ZERO)
                .start();
    }

    private GrpcResultsStore client(GrpcOptions options) {
        return new GrpcResultsStore(connection.channel(), options, quarantine, InstantSource.system());
    }

    /** Another process over the same store takes over. */
    private void restartServer() {
        GrpcResultsServer before = server;
        server = start();
        proxy.redirectTo("localhost", server.port());
        before.close();
    }

    @BeforeEach
    void archive() {
        store.archive(List.of(ServedRuns.pipelineRun("ci", "p1"), ServedRuns.taskRun("ci", "t1", "p1")));
        Record log = store.createRecord(LOG_RECORD, LogRecords.TYPE, """
                {"metadata": {"name": "t-log"}, "spec": {"type": "S3", "resource":
                 {"kind": "TaskRun", "namespace": "ci", "name": "t", "uid": "t1"}}, "status": {"size": 0}}
                """.getBytes(StandardCharsets.UTF_8));
        assertThat(log.name()).isEqualTo(LOG_RECORD);
    }

    @AfterEach
    void stop() {
        connection.close();
        proxy.close();
        server.close();
    }

    @Test
    void aStallEndsEveryCallAtItsDeadlineWhateverItWas() {
        assertThat(client.findResult(RESULT)).isPresent();
        GrpcResultsStore waiting = client(hurried);
        GrpcLogsClient waitingTexts = new GrpcLogsClient(connection.channel(), hurried);
        proxy.blackHole();

        assertEndsAs(Code.TIMEOUT, () -> waiting.listRecords(ListQuery.of("ci/results/-")));
        assertEndsAs(Code.TIMEOUT, () -> waiting.findResult(RESULT));
        assertEndsAs(Code.TIMEOUT, () -> waiting.archive(List.of(ServedRuns.pipelineRun("ci", "p2"))));
        assertEndsAs(Code.TIMEOUT, () -> waitingTexts.open(LOG));
        assertEndsAs(Code.TIMEOUT, () -> waitingTexts.upload(LOG, new ByteArrayInputStream(text())));

        proxy.heal();
        assertThat(client.archive(List.of(ServedRuns.pipelineRun("ci", "p2"))))
                .allMatch(outcome -> outcome.isArchived());
        assertThat(store.listRecords(ListQuery.of("ci/results/p2")).items()).hasSize(1);
        assertThat(quarantine.list("", 10).items()).isEmpty();
    }

    @Test
    void aListThatComesTooSlowlyEndsAtItsDeadline() {
        store.archive(List.of(ServedRuns.large("ci", "large", 2_000_000)));
        assertThat(client.findResult(RESULT)).isPresent();
        proxy.throttle(10_000);

        assertEndsAs(Code.TIMEOUT, () -> client(hurried).listRecords(ListQuery.of("ci/results/-")));

        proxy.heal();
        assertThat(client.listRecords(ListQuery.of("ci/results/-")).items()).hasSize(4);
    }

    @ParameterizedTest
    @ValueSource(longs = {0, 30, 500, 50_000, 400_000})
    void aListThatIsCutIsUnavailableAndWholeAfterwards(long bytes) {
        for (int i = 0; i < 50; i++) {
            store.archive(List.of(ServedRuns.large("ci", "r" + i, 20_000)));
        }
        List<Record> expected =
                store.listRecords(ListQuery.of("ci/results/-").pageSize(100)).items();
        proxy.cutAfter(Direction.TO_CLIENT, bytes);
        proxy.cut();

        assertEndsAs(
                Code.UNAVAILABLE,
                () -> client.listRecords(ListQuery.of("ci/results/-").pageSize(100)));

        proxy.heal();
        assertThat(eventually(() ->
                                client.listRecords(ListQuery.of("ci/results/-").pageSize(100)))
                        .items())
                .isEqualTo(expected);
    }

    @Test
    void aConnectionThatIsResetBetweenCallsIsNotNoticed() {
        for (int i = 0; i < 5; i++) {
            assertThat(client.findResult(RESULT)).isPresent();
            proxy.cut();
        }
    }

    @ParameterizedTest
    @ValueSource(longs = {0, 50, 200, 600, 1_200, 3_000})
    void anArchivalWhoseAnswersAreCutIsDoneOnceWhenItIsRepeated(long bytes) {
        proxy.cutAfter(Direction.TO_CLIENT, bytes);
        proxy.cut();

        assertThat(eventually(() -> client.archive(
                        List.of(ServedRuns.pipelineRun("ci", "p2"), ServedRuns.taskRun("ci", "t2", "p2")))))
                .allMatch(outcome -> outcome.isArchived());

        assertThat(store.listRecords(ListQuery.of("ci/results/p2")).items())
                .extracting(record -> record.name().record())
                .containsExactlyInAnyOrder("p2", "t2");
        assertThat(store.findResult(ResultName.parse("ci/results/p2")).flatMap(Result::summary))
                .isPresent();
        assertThat(quarantine.list("", 10).items()).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(longs = {0, 50, 200, 600, 1_200})
    void anArchivalWhoseRequestsAreCutIsDoneOnceWhenItIsRepeated(long bytes) {
        proxy.cutAfter(Direction.TO_SERVER, bytes);
        proxy.cut();

        assertThat(eventually(() -> client.archive(List.of(ServedRuns.pipelineRun("ci", "p2")))))
                .allMatch(outcome -> outcome.isArchived());

        assertThat(store.listRecords(ListQuery.of("ci/results/p2")).items()).hasSize(1);
        assertThat(quarantine.list("", 10).items()).isEmpty();
    }

    @Test
    void aLogThatIsCutOrTooSlowDoesNotEndAsIfItWereWhole() throws Exception {
        byte[] text = text();
        assertThat(texts.upload(LOG, new ByteArrayInputStream(text))).isEqualTo(TEXT_BYTES);
        proxy.cutAfter(Direction.TO_CLIENT, proxy.bytes(Direction.TO_CLIENT) + 500_000);
        assertBreaksOff(texts, Code.UNAVAILABLE);
        proxy.heal();
        proxy.throttle(20_000);
        assertBreaksOff(new GrpcLogsClient(connection.channel(), hurried), Code.TIMEOUT);
        proxy.heal();

        assertThat(eventually(this::read)).isEqualTo(text);
    }

    private static void assertBreaksOff(GrpcLogsClient logs, Code code) {
        assertThatThrownBy(() -> {
                    try (InputStream in = logs.open(LOG)) {
                        in.readAllBytes();
                    }
                })
                .satisfies(e -> assertThat(e instanceof ResultsException ? e : e.getCause())
                        .isInstanceOfSatisfying(
                                ResultsException.class,
                                failure -> assertThat(failure.code()).isEqualTo(code)));
    }

    @ParameterizedTest
    @ValueSource(longs = {0, 100, 70_000, 1_000_000, 1_999_000})
    void anUploadThatIsCutIsStoredOnceAndWholeWhenItIsRepeated(long bytes) throws Exception {
        byte[] text = text();
        proxy.cutAfter(Direction.TO_SERVER, bytes);
        proxy.cut();

        assertEndsAs(Code.UNAVAILABLE, () -> texts.upload(LOG, new ByteArrayInputStream(text)));
        assertThat(store.findRecord(LOG_RECORD).map(Record::data).map(String::new))
                .hasValueSatisfying(data -> assertThat(data).doesNotContain("isStored"));
        proxy.heal();

        assertStoredInTheEnd(text);
    }

    /** The server may have everything and nobody knows: to upload it again is refused then, or replaces what broke off. */
    @ParameterizedTest
    @ValueSource(longs = {0, 60, 150, 400, 1_000})
    void anUploadWhoseAnswerIsCutIsStoredOnceAndWholeWhenItIsRepeated(long bytes) throws Exception {
        proxy.cutAfter(Direction.TO_CLIENT, bytes);
        proxy.cut();

        assertStoredInTheEnd(text());
    }

    @Test
    void aRestartInTheMiddleOfAnUploadMayBeAnsweredByUploadingAgain() throws Exception {
        byte[] text = text();
        InputStream restarting =
                new SequenceInputStream(
                        new ByteArrayInputStream(text, 0, TEXT_BYTES / 2),
                        new ByteArrayInputStream(text, TEXT_BYTES / 2, TEXT_BYTES)) {
                    private int read;
                    private boolean restarted;

                    @Override
                    public int read(byte[] buffer, int from, int length) throws IOException {
                        if (read > TEXT_BYTES / 4 && !restarted) {
                            restarted = true;
                            restartServer();
                        }
                        int count = super.read(buffer, from, length);
                        read += Math.max(0, count);
                        return count;
                    }
                };

        GrpcOptions bounded =
                GrpcOptions.builder().logTimeout(Duration.ofSeconds(10)).build();
        ResultsException e = catchThrowableOfType(
                ResultsException.class,
                () -> new GrpcLogsClient(connection.channel(), bounded).upload(LOG, restarting));
        assertThat(e).as("a failure").isNotNull();
        assertThat(e.code()).as(e::toString).isEqualTo(Code.UNAVAILABLE);

        assertStoredInTheEnd(text);
        assertThat(logs.list("ci", "t1"))
                .extracting(LogInfo::state)
                .filteredOn(state -> state == LogState.COMPLETE)
                .hasSize(1);
    }

    private void assertStoredInTheEnd(byte[] text) throws Exception {
        Awaitility.await()
                .atMost(Duration.ofMinutes(1))
                .pollInterval(Duration.ofMillis(200))
                .until(() -> isUploaded(text));
        assertThat(eventually(this::read)).isEqualTo(text);
        assertThat(new String(store.findRecord(LOG_RECORD).orElseThrow().data(), StandardCharsets.UTF_8))
                .contains("\"isStored\":true", "\"size\":" + text.length);
    }

    private boolean isUploaded(byte[] text) throws IOException {
        try {
            return texts.upload(LOG, new ByteArrayInputStream(text)) == text.length;
        } catch (ResultsException e) {
            proxy.heal();
            assertThat(e.code()).as(e::toString).isIn(Code.UNAVAILABLE, Code.ALREADY_EXISTS);
            return e.code() == Code.ALREADY_EXISTS;
        }
    }

    @Test
    void pagesGoOnWithTheSameTokenWhenTheServerIsRestarted() {
        for (int i = 0; i < 40; i++) {
            store.archive(List.of(ServedRuns.pipelineRun("ci", "r" + i)));
        }
        for (String order : List.of("", "create_time desc", "update_time")) {
            ListQuery query = ListQuery.of("ci/results/-")
                    .orderBy(ch.sbb.esta.results.ListOrder.parse(order))
                    .pageSize(7);
            List<RecordName> seen = new ArrayList<>();
            Optional<String> token = Optional.of("");
            while (token.isPresent()) {
                ListQuery next = query.pageToken(token.get());
                Page<Record> page = client.listRecords(next);
                page.items().forEach(record -> seen.add(record.name()));
                token = page.nextPageToken();
                if (seen.size() % 14 == 0) {
                    restartServer();
                }
            }
            assertThat(seen).as(order).hasSize(43).doesNotHaveDuplicates();
        }
    }

    private static byte[] text() {
        byte[] text = new byte[TEXT_BYTES];
        new Random(7).nextBytes(text);
        return text;
    }

    private byte[] read() throws IOException {
        try (InputStream in = texts.open(LOG)) {
            return in.readAllBytes();
        }
    }

    private interface Call<T> {
        T make() throws IOException;
    }

    /** What becomes of a call when whoever makes it repeats it as it says that it may. */
    private <T> T eventually(Call<T> call) {
        List<T> answer = new ArrayList<>();
        Awaitility.await()
                .atMost(Duration.ofMinutes(1))
                .pollInterval(Duration.ofMillis(200))
                .until(() -> {
                    try {
                        return answer.add(call.make());
                    } catch (ResultsException e) {
                        assertThat(e.isRetryable()).as(e::toString).isTrue();
                        proxy.heal();
                        return false;
                    }
                });
        return answer.get(0);
    }

    private static void assertEndsAs(Code code, ThrowingCallable call) {
        Instant start = Instant.now();
        ResultsException e = catchThrowableOfType(ResultsException.class, call);
        assertThat(e).as("a failure").isNotNull();
        assertThat(e.code()).as(e::toString).isEqualTo(code);
        assertThat(Duration.between(start, Instant.now())).isLessThan(Duration.ofMinutes(1));
    }
}

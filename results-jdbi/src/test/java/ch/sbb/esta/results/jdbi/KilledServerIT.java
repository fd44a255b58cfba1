package ch.sbb.esta.results.jdbi;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;
import static org.awaitility.Awaitility.await;
import static org.awaitility.Durations.ONE_MINUTE;

import ch.sbb.esta.results.ArchiveOutcome;
import ch.sbb.esta.results.ArchiveOutcome.Status;
import ch.sbb.esta.results.ListQuery;
import ch.sbb.esta.results.Page;
import ch.sbb.esta.results.Record;
import ch.sbb.esta.results.RecordName;
import ch.sbb.esta.results.ResultsException;
import ch.sbb.esta.results.ResultsException.Code;
import ch.sbb.esta.results.RunPlacement;
import ch.sbb.esta.results.testkit.fault.FaultProxy;
import ch.sbb.esta.results.testkit.fault.FaultProxy.Direction;
import ch.sbb.esta.results.testkit.postgres.PostgresServer;
import ch.sbb.esta.results.testkit.postgres.PostgresServer.Durability;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** The server's processes are killed while it sends a page, and while it takes a batch; a slow network makes the time for it. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@SuppressWarnings("NullAway.Init") // set before each test
class KilledServerIT {

    private static final int RUNS = 300;
    private static final int PAGE = 100;
    private static final long SPEED = 2_000_000;

    /** A pool may wait some seconds between its attempts to reach a server that was away. */
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    private final PostgresServer server =
            PostgresServer.builder().durability(Durability.DURABLE).start();
    private final Fixture fixture = new Fixture(server.newDatabase());
    private final FaultProxy proxy = FaultProxy.to("localhost", server.port());
    private final PostgresPool pool = PostgresConfig.builder(
                    "127.0.0.1:" + proxy.port(), fixture.database().user())
            .login(() -> new PostgresLogin(
                    fixture.database().user(), fixture.database().password()))
            .tls(PostgresTls.disabled())
            .poolTimeout(Duration.ofSeconds(2))
            .build()
            .openPool();
    private String schema;
    private JdbiResultsStore store;

    @BeforeEach
    void makeSchema() {
        schema = fixture.newSchema();
        store = store(Duration.ofSeconds(1));
        proxy.heal();
    }

    @AfterAll
    void close() {
        assertThat(pool.activeConnections()).isZero();
        pool.close();
        proxy.close();
        fixture.close();
        server.close();
    }

    @Test
    void aPageInTheMiddleOfWhichTheServerDiesIsUnavailableAndTheWalkGoesOnWhereItWas() throws Exception {
        List<RunPlacement> runs = runs("page");
        store.archive(runs);
        ListQuery query = ListQuery.of("ci/results/-").pageSize(PAGE);
        Page<Record> first = store.listRecords(query);
        ListQuery second = query.pageToken(first.nextPageToken().orElseThrow());

        Throwable failure = failureOfServerDuring(Direction.TO_CLIENT, 300_000, () -> store.listRecords(second));

        assertUnavailable(failure);
        server.startAgain();
        JdbiResultsStore patient = store(PATIENCE);
        Set<RecordName> listed = new HashSet<>();
        first.items().forEach(record -> listed.add(record.name()));
        Page<Record> page = patient.listRecords(second);
        page.items().forEach(record -> listed.add(record.name()));
        while (page.nextPageToken().isPresent()) {
            page = patient.listRecords(query.pageToken(page.nextPageToken().get()));
            page.items().forEach(record -> listed.add(record.name()));
        }
        assertThat(listed)
                .containsExactlyInAnyOrderElementsOf(
                        runs.stream().map(RunPlacement::record).toList());
    }

    @Test
    void aBatchInTheMiddleOfWhichTheServerDiesIsUnavailableAndLeavesNothing() throws Exception {
        List<RunPlacement> earlier = runs("earlier").subList(0, 10);
        store.archive(earlier);
        List<RunPlacement> runs = runs("batch");

        Throwable failure = failureOfServerDuring(Direction.TO_SERVER, 300_000, () -> store.archive(runs));

        assertUnavailable(failure);
        server.startAgain();
        assertThat(fixture.query("SELECT count(*) FROM \"" + schema + "\".records"))
                .containsExactly("10");
        JdbiResultsStore patient = store(PATIENCE);
        assertThat(patient.archive(runs)).extracting(ArchiveOutcome::status).containsOnly(Status.CREATED);
        assertThat(patient.archive(earlier)).extracting(ArchiveOutcome::status).containsOnly(Status.UNCHANGED);
    }

    @Test
    void aServerThatComesBackInTimeIsOnlySlow() throws Exception {
        JdbiResultsStore patient = store(PATIENCE);
        List<RunPlacement> runs = runs("patient");
        proxy.throttle(SPEED);
        long before = proxy.bytes(Direction.TO_SERVER);

        CompletableFuture<List<ArchiveOutcome>> outcomes = CompletableFuture.supplyAsync(() -> patient.archive(runs));
        await().atMost(ONE_MINUTE).until(() -> proxy.bytes(Direction.TO_SERVER) - before > 300_000);
        server.kill();
        proxy.heal();
        server.startAgain();

        assertThat(outcomes.get(60, TimeUnit.SECONDS))
                .extracting(ArchiveOutcome::status)
                .containsOnly(Status.CREATED);
        List<Record> listed = new ArrayList<>(
                patient.listRecords(ListQuery.of("ci/results/-").pageSize(1000)).items());
        assertThat(listed).hasSize(RUNS);
    }

    private @Nullable Throwable failureOfServerDuring(Direction direction, long bytes, Runnable call) throws Exception {
        proxy.throttle(SPEED);
        long before = proxy.bytes(direction);
        CompletableFuture<@Nullable Throwable> failure = CompletableFuture.supplyAsync(() -> catchThrowable(call::run));
        await().pollInterval(Duration.ofMillis(5)).until(() -> proxy.bytes(direction) - before > bytes);
        server.kill();
        proxy.heal();
        return failure.get(60, TimeUnit.SECONDS);
    }

    private static void assertUnavailable(@Nullable Throwable failure) {
        assertThat(failure).isInstanceOfSatisfying(ResultsException.class, e -> {
            assertThat(e.code()).as(e.toString()).isEqualTo(Code.UNAVAILABLE);
            assertThat(e.isRetryable()).isTrue();
        });
    }

    private JdbiResultsStore store(Duration failoverTimeout) {
        return JdbiResultsStore.builder(pool.dataSource(), schema)
                .failoverTimeout(failoverTimeout)
                .build();
    }

    /** Of ten kilobytes each, which do not compress. */
    private static List<RunPlacement> runs(String prefix) {
        Random random = new Random(7);
        return IntStream.range(0, RUNS)
                .mapToObj(i -> {
                    StringBuilder spec = new StringBuilder("{\"text\":\"");
                    random.ints(10_000, 'a', 'z' + 1).forEach(spec::appendCodePoint);
                    return Fixture.run(prefix + "-" + i, "1", spec.append("\"}").toString());
                })
                .toList();
    }
}

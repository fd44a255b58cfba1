package ch.sbb.esta.results.jdbi;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ch.sbb.esta.results.ArchiveOutcome;
import ch.sbb.esta.results.ArchiveOutcome.Status;
import ch.sbb.esta.results.ListQuery;
import ch.sbb.esta.results.Page;
import ch.sbb.esta.results.Record;
import ch.sbb.esta.results.ResultsException;
import ch.sbb.esta.results.ResultsException.Code;
import ch.sbb.esta.results.RunPlacement;
import ch.sbb.esta.results.testkit.fault.FaultProxy;
import ch.sbb.esta.results.testkit.fault.FaultProxy.Direction;
import ch.sbb.esta.results.testkit.postgres.PostgresServer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** A network between store and server that cuts, swallows and refuses, at every stage of a call. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@SuppressWarnings("NullAway.Init") // set before each test
class NetworkFaultsIT {

    private static final int RUNS = 40;
    private static final int CUTS = 45;
    private static final long SEED = 20261121;

    private final PostgresServer server = PostgresServer.builder().start();
    private final Fixture fixture = new Fixture(server.newDatabase());
    private final FaultProxy proxy = FaultProxy.to("localhost", server.port());
    private String schema;
    private JdbiResultsStore direct;

    @BeforeEach
    void makeSchema() {
        schema = fixture.newSchema();
        direct = JdbiResultsStore.builder(fixture.pool(), schema).build();
    }

    @AfterEach
    void heal() {
        proxy.heal();
    }

    @AfterAll
    void close() {
        proxy.close();
        fixture.close();
        server.close();
    }

    @Test
    void aListThatIsCutAnywhereIsWholeOrUnavailable() {
        direct.archive(runs("1"));
        ListQuery query = ListQuery.of("ci/results/-").pageSize(RUNS);
        Page<Record> whole = direct.listRecords(query);
        JdbiResultsStore store = overTheNetwork(Duration.ZERO);
        long before = proxy.bytes(Direction.TO_CLIENT);
        assertThat(store.listRecords(query)).isEqualTo(whole);
        long bytes = proxy.bytes(Direction.TO_CLIENT) - before;
        int unavailable = 0;
        for (long cut : cuts(bytes)) {
            proxy.cutAfter(Direction.TO_CLIENT, cut);
            try {
                assertThat(store.listRecords(query))
                        .as("cut after %d bytes", cut)
                        .isEqualTo(whole);
            } catch (ResultsException e) {
                assertThat(e.code()).as("cut after %d bytes: %s", cut, e).isEqualTo(Code.UNAVAILABLE);
                unavailable++;
            }
        }
        assertThat(unavailable).as("calls that were cut").isGreaterThan(CUTS / 2);
        proxy.heal();
        assertThat(store.listRecords(query)).isEqualTo(whole);
    }

    @Test
    void anArchiveThatIsCutAnywhereIsAllOrNothingAndTheSameCallSucceedsAfterwards() {
        JdbiResultsStore store = overTheNetwork(Duration.ZERO);
        for (Direction direction : Direction.values()) {
            long before = proxy.bytes(direction);
            store.archive(runs("measured"));
            long bytes = proxy.bytes(direction) - before;
            int unavailable = 0;
            for (long cut : cuts(bytes)) {
                List<RunPlacement> batch = runs(name(direction, cut));
                proxy.cutAfter(direction, cut);
                try {
                    store.archive(batch);
                } catch (ResultsException e) {
                    assertThat(e.code()).as("cut after %d bytes: %s", cut, e).isEqualTo(Code.UNAVAILABLE);
                    unavailable++;
                }
                proxy.heal();
                long stored = count(name(direction, cut));
                assertThat(stored).as("stored when cut after %d bytes", cut).isIn(0L, (long) RUNS);
                assertThat(store.archive(batch))
                        .extracting(ArchiveOutcome::status)
                        .containsOnly(stored == 0 ? Status.CREATED : Status.UNCHANGED);
            }
            assertThat(unavailable).as("calls that were cut").isPositive();
        }
    }

    @Test
    void aWriteWhoseCommitGotNoAnswerSaysThatItMayHaveBeenDone() {
        direct.archive(runs("x").subList(0, 1));
        Record record = direct.listRecords(ListQuery.of("ci/results/-")).items().get(0);
        JdbiResultsStore store = overTheNetwork(Duration.ZERO);
        boolean doubt = false;
        boolean failed = false;
        byte[] other = new String(record.data(), java.nio.charset.StandardCharsets.UTF_8)
                .replace("padding", "changed")
                .getBytes(java.nio.charset.StandardCharsets.UTF_8);
        for (long cut = 8000; cut > 200 && !(doubt && failed); cut -= 20) {
            Record now = direct.findRecord(record.name()).orElseThrow();
            proxy.cutAfter(Direction.TO_CLIENT, cut);
            try {
                store.updateRecord(now.name(), now.type(), other, now.stored().etag());
            } catch (ResultsException e) {
                boolean done = !direct.findRecord(record.name())
                        .orElseThrow()
                        .stored()
                        .etag()
                        .equals(now.stored().etag());
                if (e.toString().contains("may have been committed or not")) {
                    doubt = true;
                    assertThat(e.code()).isEqualTo(Code.UNAVAILABLE);
                } else {
                    failed = true;
                    assertThat(done)
                            .as("done, though said to have failed: %s", e)
                            .isFalse();
                }
            } finally {
                proxy.heal();
            }
        }
        assertThat(doubt).as("a cut in the middle of a commit").isTrue();
    }

    @Test
    void aServerThatFallsSilentIsUnavailableWithinTheSocketTimeout() throws Exception {
        JdbiResultsStore store = overTheNetwork(Duration.ZERO);
        direct.archive(runs("silent"));
        store.listRecords(ListQuery.of("ci/results/-"));
        try (PostgresPool pool = config().openPool()) {
            JdbiResultsStore pooled = store(pool.dataSource(), Duration.ZERO);
            pooled.listRecords(ListQuery.of("ci/results/-"));
            proxy.blackHole();

            CompletableFuture<Throwable> failure =
                    CompletableFuture.supplyAsync(() -> catchUnavailable(() -> pooled.archive(runs("silent-2"))));

            assertThat(failure.get(20, TimeUnit.SECONDS)).isInstanceOf(ResultsException.class);
            proxy.heal();
            assertThat(pooled.archive(runs("silent-2"))).hasSize(RUNS);
        }
    }

    @Test
    void aServerThatAcceptsAndSaysNothingIsUnavailableWithinTheLoginTimeout() throws Exception {
        JdbiResultsStore store = overTheNetwork(Duration.ZERO);
        proxy.blackHole();

        CompletableFuture<Throwable> failure = CompletableFuture.supplyAsync(
                () -> catchUnavailable(() -> store.listRecords(ListQuery.of("ci/results/-"))));

        assertThat(failure.get(20, TimeUnit.SECONDS)).isInstanceOf(ResultsException.class);
    }

    @Test
    void aConnectionThatIsRefusedIsUnavailable() {
        JdbiResultsStore store = overTheNetwork(Duration.ZERO);
        proxy.refuse();

        assertThat(catchUnavailable(() -> store.archive(runs("refused")))).hasMessageContaining("refused");
    }

    @Test
    void connectionsOfThePoolThatBreakWhileNobodyUsesThemAreNotNoticed() {
        try (PostgresPool pool = config().openPool()) {
            JdbiResultsStore store = store(pool.dataSource(), Duration.ofSeconds(10));
            for (int i = 0; i < 30; i++) {
                assertThat(store.archive(runs("pooled-" + i).subList(0, 1)))
                        .extracting(ArchiveOutcome::status)
                        .containsExactly(Status.CREATED);
                proxy.cut();
                assertThat(store.listRecords(ListQuery.of("ci/results/-")).items())
                        .hasSize(i + 1);
                proxy.cut();
            }
            assertThat(pool.activeConnections()).isZero();
        }
    }

    @Test
    void anInterruptedThreadDoesNotTryAgain() {
        JdbiResultsStore store = overTheNetwork(Duration.ofMinutes(10));
        proxy.refuse();
        Thread.currentThread().interrupt();
        try {
            assertThatThrownBy(() -> store.listRecords(ListQuery.of("ci/results/-")))
                    .isInstanceOf(ResultsException.class);
        } finally {
            assertThat(Thread.interrupted()).isTrue();
        }
    }

    private static Throwable catchUnavailable(org.assertj.core.api.ThrowableAssert.ThrowingCallable call) {
        Throwable thrown = org.assertj.core.api.Assertions.catchThrowable(call);
        assertThat(thrown)
                .isInstanceOfSatisfying(
                        ResultsException.class,
                        e -> assertThat(e.code()).as(e.toString()).isEqualTo(Code.UNAVAILABLE));
        return thrown;
    }

    private static String name(Direction direction, long cut) {
        return (direction == Direction.TO_SERVER ? "to-server-" : "to-client-") + cut;
    }

    private long count(String prefix) {
        return Long.parseLong(
                fixture.query("SELECT count(*) FROM \"" + schema + "\".records WHERE name LIKE '" + prefix + "-%'")
                        .get(0));
    }

    /** The first bytes, the last ones, and some between, so that every stage is met. */
    private static List<Long> cuts(long bytes) {
        Random random = new Random(SEED);
        List<Long> cuts = new ArrayList<>();
        for (int i = 0; i < CUTS; i++) {
            cuts.add(i % 3 == 0 ? bytes - 1 - i / 3 * 7L : (long) (random.nextDouble() * bytes));
        }
        return cuts;
    }

    private static List<RunPlacement> runs(String prefix) {
        String spec = "{\"padding\":\"" + "x".repeat(300) + "\"}";
        return IntStream.range(0, RUNS)
                .mapToObj(i -> Fixture.run(prefix + "-" + i, "1", spec))
                .toList();
    }

    private JdbiResultsStore overTheNetwork(Duration failoverTimeout) {
        return store(config().connections(), failoverTimeout);
    }

    private JdbiResultsStore store(javax.sql.DataSource dataSource, Duration failoverTimeout) {
        return JdbiResultsStore.builder(dataSource, schema)
                .failoverTimeout(failoverTimeout)
                .build();
    }

    private PostgresConfig config() {
        return PostgresConfig.builder(
                        "127.0.0.1:" + proxy.port(), fixture.database().user())
                .login(() -> new PostgresLogin(
                        fixture.database().user(), fixture.database().password()))
                .tls(PostgresTls.disabled())
                .connectTimeout(Duration.ofSeconds(1))
                .loginTimeout(Duration.ofSeconds(2))
                .socketTimeout(Duration.ofSeconds(2))
                .poolTimeout(Duration.ofSeconds(5))
                .build();
    }
}

package ch.sbb.esta.results.jdbi;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;
import static org.awaitility.Durations.ONE_MINUTE;

import ch.sbb.esta.results.ArchiveOutcome;
import ch.sbb.esta.results.ArchiveOutcome.Status;
import ch.sbb.esta.results.ListQuery;
import ch.sbb.esta.results.Record;
import ch.sbb.esta.results.RecordName;
import ch.sbb.esta.results.ResultsException;
import ch.sbb.esta.results.ResultsException.Code;
import ch.sbb.esta.results.RunPlacement;
import ch.sbb.esta.results.testkit.postgres.PostgresDatabase;
import ch.sbb.esta.results.testkit.postgres.PostgresServer;
import ch.sbb.esta.results.testkit.postgres.PostgresServer.Durability;
import java.time.Duration;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestMethodOrder;

/** A primary with a standby that follows by streaming replication: read from, promoted, taken for the primary by mistake. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
@SuppressWarnings("NullAway.Init") // set before each test
class FailoverIT {

    private static final ListQuery ALL = ListQuery.of("ci/results/-").pageSize(1000);
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    private final PostgresServer primary =
            PostgresServer.builder().durability(Durability.DURABLE).start();
    private final PostgresDatabase database = primary.newDatabase();
    private final PostgresServer standby = primary.newStandby();
    private final Fixture fixture = new Fixture(database);
    private String schema;

    @BeforeEach
    void makeSchema() {
        schema = fixture.newSchema();
        awaitStandby();
    }

    private void awaitStandby() {
        try (Fixture administrator = new Fixture(primary.admin())) {
            await().atMost(PATIENCE)
                    .until(() -> administrator
                            .query("SELECT replay_lsn >= pg_current_wal_lsn() FROM pg_stat_replication")
                            .equals(List.of("t")));
        }
    }

    @AfterAll
    void stopServers() {
        fixture.close();
        standby.close();
        primary.close();
    }

    private PostgresConfig.Builder config(PostgresServer first, PostgresServer... others) {
        return PostgresConfig.builder("localhost:" + first.port(), database.user())
                .failoverHosts(java.util.Arrays.stream(others)
                        .map(other -> "localhost:" + other.port())
                        .toArray(String[]::new))
                .login(() -> new PostgresLogin(database.user(), database.password()))
                .tls(PostgresTls.disabled())
                .poolTimeout(Duration.ofSeconds(2));
    }

    /** The last one, for it ends the primary. */
    @Test
    @Order(Integer.MAX_VALUE)
    void aFailoverUnderLoadIsNotNoticedAndLosesNothing() throws Exception {
        replicateSynchronously();
        Queue<RecordName> archived = new ConcurrentLinkedQueue<>();
        AtomicBoolean stop = new AtomicBoolean();
        ExecutorService threads = Executors.newFixedThreadPool(3);
        PostgresConfig config = config(primary, standby).build();
        try (PostgresPool pool = config.openPool()) {
            JdbiResultsStore store = JdbiResultsStore.builder(pool.dataSource(), schema)
                    .failoverTimeout(PATIENCE)
                    .build();
            Future<?> writer = threads.submit(() -> {
                for (int i = 0; !stop.get(); i++) {
                    RunPlacement run = Fixture.run("run-" + i, "1", "{}");
                    assertThat(store.archive(List.of(run)))
                            .extracting(ArchiveOutcome::status)
                            .isSubsetOf(Status.CREATED, Status.UNCHANGED);
                    archived.add(run.record());
                }
            });
            Future<?> reader = threads.submit(() -> {
                while (!stop.get()) {
                    int before = archived.size();
                    assertThat(store.listRecords(ALL).items().size()).isGreaterThanOrEqualTo(Math.min(before, 1000));
                }
            });
            await().atMost(PATIENCE).until(() -> archived.size() > 20 || writer.isDone());
            primary.kill();
            standby.promote();
            int seen = archived.size();
            await().atMost(PATIENCE).until(() -> archived.size() > seen + 20 || writer.isDone());
            stop.set(true);
            writer.get(60, TimeUnit.SECONDS);
            reader.get(60, TimeUnit.SECONDS);
            assertThat(archived)
                    .allSatisfy(name -> assertThat(store.findRecord(name)).isPresent());
            assertThat(new Migrations(config.migrations(), schema).migrate()).isZero();
        } finally {
            stop.set(true);
            threads.shutdownNow();
        }
    }

    /** What is acknowledged is on the standby's disk. */
    private void replicateSynchronously() {
        try (Fixture administrator = new Fixture(primary.admin())) {
            administrator.execute("ALTER SYSTEM SET synchronous_standby_names = 'standby'");
            administrator.execute("SELECT pg_reload_conf()");
            await().atMost(PATIENCE)
                    .until(() -> administrator
                            .query("SELECT sync_state FROM pg_stat_replication")
                            .equals(List.of("sync")));
        }
    }

    @Test
    void aConnectionThatLeadsToAStandbyIsGivenUpAndTheWriteGoesToThePrimary() {
        RunPlacement run = Fixture.run("run", "1", "{}");
        try (PostgresPool wrong = config(standby).build().openPool();
                PostgresPool right = config(primary).build().openPool()) {
            JdbiResultsStore store = JdbiResultsStore.builder(
                            LentInTurn.of(wrong.dataSource(), wrong.dataSource(), right.dataSource()), schema)
                    .build();

            assertThat(store.archive(List.of(run)))
                    .extracting(ArchiveOutcome::status)
                    .containsExactly(Status.CREATED);
            assertThat(wrong.activeConnections() + right.activeConnections()).isZero();
        }
    }

    @Test
    void aStandbyThatStaysOneIsUnavailableForWritesAndSaysWhy() {
        RunPlacement run = Fixture.run("run", "1", "{}");
        PostgresConfig config = config(standby).build();
        JdbiResultsStore store = JdbiResultsStore.builder(config.connections(), schema)
                .failoverTimeout(Duration.ofSeconds(1))
                .build();

        assertThatThrownBy(() -> store.archive(List.of(run)))
                .isInstanceOfSatisfying(
                        ResultsException.class, e -> assertThat(e.code()).isEqualTo(Code.UNAVAILABLE))
                .hasMessageContaining("perhaps a standby");
        assertThat(store.findRecord(run.record())).isEmpty();
    }

    @Test
    void theTargetDecidesWhichServerIsConnectedTo() {
        try (PostgresPool writing = config(standby, primary).build().openPool();
                PostgresPool reading = config(primary, standby)
                        .target(TargetServer.REPLICA)
                        .build()
                        .openPool()) {
            RunPlacement run = Fixture.run("run", "1", "{}");
            JdbiResultsStore store =
                    JdbiResultsStore.builder(writing.dataSource(), schema).build();
            JdbiResultsStore replica = JdbiResultsStore.builder(reading.dataSource(), schema)
                    .failoverTimeout(Duration.ZERO)
                    .build();

            assertThat(store.archive(List.of(run))).hasSize(1);
            assertThatThrownBy(() -> replica.archive(List.of(run))).hasMessageContaining("perhaps a standby");
        }
    }

    @Test
    void listsComeFromTheReplicaAndFindsFromThePrimary() {
        try (PostgresPool writing = config(primary).build().openPool();
                PostgresPool reading = config(standby).build().openPool();
                Fixture follower = new Fixture(standby.admin())) {
            JdbiResultsStore store = JdbiResultsStore.builder(writing.dataSource(), schema)
                    .readReplica(reading.dataSource())
                    .build();
            RunPlacement earlier = Fixture.run("earlier", "1", "{}");
            RunPlacement later = Fixture.run("later", "1", "{}");
            store.archive(List.of(earlier));
            await().atMost(PATIENCE).until(() -> names(store), List.of(earlier.record())::equals);
            follower.execute("SELECT pg_wal_replay_pause()");
            await().atMost(ONE_MINUTE)
                    .until(() -> follower.query("SELECT pg_get_wal_replay_pause_state()")
                            .equals(List.of("paused")));

            store.archive(List.of(later));

            assertThat(store.findRecord(later.record())).isPresent();
            assertThat(names(store)).containsExactly(earlier.record());
            follower.execute("SELECT pg_wal_replay_resume()");
            await().atMost(PATIENCE).until(() -> names(store).size() == 2);

            standby.kill();
            RunPlacement last = Fixture.run("last", "1", "{}");
            store.archive(List.of(last));
            assertThat(names(store)).as("from the primary").hasSize(3);
        } finally {
            standby.startAgain();
        }
    }

    @Test
    void aReplicaThatHasNotGotTheTablesYetIsPassedOver() {
        try (PostgresPool writing = config(primary).build().openPool();
                PostgresPool reading = config(standby).build().openPool();
                Fixture follower = new Fixture(standby.admin())) {
            follower.execute("SELECT pg_wal_replay_pause()");
            await().atMost(ONE_MINUTE)
                    .until(() -> follower.query("SELECT pg_get_wal_replay_pause_state()")
                            .equals(List.of("paused")));
            new Migrations(writing.dataSource(), "late").migrate();
            JdbiResultsStore store = JdbiResultsStore.builder(writing.dataSource(), "late")
                    .readReplica(reading.dataSource())
                    .build();

            assertThat(store.listRecords(ALL).items()).isEmpty();
            follower.execute("SELECT pg_wal_replay_resume()");
        }
    }

    private static List<RecordName> names(JdbiResultsStore store) {
        return store.listRecords(ALL).items().stream().map(Record::name).toList();
    }
}

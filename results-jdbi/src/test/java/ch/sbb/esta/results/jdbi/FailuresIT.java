package ch.sbb.esta.results.jdbi;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import ch.sbb.esta.results.ArchiveOutcome;
import ch.sbb.esta.results.ArchiveOutcome.Status;
import ch.sbb.esta.results.ListQuery;
import ch.sbb.esta.results.ResultsException;
import ch.sbb.esta.results.ResultsException.Code;
import ch.sbb.esta.results.RunPlacement;
import ch.sbb.esta.results.testkit.postgres.PostgresDatabase;
import ch.sbb.esta.results.testkit.postgres.PostgresServer;
import ch.sbb.esta.results.testkit.postgres.PostgresServer.Durability;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** A server that dies, is slow or refuses: every call says so in our words, and works again afterwards. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@SuppressWarnings("NullAway.Init") // set before each test
class FailuresIT {

    private static final RunPlacement RUN = Fixture.run("run", "1", "{}");

    private final PostgresServer server =
            PostgresServer.builder().durability(Durability.DURABLE).start();
    private final Fixture fixture = new Fixture(server.newDatabase()).impatient();
    private final ExecutorService thread = Executors.newSingleThreadExecutor();
    private String schema;
    private JdbiResultsStore store;
    private boolean killed;

    @BeforeEach
    void makeSchema() {
        schema = fixture.newSchema();
        store = JdbiResultsStore.builder(fixture.pool(), schema)
                .failoverTimeout(Duration.ofSeconds(5))
                .build();
    }

    @AfterEach
    void noConnectionLeaked() {
        if (killed) {
            startAgain();
        }
        fixture.assertNoConnectionLeaked();
    }

    @AfterAll
    void close() {
        thread.shutdownNow();
        fixture.close();
        server.close();
    }

    @Test
    void aServerThatIsKilledWhileArchivingIsUnavailableAndTheSameCallSucceedsAfterwards() throws Exception {
        store.archive(List.of(RUN));
        RunPlacement newer = Fixture.run("run", "2", "{}");

        ResultsException e = failureOfServerDuring(() -> store.archive(List.of(newer)));

        assertThat(e.code()).isEqualTo(Code.UNAVAILABLE);
        assertThat(e.isRetryable()).isTrue();
        assertFails(Code.UNAVAILABLE, () -> store.archive(List.of(newer)));
        startAgain();
        assertThat(store.findRecord(RUN.record()))
                .as("what was committed before")
                .isPresent();
        assertThat(store.archive(List.of(newer)))
                .extracting(ArchiveOutcome::status)
                .containsExactly(Status.UPDATED);
    }

    @Test
    void aServerThatIsKilledWhileListingIsUnavailableAndTheSameCallSucceedsAfterwards() throws Exception {
        store.archive(List.of(RUN));
        ListQuery query = ListQuery.of("ci/results/-");

        ResultsException e = failureOfServerDuring(() -> store.listRecords(query));

        assertThat(e.code()).isEqualTo(Code.UNAVAILABLE);
        startAgain();
        assertThat(store.listRecords(query).items()).hasSize(1);
    }

    @Test
    void aLockThatOutlastsTheStatementTimeoutIsATimeoutAndNothingIsStored() throws Exception {
        JdbiResultsStore hasty = JdbiResultsStore.builder(fixture.pool(), schema)
                .statementTimeout(Duration.ofMillis(100))
                .build();
        try (Connection other = lockRecords()) {
            assertFails(Code.TIMEOUT, () -> hasty.archive(List.of(RUN)));
            assertFails(Code.TIMEOUT, () -> hasty.findRecord(RUN.record()));
            other.rollback();
        }
        assertThat(store.findResult(RUN.record().result())).isEmpty();
        assertThat(fixture.query("SELECT current_setting('statement_timeout')")).containsExactly("0");
    }

    @Test
    void aSchemaWithoutTablesIsNamedWithTheRemedy() {
        JdbiResultsStore elsewhere =
                JdbiResultsStore.builder(fixture.pool(), "nowhere").build();

        assertThatThrownBy(() -> elsewhere.archive(List.of(RUN)))
                .isInstanceOfSatisfying(
                        ResultsException.class, e -> assertThat(e.code()).isEqualTo(Code.INTERNAL))
                .hasMessageContaining("run the migrations");
    }

    @Test
    void aRoleThatMayNotWriteIsDenied() {
        PostgresDatabase reader = server.newDatabase();
        fixture.execute("GRANT USAGE ON SCHEMA \"" + schema + "\" TO " + reader.user());
        fixture.execute("GRANT SELECT ON ALL TABLES IN SCHEMA \"" + schema + "\" TO " + reader.user());
        PostgresDatabase here = new PostgresDatabase(fixture.database().jdbcUrl(), reader.user(), reader.password());
        JdbiResultsStore reading =
                JdbiResultsStore.builder(here.dataSource(), schema).build();

        assertThat(reading.findRecord(RUN.record())).isEmpty();
        assertFails(Code.DENIED, () -> reading.archive(List.of(RUN)));
        assertFails(Code.DENIED, () -> reading.deleteResult(RUN.record().result()));
    }

    @Test
    void aDatabaseThatIsNotThereIsNoReasonToTryAgain() {
        PostgresDatabase database = fixture.database();
        PostgresDatabase wrong = new PostgresDatabase(
                database.jdbcUrl().replace(database.user(), "nowhere"), database.user(), database.password());

        assertFails(
                Code.INTERNAL,
                () -> JdbiResultsStore.builder(wrong.dataSource(), schema)
                        .build()
                        .findRecord(RUN.record()));
    }

    @Test
    void allMistakesOfASettingAreReportedAtOnce() {
        assertThatThrownBy(() -> JdbiResultsStore.builder(fixture.pool(), "x\"; DROP SCHEMA y")
                        .statementTimeout(Duration.ZERO)
                        .failoverTimeout(Duration.ofSeconds(-1))
                        .maxPageBytes(0)
                        .build())
                .hasMessageContaining("schema \"x\\\"; DROP SCHEMA y\"")
                .hasMessageContaining("statementTimeout PT0S")
                .hasMessageContaining("failoverTimeout PT-1S")
                .hasMessageContaining("maxPageBytes 0");
    }

    /** Lets a call wait for a lock, and kills the server in the middle of it. */
    @SuppressWarnings("try") // the connection only holds the lock
    private ResultsException failureOfServerDuring(Callable<?> call) throws Exception {
        try (Connection other = lockRecords()) {
            Future<?> waiting = thread.submit(call);
            await().atMost(Duration.ofSeconds(60))
                    .until(() -> !Fixture.query(
                                    server.admin(), "SELECT pid FROM pg_stat_activity WHERE wait_event_type = 'Lock'")
                            .isEmpty());
            server.kill();
            killed = true;
            try {
                waiting.get(60, TimeUnit.SECONDS);
                throw new AssertionError("the call has succeeded");
            } catch (ExecutionException e) {
                if (e.getCause() instanceof ResultsException ours) {
                    return ours;
                }
                throw e;
            }
        }
    }

    private void startAgain() {
        server.startAgain();
        killed = false;
    }

    private Connection lockRecords() throws SQLException {
        Connection connection = fixture.database().dataSource().getConnection();
        connection.setAutoCommit(false);
        try (var statement = connection.createStatement()) {
            statement.execute("LOCK TABLE \"" + schema + "\".records IN ACCESS EXCLUSIVE MODE");
        }
        return connection;
    }

    private static void assertFails(Code code, ThrowingCallable call) {
        assertThatThrownBy(call)
                .isInstanceOfSatisfying(
                        ResultsException.class,
                        e -> assertThat(e.code()).as(e.toString()).isEqualTo(code));
    }
}

package ch.sbb.esta.results.jdbi;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ch.sbb.esta.results.ArchiveOutcome;
import ch.sbb.esta.results.ArchiveOutcome.Status;
import ch.sbb.esta.results.ResultsException;
import ch.sbb.esta.results.ResultsException.Code;
import ch.sbb.esta.results.RunPlacement;
import ch.sbb.esta.results.testkit.postgres.PostgresDatabase;
import ch.sbb.esta.results.testkit.postgres.PostgresServer;
import java.io.File;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.logging.ConsoleHandler;
import java.util.logging.Level;
import java.util.logging.Logger;
import org.awaitility.Awaitility;
import org.awaitility.Durations;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/** The pool on a server that asks for passwords. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class PostgresPoolIT {

    /** Breaks whatever pastes it into a URL, a statement, a property file or a message. */
    private static final String HOSTILE = "p%40@:/?&=#;\"'`\\{}$$ ü␛,<!--hunter2-->";

    private static final RunPlacement RUN = Fixture.run("run", "1", "{}");

    private final PostgresServer server = PostgresServer.builder().start();
    private final PostgresDatabase database = server.newDatabase();
    private final AtomicReference<String> password = new AtomicReference<>(database.password());

    @BeforeAll
    void askForPasswords() throws Exception {
        try (Fixture administrator = new Fixture(server.admin())) {
            Path rules = Path.of(administrator.query("SHOW hba_file").get(0));
            Files.writeString(
                    rules,
                    "host all postgres 127.0.0.1/32 trust\nhost all postgres ::1/128 trust\nhost all all all scram-sha-256\n");
            administrator.execute("SELECT pg_reload_conf()");
            new Migrations(config().build().migrations(), "results").migrate();
        }
        Awaitility.await()
                .atMost(Durations.ONE_MINUTE)
                .untilAsserted(() -> assertThatThrownBy(
                                () -> new PostgresDatabase(database.jdbcUrl(), database.user(), "wrong")
                                        .dataSource()
                                        .getConnection()
                                        .close())
                        .isInstanceOf(SQLException.class));
    }

    @AfterAll
    void close() {
        server.close();
    }

    private PostgresConfig.Builder config() {
        return PostgresConfig.builder("localhost:" + server.port(), database.user())
                .login(() -> new PostgresLogin(database.user(), password.get()))
                .tls(PostgresTls.disabled());
    }

    private void changePassword(String to) {
        try (Fixture administrator = new Fixture(server.admin())) {
            administrator.execute("ALTER ROLE " + database.user() + " PASSWORD '" + to.replace("'", "''") + "'");
        }
        password.set(to);
    }

    @Test
    void connectionsBearTheirNameAndAreGivenBackAsTheyCame() {
        try (PostgresPool pool =
                config().applicationName("shop results").poolSize(1).build().openPool()) {
            JdbiResultsStore store = JdbiResultsStore.builder(pool.dataSource(), "results")
                    .statementTimeout(Duration.ofSeconds(3))
                    .build();
            store.archive(List.of(RUN));
            store.findRecord(RUN.record());

            assertThat(pool.activeConnections()).isZero();
            assertThat(
                            query(
                                    pool,
                                    "SELECT current_setting('application_name') || ' ' || current_setting('statement_timeout') || ' ' "
                                            + "|| current_setting('transaction_read_only') || ' ' || current_setting('tcp_keepalives_idle')"))
                    .startsWith("shop results 0 off ");
        }
    }

    @Test
    void statementsArePreparedUnlessAPoolerWouldLoseThem() {
        for (PoolerMode mode : PoolerMode.values()) {
            try (PostgresPool pool = config().pooler(mode).poolSize(1).build().openPool()) {
                JdbiResultsStore store =
                        JdbiResultsStore.builder(pool.dataSource(), "results").build();
                for (int i = 0; i < 20; i++) {
                    store.findRecord(RUN.record());
                }
                String prepared = query(pool, "SELECT count(*) > 0 FROM pg_prepared_statements");
                assertThat(prepared).as(mode.name()).isEqualTo(mode == PoolerMode.TRANSACTION ? "f" : "t");
            }
        }
    }

    @Test
    void aPoolWhoseConnectionsAreAllLentSaysSo() throws Exception {
        try (PostgresPool pool = config().poolSize(1)
                        .poolTimeout(Duration.ofSeconds(1))
                        .build()
                        .openPool();
                Connection lent = pool.dataSource().getConnection()) {
            JdbiResultsStore store =
                    JdbiResultsStore.builder(pool.dataSource(), "results").build();

            assertThatThrownBy(() -> store.findRecord(RUN.record()))
                    .isInstanceOfSatisfying(
                            ResultsException.class,
                            e -> assertThat(e.code()).as(e.toString()).isEqualTo(Code.UNAVAILABLE))
                    .hasMessageContaining("no connection of the pool became free")
                    .hasMessageContaining("enlarge the pool");
            assertThat(lent.isValid(1)).isTrue();
        }
    }

    @Test
    void aPasswordThatChangesUnderLoadIsNotNoticed() throws Exception {
        AtomicBoolean stop = new AtomicBoolean();
        AtomicInteger archived = new AtomicInteger();
        ExecutorService threads = Executors.newFixedThreadPool(4);
        String before = password.get();
        try (PostgresPool pool = config().poolSize(4).build().openPool()) {
            JdbiResultsStore store =
                    JdbiResultsStore.builder(pool.dataSource(), "results").build();
            List<Future<?>> workers = new ArrayList<>();
            for (int i = 0; i < 4; i++) {
                workers.add(threads.submit(() -> {
                    while (!stop.get()) {
                        int next = archived.incrementAndGet();
                        assertThat(store.archive(List.of(Fixture.run("rotated-" + next, "1", "{}"))))
                                .extracting(ArchiveOutcome::status)
                                .containsExactly(Status.CREATED);
                    }
                }));
            }
            for (int i = 0; i < 5; i++) {
                changePassword("password-" + i);
                int seen = archived.get();
                breakConnections();
                Awaitility.await().atMost(Durations.ONE_MINUTE).until(() -> archived.get() > seen + 20);
            }
            stop.set(true);
            for (Future<?> worker : workers) {
                worker.get(60, TimeUnit.SECONDS);
            }
        } finally {
            stop.set(true);
            threads.shutdownNow();
            changePassword(before);
        }
    }

    /** So that the pool has to log in again. */
    private void breakConnections() {
        try (Fixture administrator = new Fixture(server.admin())) {
            administrator.execute(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = '" + database.user() + "'");
        }
    }

    @Test
    void aWrongPasswordIsDenied() {
        try (PostgresPool pool = config().login(() -> new PostgresLogin(database.user(), "wrong"))
                .poolTimeout(Duration.ofSeconds(1))
                .build()
                .openPool()) {
            JdbiResultsStore store =
                    JdbiResultsStore.builder(pool.dataSource(), "results").build();

            assertThatThrownBy(() -> store.findRecord(RUN.record()))
                    .isInstanceOfSatisfying(
                            ResultsException.class,
                            e -> assertThat(e.code()).as(e.toString()).isEqualTo(Code.DENIED));
        }
    }

    @Test
    void aHostilePasswordLogsInAndNothingTellsIt(@TempDir Path folder) throws Exception {
        String before = password.get();
        changePassword(HOSTILE);
        try {
            Path log = folder.resolve("log");
            Process process = new ProcessBuilder(
                            Path.of(System.getProperty("java.home"), "bin", "java")
                                    .toString(),
                            "-Dorg.slf4j.simpleLogger.defaultLogLevel=trace",
                            "-Dfile.encoding=UTF-8",
                            "-cp",
                            System.getProperty("java.class.path").replace(File.pathSeparator + File.pathSeparator, ""),
                            Talkative.class.getName(),
                            "localhost:" + server.port(),
                            database.user())
                    .redirectErrorStream(true)
                    .redirectOutput(log.toFile())
                    .start();
            process.getOutputStream().write(HOSTILE.getBytes(StandardCharsets.UTF_8));
            process.getOutputStream().close();
            assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();

            String said = Files.readString(log);
            assertThat(process.exitValue()).as(said).isZero();
            assertThat(said).contains("HikariPool", "Connecting with URL", "found Optional[", "DENIED", "UNAVAILABLE");
            assertThat(said).doesNotContain("hunter2").doesNotContain("p%40").doesNotContain("sesame");
        } finally {
            changePassword(before);
        }
    }

    /** A process that logs everything there is to log: a call that succeeds, a login that is refused, a server that is not there. */
    static final class Talkative {

        private Talkative() {}

        public static void main(String[] args) throws Exception {
            ConsoleHandler all = new ConsoleHandler();
            all.setLevel(Level.ALL);
            Logger driver = Logger.getLogger("org.postgresql");
            driver.addHandler(all);
            driver.setLevel(Level.ALL);
            String password = new String(System.in.readAllBytes(), StandardCharsets.UTF_8);
            tell(args[0], new PostgresLogin(args[1], password));
            tell(args[0], new PostgresLogin(args[1], "sesame"));
            tell("localhost:1", new PostgresLogin(args[1], password));
        }

        private static void tell(String host, PostgresLogin login) {
            PostgresConfig config = PostgresConfig.builder(host, login.user())
                    .login(() -> login)
                    .tls(PostgresTls.disabled())
                    .poolTimeout(Duration.ofSeconds(1))
                    .build();
            try (PostgresPool pool = config.openPool()) {
                System.out.println(config + " " + pool + " " + pool.dataSource() + " " + login);
                JdbiResultsStore store = JdbiResultsStore.builder(pool.dataSource(), "results")
                        .failoverTimeout(Duration.ZERO)
                        .build();
                store.archive(List.of(RUN));
                System.out.println("found " + store.findRecord(RUN.record()));
            } catch (ResultsException e) {
                System.out.println(e.code());
                e.printStackTrace(System.out);
            }
        }
    }

    private static String query(PostgresPool pool, String sql) {
        try (Connection connection = pool.dataSource().getConnection();
                var statement = connection.createStatement();
                var rows = statement.executeQuery(sql)) {
            rows.next();
            return rows.getString(1);
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }
}

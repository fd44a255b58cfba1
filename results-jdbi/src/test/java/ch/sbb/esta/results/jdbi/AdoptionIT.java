package ch.sbb.esta.results.jdbi;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.awaitility.Durations.ONE_MINUTE;

import ch.sbb.esta.results.testkit.postgres.PostgresDatabase;
import ch.sbb.esta.results.testkit.postgres.SkewedRuns;
import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** A schema that Tekton Results has made and filled is taken over while its server goes on writing. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class AdoptionIT {

    private static final Duration LONGEST_WAIT = Duration.ofSeconds(1);

    private final Fixture fixture = new Fixture(Servers.current().newDatabase());

    @AfterEach
    void noConnectionLeaked() {
        fixture.assertNoConnectionLeaked();
    }

    @AfterAll
    void close() {
        fixture.close();
    }

    @Test
    void writersHardlyNoticeWhileThousandsOfRowsAreTakenOver() throws Exception {
        adoptWhileOthersWrite(fixture.database(), "thousands", 800);
    }

    @Test
    void writersHardlyNoticeOnTheOldestPostgres() throws Exception {
        adoptWhileOthersWrite(Servers.oldest().newDatabase(), "oldest", 400);
    }

    @Test
    @Tag("long")
    void writersHardlyNoticeWhileAHundredThousandRowsAreTakenOver() throws Exception {
        adoptWhileOthersWrite(fixture.database(), "hundred_thousand", 20_000);
    }

    private static void adoptWhileOthersWrite(PostgresDatabase database, String schema, int results) throws Exception {
        try (Fixture there = new Fixture(database)) {
            UpstreamRows.createTables(there, schema);
            new SkewedRuns(results).insertInto(database, schema);
            try (UpstreamWriter writer = new UpstreamWriter(database, schema)) {
                await().atMost(ONE_MINUTE).until(() -> writer.statements() > 20);
                new Migrations(database.dataSource(), schema).migrate();
                Adoption adoption = new Adoption(database.dataSource(), schema);
                assertThat(adoption.status().remaining()).contains("fill the promoted columns of runs");

                assertThat(adoption.run().remaining()).isEmpty();

                int before = writer.statements();
                await().atMost(ONE_MINUTE).until(() -> writer.statements() > before + 20);
                writer.stop();
                assertThat(writer.longest())
                        .as("longest of %s statements", writer.statements())
                        .isLessThan(LONGEST_WAIT);
            }
            assertEveryRunHasItsRow(database, schema);
        }
    }

    private static void assertEveryRunHasItsRow(PostgresDatabase database, String schema) {
        Schema names = new Schema(schema);
        String expected = names.sql(RunColumns.select("{records}") + " WHERE " + RunColumns.IS_RUN);
        String actual = names.sql("SELECT " + RunColumns.ALL + " FROM {esta_runs}");
        assertThat(Fixture.query(database, "(" + expected + ") EXCEPT (" + actual + ")"))
                .isEmpty();
        assertThat(Fixture.query(database, "(" + actual + ") EXCEPT (" + expected + ")"))
                .isEmpty();
    }

    @Test
    void whatWasEmptyIsCompleteFromTheStart() {
        String schema = fixture.newSchema();

        assertThat(new Adoption(fixture.pool(), schema).status().isComplete()).isTrue();
    }

    @Test
    void anInterruptedAdoptionIsContinued() {
        String schema = filled("interrupted", 30);
        RunsFilling filling = new RunsFilling(new Schema(schema));
        Transactions transactions = new Transactions(fixture.pool(), Duration.ofSeconds(30));
        transactions.writing("filling", handle -> filling.fillBatch(handle, 10));
        fixture.execute("UPDATE interrupted.esta_runs SET name = 'seen before'");

        assertThat(transactions.<Boolean>read("looking", filling::isFinished)).isFalse();
        assertThat(new Adoption(fixture.pool(), schema).run().remaining()).isEmpty();

        assertThat(fixture.query(
                        "SELECT count(*), count(*) FILTER (WHERE name = 'seen before') FROM interrupted.esta_runs"))
                .containsExactly("30 | 10");
    }

    @Test
    void anIndexThatCouldNotBeFinishedIsBuiltAgain() {
        String schema = filled("invalid", 3);
        Adoption adoption = new Adoption(fixture.pool(), schema);
        adoption.run();
        PostgresDatabase admin = Servers.current().admin();
        PostgresDatabase superuser = new PostgresDatabase(fixture.database().jdbcUrl(), admin.user(), admin.password());
        try (Fixture there = new Fixture(superuser)) {
            there.execute(
                    "UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'invalid.esta_records_by_id'::regclass");
        }
        fixture.execute("DROP INDEX invalid.esta_results_by_state");
        assertThat(adoption.status().remaining())
                .containsExactly("build the index esta_records_by_id", "build the index esta_results_by_state");

        assertThat(adoption.run().isComplete()).isTrue();
    }

    @Test
    void oneOfSeveralProcessesDoesTheWork() throws Exception {
        String schema = filled("contended_adoption", 3);
        Adoption adoption = new Adoption(fixture.pool(), schema);
        try (Connection other = fixture.database().dataSource().getConnection();
                Statement statement = other.createStatement()) {
            statement.execute(
                    "SELECT pg_advisory_lock(hashtextextended('ch.sbb.esta.results.adoption contended_adoption', 0))");

            assertThat(adoption.run().isComplete()).isFalse();
        }
        await().atMost(ONE_MINUTE)
                .untilAsserted(() -> assertThat(adoption.run().isComplete()).isTrue());
    }

    @Test
    void theSettingsOfAConnectionStayAsTheyWere() throws SQLException {
        String schema = filled("settings", 3);
        HikariConfig config = new HikariConfig();
        config.setJdbcUrl(fixture.database().jdbcUrl());
        config.setUsername(fixture.database().user());
        config.setPassword(fixture.database().password());
        config.setMaximumPoolSize(2);
        config.setConnectionInitSql("SET statement_timeout = '77s'; SET lock_timeout = '7s'");
        try (HikariDataSource pool = new HikariDataSource(config)) {
            new Adoption(pool, schema).run();
            try (Connection first = pool.getConnection();
                    Connection second = pool.getConnection()) {
                assertThat(List.of(setting(first), setting(second))).containsOnly("77s 7s");
            }
        }
    }

    private static String setting(Connection connection) throws SQLException {
        try (Statement statement = connection.createStatement();
                var rows = statement.executeQuery(
                        "SELECT current_setting('statement_timeout') || ' ' || current_setting('lock_timeout')")) {
            rows.next();
            return rows.getString(1);
        }
    }

    @Test
    void nobodyWaitsBehindAMigrationThatWaitsItself() throws Exception {
        UpstreamRows.createTables(fixture, "busy");
        UpstreamRows.insertRun(fixture, "busy", "first", "1", "True");
        Thread migration;
        try (Connection reader = fixture.database().dataSource().getConnection();
                Statement statement = reader.createStatement();
                UpstreamWriter writer = new UpstreamWriter(fixture.database(), "busy")) {
            reader.setAutoCommit(false);
            statement.execute("SELECT * FROM busy.records");
            migration = new Thread(() -> new Migrations(fixture.pool(), "busy").migrate());
            migration.start();
            int before = writer.statements();
            await().pollDelay(Duration.ofSeconds(2)).until(() -> writer.statements() > before + 20);
            assertThat(migration.isAlive()).isTrue();
            reader.commit();
            migration.join(20_000);
            writer.stop();
            assertThat(writer.longest()).isLessThan(LONGEST_WAIT);
        }
        assertThat(migration.isAlive()).isFalse();
        assertThat(fixture.query("SELECT count(*) FROM busy.esta_schema_version"))
                .containsExactly("" + Migration.ALL.size());
    }

    private String filled(String schema, int runs) {
        UpstreamRows.createTables(fixture, schema);
        for (int i = 0; i < runs; i++) {
            UpstreamRows.insertRun(fixture, schema, "run-" + i, "1", "True");
        }
        new Migrations(fixture.pool(), schema).migrate();
        return schema;
    }
}

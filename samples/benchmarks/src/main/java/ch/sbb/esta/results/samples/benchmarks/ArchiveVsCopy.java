package ch.sbb.esta.results.samples.benchmarks;

import ch.sbb.esta.results.RunPlacement;
import ch.sbb.esta.results.jdbi.JdbiResultsStore;
import ch.sbb.esta.results.jdbi.Migrations;
import ch.sbb.esta.results.testkit.postgres.PostgresDatabase;
import ch.sbb.esta.results.testkit.postgres.PostgresServer;
import com.zaxxer.hikari.HikariDataSource;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.ToDoubleFunction;
import javax.sql.DataSource;
import org.postgresql.PGConnection;

/** Archiving new rows against {@code COPY} of the same rows into the same tables, and into upstream's tables without our additions. */
final class ArchiveVsCopy implements Benchmark {

    private static final int ROWS = 10_000;
    private static final int BATCH = 500;
    private static final int ROUNDS = 5;

    private static final String OURS = "ours";
    private static final String COPIED = "copied";
    private static final String BARE = "bare";

    @Override
    public String name() {
        return "archive-vs-copy";
    }

    @Override
    public String description() {
        return "rows per second through ResultsStore.archive / rows per second of plain COPY of the same rows into the same "
                + "tables with the same indexes; bare= the same against upstream's two tables";
    }

    @Override
    public String run(PrintStream out) throws IOException, SQLException {
        List<Round> rounds = new ArrayList<>();
        Runs runs = Runs.load();
        try (PostgresServer server = PostgresServer.builder()
                .durability(PostgresServer.Durability.DURABLE)
                .start()) {
            PostgresDatabase database = server.newDatabase();
            try (HikariDataSource pool = pool(database)) {
                for (int i = 0; i <= ROUNDS; i++) {
                    Round round = round(server, database, pool, runs.make(ROWS));
                    out.println((i == 0 ? "warm-up: " : "round " + i + " of " + ROUNDS + ": ") + round);
                    if (i > 0) {
                        rounds.add(round);
                    }
                }
            }
        }
        double archive = median(rounds, Round::archive);
        double copy = median(rounds, Round::copy);
        double bare = median(rounds, Round::bare);
        return String.format(
                Locale.ROOT,
                "ratio=%.2f bare=%.2f archive=%.0f rows/s copy=%.0f rows/s copy_bare=%.0f rows/s batch=%d rows=%d",
                archive / copy,
                archive / bare,
                archive,
                copy,
                bare,
                BATCH,
                ROWS);
    }

    /** Rows per second of one round. */
    private record Round(double archive, double copy, double bare) {

        @Override
        public String toString() {
            return String.format(
                    Locale.ROOT,
                    "archive %.0f rows/s, COPY %.0f rows/s, COPY into bare tables %.0f rows/s",
                    archive,
                    copy,
                    bare);
        }
    }

    private static Round round(
            PostgresServer server, PostgresDatabase database, DataSource pool, List<RunPlacement> runs)
            throws SQLException, IOException {
        prepare(database);
        checkpoint(server);
        double archive = archive(pool, runs);
        Rows rows = read(database);
        checkpoint(server);
        double copy = copy(database, COPIED, rows);
        checkpoint(server);
        return new Round(archive, copy, copy(database, BARE, rows));
    }

    /** As in production; opening a connection is not what is measured. */
    private static HikariDataSource pool(PostgresDatabase database) {
        HikariDataSource pool = new HikariDataSource();
        pool.setJdbcUrl(database.jdbcUrl());
        pool.setUsername(database.user());
        pool.setPassword(database.password());
        pool.setMaximumPoolSize(1);
        return pool;
    }

    private static void prepare(PostgresDatabase database) throws SQLException {
        for (String schema : List.of(OURS, COPIED, BARE)) {
            execute(database, "DROP SCHEMA IF EXISTS " + schema + " CASCADE");
            new Migrations(database.dataSource(), schema).migrate();
        }
        execute(
                database,
                "DROP TABLE bare.esta_runs",
                "DROP FUNCTION bare.esta_keep_runs() CASCADE",
                "DROP FUNCTION bare.esta_forget_digest() CASCADE",
                """
                DO $$ DECLARE index text; BEGIN
                    FOR index IN SELECT indexname FROM pg_indexes WHERE schemaname = 'bare' AND indexname LIKE 'esta%'
                        AND tablename IN ('results', 'records') LOOP
                        EXECUTE 'DROP INDEX bare.' || index;
                    END LOOP;
                END $$""",
                "ALTER TABLE bare.results DROP COLUMN esta_annotations_escaped, DROP COLUMN esta_summary_escaped",
                "ALTER TABLE bare.records DROP COLUMN esta_data_escaped, DROP COLUMN esta_data_digest");
    }

    private static void checkpoint(PostgresServer server) throws SQLException {
        execute(server.admin(), "CHECKPOINT");
    }

    private static double archive(DataSource dataSource, List<RunPlacement> runs) {
        JdbiResultsStore store = JdbiResultsStore.builder(dataSource, OURS).build();
        long start = System.nanoTime();
        for (int i = 0; i < runs.size(); i += BATCH) {
            store.archive(runs.subList(i, Math.min(runs.size(), i + BATCH)));
        }
        return perSecond(start);
    }

    /** The rows as COPY text, in the columns that both kinds of tables have. */
    private record Rows(List<byte[]> tables) {}

    private static final List<String> TABLES = List.of(
            "results (parent, id, name, annotations, created_time, updated_time, recordsummary_record, recordsummary_type, "
                    + "recordsummary_start_time, recordsummary_end_time, recordsummary_status, recordsummary_annotations, etag)",
            "records (parent, result_id, result_name, id, name, type, data, created_time, updated_time, etag)");

    private static Rows read(PostgresDatabase database) throws SQLException, IOException {
        List<byte[]> tables = new ArrayList<>();
        try (Connection connection = database.dataSource().getConnection()) {
            for (String table : TABLES) {
                ByteArrayOutputStream text = new ByteArrayOutputStream();
                connection
                        .unwrap(PGConnection.class)
                        .getCopyAPI()
                        .copyOut("COPY " + OURS + "." + table + " TO STDOUT", text);
                tables.add(text.toByteArray());
            }
        }
        return new Rows(tables);
    }

    private static double copy(PostgresDatabase database, String schema, Rows rows) throws SQLException, IOException {
        try (Connection connection = database.dataSource().getConnection()) {
            connection.setAutoCommit(false);
            long start = System.nanoTime();
            for (int i = 0; i < TABLES.size(); i++) {
                connection
                        .unwrap(PGConnection.class)
                        .getCopyAPI()
                        .copyIn(
                                "COPY " + schema + "." + TABLES.get(i) + " FROM STDIN",
                                new ByteArrayInputStream(rows.tables.get(i)),
                                1 << 20);
            }
            connection.commit();
            return perSecond(start);
        }
    }

    private static double perSecond(long start) {
        return ROWS / ((System.nanoTime() - start) / 1e9);
    }

    private static double median(List<Round> rounds, ToDoubleFunction<Round> value) {
        return rounds.stream()
                .mapToDouble(value)
                .sorted()
                .skip(rounds.size() / 2)
                .findFirst()
                .orElseThrow();
    }

    private static void execute(PostgresDatabase database, String... statements) throws SQLException {
        try (Connection connection = database.dataSource().getConnection();
                Statement statement = connection.createStatement()) {
            for (String sql : statements) {
                statement.execute(sql);
            }
        }
    }
}

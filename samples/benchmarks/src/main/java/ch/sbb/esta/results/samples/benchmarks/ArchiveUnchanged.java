package ch.sbb.esta.results.samples.benchmarks;

import ch.sbb.esta.results.jdbi.JdbiResultsStore;
import ch.sbb.esta.results.jdbi.Migrations;
import ch.sbb.esta.results.testkit.postgres.PostgresDatabase;
import ch.sbb.esta.results.testkit.postgres.PostgresServer;
import java.io.IOException;
import java.io.PrintStream;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * Archiving what is stored already, as after a restart, against archiving what is new. The process that does it has just started and
 * remembers nothing; new rows are archived after the unchanged ones, by a process that is warm then, which does not flatter the ratio.
 */
final class ArchiveUnchanged implements Benchmark {

    static final String SCHEMA = "results";
    static final int ROWS = 10_000;
    static final int BATCH = 500;

    private static final int ROUNDS = 3;
    private static final int BATCHES = 2 * ROWS / BATCH;

    @Override
    public String name() {
        return "archive-unchanged";
    }

    @Override
    public String description() {
        return "unchanged rows per second through ResultsStore.archive in a fresh process, every batch reaching Postgres / new rows "
                + "per second";
    }

    @Override
    public String run(PrintStream out) throws IOException, SQLException, InterruptedException {
        List<Figures> rounds = new ArrayList<>();
        try (PostgresServer server = PostgresServer.builder()
                .durability(PostgresServer.Durability.DURABLE)
                .start()) {
            PostgresDatabase database = server.newDatabase();
            for (int i = 0; i <= ROUNDS; i++) {
                Figures round = round(server, database);
                out.println(String.format(
                        Locale.ROOT,
                        "%s unchanged %.0f rows/s, new %.0f rows/s, transactions %.0f",
                        i == 0 ? "warm-up:" : "round " + i + " of " + ROUNDS + ":",
                        round.get("unchanged"),
                        round.get("new"),
                        round.get("transactions")));
                if (i > 0) {
                    rounds.add(round);
                }
            }
        }
        double unchanged = median(rounds, "unchanged");
        double fresh = median(rounds, "new");
        return String.format(
                Locale.ROOT,
                "ratio=%.2f unchanged=%.0f rows/s new=%.0f rows/s batch=%d rows=%d",
                unchanged / fresh,
                unchanged,
                fresh,
                BATCH,
                ROWS);
    }

    private static Figures round(PostgresServer server, PostgresDatabase database)
            throws IOException, SQLException, InterruptedException {
        query(database, "DROP SCHEMA IF EXISTS " + SCHEMA + " CASCADE");
        new Migrations(database.dataSource(), SCHEMA).migrate();
        JdbiResultsStore store =
                JdbiResultsStore.builder(database.dataSource(), SCHEMA).build();
        ArchiveUnchangedMain.archive(store, Runs.load().make(ROWS));
        query(server.admin(), "CHECKPOINT");
        long before = transactions(server, database);
        List<String> lines = new ArrayList<>();
        try (ChildJvm child = ChildJvm.start(
                ArchiveUnchangedMain.class,
                List.of("-Xmx1g"),
                List.of(database.jdbcUrl(), database.user(), database.password()))) {
            child.readLines(lines::add);
        }
        long transactions = transactions(server, database) - before;
        if (transactions < BATCHES) {
            throw new IllegalStateException(
                    "only " + transactions + " transactions reached Postgres for " + BATCHES + " batches");
        }
        return Figures.parse(lines.get(lines.size() - 1) + " transactions=" + transactions);
    }

    /** Of sessions that have ended; a session tells what it did when it ends, at the latest. */
    private static long transactions(PostgresServer server, PostgresDatabase database) throws SQLException {
        return Long.parseLong(query(
                server.admin(), "SELECT xact_commit FROM pg_stat_database WHERE datname = '" + database.user() + "'"));
    }

    private static double median(List<Figures> rounds, String name) {
        return rounds.stream()
                .mapToDouble(round -> round.get(name))
                .sorted()
                .skip(rounds.size() / 2)
                .findFirst()
                .orElseThrow();
    }

    private static String query(PostgresDatabase database, String sql) throws SQLException {
        try (Connection connection = database.dataSource().getConnection();
                Statement statement = connection.createStatement()) {
            if (!statement.execute(sql)) {
                return "";
            }
            try (ResultSet row = statement.getResultSet()) {
                row.next();
                return row.getString(1);
            }
        }
    }
}

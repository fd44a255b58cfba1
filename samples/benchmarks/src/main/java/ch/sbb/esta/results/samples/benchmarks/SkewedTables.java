package ch.sbb.esta.results.samples.benchmarks;

import ch.sbb.esta.results.jdbi.Migrations;
import ch.sbb.esta.results.testkit.postgres.PostgresDatabase;
import ch.sbb.esta.results.testkit.postgres.PostgresServer;
import ch.sbb.esta.results.testkit.postgres.SkewedRuns;
import com.zaxxer.hikari.HikariDataSource;
import java.io.IOException;
import java.io.PrintStream;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;

/**
 * A server with many skewed runs in our schema.
 *
 * @param server the server, which ends with this
 * @param database where the schema is
 * @param results how many Results there are
 */
record SkewedTables(PostgresServer server, PostgresDatabase database, int results) implements AutoCloseable {

    static final String OURS = "ours";
    static final int RECORDS_PER_RESULT = SkewedRuns.RECORDS_PER_RESULT;

    static SkewedTables fill(int results, PrintStream out) throws SQLException, IOException {
        PostgresServer server = PostgresServer.builder().start();
        SkewedTables tables = new SkewedTables(server, server.newDatabase(), results);
        try {
            new Migrations(tables.database.dataSource(), OURS).migrate();
            long start = System.nanoTime();
            new SkewedRuns(results).insertInto(tables.database, OURS);
            tables.execute(
                    "VACUUM ANALYZE ours.results", "VACUUM ANALYZE ours.records", "VACUUM ANALYZE ours.esta_runs");
            out.printf(
                    "%d records inserted in %.0f s%n",
                    (long) results * RECORDS_PER_RESULT, (System.nanoTime() - start) / 1e9);
            return tables;
        } catch (SQLException | IOException | RuntimeException e) {
            server.close();
            throw e;
        }
    }

    /** Copies the two tables as the server of Tekton Results makes them, with its indexes and no other. */
    void copyForUpstream(String schema) throws SQLException {
        execute(
                "CREATE SCHEMA " + schema,
                "CREATE TABLE " + schema + ".results AS SELECT * FROM ours.results",
                "CREATE TABLE " + schema + ".records AS SELECT * FROM ours.records",
                "ALTER TABLE " + schema + ".results ADD PRIMARY KEY (parent, id)",
                "CREATE UNIQUE INDEX ON " + schema + ".results (parent, name)",
                "ALTER TABLE " + schema + ".records ADD PRIMARY KEY (parent, result_id, id)",
                "CREATE UNIQUE INDEX ON " + schema + ".records (parent, result_name, name)",
                "VACUUM ANALYZE " + schema + ".results",
                "VACUUM ANALYZE " + schema + ".records");
    }

    HikariDataSource pool() {
        HikariDataSource pool = new HikariDataSource();
        pool.setJdbcUrl(database.jdbcUrl());
        pool.setUsername(database.user());
        pool.setPassword(database.password());
        pool.setMaximumPoolSize(2);
        // Upstream cuts days in the zone of the session, and the driver sets that of the JVM.
        pool.setConnectionInitSql("SET TIME ZONE 'UTC'");
        return pool;
    }

    private void execute(String... statements) throws SQLException {
        try (Connection connection = database.dataSource().getConnection();
                Statement statement = connection.createStatement()) {
            for (String sql : List.of(statements)) {
                statement.execute(sql);
            }
        }
    }

    @Override
    public void close() {
        server.close();
    }
}

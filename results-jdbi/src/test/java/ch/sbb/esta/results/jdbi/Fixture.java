package ch.sbb.esta.results.jdbi;

import static org.assertj.core.api.Assertions.assertThat;

import ch.sbb.esta.results.ResultNaming;
import ch.sbb.esta.results.RunPlacement;
import ch.sbb.esta.results.RunSnapshot;
import ch.sbb.esta.results.testkit.postgres.PostgresDatabase;
import ch.sbb.esta.results.testkit.postgres.SkewedRuns;
import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/** A pool on a database of its own; each test gets a schema of its own. Closing it fails where a connection was not given back. */
final class Fixture implements AutoCloseable {

    private static final AtomicInteger SCHEMAS = new AtomicInteger();

    private final PostgresDatabase database;
    private final HikariDataSource pool;

    Fixture(PostgresDatabase database) {
        this.database = database;
        this.pool = pool(database);
    }

    /** Does not wait long for a server that is gone. */
    Fixture impatient() {
        pool.setConnectionTimeout(2000);
        return this;
    }

    static HikariDataSource pool(PostgresDatabase database) {
        HikariConfig config = new HikariConfig();
        config.setJdbcUrl(database.jdbcUrl());
        config.setUsername(database.user());
        config.setPassword(database.password());
        config.setMaximumPoolSize(12);
        config.setMinimumIdle(0);
        config.setInitializationFailTimeout(-1);
        return new HikariDataSource(config);
    }

    PostgresDatabase database() {
        return database;
    }

    HikariDataSource pool() {
        return pool;
    }

    /** A name that needs quotes wherever it is used. */
    String newSchema() {
        String schema = "Tenant-" + SCHEMAS.incrementAndGet();
        new Migrations(pool, schema).migrate();
        return schema;
    }

    /** Inserts runs and tells the planner about them. */
    void fill(String name, SkewedRuns runs) throws SQLException, IOException {
        runs.insertInto(database, name);
        Schema schema = new Schema(name);
        for (String table : List.of("{results}", "{records}", "{esta_runs}")) {
            execute(schema.sql("VACUUM ANALYZE " + table));
        }
    }

    /** Leaves the promoted columns of a schema empty, as those of a schema that was just taken over. */
    void neglectRuns(String schema) {
        execute("""
                UPDATE "%1$s".esta_filling SET finished_time = NULL;
                DROP TRIGGER esta_keep_runs_insert ON "%1$s".records;
                DROP TRIGGER esta_keep_runs_update ON "%1$s".records""".formatted(schema));
    }

    void assertNoConnectionLeaked() {
        assertThat(pool.getHikariPoolMXBean().getActiveConnections())
                .as("connections that were not given back")
                .isZero();
    }

    void execute(String sql) {
        try (Connection connection = pool.getConnection();
                Statement statement = connection.createStatement()) {
            statement.execute(sql);
        } catch (SQLException e) {
            throw new IllegalStateException(sql, e);
        }
    }

    List<String> query(String sql) {
        return query(database, sql);
    }

    static List<String> query(PostgresDatabase database, String sql) {
        try (Connection connection = database.dataSource().getConnection();
                Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery(sql)) {
            List<String> lines = new ArrayList<>();
            while (rows.next()) {
                StringBuilder line = new StringBuilder();
                for (int i = 1; i <= rows.getMetaData().getColumnCount(); i++) {
                    @Nullable String value = rows.getString(i);
                    line.append(i == 1 ? "" : " | ").append(value);
                }
                lines.add(line.toString());
            }
            return lines;
        } catch (SQLException e) {
            throw new IllegalStateException(sql, e);
        }
    }

    static RunPlacement run(String uid, String version, String spec) {
        String json = """
                {"apiVersion":"tekton.dev/v1","kind":"PipelineRun","metadata":{"namespace":"ci","name":"n","uid":"%s",
                 "resourceVersion":"%s"},"spec":%s}""".formatted(uid, version, spec);
        return placed(json);
    }

    static RunPlacement placed(String json) {
        return ResultNaming.defaults().place(RunSnapshot.parse(json.getBytes(StandardCharsets.UTF_8)));
    }

    @Override
    public void close() {
        assertNoConnectionLeaked();
        pool.close();
    }
}

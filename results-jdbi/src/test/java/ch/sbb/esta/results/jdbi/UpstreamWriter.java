package ch.sbb.esta.results.jdbi;

import static org.awaitility.Awaitility.await;

import ch.sbb.esta.results.testkit.postgres.PostgresDatabase;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * Writes as the server of Tekton Results does, row by row: inserts a run, updates old ones, deletes one now and then; and remembers how
 * long a statement took at most.
 */
final class UpstreamWriter implements AutoCloseable {

    private final Connection connection;
    private final String schema;
    private final Thread thread = new Thread(this::write, "upstream");
    private volatile boolean stopped;
    private final AtomicInteger statements = new AtomicInteger();
    private volatile Duration longest = Duration.ZERO;
    private volatile @Nullable SQLException failure;

    UpstreamWriter(PostgresDatabase database, String schema) throws SQLException {
        this.connection = database.dataSource().getConnection();
        this.schema = schema;
        thread.start();
    }

    int statements() {
        SQLException thrown = failure;
        if (thrown != null) {
            throw new IllegalStateException("a statement of the writer failed", thrown);
        }
        return statements.get();
    }

    Duration longest() {
        return longest;
    }

    private void write() {
        try (Statement statement = connection.createStatement()) {
            for (int i = 0; !stopped; i++) {
                String run = "written-" + i;
                execute(statement, """
                        INSERT INTO %1$s.results (parent, id, name, etag) VALUES ('ci', 'r-%2$s', '%2$s', '1')""".formatted(schema, run));
                execute(statement, """
                        INSERT INTO %1$s.records (parent, result_id, result_name, id, name, type, data, etag)
                        VALUES ('ci', 'r-%2$s', '%2$s', 'i-%2$s', '%2$s', 'tekton.dev/v1.TaskRun', '{"metadata":{"uid":"%2$s"}}', '1')""".formatted(schema, run));
                execute(statement, """
                        UPDATE %1$s.records SET updated_time = now(), data = data || '{"status":{"conditions":[{"type":"Succeeded","status":"True"}]}}'
                        WHERE (parent, result_id, id) IN (SELECT parent, result_id, id FROM %1$s.records
                          WHERE id > md5('%2$s') ORDER BY id LIMIT 1) OR (parent, result_id, id) = ('ci', 'r-%2$s', 'i-%2$s')""".formatted(schema, run));
                if (i % 5 == 0) {
                    execute(
                            statement,
                            "DELETE FROM %s.results WHERE parent = 'ci' AND id = 'r-written-%d'"
                                    .formatted(schema, i / 2));
                }
            }
        } catch (SQLException e) {
            failure = e;
        }
    }

    private void execute(Statement statement, String sql) throws SQLException {
        long start = System.nanoTime();
        statement.execute(sql);
        Duration took = Duration.ofNanos(System.nanoTime() - start);
        if (took.compareTo(longest) > 0) {
            longest = took;
        }
        statements.incrementAndGet();
    }

    void stop() {
        stopped = true;
        await().until(() -> !thread.isAlive());
        statements();
    }

    @Override
    public void close() throws SQLException {
        stop();
        connection.close();
    }
}

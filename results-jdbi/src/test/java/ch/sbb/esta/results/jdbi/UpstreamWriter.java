package ch.sbb.esta.results.jdbi;

import static org.awaitility.Awaitility.await;
import static org.awaitility.Durations.ONE_MINUTE;

import ch.sbb.esta.results.testkit.postgres.PostgresDatabase;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.time.Duration;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * Writes as the server of Tekton Results does, row by row and with the statements of its ORM, which name all columns that it knows and no
 * schema: inserts a run, updates it and an old one, deletes one now and then; and remembers how long a statement took at most.
 */
final class UpstreamWriter implements AutoCloseable {

    private static final String INSERT_RESULT = """
            INSERT INTO "results" ("parent","id","name","annotations","recordsummary_record","recordsummary_type","recordsummary_start_time",
            "recordsummary_end_time","recordsummary_status","recordsummary_annotations","etag","created_time","updated_time")
            VALUES (?,?,?,CAST(? AS jsonb),?,?,NULL,NULL,?,CAST(? AS jsonb),?,?,?) RETURNING "created_time","updated_time"
            """;
    private static final String INSERT_RECORD = """
            INSERT INTO "records" ("parent","result_id","result_name","id","name","type","data","etag","created_time","updated_time")
            VALUES (?,?,?,?,?,?,CAST(? AS jsonb),?,?,?) RETURNING "created_time","updated_time"
            """;
    private static final String UPDATE_RECORD = """
            UPDATE "records" SET "result_name"=?,"name"=?,"type"=?,"data"=CAST(? AS jsonb),"created_time"=?,"updated_time"=?,"etag"=?
            WHERE "parent" = ? AND "result_id" = ? AND "id" = ?
            """;
    private static final String UPDATE_RESULT = """
            UPDATE "results" SET "name"=?,"annotations"=CAST(? AS jsonb),"created_time"=?,"updated_time"=?,"recordsummary_record"=?,
            "recordsummary_type"=?,"recordsummary_start_time"=NULL,"recordsummary_end_time"=NULL,"recordsummary_status"=?,
            "recordsummary_annotations"=CAST(? AS jsonb),"etag"=? WHERE "parent" = ? AND "id" = ?
            """;
    /** What it reads before it updates; the row comes from wherever, so that old ones are changed too. */
    private static final String OLD_RECORD = """
            SELECT * FROM "records" WHERE id > md5(?) ORDER BY id LIMIT 1
            """;

    private static final String DELETE_RESULT = """
            DELETE FROM "results" WHERE "results"."parent" = ? AND "results"."id" = ?
            """;

    private final Connection connection;
    private final String type;
    private final Thread thread = new Thread(this::write, "upstream");
    private volatile boolean stopped;
    private final AtomicInteger statements = new AtomicInteger();
    private volatile Duration longest = Duration.ZERO;
    private volatile @Nullable SQLException failure;

    UpstreamWriter(PostgresDatabase database, String schema) throws SQLException {
        this(database, schema, "tekton.dev/v1.TaskRun");
    }

    UpstreamWriter(PostgresDatabase database, String schema, String type) throws SQLException {
        this.connection = database.dataSource().getConnection();
        this.connection.setSchema(schema);
        this.type = type;
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

    private String data(String run, String status) {
        int dot = type.lastIndexOf('.');
        return "{\"apiVersion\":\"%s\",\"kind\":\"%s\",\"metadata\":{\"namespace\":\"ci\",\"name\":\"%s\",\"uid\":\"%s\"},\"status\":%s}"
                .formatted(type.substring(0, dot), type.substring(dot + 1), run, run, status);
    }

    private void write() {
        try {
            for (int i = 0; !stopped; i++) {
                String run = "written-" + i;
                OffsetDateTime now = OffsetDateTime.now(ZoneOffset.UTC);
                execute(INSERT_RESULT, "ci", "r-" + run, run, "null", "", "", 0, "null", "r-1", now, now);
                execute(INSERT_RECORD, "ci", "r-" + run, run, "i-" + run, run, type, data(run, "{}"), "i-1", now, now);
                String finished = data(run, "{\"conditions\":[{\"type\":\"Succeeded\",\"status\":\"True\"}]}");
                execute(UPDATE_RECORD, run, run, type, finished, now, now, "i-2", "ci", "r-" + run, "i-" + run);
                String record = "ci/results/" + run + "/records/" + run;
                execute(UPDATE_RESULT, run, "{\"a\":\"b\"}", now, now, record, type, 1, "{}", "r-2", "ci", "r-" + run);
                touchOldRecord(run, now);
                if (i % 5 == 0) {
                    execute(DELETE_RESULT, "ci", "r-written-" + i / 2);
                }
            }
        } catch (SQLException e) {
            failure = e;
        }
    }

    /** Its watcher writes a record again at each turn, whether it has changed or not. */
    private void touchOldRecord(String run, OffsetDateTime now) throws SQLException {
        try (PreparedStatement select = connection.prepareStatement(OLD_RECORD)) {
            select.setString(1, run);
            try (var row = select.executeQuery()) {
                if (row.next()) {
                    execute(
                            UPDATE_RECORD,
                            row.getString("result_name"),
                            row.getString("name"),
                            row.getString("type"),
                            row.getString("data"),
                            row.getObject("created_time", OffsetDateTime.class),
                            now,
                            "touched",
                            row.getString("parent"),
                            row.getString("result_id"),
                            row.getString("id"));
                }
            }
        }
    }

    private void execute(String sql, Object... values) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(sql)) {
            for (int i = 0; i < values.length; i++) {
                statement.setObject(i + 1, values[i]);
            }
            long start = System.nanoTime();
            statement.execute();
            Duration took = Duration.ofNanos(System.nanoTime() - start);
            if (took.compareTo(longest) > 0) {
                longest = took;
            }
        }
        statements.incrementAndGet();
    }

    void stop() {
        stopped = true;
        await().atMost(ONE_MINUTE).until(() -> !thread.isAlive());
        statements();
    }

    @Override
    public void close() throws SQLException {
        stop();
        connection.close();
    }
}

package ch.sbb.esta.results.samples.standalone;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.Set;
import java.util.UUID;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;

/** Rows as the API server of Tekton Results writes them: it names the columns that it knows, and no schema. Used by one thread. */
final class UpstreamTables implements AutoCloseable {

    /** A unique violation and a deadlock: the watcher is told and comes again. */
    private static final Set<String> PASSING = Set.of("23505", "40P01");

    private static final int ATTEMPTS = 20;

    private static final String FIND_RESULT = "SELECT id FROM results WHERE parent = ? AND name = ?";
    private static final String FIND_RECORD =
            "SELECT id FROM records WHERE parent = ? AND result_name = ? AND name = ?";
    private static final String INSERT_RESULT = """
            INSERT INTO "results" ("parent","id","name","annotations","recordsummary_record","recordsummary_type","recordsummary_start_time",
            "recordsummary_end_time","recordsummary_status","recordsummary_annotations","etag","created_time","updated_time")
            VALUES (?,?,?,CAST(? AS jsonb),?,?,CAST(? AS timestamptz),CAST(? AS timestamptz),?,'null',?,?,?)
            """;
    private static final String UPDATE_RESULT = """
            UPDATE "results" SET "recordsummary_record"=?,"recordsummary_type"=?,"recordsummary_start_time"=CAST(? AS timestamptz),
            "recordsummary_end_time"=CAST(? AS timestamptz),"recordsummary_status"=?,"etag"=?,"updated_time"=?
            WHERE "parent" = ? AND "id" = ?
            """;
    private static final String INSERT_RECORD = """
            INSERT INTO "records" ("parent","result_id","result_name","id","name","type","data","etag","created_time","updated_time")
            VALUES (?,?,?,?,?,?,CAST(? AS jsonb),?,?,?)
            """;
    private static final String UPDATE_RECORD = """
            UPDATE "records" SET "result_name"=?,"name"=?,"type"=?,"data"=CAST(? AS jsonb),"updated_time"=?,"etag"=?
            WHERE "parent" = ? AND "result_id" = ? AND "id" = ?
            """;

    private final Connection connection;

    /**
     * What a Result says of its run.
     *
     * @param record empty where it says nothing
     */
    record Summary(
            String record,
            String type,
            @Nullable String start,
            @Nullable String end,
            int status) {

        static final Summary NONE = new Summary("", "", null, null, 0);
    }

    private UpstreamTables(Connection connection) {
        this.connection = connection;
    }

    static UpstreamTables open(DataSource database, String schema) throws SQLException {
        Connection connection = database.getConnection();
        connection.setSchema(schema);
        return new UpstreamTables(connection);
    }

    /** Makes the tables as its ORM does. */
    static void create(DataSource database, String schema) throws SQLException {
        try (Connection connection = database.getConnection();
                Statement statement = connection.createStatement()) {
            statement.execute("""
                    CREATE SCHEMA %1$s;
                    CREATE TABLE %1$s.results (parent varchar(64), id varchar(64), name varchar(64), annotations jsonb,
                      created_time timestamptz DEFAULT current_timestamp, updated_time timestamptz DEFAULT current_timestamp,
                      recordsummary_record varchar(256), recordsummary_type varchar(768), recordsummary_start_time timestamptz,
                      recordsummary_end_time timestamptz, recordsummary_status integer, recordsummary_annotations jsonb,
                      etag varchar(128), PRIMARY KEY (parent, id));
                    CREATE UNIQUE INDEX results_by_name ON %1$s.results (parent, name);
                    CREATE TABLE %1$s.records (parent varchar(64), result_id varchar(64), result_name varchar(64), id varchar(64),
                      name varchar(64), type varchar(768), data jsonb, created_time timestamptz DEFAULT current_timestamp,
                      updated_time timestamptz DEFAULT current_timestamp, etag varchar(128), PRIMARY KEY (parent, result_id, id),
                      CONSTRAINT fk_records_result FOREIGN KEY (parent, result_id) REFERENCES %1$s.results (parent, id)
                        ON UPDATE CASCADE ON DELETE CASCADE);
                    CREATE UNIQUE INDEX records_by_name ON %1$s.records (parent, result_name, name)""".formatted(schema));
        }
    }

    void putResult(String parent, String name, String objectName, Summary summary) throws SQLException {
        boolean speaks = !summary.record.isEmpty();
        retrying(() -> {
            String id = find(FIND_RESULT, parent, name);
            OffsetDateTime now = OffsetDateTime.now(ZoneOffset.UTC);
            if (id == null) {
                String made = UUID.randomUUID().toString();
                execute(
                        INSERT_RESULT,
                        parent,
                        made,
                        name,
                        speaks ? "{\"object.metadata.name\":\"" + objectName + "\"}" : "null",
                        summary.record,
                        summary.type,
                        summary.start,
                        summary.end,
                        summary.status,
                        etag(made),
                        now,
                        now);
            } else if (speaks) {
                execute(
                        UPDATE_RESULT,
                        summary.record,
                        summary.type,
                        summary.start,
                        summary.end,
                        summary.status,
                        etag(id),
                        now,
                        parent,
                        id);
            }
        });
    }

    /** Its watcher compares bytes, which jsonb does not keep, so it writes each time. */
    void putRecord(String parent, String result, String name, String type, String data) throws SQLException {
        retrying(() -> {
            String resultId = find(FIND_RESULT, parent, result);
            String id = find(FIND_RECORD, parent, result, name);
            OffsetDateTime now = OffsetDateTime.now(ZoneOffset.UTC);
            if (id == null) {
                String made = UUID.randomUUID().toString();
                execute(INSERT_RECORD, parent, resultId, result, made, name, type, data, etag(made), now, now);
            } else {
                execute(UPDATE_RECORD, result, name, type, data, now, etag(id), parent, resultId, id);
            }
        });
    }

    private static String etag(String id) {
        Instant now = Instant.now();
        return id + "-" + (now.getEpochSecond() * 1_000_000_000 + now.getNano());
    }

    private interface Step {
        void run() throws SQLException;
    }

    /** Who finds that somebody else has made the row meanwhile is told so and comes again. */
    private static void retrying(Step step) throws SQLException {
        for (int attempt = 1; ; attempt++) {
            try {
                step.run();
                return;
            } catch (SQLException e) {
                if (!PASSING.contains(String.valueOf(e.getSQLState())) || attempt == ATTEMPTS) {
                    throw e;
                }
            }
        }
    }

    private @Nullable String find(String sql, String... values) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(sql)) {
            for (int i = 0; i < values.length; i++) {
                statement.setString(i + 1, values[i]);
            }
            try (ResultSet row = statement.executeQuery()) {
                return row.next() ? row.getString(1) : null;
            }
        }
    }

    private void execute(String sql, @Nullable Object... values) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(sql)) {
            for (int i = 0; i < values.length; i++) {
                statement.setObject(i + 1, values[i]);
            }
            statement.execute();
        }
    }

    /** From now on nothing is committed. */
    void begin() throws SQLException {
        connection.setAutoCommit(false);
    }

    /** Ends it as a process that is killed ends. */
    @Override
    public void close() throws SQLException {
        connection.abort(Runnable::run);
    }
}

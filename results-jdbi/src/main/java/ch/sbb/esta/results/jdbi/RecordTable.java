package ch.sbb.esta.results.jdbi;

import ch.sbb.esta.results.Record;
import ch.sbb.esta.results.RecordName;
import ch.sbb.esta.results.ResultName;
import ch.sbb.esta.results.ResultsException;
import ch.sbb.esta.results.RunSnapshot.Origin;
import ch.sbb.esta.results.RunVersion;
import ch.sbb.esta.results.internal.JsonEscape;
import ch.sbb.esta.results.internal.KnownPlaces;
import java.nio.charset.StandardCharsets;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.statement.Query;
import org.jdbi.v3.core.statement.StatementContext;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The statements on the table {@code records}. */
final class RecordTable {

    private static final Logger LOG = LoggerFactory.getLogger(RecordTable.class);

    static final String COLUMNS = """
            r.parent, r.result_name, r.id, r.name, r.type, CAST(r.data AS text) AS data, \
            r.esta_data_escaped IS TRUE AS data_escaped, r.etag, \
            coalesce(r.created_time, 'epoch') AS created_time, coalesce(r.updated_time, 'epoch') AS updated_time""";

    /** Data that are not asked for are not read: they lie outside of the row and cost most. */
    static final String BASIC_COLUMNS = """
            r.parent, r.result_name, r.id, r.name, r.type, '' AS data, false AS data_escaped, r.etag, \
            coalesce(r.created_time, 'epoch') AS created_time, coalesce(r.updated_time, 'epoch') AS updated_time""";

    /** Whether two rows hold the same object: type, JSON and the mark of the escape. */
    private static final String DIFFERENT = """
            (r.type IS DISTINCT FROM %1$s.type OR r.data IS DISTINCT FROM %1$s.data \
            OR (r.esta_data_escaped IS TRUE) <> (%1$s.esta_data_escaped IS TRUE))""";

    private final String archive;
    private final String unchanged;
    private final String runs;
    private final String versions;
    private final String update;
    private final String create;
    private final String lock;
    private final String find;
    private final String delete;

    RecordTable(Schema schema) {
        archive = schema.sql("""
                INSERT INTO {records} AS r (parent, result_id, result_name, id, name, type, data, created_time,
                    updated_time, etag, esta_data_escaped, esta_data_digest)
                SELECT n.parent, n.result_id, n.result_name, n.id, n.name, n.type, CAST(convert_from(n.data, 'UTF8') AS jsonb),
                    CAST(:time AS timestamptz), CAST(:time AS timestamptz), %s, nullif(n.escaped, false), n.digest
                FROM (SELECT unnest(CAST(:parents AS text[])) AS parent, unnest(CAST(:result_ids AS text[])) AS result_id,
                        unnest(CAST(:result_names AS text[])) AS result_name, unnest(CAST(:ids AS text[])) AS id, unnest(CAST(:names AS text[])) AS name,
                        unnest(CAST(:types AS text[])) AS type, unnest(CAST(:data AS bytea[])) AS data, unnest(CAST(:escaped AS bool[])) AS escaped,
                        unnest(CAST(:digests AS bytea[])) AS digest) n
                ON CONFLICT (parent, result_name, name) DO UPDATE SET
                    type = EXCLUDED.type, data = EXCLUDED.data, updated_time = EXCLUDED.updated_time,
                    etag = %s, esta_data_escaped = EXCLUDED.esta_data_escaped, esta_data_digest = EXCLUDED.esta_data_digest
                WHERE (r.data IS NULL OR %s = %s) AND %s AND %s
                RETURNING r.parent, r.result_name, r.name, r.id
                """.formatted(
                        Change.FIRST_ETAG,
                        Change.NEXT_ETAG,
                        uid("r.data"),
                        uid("EXCLUDED.data"),
                        newest(),
                        DIFFERENT.formatted("EXCLUDED")));
        // Looked up by name alone: where a table has no statistics yet, an index by type looks as good.
        unchanged = schema.sql("""
                SELECT r.parent, r.result_name, r.name
                FROM (SELECT unnest(CAST(:parents AS text[])) AS parent, unnest(CAST(:result_names AS text[])) AS result_name, unnest(CAST(:names AS text[])) AS name,
                        unnest(CAST(:types AS text[])) AS type, unnest(CAST(:digests AS bytea[])) AS digest) n
                CROSS JOIN LATERAL (SELECT t.parent, t.result_name, t.name, t.type, t.esta_data_digest FROM {records} t
                    WHERE t.parent = n.parent AND t.result_name = n.result_name AND t.name = n.name OFFSET 0) r
                WHERE r.type = n.type AND r.esta_data_digest = n.digest
                """);
        runs = schema.sql("""
                SELECT n.parent, n.result_name, n.name, r.type
                FROM (SELECT unnest(CAST(:parents AS text[])) AS parent, unnest(CAST(:result_names AS text[])) AS result_name, unnest(CAST(:names AS text[])) AS name) n
                CROSS JOIN LATERAL (
                    (SELECT t.type FROM {records} t
                        WHERE t.parent = n.parent AND t.result_name = n.result_name AND t.name = n.name OFFSET 0)
                    UNION ALL
                    (SELECT t.recordsummary_type FROM {results} t
                        WHERE t.parent = n.parent AND t.name = n.result_name
                        AND t.recordsummary_record = n.parent || '/results/' || n.result_name || '/records/' || n.name OFFSET 0)) r
                """);
        versions = schema.sql("""
                SELECT r.parent, r.result_name, r.name, %s AS uid, %s AS finished, %s AS version
                FROM (SELECT unnest(CAST(:parents AS text[])) AS parent, unnest(CAST(:result_names AS text[])) AS result_name, unnest(CAST(:names AS text[])) AS name) n
                CROSS JOIN LATERAL (SELECT t.parent, t.result_name, t.name, t.data FROM {records} t
                    WHERE t.parent = n.parent AND t.result_name = n.result_name AND t.name = n.name OFFSET 0) r
                """.formatted(uid("r.data"), finished("r.data"), version("r.data")));
        update = schema.sql("""
                UPDATE {records} r SET type = n.type, data = n.data, updated_time = CAST(:time AS timestamptz), etag = %s,
                    esta_data_escaped = n.esta_data_escaped
                FROM (SELECT CAST(:type AS text) AS type, CAST(convert_from(CAST(:data AS bytea), 'UTF8') AS jsonb) AS data,
                        nullif(CAST(:escaped AS boolean), false) AS esta_data_escaped) n
                WHERE r.parent = :parent AND r.result_name = :result_name AND r.name = :name AND %s
                """.formatted(Change.NEXT_ETAG, DIFFERENT.formatted("n")));
        create = schema.sql("""
                INSERT INTO {records} (parent, result_id, result_name, id, name, type, data, created_time, updated_time, etag,
                    esta_data_escaped)
                SELECT n.parent, n.result_id, n.result_name, n.id, n.name, n.type, n.data, CAST(:time AS timestamptz),
                    CAST(:time AS timestamptz), %s, n.escaped
                FROM (SELECT r.parent, r.id AS result_id, r.name AS result_name, CAST(:id AS text) AS id,
                        CAST(:name AS text) AS name, CAST(:type AS text) AS type,
                        CAST(convert_from(CAST(:data AS bytea), 'UTF8') AS jsonb) AS data,
                        nullif(CAST(:escaped AS boolean), false) AS escaped
                    FROM {results} r WHERE r.parent = :parent AND r.name = :result_name FOR KEY SHARE) n
                ON CONFLICT (parent, result_name, name) DO NOTHING
                """.formatted(Change.FIRST_ETAG));
        String byName = " WHERE r.parent = :parent AND r.result_name = :result_name AND r.name = :name";
        lock = schema.sql("SELECT coalesce(r.etag, '') FROM {records} r" + byName + " FOR NO KEY UPDATE");
        find = schema.sql("SELECT " + COLUMNS + " FROM {records} r" + byName);
        delete = schema.sql("DELETE FROM {records} r" + byName);
    }

    /** The guard of {@link RunVersion}, decided from the objects, so that it holds for rows that others wrote too. */
    private static String newest() {
        String stored = version("r.data");
        String arrived = version("EXCLUDED.data");
        return """
                CASE WHEN %1$s <> %2$s THEN %2$s
                     WHEN EXCLUDED.id = ANY(CAST(:live_ids AS text[])) THEN true
                     WHEN %3$s ~ '^[0-9]{1,40}$' AND %4$s ~ '^[0-9]{1,40}$'
                         THEN CAST(%4$s AS numeric) >= CAST(%3$s AS numeric)
                     ELSE true END""".formatted(finished("r.data"), finished("EXCLUDED.data"), stored, arrived);
    }

    private static String uid(String data) {
        return "(" + data + " #>> '{metadata,uid}')";
    }

    private static String version(String data) {
        return "(CASE WHEN jsonb_typeof(%1$s #> '{metadata,resourceVersion}') = 'string' THEN %1$s #>> '{metadata,resourceVersion}' ELSE '' END)"
                .formatted(data);
    }

    /** The first condition of that type counts, and of what is not Tekton's the completion too, as in {@code RunSnapshot}. */
    private static String finished(String data) {
        return """
                (coalesce(CASE WHEN jsonb_typeof(%1$s #> '{status,conditions}') = 'array' THEN
                    jsonb_path_query_first(%1$s #> '{status,conditions}', 'strict $[*] ? (@.type == "Succeeded")', '{}', true)
                    ->> 'status' IN ('True', 'False') END, false)
                OR CASE WHEN starts_with(coalesce(%1$s ->> 'apiVersion', ''), 'tekton.dev/') THEN false
                    ELSE {esta_time}(%1$s #>> '{status,completionTime}') IS NOT NULL END)""".formatted(data);
    }

    /** What is stored of a run that was not written: whose it is and which version, as of the lock that we hold. */
    record StoredVersion(String uid, RunVersion version) {}

    /** Writes runs that are new or newer; returns the ids of the rows that were written. */
    Map<RecordName, String> archive(Handle handle, List<ArchiveRow> rows, Change change) {
        Map<RecordName, String> written = new HashMap<>();
        handle.createQuery(archive)
                .bind("time", change.time())
                .bind("nanoseconds", change.nanoseconds())
                .bind("parents", SqlArray.texts(rows, row -> row.name().parent()))
                .bind("result_ids", SqlArray.texts(rows, ArchiveRow::resultId))
                .bind(
                        "result_names",
                        SqlArray.texts(rows, row -> row.name().result().result()))
                .bind("ids", SqlArray.texts(rows, ArchiveRow::id))
                .bind("names", SqlArray.texts(rows, row -> row.name().record()))
                .bind("types", SqlArray.texts(rows, row -> row.run().kind().recordType()))
                .bind("data", SqlArray.bytes(rows, row -> row.data().json()))
                .bind("escaped", SqlArray.flags(rows, row -> row.data().escaped()))
                .bind("digests", SqlArray.bytes(rows, ArchiveRow::digest))
                .bind(
                        "live_ids",
                        SqlArray.texts(
                                rows.stream()
                                        .filter(row -> row.run().version().origin() == Origin.LIVE_READ)
                                        .toList(),
                                ArchiveRow::id))
                .map((row, context) -> Map.entry(name(row), row.getString("id")))
                .forEach(entry -> written.put(entry.getKey(), entry.getValue()));
        return written;
    }

    /**
     * Which rows are stored as they are, byte for byte, told by their digests alone: neither are the objects sent nor are the stored ones
     * read. Rows without a digest, of others or from before there were digests, are not among them.
     */
    Set<RecordName> unchanged(Handle handle, List<ArchiveRow> rows) {
        return handle.createQuery(unchanged)
                .bind("parents", SqlArray.texts(rows, row -> row.name().parent()))
                .bind(
                        "result_names",
                        SqlArray.texts(rows, row -> row.name().result().result()))
                .bind("names", SqlArray.texts(rows, row -> row.name().record()))
                .bind("types", SqlArray.texts(rows, row -> row.run().kind().recordType()))
                .bind("digests", SqlArray.bytes(rows, ArchiveRow::digest))
                .map((row, context) -> name(row))
                .set();
    }

    /** At which of some names there are runs, or Results that speak of one. */
    Set<RecordName> runs(Handle handle, Set<RecordName> names) {
        Set<RecordName> found = new HashSet<>();
        handle
                .createQuery(runs)
                .bind("parents", SqlArray.texts(names, RecordName::parent))
                .bind(
                        "result_names",
                        SqlArray.texts(names, name -> name.result().result()))
                .bind("names", SqlArray.texts(names, RecordName::record))
                .map((row, context) -> Map.entry(name(row), String.valueOf(row.getString("type"))))
                .stream()
                .filter(entry -> KnownPlaces.isRun(entry.getValue()))
                .forEach(entry -> found.add(entry.getKey()));
        return found;
    }

    Map<RecordName, StoredVersion> versions(Handle handle, List<ArchiveRow> rows) {
        Map<RecordName, StoredVersion> versions = new HashMap<>();
        handle.createQuery(this.versions)
                .bind("parents", SqlArray.texts(rows, row -> row.name().parent()))
                .bind(
                        "result_names",
                        SqlArray.texts(rows, row -> row.name().result().result()))
                .bind("names", SqlArray.texts(rows, row -> row.name().record()))
                .map((row, context) -> Map.entry(name(row), storedVersion(row)))
                .forEach(entry -> versions.put(entry.getKey(), entry.getValue()));
        return versions;
    }

    private static StoredVersion storedVersion(ResultSet row) throws SQLException {
        String uid = row.getString("uid");
        RunVersion version = new RunVersion(row.getBoolean("finished"), row.getString("version"), Origin.WATCH);
        return new StoredVersion(uid == null ? "" : uid, version);
    }

    private static RecordName name(ResultSet row) throws SQLException {
        return new RecordName(
                new ResultName(row.getString("parent"), row.getString("result_name")), row.getString("name"));
    }

    /** The etag of a Record that nobody else changes until the end of the transaction. */
    Optional<String> lock(Handle handle, RecordName name) {
        return named(handle.createQuery(lock), name).mapTo(String.class).findOne();
    }

    /** Replaces the data unless it is the same. */
    void update(Handle handle, RecordName name, String type, byte[] data, Change change) {
        JsonEscape.Encoded encoded = JsonEscape.encode(data);
        handle.createUpdate(update)
                .bind("parent", name.parent())
                .bind("result_name", name.result().result())
                .bind("name", name.record())
                .bind("type", type)
                .bind("data", encoded.json())
                .bind("escaped", encoded.escaped())
                .bind("time", change.time())
                .bind("nanoseconds", change.nanoseconds())
                .execute();
    }

    /** Adds a Record unless it is there or its Result is not. */
    void create(Handle handle, RecordName name, String type, byte[] data, Change change) {
        JsonEscape.Encoded encoded = JsonEscape.encode(data);
        handle.createUpdate(create)
                .bind("parent", name.parent())
                .bind("result_name", name.result().result())
                .bind("id", change.newId())
                .bind("name", name.record())
                .bind("type", type)
                .bind("data", encoded.json())
                .bind("escaped", encoded.escaped())
                .bind("time", change.time())
                .bind("nanoseconds", change.nanoseconds())
                .execute();
    }

    Optional<Record> find(Handle handle, RecordName name) {
        return named(handle.createQuery(find), name)
                .map(RecordTable::map)
                .findOne()
                .flatMap(record -> record);
    }

    void delete(Handle handle, RecordName name) {
        handle.createUpdate(delete)
                .bind("parent", name.parent())
                .bind("result_name", name.result().result())
                .bind("name", name.record())
                .execute();
    }

    private static Query named(Query query, RecordName name) {
        return query.bind("parent", name.parent())
                .bind("result_name", name.result().result())
                .bind("name", name.record());
    }

    /** A row whose name is malformed was written by somebody else; it cannot be named here and must not fail a whole list. */
    static Optional<Record> map(ResultSet row, StatementContext context) throws SQLException {
        try {
            String type = row.getString("type");
            return Optional.of(new Record(name(row), Columns.stored(row), type == null ? "" : type, data(row)));
        } catch (ResultsException e) {
            LOG.warn("passing over a row of records that has a malformed name: {}", e.getMessage());
            return Optional.empty();
        }
    }

    private static byte[] data(ResultSet row) throws SQLException {
        byte[] data = row.getBytes("data");
        if (data == null) {
            return "null".getBytes(StandardCharsets.US_ASCII);
        }
        return row.getBoolean("data_escaped") ? JsonEscape.decode(data) : data;
    }
}

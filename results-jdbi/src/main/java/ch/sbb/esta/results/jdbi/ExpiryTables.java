package ch.sbb.esta.results.jdbi;

import ch.sbb.esta.results.Expiry;
import ch.sbb.esta.results.Page;
import ch.sbb.esta.results.RecordName;
import ch.sbb.esta.results.ResultName;
import ch.sbb.esta.results.ResultsException;
import ch.sbb.esta.results.RunSnapshot;
import ch.sbb.esta.results.Tombstone;
import ch.sbb.esta.results.spi.RetentionStore;
import ch.sbb.esta.results.spi.RetentionStore.Sighting;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.statement.Query;
import org.jdbi.v3.core.statement.SqlStatement;
import org.jdbi.v3.core.statement.StatementContext;

/**
 * The statements of retention: marks, tombstones, and the deletion of what is marked.
 *
 * <p>The Records of a Result and then the Result are locked before anything is decided about them, in the order in which archiving locks
 * them. Who archives into the Result at the same time either has a lock first, and is seen then, or comes behind the mark, and finds the
 * tombstones when he looks for them at the end.
 */
final class ExpiryTables {

    /** Whether a Record holds a run by its type, of whatever kind; in doubt it does, and the next look at the Result decides. */
    private static final String IS_RUN = "r.type LIKE '%/%' AND r.type NOT LIKE 'results.tekton.dev/%'";

    private static final String TOMBSTONE_COLUMNS =
            "t.parent, t.uid, t.result_name, t.record_name, t.type, t.run_name, t.expired_time";

    private final Schema schema;
    private final String lockResult;
    private final String lockRecords;
    private final String etags;
    private final String findMark;
    private final String mark;
    private final String bury;
    private final String newRuns;
    private final String deleteRecords;
    private final String deleteKnown;
    private final String deleteResult;
    private final String unmark;
    private final String stonesOf;
    private final String find;
    private final String delete;
    private final String expired;

    ExpiryTables(Schema schema) {
        this.schema = schema;
        String ofResult = " WHERE r.parent = :parent AND r.result_name = :name";
        lockResult = schema.sql(
                "SELECT coalesce(r.etag, '') FROM {results} r WHERE r.parent = :parent AND r.name = :name FOR UPDATE");
        lockRecords = schema.sql("SELECT 1 FROM {records} r" + ofResult + " ORDER BY r.name COLLATE \"C\" FOR UPDATE");
        etags = schema.sql("SELECT r.name, coalesce(r.etag, '') AS etag FROM {records} r" + ofResult);
        findMark = schema.sql("SELECT r.records FROM {esta_expiries} r" + ofResult + " FOR UPDATE");
        mark = schema.sql("""
                INSERT INTO {esta_expiries} (parent, result_name, policy, marked_time, records)
                VALUES (:parent, :name, :policy, CAST(:time AS timestamptz), CAST(:records AS text[]))
                ON CONFLICT DO NOTHING
                """);
        bury = schema.sql("""
                INSERT INTO {esta_tombstones} AS t (parent, uid, result_name, record_name, type, run_name, expired_time)
                SELECT :parent, n.uid, :name, n.record, n.type, n.run, CAST(:time AS timestamptz)
                FROM (SELECT unnest(CAST(:uids AS text[])) AS uid, unnest(CAST(:records AS text[])) AS record,
                        unnest(CAST(:types AS text[])) AS type, unnest(CAST(:runs AS text[])) AS run) n
                ON CONFLICT (parent, uid) DO UPDATE SET result_name = EXCLUDED.result_name,
                    record_name = EXCLUDED.record_name, type = EXCLUDED.type, run_name = EXCLUDED.run_name,
                    expired_time = EXCLUDED.expired_time
                """);
        newRuns = schema.sql("SELECT EXISTS (SELECT FROM {records} r" + ofResult + " AND " + IS_RUN
                + " AND r.name <> ALL(CAST(:known AS text[])))");
        deleteRecords = schema.sql("DELETE FROM {records} r" + ofResult);
        deleteKnown = deleteRecords + " AND r.name = ANY(CAST(:known AS text[]))";
        deleteResult = schema.sql("DELETE FROM {results} r WHERE r.parent = :parent AND r.name = :name");
        unmark = schema.sql("DELETE FROM {esta_expiries} r" + ofResult);
        stonesOf = schema.sql("SELECT " + TOMBSTONE_COLUMNS + """
                 FROM (SELECT unnest(CAST(:parents AS text[])) AS parent, unnest(CAST(:names AS text[])) AS name) n
                JOIN {esta_tombstones} t ON t.parent = n.parent AND t.result_name = n.name ORDER BY t.uid
                """);
        find = schema.sql(
                "SELECT " + TOMBSTONE_COLUMNS + " FROM {esta_tombstones} t WHERE t.parent = :parent AND t.uid = :uid");
        delete = schema.sql("""
                DELETE FROM {esta_tombstones} t
                USING (SELECT unnest(CAST(:parents AS text[])) AS parent, unnest(CAST(:uids AS text[])) AS uid,
                        CAST(unnest(CAST(:times AS text[])) AS timestamptz) AS time) n
                WHERE t.parent = n.parent AND t.uid = n.uid AND t.expired_time = n.time AND NOT EXISTS (SELECT FROM {esta_expiries} e
                    WHERE e.parent = t.parent AND e.result_name = t.result_name)
                """);
        expired = schema.sql("""
                SELECT n.parent, n.uid
                FROM (SELECT unnest(CAST(:parents AS text[])) AS parent, unnest(CAST(:uids AS text[])) AS uid) n
                CROSS JOIN LATERAL (SELECT FROM {esta_tombstones} t
                    WHERE t.parent = n.parent AND t.uid = n.uid OFFSET 0) t
                """);
    }

    /** A run by what its tombstone would be found by. */
    record Key(String parent, String uid) {

        static Key of(RunSnapshot run) {
            return new Key(run.namespace(), run.uid());
        }

        static Optional<Key> ofOwner(RunSnapshot run) {
            return run.pipelineRunUid().map(uid -> new Key(run.namespace(), QuarantineTable.storable(uid)));
        }
    }

    boolean mark(Handle handle, Expiry expiry, Sighting seen) {
        ResultName name = expiry.result();
        if (knownRecords(handle, name).isPresent()) {
            return true;
        }
        Optional<String> etag = lock(handle, name);
        if (etag.isEmpty()
                || !etag.get().equals(seen.etag())
                || !recordEtags(handle, name).equals(seen.records())) {
            return false;
        }
        named(handle.createUpdate(mark), name)
                .bind("policy", QuarantineTable.storable(expiry.policy()))
                .bind("time", expiry.time().atOffset(ZoneOffset.UTC))
                .bind("records", SqlArray.texts(seen.records().keySet(), RecordName::record))
                .execute();
        if (!expiry.runs().isEmpty()) {
            bury(handle, expiry);
        }
        return true;
    }

    /** Locks a Result with its Records and keeps further ones out; answers its etag. */
    private Optional<String> lock(Handle handle, ResultName name) {
        named(handle.createQuery(lockRecords), name).mapTo(Integer.class).list();
        return named(handle.createQuery(lockResult), name).mapTo(String.class).findOne();
    }

    /** One UID may have more than one Record; the tombstone then names the last. */
    private void bury(Handle handle, Expiry expiry) {
        Map<String, Tombstone> stones = new HashMap<>();
        expiry.runs().forEach(run -> stones.put(run.uid(), run));
        Collection<Tombstone> runs = stones.values();
        named(handle.createUpdate(bury), expiry.result())
                .bind("time", expiry.time().atOffset(ZoneOffset.UTC))
                .bind("uids", SqlArray.texts(runs, Tombstone::uid))
                .bind("records", SqlArray.texts(runs, run -> run.record().record()))
                .bind("types", SqlArray.texts(runs, Tombstone::type))
                .bind("runs", SqlArray.texts(runs, run -> QuarantineTable.storable(run.name())))
                .execute();
    }

    /** Rows of others whose names are malformed cannot be listed, so nobody has seen them. */
    private Map<RecordName, String> recordEtags(Handle handle, ResultName name) {
        Map<RecordName, String> found = new HashMap<>();
        named(handle.createQuery(etags), name)
                .map((row, context) -> Map.entry(String.valueOf(row.getString("name")), row.getString("etag")))
                .forEach(row -> {
                    try {
                        found.put(name.record(row.getKey()), row.getValue());
                    } catch (ResultsException e) {
                        // Passed over by lists too, with a warning there.
                    }
                });
        return found;
    }

    /** The names of the Records that a Result had when it was marked. */
    private Optional<List<String>> knownRecords(Handle handle, ResultName name) {
        return named(handle.createQuery(findMark), name)
                .map((row, context) ->
                        List.of((String[]) row.getArray("records").getArray()))
                .findOne();
    }

    long deleteMarked(Handle handle, ResultName name) {
        Optional<List<String>> known = knownRecords(handle, name);
        if (known.isEmpty()) {
            return 0;
        }
        lock(handle, name);
        boolean shared = named(handle.createQuery(newRuns), name)
                .bind("known", SqlArray.texts(known.get(), record -> record))
                .mapTo(Boolean.class)
                .one();
        long deleted;
        if (shared) {
            deleted = named(handle.createUpdate(deleteKnown), name)
                    .bind("known", SqlArray.texts(known.get(), record -> record))
                    .execute();
        } else {
            deleted = named(handle.createUpdate(deleteRecords), name).execute();
            deleted += named(handle.createUpdate(deleteResult), name).execute();
        }
        named(handle.createUpdate(unmark), name).execute();
        return deleted;
    }

    Page<Expiry> listMarked(Handle handle, String parent, String after, int limit) {
        String sql = schema.sql("SELECT r.parent, r.result_name, r.policy, r.marked_time FROM {esta_expiries} r"
                + " WHERE (r.parent, r.result_name) > (:after_parent, :after_last)" + ofParent(parent, "r")
                + " ORDER BY r.parent, r.result_name LIMIT :limit");
        List<Expiry> marked = page(handle.createQuery(sql), parent, after, limit)
                .map((row, context) -> new Expiry(
                        new ResultName(row.getString("parent"), row.getString("result_name")),
                        row.getString("policy"),
                        Objects.requireNonNull(Columns.time(row, "marked_time")),
                        List.of()))
                .list();
        Map<ResultName, List<Tombstone>> runs = new HashMap<>();
        handle.createQuery(stonesOf)
                .bind(
                        "parents",
                        SqlArray.texts(marked, expiry -> expiry.result().parent()))
                .bind("names", SqlArray.texts(marked, expiry -> expiry.result().result()))
                .map(ExpiryTables::tombstone)
                .forEach(stone -> runs.computeIfAbsent(stone.record().result(), result -> new ArrayList<>())
                        .add(stone));
        List<Expiry> whole = marked.stream()
                .map(expiry -> new Expiry(
                        expiry.result(), expiry.policy(), expiry.time(), runs.getOrDefault(expiry.result(), List.of())))
                .toList();
        return cut(
                whole,
                limit,
                expiry -> expiry.result().parent() + "/" + expiry.result().result());
    }

    Page<Tombstone> listTombstones(Handle handle, TombstoneQuery query) {
        String sql = schema.sql("SELECT " + TOMBSTONE_COLUMNS + " FROM {esta_tombstones} t"
                + " WHERE (t.parent, t.uid) > (:after_parent, :after_last)" + ofParent(query.parent, "t")
                + " AND t.expired_time < CAST(:before AS timestamptz) AND NOT EXISTS (SELECT FROM {esta_expiries} e"
                + " WHERE e.parent = t.parent AND e.result_name = t.result_name)"
                + " ORDER BY t.parent, t.uid LIMIT :limit");
        List<Tombstone> stones = page(handle.createQuery(sql), query.parent, query.after, query.limit)
                .bind("before", query.before.atOffset(ZoneOffset.UTC))
                .map(ExpiryTables::tombstone)
                .list();
        return cut(stones, query.limit, stone -> stone.namespace() + "/" + stone.uid());
    }

    /** Which tombstones are listed. */
    record TombstoneQuery(String parent, Instant before, String after, int limit) {}

    private static String ofParent(String parent, String table) {
        return parent.equals("-") ? "" : " AND " + table + ".parent = :parent";
    }

    private static Query page(Query query, String parent, String after, int limit) {
        if (limit < 1 || limit > RetentionStore.MAX_PAGE) {
            throw ResultsException.invalid("limit " + limit + " is not between 1 and " + RetentionStore.MAX_PAGE);
        }
        int slash = after.indexOf('/');
        if (!parent.equals("-")) {
            query.bind("parent", parent);
        }
        return query.bind("after_parent", slash < 0 ? "" : after.substring(0, slash))
                .bind("after_last", after.substring(slash + 1))
                .bind("limit", limit + 1);
    }

    private static <T> Page<T> cut(List<T> items, int limit, Function<T, String> token) {
        if (items.size() <= limit) {
            return new Page<>(items, null);
        }
        List<T> shown = items.subList(0, limit);
        return new Page<>(shown, token.apply(shown.get(limit - 1)));
    }

    Optional<Tombstone> find(Handle handle, String parent, String uid) {
        return handle.createQuery(find)
                .bind("parent", QuarantineTable.storable(parent))
                .bind("uid", QuarantineTable.storable(uid))
                .map(ExpiryTables::tombstone)
                .findOne();
    }

    void delete(Handle handle, List<Tombstone> stones) {
        handle.createUpdate(delete)
                .bind("parents", SqlArray.texts(stones, Tombstone::namespace))
                .bind("uids", SqlArray.texts(stones, Tombstone::uid))
                .bind("times", SqlArray.texts(stones, stone -> stone.time().toString()))
                .execute();
    }

    /** Which of some runs have a tombstone. */
    Set<Key> expired(Handle handle, Collection<Key> runs) {
        return new HashSet<>(handle.createQuery(expired)
                .bind("parents", SqlArray.texts(runs, Key::parent))
                .bind("uids", SqlArray.texts(runs, Key::uid))
                .map((row, context) -> new Key(row.getString(1), row.getString(2)))
                .list());
    }

    private static <S extends SqlStatement<S>> S named(S statement, ResultName name) {
        return statement.bind("parent", name.parent()).bind("name", name.result());
    }

    private static Tombstone tombstone(ResultSet row, StatementContext context) throws SQLException {
        return new Tombstone(
                new ResultName(row.getString("parent"), row.getString("result_name"))
                        .record(row.getString("record_name")),
                row.getString("type"),
                row.getString("run_name"),
                row.getString("uid"),
                Objects.requireNonNull(Columns.time(row, "expired_time")));
    }
}

package ch.sbb.esta.results.jdbi;

import ch.sbb.esta.results.RecordName;
import ch.sbb.esta.results.RecordSummary;
import ch.sbb.esta.results.Result;
import ch.sbb.esta.results.ResultContent;
import ch.sbb.esta.results.ResultName;
import ch.sbb.esta.results.ResultsException;
import ch.sbb.esta.results.SummaryStatus;
import ch.sbb.esta.results.internal.JsonEscape.Encoded;
import java.nio.charset.StandardCharsets;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.statement.Query;
import org.jdbi.v3.core.statement.SqlStatement;
import org.jdbi.v3.core.statement.StatementContext;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The statements on the table {@code results}. */
final class ResultTable {

    private static final Logger LOG = LoggerFactory.getLogger(ResultTable.class);

    /** What upstream writes where there is no summary. */
    private static final Encoded NO_ANNOTATIONS = new Encoded("null".getBytes(StandardCharsets.US_ASCII), false);

    static final String COLUMNS = """
            r.parent, r.id, r.name, r.etag, CAST(r.annotations AS text) AS annotations, \
            r.esta_annotations_escaped IS TRUE AS annotations_escaped, \
            coalesce(r.created_time, 'epoch') AS created_time, coalesce(r.updated_time, 'epoch') AS updated_time, \
            r.recordsummary_record, r.recordsummary_type, r.recordsummary_start_time, r.recordsummary_end_time, \
            r.recordsummary_status, CAST(r.recordsummary_annotations AS text) AS summary_annotations, \
            r.esta_summary_escaped IS TRUE AS summary_escaped""";

    private static final String NEW_ROWS = """
            (SELECT unnest(CAST(:parents AS text[])) AS parent, unnest(CAST(:names AS text[])) AS name, unnest(CAST(:ids AS text[])) AS id,
                    CAST(unnest(CAST(:annotations AS text[])) AS jsonb) AS annotations,
                    unnest(CAST(:annotations_escaped AS bool[])) AS annotations_escaped,
                    unnest(CAST(:records AS text[])) AS record, unnest(CAST(:types AS text[])) AS type,
                    CAST(unnest(CAST(:start_times AS text[])) AS timestamptz) AS start_time,
                    CAST(unnest(CAST(:end_times AS text[])) AS timestamptz) AS end_time,
                    unnest(CAST(:statuses AS int[])) AS status, CAST(unnest(CAST(:summary_annotations AS text[])) AS jsonb) AS summary_annotations,
                    unnest(CAST(:summary_escaped AS bool[])) AS summary_escaped) n""";

    /** Looked up one by one in their order: a join would leave both the order of locks and the plan to statistics. */
    private static final String NAMES =
            "(SELECT unnest(CAST(:parents AS text[])) AS parent, unnest(CAST(:names AS text[])) AS name) n";

    private final String insert;
    private final String ids;
    private final String read;
    private final String lock;
    private final String update;
    private final String find;
    private final String delete;

    ResultTable(Schema schema) {
        insert = schema.sql("""
                INSERT INTO {results} AS r (parent, id, name, annotations, created_time, updated_time,
                    recordsummary_record, recordsummary_type, recordsummary_start_time, recordsummary_end_time,
                    recordsummary_status, recordsummary_annotations, etag, esta_annotations_escaped, esta_summary_escaped)
                SELECT n.parent, n.id, n.name, n.annotations, CAST(:time AS timestamptz), CAST(:time AS timestamptz),
                    n.record, n.type, n.start_time, n.end_time, n.status, n.summary_annotations, %s,
                    nullif(n.annotations_escaped, false), nullif(n.summary_escaped, false)
                FROM %s
                ON CONFLICT (parent, name) DO NOTHING
                RETURNING r.parent, r.name, r.id
                """.formatted(Change.FIRST_ETAG, NEW_ROWS));
        ids = schema.sql("""
                SELECT r.parent, r.name, r.id
                FROM %s
                CROSS JOIN LATERAL (SELECT t.parent, t.name, t.id FROM {results} t
                    WHERE t.parent = n.parent AND t.name = n.name OFFSET 0) r
                """.formatted(NAMES));
        String byNames = """
                SELECT %s
                FROM %s
                CROSS JOIN LATERAL (SELECT t.* FROM {results} t
                    WHERE t.parent = n.parent AND t.name = n.name %s) r
                """;
        read = schema.sql(byNames.formatted(COLUMNS, NAMES, "OFFSET 0"));
        lock = schema.sql(byNames.formatted(COLUMNS, NAMES, "FOR NO KEY UPDATE"));
        update = schema.sql("""
                UPDATE {results} r SET annotations = n.annotations, updated_time = CAST(:time AS timestamptz),
                    recordsummary_record = n.record, recordsummary_type = n.type,
                    recordsummary_start_time = n.start_time, recordsummary_end_time = n.end_time,
                    recordsummary_status = n.status, recordsummary_annotations = n.summary_annotations,
                    etag = %s, esta_annotations_escaped = nullif(n.annotations_escaped, false),
                    esta_summary_escaped = nullif(n.summary_escaped, false)
                FROM %s
                WHERE r.parent = n.parent AND r.name = n.name
                RETURNING %s
                """.formatted(Change.NEXT_ETAG, NEW_ROWS, COLUMNS));
        find = schema.sql("SELECT " + COLUMNS + " FROM {results} r WHERE r.parent = :parent AND r.name = :name");
        delete = schema.sql("DELETE FROM {results} WHERE parent = :parent AND name = :name");
    }

    /** A Result as it is to be written. */
    record Row(ResultName name, String id, ResultContent content, Encoded annotations, Encoded summaryAnnotations) {

        static Row of(ResultName name, String id, ResultContent content) {
            Encoded summary = content.summary()
                    .map(said -> AnnotationJson.write(said.annotations()))
                    .orElse(NO_ANNOTATIONS);
            return new Row(name, id, content, AnnotationJson.write(content.annotations()), summary);
        }

        private <T> @Nullable T summary(Function<RecordSummary, @Nullable T> column) {
            return content.summary().map(column).orElse(null);
        }

        private int status() {
            return content.summary()
                    .map(RecordSummary::status)
                    .orElse(SummaryStatus.UNKNOWN)
                    .number();
        }

        private String summaryText(Function<RecordSummary, String> column) {
            return content.summary().map(column).orElse("");
        }
    }

    /** Inserts Results; those that exist are left alone. Returns the ids of the new ones. */
    Map<ResultName, String> insert(Handle handle, List<Row> rows, Change change) {
        return idsByName(bind(handle.createQuery(insert), rows, change));
    }

    Map<ResultName, String> ids(Handle handle, Collection<ResultName> names) {
        return idsByName(handle.createQuery(ids)
                .bind("parents", SqlArray.texts(names, ResultName::parent))
                .bind("names", SqlArray.texts(names, ResultName::result)));
    }

    private static Map<ResultName, String> idsByName(Query query) {
        Map<ResultName, String> ids = new HashMap<>();
        query.map((row, context) -> Map.entry(new ResultName(row.getString(1), row.getString(2)), row.getString(3)))
                .forEach(entry -> ids.put(entry.getKey(), entry.getValue()));
        return ids;
    }

    /** Reads Results and keeps others from changing them until the end of the transaction. */
    List<Result> lock(Handle handle, Collection<ResultName> names) {
        return byNames(handle.createQuery(lock), names);
    }

    /** Reads Results as they are now. */
    List<Result> read(Handle handle, Collection<ResultName> names) {
        return byNames(handle.createQuery(read), names);
    }

    private static List<Result> byNames(Query query, Collection<ResultName> names) {
        return query
                .bind("parents", SqlArray.texts(names, ResultName::parent))
                .bind("names", SqlArray.texts(names, ResultName::result))
                .map(ResultTable::map)
                .list()
                .stream()
                .flatMap(Optional::stream)
                .toList();
    }

    /** Replaces annotations and summary of Results that exist. */
    List<Result> update(Handle handle, List<Row> rows, Change change) {
        return bind(handle.createQuery(update), rows, change).map(ResultTable::map).list().stream()
                .flatMap(Optional::stream)
                .toList();
    }

    Optional<Result> find(Handle handle, ResultName name) {
        return handle.createQuery(find)
                .bind("parent", name.parent())
                .bind("name", name.result())
                .map(ResultTable::map)
                .findOne()
                .flatMap(result -> result);
    }

    void delete(Handle handle, ResultName name) {
        handle.createUpdate(delete)
                .bind("parent", name.parent())
                .bind("name", name.result())
                .execute();
    }

    private static <S extends SqlStatement<S>> S bind(S statement, List<Row> rows, Change change) {
        return statement
                .bind("time", change.time())
                .bind("nanoseconds", change.nanoseconds())
                .bind("parents", SqlArray.texts(rows, row -> row.name.parent()))
                .bind("names", SqlArray.texts(rows, row -> row.name.result()))
                .bind("ids", SqlArray.texts(rows, Row::id))
                .bind("annotations", SqlArray.texts(rows, row -> row.annotations.text()))
                .bind("annotations_escaped", SqlArray.flags(rows, row -> row.annotations.escaped()))
                .bind(
                        "records",
                        SqlArray.texts(
                                rows,
                                row -> row.summaryText(said -> said.record().toString())))
                .bind("types", SqlArray.texts(rows, row -> row.summaryText(RecordSummary::type)))
                .bind("start_times", SqlArray.texts(rows, row -> row.summary(said -> text(said.startTime()))))
                .bind("end_times", SqlArray.texts(rows, row -> row.summary(said -> text(said.endTime()))))
                .bind("statuses", SqlArray.numbers(rows, Row::status))
                .bind("summary_annotations", SqlArray.texts(rows, row -> row.summaryAnnotations.text()))
                .bind("summary_escaped", SqlArray.flags(rows, row -> row.summaryAnnotations.escaped()));
    }

    private static @Nullable String text(Optional<Instant> time) {
        return time.map(Instant::toString).orElse(null);
    }

    /** A row whose name is malformed was written by somebody else; it cannot be named here and must not fail a whole list. */
    static Optional<Result> map(ResultSet row, StatementContext context) throws SQLException {
        try {
            ResultName name = new ResultName(row.getString("parent"), row.getString("name"));
            Map<String, String> annotations =
                    AnnotationJson.read(row.getBytes("annotations"), row.getBoolean("annotations_escaped"));
            return Optional.of(new Result(name, Columns.stored(row), annotations, summary(name, row)));
        } catch (ResultsException e) {
            LOG.warn("passing over a row of results that has a malformed name: {}", e.getMessage());
            return Optional.empty();
        }
    }

    private static @Nullable RecordSummary summary(ResultName name, ResultSet row) throws SQLException {
        String record = row.getString("recordsummary_record");
        if (record == null || record.isEmpty()) {
            return null;
        }
        try {
            String type = row.getString("recordsummary_type");
            return new RecordSummary(
                    RecordName.parse(record),
                    type == null ? "" : type,
                    Columns.time(row, "recordsummary_start_time"),
                    Columns.time(row, "recordsummary_end_time"),
                    SummaryStatus.of(row.getInt("recordsummary_status")),
                    AnnotationJson.read(row.getBytes("summary_annotations"), row.getBoolean("summary_escaped")));
        } catch (ResultsException e) {
            LOG.warn("passing over the summary of {}: its record has a malformed name: {}", name, e.getMessage());
            return null;
        }
    }
}

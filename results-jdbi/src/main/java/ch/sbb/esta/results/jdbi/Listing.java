package ch.sbb.esta.results.jdbi;

import ch.sbb.esta.results.ListOrder;
import ch.sbb.esta.results.ListQuery;
import ch.sbb.esta.results.Page;
import ch.sbb.esta.results.PageToken;
import ch.sbb.esta.results.Record;
import ch.sbb.esta.results.Result;
import ch.sbb.esta.results.filter.Filter;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.ToLongFunction;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.mapper.RowMapper;
import org.jdbi.v3.core.result.ResultIterator;
import org.jdbi.v3.core.statement.Query;
import org.jspecify.annotations.Nullable;

/**
 * Reads one page by keyset: it begins behind the sort values of the last row before. A page ends early where its rows together would
 * become too large; the rest is on the next.
 */
final class Listing<T> {

    /** Small, because a row may have megabytes. */
    static final int ROWS_PER_FETCH = 20;

    /** {@link PageToken#LATEST}, as Postgres writes it. */
    private static final String LATEST = "timestamptz '"
            + DateTimeFormatter.ofPattern("uuuuuu-MM-dd HH:mm:ss.SSSSSS")
                    .withZone(ZoneOffset.UTC)
                    .format(PageToken.LATEST)
            + "+00'";

    private static final String JOIN_RUNS =
            " JOIN {esta_runs} e ON e.parent = r.parent AND e.result_id = r.result_id AND e.record_id = r.id";

    private final Schema schema;
    private final RunsFilling filling;
    private final Function<String, Filter> reader;
    private final String columns;
    private final String table;
    private final RowMapper<Optional<T>> mapper;
    private final ToLongFunction<T> size;

    private Listing(
            Schema schema,
            Function<String, Filter> reader,
            String columns,
            String table,
            RowMapper<Optional<T>> mapper,
            ToLongFunction<T> size) {
        this.schema = schema;
        this.filling = new RunsFilling(schema);
        this.reader = reader;
        this.columns = columns;
        this.table = table;
        this.mapper = mapper;
        this.size = size;
    }

    static Listing<Result> results(Schema schema) {
        return new Listing<>(
                schema, Filter::forResults, ResultTable.COLUMNS, "{results} r", ResultTable::map, result -> 0);
    }

    static Listing<Record> records(Schema schema) {
        return new Listing<>(
                schema,
                Filter::forRecords,
                RecordTable.COLUMNS,
                "{records} r",
                RecordTable::map,
                record -> record.data().length);
    }

    /** A row that was read, with its place in the order; without an item where the row cannot be named. */
    private record Row<T>(PageToken position, Optional<T> item) {}

    /** What is wrong with a query is told before a connection is asked for. */
    Transactions.Work<Page<T>> page(ListQuery query, long maxBytes) {
        Optional<PageToken> start = query.position();
        Optional<FilterSql> filter = filter(query);
        return handle -> page(handle, query, start, filter, maxBytes);
    }

    /** How Postgres gets at a page, in its own JSON; it reads the page for that. */
    String explain(Handle handle, ListQuery query) {
        return String.join(
                "\n",
                query(handle, "EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) ", query, query.position(), filter(query))
                        .mapTo(String.class)
                        .list());
    }

    private Page<T> page(
            Handle handle, ListQuery query, Optional<PageToken> start, Optional<FilterSql> filter, long maxBytes) {
        return read(query(handle, "", query, start, filter), query, maxBytes);
    }

    /** Reads a page from the rows that a statement finds in the order of the query. */
    Page<T> read(Query statement, ListQuery query, long maxBytes) {
        RowMapper<Row<T>> rows =
                (row, context) -> new Row<>(position(query.order().field(), row), mapper.map(row, context));
        try (ResultIterator<Row<T>> found = statement.map(rows).iterator()) {
            return collect(found, query, maxBytes);
        }
    }

    Optional<FilterSql> filter(ListQuery query) {
        return query.filter().map(reader).map(FilterSql::of);
    }

    /**
     * Selects what the rows of one parent add to a page over several, with what that is sorted by as {@code sort_time} and {@code sort_id}.
     * The argument of the parent bears the name that is given; those of the start are named as in a list of one parent.
     */
    String part(ListQuery ofParent, Optional<FilterSql> filter, Part part) {
        boolean byRun = part.hasRuns && isByRun(ofParent, filter);
        String sort = timeColumn(ofParent, byRun)
                        .map(column -> ", " + column + " AS sort_time")
                        .orElse("")
                + ", " + idColumn(ofParent, byRun) + " AS sort_id";
        return schema.sql(statement(ofParent, new Shape(columns + sort, part.parent, part.hasStart, byRun), filter));
    }

    /**
     * How a part is written.
     *
     * @param parent the name of the argument that holds the parent
     * @param hasStart whether the page begins behind another one
     * @param hasRuns whether every run has its narrow row
     */
    record Part(String parent, boolean hasStart, boolean hasRuns) {}

    /** How a statement is written. */
    private record Shape(String columns, String parent, boolean hasStart, boolean byRun) {}

    private Query query(
            Handle handle, String verb, ListQuery query, Optional<PageToken> start, Optional<FilterSql> filter) {
        // Asked each time: a replica may be behind.
        boolean byRun = isByRun(query, filter) && filling.isFinished(handle);
        String sql = verb + statement(query, new Shape(columns, "parent", start.isPresent(), byRun), filter);
        Query statement = handle.createQuery(schema.sql(sql));
        query.parent().ifPresent(parent -> statement.bind("parent", parent));
        return bind(statement, query, start, filter);
    }

    /** Binds all but the parent. */
    static Query bind(Query statement, ListQuery query, Optional<PageToken> start, Optional<FilterSql> filter) {
        statement.bind("limit", query.pageSize() + 1).setFetchSize(ROWS_PER_FETCH);
        query.result().ifPresent(result -> statement.bind("result_name", result));
        filter.ifPresent(condition -> condition.bindTo(statement));
        start.ifPresent(position -> statement.bind("uid", position.uid()));
        if (query.order().field() != ListOrder.Field.ID) {
            start.ifPresent(position -> statement.bind("time", position.time().atOffset(ZoneOffset.UTC)));
        }
        return statement;
    }

    private Page<T> collect(ResultIterator<Row<T>> found, ListQuery query, long maxBytes) {
        List<T> items = new ArrayList<>();
        @Nullable PageToken last = null;
        int count = 0;
        long bytes = 0;
        while (found.hasNext()) {
            Row<T> row = found.next();
            long rowBytes = row.item.map(size::applyAsLong).orElse(0L);
            if (count == query.pageSize() || (count > 0 && bytes + rowBytes > maxBytes)) {
                return new Page<>(items, Objects.requireNonNull(last).encode(query));
            }
            row.item.ifPresent(items::add);
            last = row.position;
            bytes += rowBytes;
            count++;
        }
        return new Page<>(items, null);
    }

    /** Whether the narrow rows of runs lead to what is asked for; their indexes begin with the parent. */
    private static boolean isByRun(ListQuery query, Optional<FilterSql> filter) {
        return query.parent().isPresent()
                && query.result().isEmpty()
                && filter.map(FilterSql::hints)
                        .filter(hints -> !hints.onRun().isEmpty())
                        .isPresent();
    }

    /** All parts are constants of ours; what the caller gave is bound. */
    private String statement(ListQuery query, Shape shape, Optional<FilterSql> filter) {
        boolean byRun = shape.byRun;
        List<String> conditions = new ArrayList<>();
        query.parent().ifPresent(parent -> conditions.add("r.parent = :" + shape.parent));
        query.result().ifPresent(result -> conditions.add("r.result_name = :result_name"));
        filter.map(FilterSql::hints).ifPresent(hints -> conditions.addAll(hints.onRow()));
        if (byRun) {
            conditions.add("e.parent = :" + shape.parent);
            conditions.addAll(filter.orElseThrow().hints().onRun());
        }
        filter.map(sql -> sql.besideHints(byRun)).ifPresent(conditions::add);
        boolean ascending = query.order().direction() == ListOrder.Direction.ASC;
        String id = idColumn(query, byRun);
        Optional<String> time = timeColumn(query, byRun);
        if (shape.hasStart) {
            String key = time.map(column -> "(" + column + ", " + id + ")").orElse(id);
            String bound = time.map(column -> "(:time, :uid)").orElse(":uid");
            conditions.add(key + (ascending ? " > " : " < ") + bound);
        }
        String direction = ascending ? " ASC" : " DESC";
        return "SELECT " + shape.columns + " FROM " + table
                + (byRun ? JOIN_RUNS : "")
                + (conditions.isEmpty() ? "" : " WHERE " + String.join(" AND ", conditions))
                + " ORDER BY " + time.map(column -> column + direction + ", ").orElse("") + id + direction
                + " LIMIT :limit";
    }

    private static String idColumn(ListQuery query, boolean byRun) {
        ListOrder.Field field = query.order().field();
        if (byRun && field == ListOrder.Field.CREATE_TIME) {
            return "e.record_id";
        }
        return query.parent().isEmpty() && field == ListOrder.Field.ID ? "(r." + TableIndex.ID_OF_ALL + ")" : "r.id";
    }

    private static Optional<String> timeColumn(ListQuery query, boolean byRun) {
        ListOrder.Field field = query.order().field();
        if (field == ListOrder.Field.ID) {
            return Optional.empty();
        } else if (byRun && field == ListOrder.Field.CREATE_TIME) {
            return Optional.of("e.record_created_time");
        } else if (query.parent().isEmpty() && field == ListOrder.Field.CREATE_TIME) {
            return Optional.of(TableIndex.CREATED_OF_ALL);
        } else if (query.parent().isEmpty() && field == ListOrder.Field.UPDATE_TIME) {
            return Optional.of(TableIndex.UPDATED_OF_ALL);
        }
        return Optional.of(timeColumn(field));
    }

    /** A row of others may lack a time; it sorts as the oldest instead of getting lost between two pages. */
    static String timeColumn(ListOrder.Field field) {
        return switch (field) {
            case CREATE_TIME -> "coalesce(r.created_time, 'epoch')";
            case UPDATE_TIME -> "coalesce(r.updated_time, 'epoch')";
            case START_TIME -> latestIfAbsent("r.recordsummary_start_time");
            case END_TIME -> latestIfAbsent("r.recordsummary_end_time");
            case ID -> throw new IllegalArgumentException("an id is no time");
        };
    }

    private static String latestIfAbsent(String column) {
        return "least(coalesce(" + column + ", " + LATEST + "), " + LATEST + ")";
    }

    private static PageToken position(ListOrder.Field field, ResultSet row) throws SQLException {
        Instant time = switch (field) {
            case ID -> Instant.EPOCH;
            case CREATE_TIME -> Columns.stored(row).createTime();
            case UPDATE_TIME -> Columns.stored(row).updateTime();
            case START_TIME -> latestIfAbsent(Columns.time(row, "recordsummary_start_time"));
            case END_TIME -> latestIfAbsent(Columns.time(row, "recordsummary_end_time"));
        };
        return new PageToken(time, row.getString("id"));
    }

    private static Instant latestIfAbsent(@Nullable Instant time) {
        return time == null || time.isAfter(PageToken.LATEST) ? PageToken.LATEST : time;
    }
}

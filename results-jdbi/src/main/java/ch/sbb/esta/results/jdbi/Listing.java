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

    private final Schema schema;
    private final Function<String, Filter> reader;
    private final String select;
    private final RowMapper<Optional<T>> mapper;
    private final ToLongFunction<T> size;

    private Listing(
            Schema schema,
            Function<String, Filter> reader,
            String select,
            RowMapper<Optional<T>> mapper,
            ToLongFunction<T> size) {
        this.schema = schema;
        this.reader = reader;
        this.select = select;
        this.mapper = mapper;
        this.size = size;
    }

    static Listing<Result> results(Schema schema) {
        return new Listing<>(
                schema,
                Filter::forResults,
                "SELECT " + ResultTable.COLUMNS + " FROM {results} r",
                ResultTable::map,
                result -> 0);
    }

    static Listing<Record> records(Schema schema) {
        return new Listing<>(
                schema,
                Filter::forRecords,
                "SELECT " + RecordTable.COLUMNS + " FROM {records} r",
                RecordTable::map,
                record -> record.data().length);
    }

    /** A row that was read, with its place in the order; without an item where the row cannot be named. */
    private record Row<T>(PageToken position, Optional<T> item) {}

    /** What is wrong with a query is told before a connection is asked for. */
    Transactions.Work<Page<T>> page(ListQuery query, long maxBytes) {
        Optional<PageToken> start = query.position();
        Optional<FilterSql> filter = query.filter().map(reader).map(FilterSql::of);
        return handle -> page(handle, query, start, filter, maxBytes);
    }

    private Page<T> page(
            Handle handle, ListQuery query, Optional<PageToken> start, Optional<FilterSql> filter, long maxBytes) {
        String sql = statement(query, start.isPresent(), filter.map(FilterSql::condition));
        Query statement = handle.createQuery(schema.sql(sql))
                .bind("limit", query.pageSize() + 1)
                .setFetchSize(ROWS_PER_FETCH);
        query.parent().ifPresent(parent -> statement.bind("parent", parent));
        query.result().ifPresent(result -> statement.bind("result_name", result));
        filter.ifPresent(condition -> condition.bindTo(statement));
        start.ifPresent(position -> statement.bind("uid", position.uid()));
        if (query.order().field() != ListOrder.Field.ID) {
            start.ifPresent(position -> statement.bind("time", position.time().atOffset(ZoneOffset.UTC)));
        }
        RowMapper<Row<T>> rows =
                (row, context) -> new Row<>(position(query.order().field(), row), mapper.map(row, context));
        try (ResultIterator<Row<T>> found = statement.map(rows).iterator()) {
            return collect(found, query, maxBytes);
        }
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

    /** All parts are constants of ours; what the caller gave is bound. */
    private String statement(ListQuery query, boolean hasStart, Optional<String> filter) {
        List<String> conditions = new ArrayList<>();
        query.parent().ifPresent(parent -> conditions.add("r.parent = :parent"));
        query.result().ifPresent(result -> conditions.add("r.result_name = :result_name"));
        filter.ifPresent(conditions::add);
        boolean ascending = query.order().direction() == ListOrder.Direction.ASC;
        Optional<String> time = timeColumn(query.order().field());
        if (hasStart) {
            String key = time.map(column -> "(" + column + ", r.id)").orElse("r.id");
            String bound = time.map(column -> "(:time, :uid)").orElse(":uid");
            conditions.add(key + (ascending ? " > " : " < ") + bound);
        }
        String direction = ascending ? " ASC" : " DESC";
        return select
                + (conditions.isEmpty() ? "" : " WHERE " + String.join(" AND ", conditions))
                + " ORDER BY " + time.map(column -> column + direction + ", ").orElse("") + "r.id" + direction
                + " LIMIT :limit";
    }

    /** A row of others may lack a time; it sorts as the oldest instead of getting lost between two pages. */
    private static Optional<String> timeColumn(ListOrder.Field field) {
        return switch (field) {
            case ID -> Optional.empty();
            case CREATE_TIME -> Optional.of("coalesce(r.created_time, 'epoch')");
            case UPDATE_TIME -> Optional.of("coalesce(r.updated_time, 'epoch')");
            case START_TIME -> Optional.of(latestIfAbsent("r.recordsummary_start_time"));
            case END_TIME -> Optional.of(latestIfAbsent("r.recordsummary_end_time"));
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

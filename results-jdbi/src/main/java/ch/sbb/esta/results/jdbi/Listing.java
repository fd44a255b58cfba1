package ch.sbb.esta.results.jdbi;

import ch.sbb.esta.results.ListOrder;
import ch.sbb.esta.results.ListQuery;
import ch.sbb.esta.results.Page;
import ch.sbb.esta.results.PageToken;
import ch.sbb.esta.results.Record;
import ch.sbb.esta.results.Result;
import ch.sbb.esta.results.internal.PageWeight;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
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

    private final Schema schema;
    private final RunsFilling filling;
    private final RowMapper<Optional<T>> mapper;
    private final ToLongFunction<T> weight;

    private Listing(Schema schema, RowMapper<Optional<T>> mapper, ToLongFunction<T> weight) {
        this.schema = schema;
        this.filling = new RunsFilling(schema);
        this.mapper = mapper;
        this.weight = weight;
    }

    static Listing<Result> results(Schema schema) {
        return new Listing<>(schema, ResultTable::map, PageWeight::of);
    }

    static Listing<Record> records(Schema schema) {
        return new Listing<>(schema, RecordTable::map, PageWeight::of);
    }

    /** A row that was read, with its place in the order; without an item where the row cannot be named. */
    private record Row<T>(PageToken position, Optional<T> item) {}

    /** What is wrong with a query is told before a connection is asked for. */
    Transactions.Work<Page<T>> page(ListQuery query, long maxBytes) {
        ListSql sql = new ListSql(query);
        return handle -> page(handle, query, sql, maxBytes);
    }

    private Page<T> page(Handle handle, ListQuery query, ListSql sql, long maxBytes) {
        // Asked each time: a replica may be behind.
        boolean filled = sql.asksForRuns() && filling.isFinished(handle);
        Query statement = handle.createQuery(schema.sql(sql.text(filled)));
        sql.bindTo(statement);
        return read(statement, query, maxBytes);
    }

    /** Reads a page from the rows that a statement finds in the order of the query. */
    Page<T> read(Query statement, ListQuery query, long maxBytes) {
        statement.setFetchSize(ROWS_PER_FETCH);
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
            long rowBytes = row.item.map(weight::applyAsLong).orElse(0L);
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

    private static PageToken position(ListOrder.Field field, ResultSet row) throws SQLException {
        @Nullable Instant time = field == ListOrder.Field.ID ? Instant.EPOCH : Columns.time(row, "sort_time");
        return new PageToken(Objects.requireNonNull(time), row.getString("id"));
    }
}

package ch.sbb.esta.results.jdbi;

import ch.sbb.esta.results.ListOrder;
import ch.sbb.esta.results.ListQuery;
import ch.sbb.esta.results.Page;
import ch.sbb.esta.results.PageToken;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.statement.Query;

/**
 * Reads one page over the tables of several tenants by one statement. Each tenant adds the first rows of its own namespace in the order of
 * the list, found as in a list of that namespace; they are merged row by row, so that no more is read of any than the page shows. What
 * somebody has put under another namespace's name into a schema does not appear.
 */
final class TenantListing<T> {

    private final Function<Schema, Listing<T>> listings;

    TenantListing(Function<Schema, Listing<T>> listings) {
        this.listings = listings;
    }

    Transactions.Work<Page<T>> page(List<TenantTables> tenants, ListQuery query, long maxBytes) {
        Optional<PageToken> start = query.position();
        // Any will do to read the filter: it is the same for all.
        Optional<FilterSql> filter = listings.apply(new Schema("any")).filter(query);
        return handle -> {
            Map<TenantTables, TenantTables.Runs> readable = TenantTables.readable(handle, tenants);
            if (readable.isEmpty()) {
                return new Page<>(List.of(), null);
            }
            Query statement = statement(handle, "", readable, new Asked(query, start, filter));
            return listings.apply(readable.keySet().iterator().next().schema()).read(statement, query, maxBytes);
        };
    }

    /** How Postgres gets at a page, in its own JSON. */
    String explain(Handle handle, List<TenantTables> tenants, ListQuery query) {
        Optional<FilterSql> filter = listings.apply(new Schema("any")).filter(query);
        return String.join(
                "\n",
                statement(
                                handle,
                                "EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) ",
                                TenantTables.readable(handle, tenants),
                                new Asked(query, query.position(), filter))
                        .mapTo(String.class)
                        .list());
    }

    private record Asked(ListQuery query, Optional<PageToken> start, Optional<FilterSql> filter) {}

    private Query statement(Handle handle, String verb, Map<TenantTables, TenantTables.Runs> tenants, Asked asked) {
        List<String> parts = new ArrayList<>();
        List<String> parents = new ArrayList<>();
        tenants.forEach((tenant, runs) -> {
            Listing.Part part =
                    new Listing.Part("parent" + parts.size(), asked.start.isPresent(), runs == TenantTables.Runs.ALL);
            parts.add("(" + listings.apply(tenant.schema()).part(of(tenant, asked.query), asked.filter, part) + ")");
            parents.add(tenant.namespace());
        });
        ListOrder order = asked.query.order();
        String direction = order.direction() == ListOrder.Direction.ASC ? " ASC" : " DESC";
        String sort = order.field() == ListOrder.Field.ID
                ? "sort_id" + direction
                : "sort_time" + direction + ", sort_id" + direction;
        Query statement = handle.createQuery(verb + "SELECT * FROM (" + String.join("\nUNION ALL\n", parts)
                + ") r ORDER BY " + sort + " LIMIT :limit");
        for (int i = 0; i < parents.size(); i++) {
            statement.bind("parent" + i, parents.get(i));
        }
        return Listing.bind(statement, asked.query, asked.start, asked.filter);
    }

    private static ListQuery of(TenantTables tenant, ListQuery all) {
        String parent = all.collection() == ListQuery.Collection.RESULTS
                ? tenant.namespace()
                : tenant.namespace() + "/results/" + all.result().orElse("-");
        return ListQuery.of(parent).orderBy(all.order());
    }
}

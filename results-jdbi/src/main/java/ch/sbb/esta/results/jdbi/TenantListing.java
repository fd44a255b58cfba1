package ch.sbb.esta.results.jdbi;

import ch.sbb.esta.results.ListOrder;
import ch.sbb.esta.results.ListQuery;
import ch.sbb.esta.results.Page;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.regex.Pattern;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.statement.Query;

/**
 * Reads one page over the tables of several tenants by one statement. Each tenant adds the first rows of its own namespace in the order of
 * the list, found as in a list of that namespace; they are merged row by row, so that no more is read of any than the page shows. What
 * somebody has put under another namespace's name into a schema does not appear.
 */
final class TenantListing<T> {

    private static final Pattern PARENT = Pattern.compile(":parent\\b");

    private final Function<Schema, Listing<T>> listings;

    TenantListing(Function<Schema, Listing<T>> listings) {
        this.listings = listings;
    }

    Transactions.Work<Page<T>> page(List<TenantTables> tenants, ListQuery query, long maxBytes) {
        ListSql part = part(query);
        return handle -> {
            Map<TenantTables, TenantTables.Runs> readable = TenantTables.readable(handle, tenants);
            if (readable.isEmpty()) {
                return new Page<>(List.of(), null);
            }
            Query statement = statement(handle, "", readable, part, query.order());
            return listings.apply(readable.keySet().iterator().next().schema()).read(statement, query, maxBytes);
        };
    }

    /** How Postgres gets at a page, in its own JSON. */
    static String explain(Handle handle, List<TenantTables> tenants, ListQuery query) {
        Map<TenantTables, TenantTables.Runs> readable = TenantTables.readable(handle, tenants);
        return String.join(
                "\n",
                statement(handle, "EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) ", readable, part(query), query.order())
                        .mapTo(String.class)
                        .list());
    }

    /** The list of one tenant; it reads the same whichever that is. */
    private static ListSql part(ListQuery all) {
        String anyTenant = "a";
        String parent = all.collection() == ListQuery.Collection.RESULTS
                ? anyTenant
                : anyTenant + "/results/" + all.result().orElse("-");
        ListQuery one = ListQuery.of(parent)
                .filter(all.filter().orElse(""))
                .orderBy(all.order())
                .view(all.view())
                .pageSize(all.pageSize());
        return new ListSql(one, all.position());
    }

    private static Query statement(
            Handle handle, String verb, Map<TenantTables, TenantTables.Runs> tenants, ListSql part, ListOrder order) {
        String whole = part.text(true);
        String unfilled = part.text(false);
        List<String> parts = new ArrayList<>();
        List<String> parents = new ArrayList<>();
        tenants.forEach((tenant, runs) -> {
            String text = runs == TenantTables.Runs.ALL ? whole : unfilled;
            String sql = PARENT.matcher(text).replaceAll(":parent" + parents.size());
            parts.add("(" + tenant.schema().sql(sql) + ")");
            parents.add(tenant.namespace());
        });
        String direction = order.direction() == ListOrder.Direction.ASC ? " ASC" : " DESC";
        String time = order.field() == ListOrder.Field.ID ? "" : "sort_time" + direction + ", ";
        Query statement = handle.createQuery(verb + "SELECT * FROM (" + String.join("\nUNION ALL\n", parts)
                + ") r ORDER BY " + time + "id" + direction + " LIMIT :limit");
        for (int i = 0; i < parents.size(); i++) {
            statement.bind("parent" + i, parents.get(i));
        }
        part.bindAllButParent(statement);
        return statement;
    }
}

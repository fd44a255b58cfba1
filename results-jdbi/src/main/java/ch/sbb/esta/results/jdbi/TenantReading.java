package ch.sbb.esta.results.jdbi;

import ch.sbb.esta.results.ListQuery;
import ch.sbb.esta.results.Page;
import ch.sbb.esta.results.QuarantinedRun;
import ch.sbb.esta.results.Record;
import ch.sbb.esta.results.Result;
import ch.sbb.esta.results.RunStatistics;
import ch.sbb.esta.results.StatisticsQuery;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.statement.Query;
import org.jdbi.v3.core.statement.SqlStatements;

/** Reads over all tenants of the registry, as the role that may read them all, each question by one statement over all their tables. */
final class TenantReading {

    /** What no tenant at all has: the columns of {@link StatisticsSql#runs}, and no row. */
    private static final String NO_RUNS = "SELECT CAST(NULL AS text) AS group_value, CAST(NULL AS integer) AS state,"
            + " CAST(NULL AS timestamptz) AS start_time, CAST(NULL AS interval) AS took, CAST(NULL AS interval) AS waited,"
            + " CAST(NULL AS text) AS reason WHERE false";

    private final TenantStores stores;
    private final TenantListing<Result> results = new TenantListing<>(Listing::results);
    private final TenantListing<Record> records = new TenantListing<>(Listing::records);

    TenantReading(TenantStores stores) {
        this.stores = stores;
    }

    Page<Result> listResults(ListQuery query) {
        return stores.reading()
                .readStale(
                        "listing results of all tenants",
                        results.page(stores.registered(), query, stores.maxPageBytes()));
    }

    Page<Record> listRecords(ListQuery query) {
        return stores.reading()
                .readStale(
                        "listing records of all tenants",
                        records.page(stores.registered(), query, stores.maxPageBytes()));
    }

    RunStatistics summarize(StatisticsQuery query) {
        StatisticsSql sql = new StatisticsSql(query, SortKey.Reach.ONE_PARENT);
        List<TenantTables> tenants = stores.registered();
        return stores.reading()
                .readStale("summarizing records of all tenants", handle -> summarize(handle, tenants, query, sql));
    }

    private static RunStatistics summarize(
            Handle handle, List<TenantTables> tenants, StatisticsQuery query, StatisticsSql sql) {
        List<String> runs = new ArrayList<>();
        List<String> parents = new ArrayList<>();
        TenantTables.readable(handle, tenants).forEach((tenant, narrow) -> {
            boolean fromJson = sql.needsJson() || narrow == TenantTables.Runs.SOME;
            runs.add(sql.runs(tenant.schema(), fromJson, "parent" + parents.size()));
            parents.add(tenant.namespace());
        });
        Query statement = handle.createQuery(sql.groups(runs.isEmpty() ? List.of(NO_RUNS) : runs));
        // Without any tenant nothing asks for what the conditions need.
        statement.getConfig(SqlStatements.class).setUnusedBindingAllowed(runs.isEmpty());
        bind(statement, parents);
        return JdbiRecordStatistics.answer(statement, query, sql);
    }

    List<String> findUnreadable() {
        List<TenantTables> tenants = stores.registered();
        return stores.reading().read("looking at the tables of all tenants", handle -> {
            Map<TenantTables, TenantTables.Runs> readable = TenantTables.readable(handle, tenants);
            return tenants.stream()
                    .filter(tenant -> !readable.containsKey(tenant))
                    .map(TenantTables::namespace)
                    .toList();
        });
    }

    Optional<QuarantinedRun> findQuarantined(String id) {
        return quarantined(
                        "reading the quarantine of all tenants",
                        part -> part + " AND r.id = :id",
                        statement -> statement
                                .bind("id", QuarantineTable.storable(id))
                                .map(QuarantineTable::map)
                                .findFirst())
                .flatMap(found -> found);
    }

    Page<QuarantinedRun> listQuarantined(String afterId, int limit) {
        return quarantined(
                        "listing the quarantine of all tenants",
                        part -> part + " AND r.id > :id ORDER BY r.id LIMIT :limit",
                        statement -> QuarantineTable.read(
                                statement
                                        .bind("id", QuarantineTable.storable(afterId))
                                        .bind("limit", limit + 1),
                                limit,
                                stores.maxPageBytes()))
                .orElseGet(() -> new Page<>(List.of(), null));
    }

    private <T> Optional<T> quarantined(String what, Function<String, String> part, Function<Query, T> read) {
        List<TenantTables> tenants = stores.registered();
        return stores.reading().read(what, handle -> {
            List<String> parts = new ArrayList<>();
            List<String> parents = new ArrayList<>();
            for (TenantTables tenant : TenantTables.readable(handle, tenants).keySet()) {
                String rows = "SELECT " + QuarantineTable.COLUMNS
                        + " FROM {esta_quarantine} r WHERE r.namespace = :parent" + parents.size();
                parts.add("(" + tenant.schema().sql(part.apply(rows)) + ")");
                parents.add(tenant.namespace());
            }
            if (parts.isEmpty()) {
                return Optional.empty();
            }
            String all = "SELECT * FROM (" + String.join("\nUNION ALL\n", parts) + ") r ORDER BY r.id";
            Query statement = handle.createQuery(all);
            bind(statement, parents);
            return Optional.of(read.apply(statement));
        });
    }

    private static void bind(Query statement, List<String> parents) {
        for (int i = 0; i < parents.size(); i++) {
            statement.bind("parent" + i, parents.get(i));
        }
    }
}

package ch.sbb.esta.results.jdbi;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jdbi.v3.core.Handle;

/** The tables of a tenant, as the reader of all tenants sees them. */
record TenantTables(String namespace, Schema schema) {

    /** What the columns that are read have come with. */
    private static final int NEEDED_VERSION = Migration.ALL.size();

    private static final List<String> READ =
            List.of("results", "records", "esta_runs", "esta_quarantine", "esta_filling");

    /** How far the narrow rows of the runs go. */
    enum Runs {
        /** Every run has one. */
        ALL,
        /** Some have none. */
        SOME
    }

    /**
     * Which of some tenants can be read. Left out are those whose tables are missing, older than this library, closed to the reader, or no
     * plain tables: a view or a row security policy would run what the tenant has written with the rights of the reader.
     */
    static Map<TenantTables, Runs> readable(Handle handle, List<TenantTables> tenants) {
        Set<String> plain = handle.createQuery("""
                        SELECT n.nspname FROM pg_catalog.pg_namespace n
                            JOIN pg_catalog.pg_class c ON c.relnamespace = n.oid
                        WHERE n.nspname = ANY (CAST(:schemas AS text[])) AND c.relname = ANY (CAST(:tables AS text[]))
                            AND c.relkind = 'r' AND NOT c.relrowsecurity AND NOT c.relhasrules
                            AND pg_catalog.has_schema_privilege(n.oid, 'USAGE')
                            AND pg_catalog.has_table_privilege(c.oid, 'SELECT')
                        GROUP BY n.nspname HAVING count(*) = :count
                        """)
                .bind("schemas", SqlArray.texts(tenants, tenant -> tenant.schema.name()))
                .bind("tables", SqlArray.texts(tablesAndVersion(), name -> name))
                .bind("count", READ.size() + 1)
                .mapTo(String.class)
                .set();
        List<TenantTables> candidates = tenants.stream()
                .filter(tenant -> plain.contains(tenant.schema.name()))
                .toList();
        return candidates.isEmpty() ? Map.of() : states(handle, candidates);
    }

    private static List<String> tablesAndVersion() {
        List<String> all = new ArrayList<>(READ);
        all.add("esta_schema_version");
        return all;
    }

    private static Map<TenantTables, Runs> states(Handle handle, List<TenantTables> tenants) {
        List<String> parts = new ArrayList<>();
        for (int i = 0; i < tenants.size(); i++) {
            parts.add(tenants.get(i)
                    .schema
                    .sql("SELECT " + i
                            + " AS place, finished_time IS NOT NULL AS finished, (SELECT max(version) FROM {esta_schema_version}) AS version"
                            + " FROM {esta_filling} WHERE id = 1"));
        }
        Map<TenantTables, Runs> states = new LinkedHashMap<>();
        handle.createQuery(String.join("\nUNION ALL\n", parts) + "\nORDER BY place")
                .map((row, context) -> {
                    if (row.getInt("version") >= NEEDED_VERSION) {
                        states.put(tenants.get(row.getInt("place")), row.getBoolean("finished") ? Runs.ALL : Runs.SOME);
                    }
                    return true;
                })
                .list();
        return states;
    }
}

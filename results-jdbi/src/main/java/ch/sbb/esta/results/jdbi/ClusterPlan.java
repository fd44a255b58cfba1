package ch.sbb.esta.results.jdbi;

import ch.sbb.esta.results.TenantNames;
import ch.sbb.esta.results.jdbi.RolePlan.Kind;
import ch.sbb.esta.results.jdbi.RolePlan.Member;
import java.util.List;
import org.jdbi.v3.core.Handle;

/** What the tenants of a cluster share: who may connect, the runtime login, the reader of all tenants, rights on the registry. */
final class ClusterPlan {

    private final ServerFacts server;
    private final String connect;
    private final String runtime;
    private final String reader;

    ClusterPlan(ServerFacts server, String clusterId) {
        this.server = server;
        connect = TenantNames.connect(clusterId);
        runtime = TenantNames.runtime(clusterId);
        reader = TenantNames.readerOfAll(clusterId);
    }

    List<String> names() {
        return List.of(connect, runtime, reader);
    }

    List<RoleStep> steps(Handle handle) {
        RolePlan plan = new RolePlan(server, RoleFacts.read(handle, server, names()));
        plan.role(connect, Kind.GROUP, null);
        plan.role(reader, Kind.GROUP, null);
        plan.role(runtime, Kind.BARE_LOGIN, null);
        plan.member(reader, runtime, Member.SETS);
        List<String> connectors = connectors(handle);
        for (String role : List.of(connect, runtime)) {
            if (!connectors.contains(role)) {
                String sql = "GRANT CONNECT ON DATABASE " + Identifiers.quote(server.database()) + " TO ";
                plan.add(
                        "role " + Identifiers.quote(role) + " may not connect",
                        sql + Identifiers.quote(role),
                        sql + Identifiers.quote(server.admin()) + " WITH GRANT OPTION");
            }
        }
        if (!isReadable(handle)) {
            String role = Identifiers.quote(runtime);
            plan.add(
                    "role " + role + " cannot read the registry",
                    """
                    GRANT USAGE ON SCHEMA esta_tenancy TO %s;
                    GRANT SELECT ON esta_tenancy.clusters, esta_tenancy.tenants TO %s
                    """.formatted(role, role),
                    "ALTER SCHEMA esta_tenancy OWNER TO " + Identifiers.quote(server.admin()));
        }
        return plan.steps();
    }

    /** Which roles have been given the right to connect themselves. */
    static List<String> connectors(Handle handle) {
        return handle.createQuery("""
                        SELECT pg_catalog.pg_get_userbyid(a.grantee)
                        FROM pg_catalog.pg_database d, pg_catalog.aclexplode(d.datacl) a
                        WHERE d.datname = current_database() AND a.privilege_type = 'CONNECT' AND a.grantee <> 0
                        """).mapTo(String.class).list();
    }

    private boolean isReadable(Handle handle) {
        return handle.createQuery("""
                        SELECT count(*) = 2 FROM pg_catalog.pg_roles r, pg_catalog.pg_class c
                            JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
                        WHERE r.rolname = :runtime AND n.nspname = 'esta_tenancy' AND c.relname IN ('clusters', 'tenants')
                            AND pg_catalog.has_schema_privilege(r.oid, n.oid, 'USAGE')
                            AND pg_catalog.has_table_privilege(r.oid, c.oid, 'SELECT')
                        """)
                .bind("runtime", runtime)
                .mapTo(Boolean.class)
                .one();
    }
}

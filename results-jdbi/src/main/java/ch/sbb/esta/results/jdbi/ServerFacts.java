package ch.sbb.esta.results.jdbi;

import ch.sbb.esta.results.ResultsException;
import ch.sbb.esta.results.ResultsException.Code;
import java.util.ArrayList;
import java.util.List;
import org.jdbi.v3.core.Handle;

/**
 * What the server is, and what the administrator may do on it.
 *
 * @param version as {@code server_version_num}
 * @param admin the role that asks
 * @param isSuperuser whether it may do everything
 * @param database the database
 * @param missingRights what the administrator lacks, each with the SQL that gives it
 * @param openToAll what everybody may do in this database and should not, each as the SQL that takes it away
 */
record ServerFacts(
        int version,
        String admin,
        boolean isSuperuser,
        String database,
        List<String> missingRights,
        List<String> openToAll) {

    private static final int MEMBERSHIPS_HAVE_OPTIONS = 160_000;

    private static final String QUERY = """
            SELECT CAST(current_setting('server_version_num') AS integer) AS version, current_user AS admin, r.rolsuper,
                r.rolcreaterole, d.datname,
                pg_catalog.has_database_privilege(current_user, d.oid, 'CREATE') AS may_create,
                pg_catalog.has_database_privilege(current_user, d.oid, 'CONNECT WITH GRANT OPTION') AS may_grant,
                EXISTS (SELECT FROM pg_catalog.aclexplode(coalesce(d.datacl, pg_catalog.acldefault('d', d.datdba))) a
                    WHERE a.grantee = 0 AND a.privilege_type = 'CONNECT') AS all_connect,
                EXISTS (SELECT FROM pg_catalog.aclexplode(coalesce(d.datacl, pg_catalog.acldefault('d', d.datdba))) a
                    WHERE a.grantee = 0 AND a.privilege_type = 'TEMPORARY') AS all_temporary,
                EXISTS (SELECT FROM pg_catalog.pg_namespace n,
                    pg_catalog.aclexplode(coalesce(n.nspacl, pg_catalog.acldefault('n', n.nspowner))) a
                    WHERE n.nspname = 'public' AND a.grantee = 0 AND a.privilege_type = 'CREATE') AS all_create
            FROM pg_catalog.pg_database d, pg_catalog.pg_roles r
            WHERE d.datname = current_database() AND r.rolname = current_user
            """;

    static ServerFacts read(Handle handle) {
        return handle.createQuery(QUERY)
                .map((row, context) -> {
                    String admin = row.getString("admin");
                    String database = row.getString("datname");
                    boolean isSuperuser = row.getBoolean("rolsuper");
                    String on = " ON DATABASE " + Identifiers.quote(database);
                    List<String> missing = new ArrayList<>();
                    if (!isSuperuser && !row.getBoolean("rolcreaterole")) {
                        missing.add("ALTER ROLE " + Identifiers.quote(admin) + " CREATEROLE");
                    }
                    if (!row.getBoolean("may_create")) {
                        missing.add("GRANT CREATE" + on + " TO " + Identifiers.quote(admin));
                    }
                    if (!row.getBoolean("may_grant")) {
                        missing.add("GRANT CONNECT" + on + " TO " + Identifiers.quote(admin) + " WITH GRANT OPTION");
                    }
                    List<String> open = new ArrayList<>();
                    if (row.getBoolean("all_connect")) {
                        open.add("REVOKE CONNECT" + on + " FROM PUBLIC");
                    }
                    if (row.getBoolean("all_temporary")) {
                        open.add("REVOKE TEMPORARY" + on + " FROM PUBLIC");
                    }
                    if (row.getBoolean("all_create")) {
                        open.add("REVOKE CREATE ON SCHEMA public FROM PUBLIC");
                    }
                    return new ServerFacts(
                            row.getInt("version"),
                            admin,
                            isSuperuser,
                            database,
                            List.copyOf(missing),
                            List.copyOf(open));
                })
                .one();
    }

    /** Whether a membership says for itself whether it is inherited and whether one may become the role. */
    boolean membershipsHaveOptions() {
        return version >= MEMBERSHIPS_HAVE_OPTIONS;
    }

    void requireRights() {
        if (!missingRights.isEmpty()) {
            throw new ResultsException(
                    Code.DENIED,
                    "role " + Identifiers.quote(admin) + " may not provision tenants in database "
                            + Identifiers.quote(database) + "; as the owner of the database or a superuser run: "
                            + String.join("; ", missingRights));
        }
    }
}

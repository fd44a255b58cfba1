package ch.sbb.esta.results.jdbi;

import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.result.ResultIterable;

/**
 * What a tenant's schema is at the moment.
 *
 * @param owner who owns it
 * @param users who may use what is in it; empty text for everybody
 * @param futureReaders who will be able to read tables that its owner creates
 * @param readers which of the roles that are to read can read every table
 * @param strayOwners which of the logins own something themselves
 */
record SchemaFacts(
        String owner, Set<String> users, Set<String> futureReaders, Set<String> readers, Set<String> strayOwners) {

    static Optional<String> owner(Handle handle, String schema) {
        return handle.createQuery("""
                        SELECT pg_catalog.pg_get_userbyid(nspowner) FROM pg_catalog.pg_namespace WHERE nspname = :schema
                        """)
                .bind("schema", schema)
                .mapTo(String.class)
                .findOne();
    }

    static Optional<SchemaFacts> read(Handle handle, RegisteredTenant tenant, String readerOfAll) {
        return owner(handle, tenant.schema())
                .map(owner -> new SchemaFacts(
                        owner,
                        users(handle, tenant.schema()),
                        futureReaders(handle, tenant),
                        readers(handle, tenant.schema(), List.of(tenant.reader(), readerOfAll)),
                        strayOwners(handle, List.of(tenant.blue(), tenant.green()))));
    }

    private static Set<String> set(ResultIterable<String> rows) {
        return new HashSet<>(rows.list());
    }

    private static Set<String> users(Handle handle, String schema) {
        return set(handle.createQuery("""
                        SELECT DISTINCT CASE WHEN a.grantee = 0 THEN '' ELSE pg_catalog.pg_get_userbyid(a.grantee) END
                        FROM pg_catalog.pg_namespace n,
                            pg_catalog.aclexplode(coalesce(n.nspacl, pg_catalog.acldefault('n', n.nspowner))) a
                        WHERE n.nspname = :schema
                        """).bind("schema", schema).mapTo(String.class));
    }

    private static Set<String> futureReaders(Handle handle, RegisteredTenant tenant) {
        return set(handle.createQuery("""
                        SELECT DISTINCT pg_catalog.pg_get_userbyid(a.grantee)
                        FROM pg_catalog.pg_default_acl d JOIN pg_catalog.pg_namespace n ON n.oid = d.defaclnamespace,
                            pg_catalog.aclexplode(d.defaclacl) a
                        WHERE n.nspname = :schema AND pg_catalog.pg_get_userbyid(d.defaclrole) = :owner
                            AND d.defaclobjtype = 'r' AND a.privilege_type = 'SELECT'
                        """)
                .bind("schema", tenant.schema())
                .bind("owner", tenant.owner())
                .mapTo(String.class));
    }

    private static Set<String> readers(Handle handle, String schema, List<String> roles) {
        return set(handle.createQuery("""
                        SELECT r.rolname FROM pg_catalog.pg_roles r
                        WHERE r.rolname = ANY(CAST(:roles AS text[])) AND NOT EXISTS (
                            SELECT FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
                            WHERE n.nspname = :schema AND c.relkind IN ('r', 'p', 'v', 'm', 'f') AND NOT EXISTS (
                                SELECT FROM pg_catalog.aclexplode(c.relacl) a
                                WHERE a.grantee = r.oid AND a.privilege_type = 'SELECT'))
                        """)
                .bind("roles", SqlArray.texts(roles, name -> name))
                .bind("schema", schema)
                .mapTo(String.class));
    }

    private static Set<String> strayOwners(Handle handle, List<String> logins) {
        return set(handle.createQuery("""
                        SELECT r.rolname FROM pg_catalog.pg_roles r
                        WHERE r.rolname = ANY(CAST(:logins AS text[])) AND EXISTS (
                            SELECT FROM pg_catalog.pg_shdepend s
                            WHERE s.refclassid = CAST('pg_catalog.pg_authid' AS regclass) AND s.refobjid = r.oid AND s.deptype = 'o'
                                AND s.dbid = (SELECT oid FROM pg_catalog.pg_database WHERE datname = current_database()))
                        """)
                .bind("logins", SqlArray.texts(logins, name -> name))
                .mapTo(String.class));
    }
}

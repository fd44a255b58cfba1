package ch.sbb.esta.results.jdbi;

import ch.sbb.esta.results.ResultsException;
import ch.sbb.esta.results.ResultsException.Code;
import ch.sbb.esta.results.TenantRequest;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.jdbi.v3.core.Handle;

/** Takes over a schema that was made by hand. */
final class TenantAdoption {

    private final Handle handle;
    private final ServerFacts server;
    private final TenantRegistry registry;

    TenantAdoption(Handle handle, ServerFacts server, TenantRegistry registry) {
        this.handle = handle;
        this.server = server;
        this.registry = registry;
    }

    RegisteredTenant adopt(String clusterId, TenantRequest request, String login) {
        Optional<RegisteredTenant> found = registry.find(handle, request.namespace());
        RegisteredTenant tenant = found.map(known -> known.wanted(request))
                .orElseGet(() -> RegisteredTenant.of(clusterId, request).adopting(login));
        if (!tenant.logins().contains(login)
                || !tenant.schema().equals(request.schema().orElseThrow())) {
            throw conflict("tenant " + tenant.subject() + " has schema " + Identifiers.quote(tenant.schema())
                    + " and the logins " + tenant.logins() + " already");
        }
        if (found.isEmpty()) {
            requireAdoptable(tenant, login);
        }
        TenantPlan.read(handle, server, tenant).steps().forEach(step -> step.run(handle));
        if (!found.equals(Optional.of(tenant))) {
            registry.put(handle, tenant);
        }
        return tenant;
    }

    private void requireAdoptable(RegisteredTenant tenant, String login) {
        registry.findRival(handle, tenant).ifPresent(rival -> {
            throw conflict("schema " + Identifiers.quote(tenant.schema()) + " or login " + Identifiers.quote(login)
                    + " belongs to tenant " + rival.subject() + " already");
        });
        RoleFacts roles = RoleFacts.read(handle, server, List.of(login));
        RoleFacts.Role role = roles.find(login)
                .orElseThrow(
                        () -> ResultsException.invalid("there is no role " + Identifiers.quote(login) + " to adopt"));
        if (!role.powers().isEmpty() || login.equals(server.admin())) {
            throw conflict("role " + Identifiers.quote(login)
                    + " may more than a tenant; adopt with a login of its own, to which the tables belong");
        }
        String owner = SchemaFacts.owner(handle, tenant.schema())
                .orElseThrow(() -> ResultsException.invalid(
                        "there is no schema " + Identifiers.quote(tenant.schema()) + " to adopt"));
        if (!Set.of(server.admin(), login).contains(owner)) {
            throw conflict("schema " + Identifiers.quote(tenant.schema()) + " belongs to "
                    + Identifiers.quote(owner) + "; as a superuser run: ALTER SCHEMA "
                    + Identifiers.quote(tenant.schema()) + " OWNER TO " + Identifiers.quote(server.admin()));
        }
        requireSameOwner(tenant.schema(), login);
        requireNothingElsewhere(tenant.schema(), login);
    }

    private void requireSameOwner(String schema, String login) {
        List<String> others = handle.createQuery("""
                        SELECT c.relname FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
                        WHERE n.nspname = :schema AND c.relkind IN ('r', 'p', 'v', 'm', 'f', 'S')
                            AND pg_catalog.pg_get_userbyid(c.relowner) <> :login
                        ORDER BY 1
                        """)
                .bind("schema", schema)
                .bind("login", login)
                .mapTo(String.class)
                .list();
        if (!others.isEmpty()) {
            String table = Identifiers.quote(schema) + "." + Identifiers.quote(others.get(0));
            throw conflict(others.size() + " tables of schema " + Identifiers.quote(schema) + " do not belong to "
                    + Identifiers.quote(login) + "; for each run, as its owner or a superuser: ALTER TABLE " + table
                    + " OWNER TO " + Identifiers.quote(login));
        }
    }

    /** Everything that the login owns in the database is given to the tenant's owner, so there must be nothing of others with it. */
    private void requireNothingElsewhere(String schema, String login) {
        TreeSet<String> schemas = new TreeSet<>(handle.createQuery("""
                        SELECT n.nspname FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
                        WHERE pg_catalog.pg_get_userbyid(c.relowner) = :login AND n.nspname <> :schema AND n.nspname <> 'pg_toast'
                        UNION SELECT n.nspname FROM pg_catalog.pg_proc p JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace
                        WHERE pg_catalog.pg_get_userbyid(p.proowner) = :login AND n.nspname <> :schema
                        UNION SELECT n.nspname FROM pg_catalog.pg_namespace n
                        WHERE pg_catalog.pg_get_userbyid(n.nspowner) = :login AND n.nspname <> :schema
                        UNION SELECT 'the database ' || datname FROM pg_catalog.pg_database
                        WHERE pg_catalog.pg_get_userbyid(datdba) = :login
                        """)
                .bind("schema", schema)
                .bind("login", login)
                .mapTo(String.class)
                .list());
        if (!schemas.isEmpty()) {
            throw conflict("login " + Identifiers.quote(login) + " owns something in " + String.join(", ", schemas)
                    + ", too; give each tenant a login of its own first");
        }
    }

    private static ResultsException conflict(String message) {
        return new ResultsException(Code.CONFLICT, message);
    }
}

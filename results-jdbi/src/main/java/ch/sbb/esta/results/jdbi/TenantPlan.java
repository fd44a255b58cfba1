package ch.sbb.esta.results.jdbi;

import ch.sbb.esta.results.Tenant.State;
import ch.sbb.esta.results.TenantFault;
import ch.sbb.esta.results.TenantFault.Effect;
import ch.sbb.esta.results.TenantNames;
import ch.sbb.esta.results.jdbi.RolePlan.Kind;
import ch.sbb.esta.results.jdbi.RolePlan.Member;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jdbi.v3.core.Handle;
import org.jspecify.annotations.Nullable;

/** What a tenant's roles and schema are, and what they should be. */
final class TenantPlan {

    private final ServerFacts server;
    private final RoleFacts roles;
    private final @Nullable SchemaFacts schema;
    private final RegisteredTenant tenant;

    private TenantPlan(ServerFacts server, RoleFacts roles, @Nullable SchemaFacts schema, RegisteredTenant tenant) {
        this.server = server;
        this.roles = roles;
        this.schema = schema;
        this.tenant = tenant;
    }

    static TenantPlan read(Handle handle, ServerFacts server, RegisteredTenant tenant) {
        return new TenantPlan(
                server,
                RoleFacts.read(handle, server, tenant.roles()),
                SchemaFacts.read(handle, tenant, TenantNames.readerOfAll(tenant.clusterId()))
                        .orElse(null),
                tenant);
    }

    /** Which of the tenant's roles are there. */
    Set<String> existingRoles() {
        return roles.roles().keySet();
    }

    boolean hasSchema() {
        return schema != null;
    }

    /** The statements that bring everything to its due form, in their order. */
    List<RoleStep> steps() {
        RolePlan plan = new RolePlan(server, roles);
        addRoles(plan);
        if (schema == null) {
            plan.add(
                    "schema " + quoted() + " is missing",
                    "CREATE SCHEMA " + quoted() + " AUTHORIZATION " + Identifiers.quote(tenant.owner()),
                    "GRANT CREATE ON DATABASE " + Identifiers.quote(server.database()) + " TO "
                            + Identifiers.quote(server.admin()));
        } else {
            addOwnership(plan, schema);
        }
        addReaders(plan);
        return plan.steps();
    }

    private String quoted() {
        return Identifiers.quote(tenant.schema());
    }

    private void addRoles(RolePlan plan) {
        String clusterId = tenant.clusterId();
        plan.role(tenant.owner(), Kind.GROUP, null);
        plan.role(tenant.reader(), Kind.GROUP, null);
        for (String login : tenant.logins()) {
            plan.role(login, tenant.state() == State.ACTIVE ? Kind.LOGIN : Kind.GROUP, tenant.connectionLimit());
            plan.member(tenant.owner(), login, Member.INHERITS_AND_SETS);
            plan.member(TenantNames.connect(clusterId), login, Member.INHERITS);
            plan.setting(login, "role", tenant.owner());
            plan.setting(login, "search_path", tenant.schema());
            Long timeout = tenant.statementTimeoutMillis();
            plan.setting(login, "statement_timeout", timeout == null ? null : timeout.toString());
        }
        plan.member(tenant.owner(), TenantNames.runtime(clusterId), Member.SETS);
    }

    private void addOwnership(RolePlan plan, SchemaFacts facts) {
        String owner = Identifiers.quote(tenant.owner());
        if (!facts.owner().equals(tenant.owner())) {
            String sql = "ALTER SCHEMA " + quoted() + " OWNER TO " + owner;
            String fault = "schema " + quoted() + " belongs to " + Identifiers.quote(facts.owner());
            boolean borrowed = tenant.logins().contains(facts.owner());
            if (borrowed) {
                plan.inherit(facts.owner(), "TRUE");
            }
            plan.add(fault, sql, sql);
            if (borrowed) {
                plan.inherit(facts.owner(), "FALSE");
            }
        }
        for (String login : tenant.logins()) {
            if (facts.strayOwners().contains(login)) {
                plan.addAs(
                        login,
                        "login " + Identifiers.quote(login) + " owns something itself",
                        "REASSIGN OWNED BY " + Identifiers.quote(login) + " TO " + owner);
            }
        }
        if (facts.users().contains("")) {
            plan.addAs(
                    tenant.owner(),
                    "everybody may use schema " + quoted(),
                    "REVOKE ALL ON SCHEMA " + quoted() + " FROM PUBLIC");
        }
    }

    private void addReaders(RolePlan plan) {
        for (String reader : readers()) {
            String name = Identifiers.quote(reader);
            if (schema == null || !schema.users().contains(reader)) {
                plan.addAs(
                        tenant.owner(),
                        "role " + name + " may not use schema " + quoted(),
                        "GRANT USAGE ON SCHEMA " + quoted() + " TO " + name);
            }
            if (schema == null || !schema.futureReaders().contains(reader)) {
                plan.addAs(
                        tenant.owner(),
                        "role " + name + " will not be able to read new tables",
                        "ALTER DEFAULT PRIVILEGES IN SCHEMA " + quoted() + " GRANT SELECT ON TABLES TO " + name);
            }
            if (schema != null && !schema.readers().contains(reader)) {
                plan.addAs(
                        tenant.owner(),
                        "role " + name + " cannot read every table of schema " + quoted(),
                        "GRANT SELECT ON ALL TABLES IN SCHEMA " + quoted() + " TO " + name);
            }
        }
    }

    private List<String> readers() {
        return List.of(tenant.reader(), TenantNames.readerOfAll(tenant.clusterId()));
    }

    /** What the administrator does not set right by itself, because somebody has given it on purpose. */
    List<TenantFault> exposures() {
        List<TenantFault> faults = new ArrayList<>();
        for (String name : tenant.roles()) {
            Optional<RoleFacts.Role> role = roles.find(name);
            role.ifPresent(found -> found.powers()
                    .forEach(power -> faults.add(exposed(
                            "role " + Identifiers.quote(name) + " is " + power,
                            "ALTER ROLE " + Identifiers.quote(name) + " NO" + power))));
        }
        Set<String> own = Set.of(tenant.owner(), TenantNames.connect(tenant.clusterId()));
        Set<String> members =
                Set.of(tenant.blue(), tenant.green(), TenantNames.runtime(tenant.clusterId()), server.admin());
        for (RoleFacts.Membership membership : roles.memberships()) {
            boolean reachesOut = tenant.roles().contains(membership.member()) && !own.contains(membership.role());
            boolean reachesIn = membership.role().equals(tenant.owner()) && !members.contains(membership.member());
            if (reachesOut || reachesIn) {
                faults.add(exposed(
                        "role " + Identifiers.quote(membership.member()) + " is a member of "
                                + Identifiers.quote(membership.role()),
                        "REVOKE " + Identifiers.quote(membership.role()) + " FROM "
                                + Identifiers.quote(membership.member())));
            }
        }
        if (schema != null) {
            schema.users().stream()
                    .filter(user -> !user.isEmpty()
                            && !tenant.roles().contains(user)
                            && !readers().contains(user))
                    .forEach(user -> faults.add(exposed(
                            "role " + Identifiers.quote(user) + " may use schema " + quoted(),
                            "REVOKE ALL ON SCHEMA " + quoted() + " FROM " + Identifiers.quote(user))));
        }
        return faults;
    }

    private static TenantFault exposed(String text, String sql) {
        return new TenantFault(Effect.EXPOSED, text, "run: " + sql);
    }
}

package ch.sbb.esta.results.jdbi;

import ch.sbb.esta.results.Escaped;
import ch.sbb.esta.results.Removal;
import ch.sbb.esta.results.Removal.Mode;
import ch.sbb.esta.results.RemovalReport;
import ch.sbb.esta.results.RemovalReport.Outcome;
import ch.sbb.esta.results.RemovalReport.Volume;
import ch.sbb.esta.results.ResultsException;
import ch.sbb.esta.results.ResultsException.Code;
import ch.sbb.esta.results.Tenant.State;
import ch.sbb.esta.results.internal.LogFields;
import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.JdbiException;
import org.postgresql.util.PSQLException;
import org.postgresql.util.ServerErrorMessage;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Takes tenants away: first their logins and sessions, then, where that was asked for, their data and roles. */
final class TenantRemoval {

    private static final Logger LOG = LoggerFactory.getLogger(TenantRemoval.class);

    private final Transactions transactions;
    private final TenantRegistry registry;
    private final InstantSource clock;

    TenantRemoval(Transactions transactions, TenantRegistry registry, InstantSource clock) {
        this.transactions = transactions;
        this.registry = registry;
        this.clock = clock;
    }

    RemovalReport remove(String namespace, Removal removal) {
        Instant now = clock.instant().truncatedTo(ChronoUnit.MICROS);
        if (removal.mode() == Mode.PREVIEW) {
            return transactions.read(
                    "looking at tenant " + namespace,
                    handle -> registry.find(handle, namespace)
                            .map(tenant -> report(handle, tenant.removed(removal, now), now))
                            .orElse(RemovalReport.ABSENT));
        }
        String what = "removing tenant " + namespace;
        RemovalReport report = transactions.writeIdempotent(what, handle -> revoke(handle, namespace, removal, now));
        transactions.deleting("ending the sessions of tenant " + namespace, handle -> endSessions(handle, namespace));
        if (report.outcome() == Outcome.DELETED) {
            transactions.deleting(what, handle -> drop(handle, namespace));
        }
        return report;
    }

    private static RemovalReport report(Handle handle, RegisteredTenant removed, Instant now) {
        Volume volume = volume(handle, removed.schema());
        Instant due = removed.deletionTime();
        if (due == null) {
            return new RemovalReport(Outcome.RETAINED, removed.schema(), removed.roles(), null, volume);
        }
        return due.isAfter(now)
                ? new RemovalReport(Outcome.SCHEDULED, removed.schema(), removed.roles(), due, volume)
                : new RemovalReport(Outcome.DELETED, removed.schema(), removed.roles(), null, volume);
    }

    private static Volume volume(Handle handle, String schema) {
        return handle.createQuery("""
                        SELECT count(*), coalesce(sum(pg_catalog.pg_total_relation_size(c.oid)), 0)
                        FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
                        WHERE n.nspname = :schema AND c.relkind IN ('r', 'p', 'm')
                        """)
                .bind("schema", schema)
                .map((row, context) -> new Volume(row.getInt(1), row.getLong(2)))
                .one();
    }

    private RemovalReport revoke(Handle handle, String namespace, Removal removal, Instant now) {
        ServerFacts server = JdbiTenantProvisioner.begin(handle);
        registry.migrate(handle);
        Optional<RegisteredTenant> found = registry.find(handle, namespace);
        if (found.isEmpty()) {
            return RemovalReport.ABSENT;
        }
        RegisteredTenant removed = found.get().removed(removal, now);
        RoleFacts roles = RoleFacts.read(handle, server, removed.roles());
        RolePlan plan = new RolePlan(server, roles);
        for (String login : removed.logins()) {
            if (roles.find(login).filter(RoleFacts.Role::mayLogIn).isPresent()) {
                plan.administered(login);
                plan.add(
                        "login works",
                        "ALTER ROLE " + Identifiers.quote(login) + " NOLOGIN PASSWORD NULL",
                        "ALTER ROLE " + Identifiers.quote(login) + " NOLOGIN PASSWORD NULL");
            }
        }
        plan.steps().forEach(step -> step.run(handle));
        if (!removed.equals(found.get())) {
            registry.put(handle, removed);
            LogFields.ofTenant(removed.namespace())
                    .run(() -> LOG.info(
                            "tenant {}: its logins are revoked, its data are {}", removed.subject(), removed.state()));
        }
        return report(handle, removed, now);
    }

    /** A login may end its own sessions only, so we become it. */
    private void endSessions(Handle handle, String namespace) {
        RegisteredTenant tenant = registry.find(handle, namespace).orElse(null);
        if (tenant == null || tenant.state() == State.ACTIVE) {
            return;
        }
        for (String login : tenant.logins()) {
            List<Integer> sessions = handle.createQuery(
                            "SELECT pid FROM pg_catalog.pg_stat_activity WHERE usename = :login AND pid <> pg_backend_pid()")
                    .bind("login", login)
                    .mapTo(Integer.class)
                    .list();
            if (!sessions.isEmpty()) {
                handle.execute("SET LOCAL ROLE " + Identifiers.quote(login));
                handle.createQuery("SELECT count(pg_catalog.pg_terminate_backend(pid)) FROM pg_catalog.pg_stat_activity"
                                + " WHERE usename = :login AND pid <> pg_backend_pid()")
                        .bind("login", login)
                        .mapTo(Long.class)
                        .one();
                handle.execute("RESET ROLE");
            }
        }
    }

    private void drop(Handle handle, String namespace) {
        ServerFacts server = JdbiTenantProvisioner.begin(handle);
        RegisteredTenant tenant = registry.find(handle, namespace).orElse(null);
        if (tenant == null || tenant.state() != State.DELETING) {
            return;
        }
        RoleFacts roles = RoleFacts.read(handle, server, tenant.roles());
        Set<String> existing = roles.roles().keySet();
        // What the logins made may depend on what the owner has, not the other way round.
        List<String> order = new ArrayList<>(List.of(tenant.blue(), tenant.green(), tenant.reader(), tenant.owner()));
        order.retainAll(existing);
        RolePlan plan = new RolePlan(server, roles);
        order.forEach(plan::administered);
        List<String> connectors = new ArrayList<>(ClusterPlan.connectors(handle));
        connectors.retainAll(order);
        // Of a login that was adopted: what was granted to it by hand, only who has granted it can take back.
        connectors.forEach(role -> plan.add(
                "role may connect",
                "REVOKE ALL ON DATABASE " + Identifiers.quote(server.database()) + " FROM " + Identifiers.quote(role),
                "REVOKE ALL ON DATABASE " + Identifiers.quote(server.database()) + " FROM " + Identifiers.quote(role)));
        order.forEach(role -> plan.addAs(role, "role is there", "DROP OWNED BY " + Identifiers.quote(role)));
        order.forEach(role -> plan.add(
                "role is there", "DROP ROLE " + Identifiers.quote(role), "DROP ROLE " + Identifiers.quote(role)));
        try {
            plan.steps().forEach(step -> step.run(handle));
        } catch (JdbiException e) {
            throw SqlErrors.isDependedOn(e) ? dependedOn(tenant, e) : e;
        }
        registry.delete(handle, tenant);
        LogFields.ofTenant(tenant.namespace())
                .run(() ->
                        LOG.info("tenant {}: schema {} and its roles are deleted", tenant.subject(), tenant.schema()));
    }

    private static ResultsException dependedOn(RegisteredTenant tenant, JdbiException e) {
        ServerErrorMessage server =
                e.getCause() instanceof PSQLException postgres ? postgres.getServerErrorMessage() : null;
        String detail = server == null ? null : server.getDetail();
        return new ResultsException(
                Code.CONFLICT,
                "schema " + Identifiers.quote(tenant.schema()) + " or the roles of tenant " + tenant.subject()
                        + " are needed by something that is not the tenant's; drop or move that first"
                        + (detail == null ? "" : ": " + Escaped.of(detail)),
                e.getCause());
    }
}

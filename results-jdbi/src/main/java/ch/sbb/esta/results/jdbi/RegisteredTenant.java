package ch.sbb.esta.results.jdbi;

import ch.sbb.esta.results.Removal;
import ch.sbb.esta.results.Tenant;
import ch.sbb.esta.results.Tenant.State;
import ch.sbb.esta.results.TenantNames;
import ch.sbb.esta.results.TenantRequest;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A row of the registry of tenants. */
record RegisteredTenant(
        String clusterId,
        String namespace,
        String schema,
        String owner,
        String blue,
        String green,
        String active,
        String reader,
        State state,
        @Nullable Integer connectionLimit,
        @Nullable Long statementTimeoutMillis,
        @Nullable Instant removedTime,
        @Nullable Instant deletionTime) {

    static RegisteredTenant of(String clusterId, TenantRequest request) {
        TenantNames names = TenantNames.of(clusterId, request.namespace());
        return new RegisteredTenant(
                        clusterId,
                        request.namespace(),
                        request.schema().orElse(names.schema()),
                        names.owner(),
                        names.blue(),
                        names.green(),
                        names.blue(),
                        names.reader(),
                        State.ACTIVE,
                        null,
                        null,
                        null,
                        null)
                .wanted(request);
    }

    /** In use, with the limits of the request. */
    RegisteredTenant wanted(TenantRequest request) {
        return new RegisteredTenant(
                clusterId,
                namespace,
                schema,
                owner,
                blue,
                green,
                active,
                reader,
                State.ACTIVE,
                request.connectionLimit().isPresent()
                        ? (Integer) request.connectionLimit().getAsInt()
                        : null,
                request.statementTimeout().map(Duration::toMillis).orElse(null),
                null,
                null);
    }

    /** With a login that was there before in the place of the first one. */
    RegisteredTenant adopting(String login) {
        return new RegisteredTenant(
                clusterId,
                namespace,
                schema,
                owner,
                login,
                green,
                login,
                reader,
                state,
                connectionLimit,
                statementTimeoutMillis,
                removedTime,
                deletionTime);
    }

    RegisteredTenant withActive(String login) {
        return new RegisteredTenant(
                clusterId,
                namespace,
                schema,
                owner,
                blue,
                green,
                login,
                reader,
                state,
                connectionLimit,
                statementTimeoutMillis,
                removedTime,
                deletionTime);
    }

    /** Removed; the time of a first removal stays, and so does a later time of deletion that somebody has asked for. */
    RegisteredTenant removed(Removal removal, Instant now) {
        Instant since = removedTime == null ? now : removedTime;
        boolean retained = removal.reclaim() == Removal.Reclaim.RETAIN;
        return new RegisteredTenant(
                clusterId,
                namespace,
                schema,
                owner,
                blue,
                green,
                active,
                reader,
                retained ? State.RETAINED : State.DELETING,
                connectionLimit,
                statementTimeoutMillis,
                since,
                retained ? null : deletionTime(since.plus(removal.grace()).truncatedTo(ChronoUnit.MICROS)));
    }

    private Instant deletionTime(Instant asked) {
        return state == State.DELETING && deletionTime != null && deletionTime.isAfter(asked) ? deletionTime : asked;
    }

    List<String> logins() {
        return List.of(blue, green);
    }

    List<String> roles() {
        return List.of(owner, blue, green, reader);
    }

    Tenant tenant() {
        return new Tenant(clusterId, namespace, schema, owner, active, reader, state);
    }

    String subject() {
        return clusterId + "/" + namespace;
    }
}

package ch.sbb.esta.results.jdbi;

import ch.sbb.esta.results.Escaped;
import ch.sbb.esta.results.ResultsException;
import ch.sbb.esta.results.ResultsException.Code;
import ch.sbb.esta.results.Tenant;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What the registry says of tenants, read as a whole and kept for a while. One that is not known yet is looked up at once, so a new tenant is
 * there without delay; a removed one is gone after that while.
 */
final class TenantDirectory {

    private final Transactions transactions;
    private final String clusterId;
    private final TenantRegistry registry;
    private final Duration age;
    private final InstantSource clock;
    private volatile @Nullable Known known;

    private record Known(Map<String, RegisteredTenant> tenants, Instant time) {}

    TenantDirectory(Transactions transactions, String clusterId, Duration age, InstantSource clock) {
        this.transactions = transactions;
        this.clusterId = clusterId;
        this.registry = new TenantRegistry(clusterId);
        this.age = age;
        this.clock = clock;
    }

    String clusterId() {
        return clusterId;
    }

    RegisteredTenant get(String namespace) {
        RegisteredTenant tenant = find(namespace)
                .orElseThrow(() -> new ResultsException(
                        Code.NOT_FOUND,
                        "there is no tenant " + Escaped.of(namespace) + " in cluster " + Escaped.of(clusterId)
                                + "; provision it first"));
        if (tenant.state() != Tenant.State.ACTIVE) {
            throw new ResultsException(
                    Code.NOT_FOUND,
                    "tenant " + tenant.subject() + " was removed and is " + tenant.state()
                            + "; provision it again to use it");
        }
        return tenant;
    }

    private Optional<RegisteredTenant> find(String namespace) {
        RegisteredTenant found = known().tenants.get(namespace);
        if (found != null && found.state() == Tenant.State.ACTIVE) {
            return Optional.of(found);
        }
        Optional<RegisteredTenant> now =
                transactions.read("reading the registry of tenants", handle -> registry.find(handle, namespace));
        if (!now.equals(Optional.ofNullable(found))) {
            known = null;
        }
        return now;
    }

    /** All that are in use, by namespace. */
    List<RegisteredTenant> active() {
        return known().tenants.values().stream()
                .filter(tenant -> tenant.state() == Tenant.State.ACTIVE)
                .toList();
    }

    private Known known() {
        Known current = known;
        Instant now = clock.instant();
        if (current != null && !now.isBefore(current.time) && now.isBefore(current.time.plus(age))) {
            return current;
        }
        return read(now);
    }

    private Known read(Instant now) {
        Map<String, RegisteredTenant> tenants = new LinkedHashMap<>();
        transactions
                .read("reading the registry of tenants", handle -> {
                    if (!registry.isThere(handle)) {
                        throw new ResultsException(
                                Code.NOT_FOUND,
                                "there is no registry of tenants in this database; provision the first tenant, or connect to "
                                        + "the database that was provisioned");
                    }
                    return registry.list(handle);
                })
                .forEach(tenant -> tenants.put(tenant.namespace(), tenant));
        Known read = new Known(tenants, now);
        known = read;
        return read;
    }
}

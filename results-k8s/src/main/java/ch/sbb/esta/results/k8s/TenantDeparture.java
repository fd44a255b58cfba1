package ch.sbb.esta.results.k8s;

import ch.sbb.esta.results.Removal;
import ch.sbb.esta.results.Removal.Reclaim;
import ch.sbb.esta.results.RemovalReport;
import ch.sbb.esta.results.ResultsException;
import ch.sbb.esta.results.Tenant;
import ch.sbb.esta.results.spi.TenantProvisioner;
import com.fasterxml.jackson.databind.JsonNode;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Takes tenants away. A namespace never waits for the database longer than the deadline: then the tenant is let go, and what is left is
 * removed later. Thread-safe.
 */
final class TenantDeparture {

    private static final Logger LOG = LoggerFactory.getLogger(TenantDeparture.class);

    private final ClusterObjects objects;
    private final TenantProvisioner provisioner;
    private final TenantOperatorConfig config;
    private final EventRecorder events;

    /** Tenants that are gone from the cluster and must still be removed from the database, with what becomes of their data. */
    private final Map<String, Reclaim> leftovers = new ConcurrentHashMap<>();

    /** Tenants of the registry that nothing in the cluster asks for. */
    private final Set<String> unclaimed = ConcurrentHashMap.newKeySet();

    TenantDeparture(
            ClusterObjects objects, TenantProvisioner provisioner, TenantOperatorConfig config, EventRecorder events) {
        this.objects = objects;
        this.provisioner = provisioner;
        this.config = config;
        this.events = events;
    }

    /** Removes the tenant of a ResultsTenant that is being deleted, and lets the object go. */
    void leave(TenantSubject subject, boolean namespaceGoes) {
        if (!subject.hasFinalizer()) {
            return;
        }
        String namespace = subject.namespace();
        Reclaim reclaim = TenantSpec.reclaim(subject.spec());
        try {
            remove(namespace, reclaim);
        } catch (ResultsException e) {
            Instant deadline = subject.deletionTime().orElseThrow().plus(config.deletionDeadline());
            boolean overdue = !config.cluster().clock().instant().isBefore(deadline);
            // What is retained needs nothing but the end of its logins, which can come later.
            if (!overdue && !(namespaceGoes && reclaim == Reclaim.RETAIN)) {
                wait(subject, deadline, e);
                throw e;
            }
            leftovers.put(namespace, reclaim);
            LOG.error(
                    "Tenant {} was let go without being removed from the database ({}): its logins still work. It is tried again"
                            + " while this operator runs; after a restart, remove it by hand",
                    namespace,
                    reclaim,
                    e);
            events.warning(
                    subject,
                    "LeftBehind",
                    "the tenant was let go without being removed from the database: " + e.getMessage());
        }
        subject.removeFinalizer();
    }

    private void wait(TenantSubject subject, Instant deadline, ResultsException failure) {
        TenantStatus status = new TenantStatus(
                subject.status(), subject.generation(), config.cluster().clock().instant());
        String message = "the tenant cannot be removed yet and is let go without that at " + TenantStatus.time(deadline)
                + ": " + failure.getMessage();
        status.set(TenantStatus.READY, "False", "RemovalFailed", message);
        subject.write(status.json());
        events.warning(subject, "RemovalFailed", message);
    }

    /** Takes the tenant off a namespace that has lost its label. Its data are retained. */
    void withdraw(TenantSubject subject) {
        String namespace = subject.namespace();
        remove(namespace, Reclaim.RETAIN);
        for (String name : secretNames(subject)) {
            TenantSecret.find(objects, namespace, name)
                    .filter(secret -> secret.isOurs(namespace))
                    .ifPresent(secret -> objects.delete(ClusterObjects.SECRET, namespace, secret.object()));
        }
        subject.clearAnnotation();
        events.normal(subject, "Withdrawn", "the namespace is no tenant any more; its data are retained");
    }

    private Set<String> secretNames(TenantSubject subject) {
        Set<String> names = new TreeSet<>(Set.of(config.secretName()));
        JsonNode written = subject.status().path("secretName");
        if (!written.asText().isEmpty() && !written.asText().contains("/")) {
            names.add(written.asText());
        }
        return names;
    }

    /** A namespace that was a tenant by its label is gone or has lost the label: the watch saw it. */
    void leftLabel(String namespace) {
        leftovers.put(namespace, Reclaim.RETAIN);
    }

    /** Goes on with what was left behind, in a namespace in which nothing asks for a tenant. */
    void sweep(String namespace) {
        Reclaim left = leftovers.get(namespace);
        if (left != null) {
            remove(namespace, left);
            return;
        }
        Optional<Tenant> tenant = provisioner.find(namespace);
        if (tenant.isEmpty() || !config.cluster().covers(namespace)) {
            unclaimed.remove(namespace);
            return;
        }
        switch (tenant.get().state()) {
            case DELETING -> remove(namespace, Reclaim.DELETE);
            case RETAINED -> unclaimed.remove(namespace);
            case ACTIVE -> {
                // Perhaps somebody provisions by other ways into the same registry, or this is the wrong cluster.
                if (unclaimed.add(namespace)) {
                    LOG.warn(
                            "Tenant {} is active in the registry, and no ResultsTenant and no label in the cluster asks for it. It is"
                                    + " left alone; if it is left over, remove it with the provisioner",
                            namespace);
                }
            }
        }
    }

    private void remove(String namespace, Reclaim reclaim) {
        Removal removal = reclaim == Reclaim.RETAIN ? Removal.retain() : Removal.deleteAfter(config.deletionGrace());
        RemovalReport report = provisioner.remove(namespace, removal);
        leftovers.remove(namespace);
        unclaimed.remove(namespace);
        LOG.info("Tenant {} removed from the database: {}", namespace, report.outcome());
    }

    /** The namespace asks for a tenant again. */
    void forget(String namespace) {
        leftovers.remove(namespace);
        unclaimed.remove(namespace);
    }

    Set<String> leftovers() {
        return Set.copyOf(leftovers.keySet());
    }

    List<String> unclaimed() {
        return unclaimed.stream().sorted().toList();
    }
}

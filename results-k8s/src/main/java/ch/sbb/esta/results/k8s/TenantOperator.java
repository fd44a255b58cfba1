package ch.sbb.esta.results.k8s;

import ch.sbb.esta.results.ResultsException;
import ch.sbb.esta.results.RunKind;
import ch.sbb.esta.results.Tenant;
import ch.sbb.esta.results.spi.TenantProvisioner;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Gives a schema and logins to every namespace that asks for them, with a ResultsTenant or with a label, and keeps the credentials in a
 * Secret of that namespace.
 *
 * <p>For each tenant it provisions, verifies by logging in, writes the Secret and then says {@code Ready}, in the status of the
 * ResultsTenant or in an annotation of the labelled namespace. It changes passwords when it is time, mends Secrets that were deleted or
 * edited, and takes tenants away by their policy. A Secret that it did not write it leaves alone.
 *
 * <p>Watches are hints: everything is looked at anew at an interval. What fails is tried again, later each time, and holds up no other
 * tenant. Several operators may run at once: an operator says in the status that it changes a password before it does.
 *
 * <p>What the cluster needs is in {@link OperatorManifests}. Thread-safe. What is handed in is not closed.
 */
public final class TenantOperator implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(TenantOperator.class);

    /** The key of the look at everything: no namespace has it. */
    private static final String EVERYTHING = "";

    private final KubernetesClient client;
    private final TenantProvisioner provisioner;
    private final TenantOperatorConfig config;
    private final ClusterObjects objects;
    private final TenantReconciler reconciler;
    private final KeyedQueue queue;

    /** What was seen of each ResultsTenant, without what the operator writes itself. */
    private final Map<String, String> seen = new ConcurrentHashMap<>();

    private @Nullable WatchSession watch;
    private boolean closed;

    /**
     * Creates an operator; nothing is asked of the cluster yet.
     *
     * @param client talks to the cluster
     * @param provisioner makes and removes tenants
     * @param config how to work
     */
    public TenantOperator(KubernetesClient client, TenantProvisioner provisioner, TenantOperatorConfig config) {
        this.client = Objects.requireNonNull(client, "client");
        this.provisioner = Objects.requireNonNull(provisioner, "provisioner");
        this.config = Objects.requireNonNull(config, "config");
        String instance = "results-operator-" + UUID.randomUUID();
        this.objects = new ClusterObjects(new ApiRequests(client, config.cluster()), config.cluster());
        this.reconciler = new TenantReconciler(objects, provisioner, config, instance);
        this.queue = new KeyedQueue(
                "results-operator", config.workers(), config.cluster().clock(), this::work);
    }

    /**
     * Starts to work; no effect when it works already.
     *
     * @throws IllegalStateException when it was closed
     */
    public synchronized void start() {
        if (closed) {
            throw new IllegalStateException("this operator was closed; make another one");
        }
        if (watch != null) {
            return;
        }
        List<ResourceVersions> watched = new ArrayList<>();
        watched.add(ResourceVersions.labelled(ClusterObjects.TENANT, ""));
        // By name, so that permissions can be limited to it.
        watched.add(ResourceVersions.named(ClusterObjects.SECRET, config.secretName()));
        config.namespaceLabel().ifPresent(label -> watched.add(ResourceVersions.namespaces(label)));
        watch = WatchSession.start(client, config.cluster(), watched, Relay::new);
        queue.start();
        queue.add(EVERYTHING);
    }

    /**
     * Looks at a namespace now, for who cannot wait for the next round.
     *
     * @param namespace the namespace
     */
    public void look(String namespace) {
        if (Objects.requireNonNull(namespace, "namespace").isEmpty()) {
            throw ResultsException.invalid("no namespace to look at");
        }
        queue.add(namespace);
    }

    /**
     * Tenants that were let go without being removed from the database, because it did not answer in time, and are still there: their
     * logins work. They are tried again; the list is lost with the process.
     *
     * @return their namespaces
     */
    public Set<String> leftovers() {
        return reconciler.departure().leftovers();
    }

    /**
     * Tenants that are active in the registry without anything in the cluster asking for them, as of the last round. Nothing is done about
     * them.
     *
     * @return their namespaces, sorted
     */
    public List<String> unclaimed() {
        return reconciler.departure().unclaimed();
    }

    /** Whether nothing is to do at the moment. */
    boolean isIdle() {
        return queue.isIdle();
    }

    private Optional<Instant> work(String key) {
        if (key.equals(EVERYTHING)) {
            lookAtEverything();
            return Optional.of(config.cluster().clock().instant().plus(config.resyncInterval()));
        }
        int slash = key.indexOf('/');
        if (slash < 0) {
            return reconciler.reconcile(key);
        }
        reconciler.refuseName(key.substring(0, slash), key.substring(slash + 1));
        return Optional.empty();
    }

    private void lookAtEverything() {
        Set<String> keys = new TreeSet<>(reconciler.departure().leftovers());
        for (String scope : config.cluster().scopes()) {
            attempt(
                    "ResultsTenants" + (scope.isEmpty() ? "" : " of " + scope),
                    () -> objects.list(ClusterObjects.TENANT, scope, "", found -> keys.add(key(found))));
        }
        config.namespaceLabel()
                .ifPresent(label -> attempt(
                        "namespaces with the label " + label,
                        () -> objects.list(ClusterObjects.NAMESPACE, "", label, found -> keys.add(name(found)))));
        attempt(
                "tenants of the registry",
                () -> provisioner.list().stream()
                        .filter(tenant -> tenant.state() != Tenant.State.RETAINED)
                        .filter(tenant -> config.cluster().covers(tenant.namespace()))
                        .forEach(tenant -> keys.add(tenant.namespace())));
        keys.forEach(queue::add);
    }

    /** What cannot be listed holds up nothing else. */
    private static void attempt(String what, Runnable list) {
        try {
            list.run();
        } catch (ResultsException e) {
            LOG.warn("Could not list {}; the next round tries again: {}", what, e.getMessage());
        }
    }

    private static String key(RawResource tenant) {
        String namespace = tenant.namespace();
        return name(tenant).equals(TenantReconciler.NAME) ? namespace : namespace + "/" + name(tenant);
    }

    private static String name(RawResource resource) {
        return resource.name();
    }

    /** Stops; waits some seconds for what is being done. No effect when it was closed before. */
    @Override
    public void close() {
        WatchSession open;
        synchronized (this) {
            closed = true;
            open = watch;
            watch = null;
        }
        if (open != null) {
            open.close();
        }
        queue.close();
    }

    /** Turns what a watch sees into keys. */
    private final class Relay implements WatchRelay {

        @Override
        public void seen(RunKind kind, RawResource resource) {
            if (kind.equals(ClusterObjects.TENANT)) {
                String state = state(resource);
                if (!state.equals(seen.put(resource.uid(), state))) {
                    queue.add(key(resource));
                }
            } else if (kind.equals(ClusterObjects.NAMESPACE)) {
                String state = state(resource);
                if (!state.equals(seen.put(resource.uid(), state))) {
                    queue.add(name(resource));
                }
            } else {
                queue.add(resource.namespace());
            }
        }

        /** The operator's own writes do not change this, else a failure that is written would be tried again at once. */
        private String state(RawResource resource) {
            ObjectNode object = ClusterObjects.read(resource.json());
            JsonNode metadata = object.path("metadata");
            boolean labelled = config.namespaceLabel()
                    .filter(key -> metadata.path("labels").has(key))
                    .isPresent();
            return metadata.path("generation").asText() + " "
                    + metadata.path("deletionTimestamp").asText() + " " + labelled;
        }

        @Override
        public void deleted(RunKind kind, RawResource resource) {
            seen.remove(resource.uid());
            if (kind.equals(ClusterObjects.NAMESPACE)) {
                reconciler.departure().leftLabel(name(resource));
                queue.add(name(resource));
            } else if (kind.equals(ClusterObjects.SECRET)) {
                queue.add(resource.namespace());
            } else {
                queue.add(key(resource));
            }
        }

        @Override
        public void vanished(RunKind kind, KnownObject last) {
            seen.remove(last.uid());
            queue.add(EVERYTHING);
        }
    }
}

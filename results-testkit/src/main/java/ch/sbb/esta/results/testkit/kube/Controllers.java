package ch.sbb.esta.results.testkit.kube;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What the controllers of a cluster do after a write: the node lets deleted pods go when their grace period is over, namespaces are emptied and removed,
 * custom resources are established and torn down, dependents of removed owners are deleted.
 *
 * <p>One daemon thread that looks every few milliseconds, so that a manual clock moves grace periods too.
 */
final class Controllers implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(Controllers.class);
    private static final int INTERVAL_MILLIS = 10;

    private final Cluster cluster;
    private final CustomResources customResources;
    private final Map<String, StoredObject> stopping = new ConcurrentHashMap<>();
    private final Map<String, StoredObject> waiting = new ConcurrentHashMap<>();
    private final Set<String> removed = ConcurrentHashMap.newKeySet();
    private final ScheduledExecutorService thread;

    Controllers(Cluster cluster) {
        this.cluster = cluster;
        this.customResources = new CustomResources(cluster);
        this.thread = Executors.newSingleThreadScheduledExecutor(task -> {
            Thread made = new Thread(task, "kube-controllers");
            made.setDaemon(true);
            return made;
        });
        cluster.store().onChange(this::onChange);
    }

    @SuppressWarnings("FutureReturnValueIgnored") // ends with the executor
    void start() {
        thread.scheduleWithFixedDelay(this::look, INTERVAL_MILLIS, INTERVAL_MILLIS, TimeUnit.MILLISECONDS);
    }

    private void onChange(History.Change change) {
        StoredObject after = change.after();
        if (change.removed()) {
            stopping.remove(after.uid());
            waiting.remove(after.uid());
            removed.add(after.uid());
        } else if (after.isDeleting()) {
            (change.resource().equals(ResourceRegistry.PODS) ? stopping : waiting).put(after.uid(), after);
            if (after.finalizers().contains(DeleteOptions.FOREGROUND)
                    || after.finalizers().contains(DeleteOptions.ORPHAN)) {
                waiting.put(after.uid(), after);
            }
        }
        customResources.onChange(change);
    }

    private void look() {
        try {
            stopping.values().forEach(this::stop);
            customResources.settle();
            waiting.values().forEach(this::proceed);
            collect();
        } catch (RuntimeException e) {
            LOG.error("a controller of the test API server failed; it goes on with the next change", e);
        }
    }

    private void stop(StoredObject pod) {
        String end = pod.deletionTimestamp();
        if (!end.isEmpty() && !cluster.settings().clock().instant().isBefore(Instant.parse(end))) {
            stopping.remove(pod.uid(), pod);
            cluster.writes().finishDeletion(pod);
        }
    }

    private void proceed(StoredObject object) {
        if (object.finalizers().contains(DeleteOptions.FOREGROUND)) {
            List<StoredObject> dependents = dependents(Set.of(object.uid()));
            dependents.stream().filter(dependent -> !dependent.isDeleting()).forEach(this::delete);
            if (dependents.isEmpty()) {
                release(object, DeleteOptions.FOREGROUND);
            }
        } else if (object.finalizers().contains(DeleteOptions.ORPHAN)) {
            dependents(Set.of(object.uid())).forEach(dependent -> disown(dependent, object.uid()));
            release(object, DeleteOptions.ORPHAN);
        } else if (object.resource().equals(ResourceRegistry.NAMESPACES)) {
            empty(object);
        } else if (object.resource().equals(ResourceRegistry.DEFINITIONS)) {
            customResources.tearDown(object);
        } else {
            waiting.remove(object.uid(), object);
        }
    }

    /** Dependents go when the last owner that is known to be gone was their only one; owners that never were here do not count. */
    private void collect() {
        Set<String> gone = new HashSet<>(removed);
        if (gone.isEmpty()) {
            return;
        }
        removed.removeAll(gone);
        for (StoredObject dependent : dependents(gone)) {
            boolean owned = dependent.owners().stream()
                    .anyMatch(uid -> !gone.contains(uid) && cluster.store().hasUid(uid));
            if (!owned && !dependent.isDeleting()) {
                delete(dependent);
            }
        }
    }

    private List<StoredObject> dependents(Set<String> owners) {
        return all().stream()
                .filter(object -> object.owners().stream().anyMatch(owners::contains))
                .toList();
    }

    private List<StoredObject> all() {
        List<StoredObject> all = new ArrayList<>();
        cluster.registry()
                .all()
                .forEach(resource ->
                        all.addAll(cluster.store().snapshot(resource).objects().values()));
        return all;
    }

    private void empty(StoredObject namespace) {
        List<StoredObject> content = all().stream()
                .filter(object -> object.namespace().equals(namespace.name()))
                .toList();
        content.stream().filter(object -> !object.isDeleting()).forEach(this::delete);
        if (content.isEmpty()) {
            change(namespace, object -> object.putObject("spec").putArray("finalizers"));
        }
    }

    private void delete(StoredObject object) {
        try {
            cluster.writes().delete(Cluster.target(object), new DeleteOptions(-1, object.uid(), "", ""));
        } catch (KubeApiException e) {
            LOG.debug("{} {} was gone before it could be collected", object.resource(), object.name(), e);
        }
    }

    private void release(StoredObject object, String finalizer) {
        change(object, tree -> removeValue(tree, finalizer));
    }

    private void disown(StoredObject object, String owner) {
        change(object, tree -> {
            ArrayNode left = tree.arrayNode();
            tree.path("metadata").path("ownerReferences").forEach(reference -> {
                if (!reference.path("uid").asText().equals(owner)) {
                    left.add(reference);
                }
            });
            Json.child(tree, "metadata").set("ownerReferences", left);
        });
    }

    static void removeValue(ObjectNode tree, String finalizer) {
        ArrayNode left = tree.arrayNode();
        tree.path("metadata").path("finalizers").forEach(value -> {
            if (!value.asText().equals(finalizer)) {
                left.add(value);
            }
        });
        Json.child(tree, "metadata").set("finalizers", left);
    }

    private void change(StoredObject object, Consumer<ObjectNode> how) {
        cluster.writes().rewrite(Cluster.target(object), object.uid(), how);
    }

    @Override
    public void close() {
        thread.shutdownNow();
    }
}

package ch.sbb.esta.results.testkit.kube;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;

/** The state behind the API, with what changes it. */
final class Cluster {

    /** The field manager of writes that do not come as requests. */
    static final String DIRECT = "results-testkit";

    private static final long HISTORY_BYTES = 128L * 1024 * 1024;

    private final Settings settings;
    private final ResourceRegistry registry = new ResourceRegistry();
    private final ObjectStore store;
    private final ObjectWrites writes;
    private final PodLogs logs;
    private final AccessReviews reviews = new AccessReviews();
    private final ApiFaults faults = new ApiFaults();
    private final Tokens tokens;

    Cluster(Settings settings) {
        this.settings = settings;
        this.store = new ObjectStore(settings.historyChanges(), HISTORY_BYTES);
        this.writes = new ObjectWrites(store, settings.clock());
        this.logs = new PodLogs(settings.clock());
        this.tokens = new Tokens(settings.clock(), settings.tokenLifetime());
        store.onChange(logs::onChange);
        List.of("default", "kube-system").forEach(this::ensureNamespace);
        // A real server's watches reach back to its start at most: the oldest resourceVersions are always gone.
        store.compact();
    }

    /** Makes a namespace unless it is there. */
    void ensureNamespace(String name) {
        store.atomically(() -> {
            if (store.find(ResourceRegistry.NAMESPACES, "", name).isEmpty()) {
                ObjectNode namespace = Json.object();
                namespace.putObject("metadata").put("name", name);
                writes.create(new ObjectWrites.Target(ResourceRegistry.NAMESPACES, "v1", "", ""), namespace, DIRECT);
            }
            return null;
        });
    }

    ObjectWrites.Target target(KubeReference reference) {
        KubeResource resource = registry.get(reference.apiVersion(), reference.kind());
        return new ObjectWrites.Target(
                resource,
                ResourceRegistry.version(reference.apiVersion()),
                resource.isNamespaced() ? reference.namespace() : "",
                reference.name());
    }

    static ObjectWrites.Target target(StoredObject object) {
        return new ObjectWrites.Target(
                object.resource(), object.resource().versions().get(0), object.namespace(), object.name());
    }

    AccessReviews reviews() {
        return reviews;
    }

    ApiFaults faults() {
        return faults;
    }

    Tokens tokens() {
        return tokens;
    }

    Settings settings() {
        return settings;
    }

    ResourceRegistry registry() {
        return registry;
    }

    ObjectStore store() {
        return store;
    }

    ObjectWrites writes() {
        return writes;
    }

    PodLogs logs() {
        return logs;
    }
}

package ch.sbb.esta.results.k8s;

import ch.sbb.esta.results.RunKind;
import ch.sbb.esta.results.spi.RunWatcher;
import ch.sbb.esta.results.spi.Watching;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.util.Objects;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Watches the runs of a cluster with informers of fabric8: PipelineRuns and TaskRuns of {@code tekton.dev/v1}, or of {@code v1beta1}
 * where only that is served, and CustomRuns. Every run is delivered as the JSON that the API server sent, with every field.
 *
 * <p>It remembers the UIDs of the runs and nothing else. A run that vanished while the watch was down is not reported: nobody knows
 * its last state; only a comparison of lists finds it. A kind that the cluster does not serve does not hold up the others and is asked
 * for again until it is there. The client heals lost connections, within ten minutes also those that were cut without a word.
 *
 * <p>Thread-safe. The client that is handed in is used with its connections and credentials and is neither changed nor closed. Each kind
 * in each namespace is a watch of its own; where the client is forced to plain HTTP watches over HTTP/2, all of them share the streams of
 * one connection, of which an API server allows 100.
 */
public final class FabricRunWatcher implements RunWatcher {

    private static final Logger LOG = LoggerFactory.getLogger(FabricRunWatcher.class);

    private final KubernetesClient client;
    private final FabricConfig config;

    /**
     * Creates a watcher; nothing is asked of the cluster yet.
     *
     * @param client talks to the cluster
     * @param config which namespaces
     */
    public FabricRunWatcher(KubernetesClient client, FabricConfig config) {
        this.client = Objects.requireNonNull(client, "client");
        this.config = Objects.requireNonNull(config, "config");
    }

    @Override
    public Watching watch(Handler handler) {
        Objects.requireNonNull(handler, "handler");
        return WatchSession.start(client, config, ResourceVersions.RUNS, () -> new Relay(handler));
    }

    private record Relay(Handler handler) implements WatchRelay {

        @Override
        public void seen(RunKind kind, RawResource resource) {
            handler.onRun(new Event(Event.Type.SEEN, kind, resource.json()));
        }

        @Override
        public void deleted(RunKind kind, RawResource resource) {
            handler.onRun(new Event(Event.Type.DELETED, kind, resource.json()));
        }

        @Override
        public void vanished(RunKind kind, String uid) {
            LOG.debug("A {} vanished while the watch was down: uid {}", kind, uid);
        }
    }
}

package ch.sbb.esta.results.k8s;

import ch.sbb.esta.results.RunKind;
import ch.sbb.esta.results.spi.RunWatcher;
import ch.sbb.esta.results.spi.Watching;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.util.Objects;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Watches the runs of a cluster: PipelineRuns and TaskRuns of {@code tekton.dev/v1}, or of {@code v1beta1} where only that is served, and
 * CustomRuns, and the extra kinds of {@link FabricConfig#kinds()}. Every run is delivered as the JSON that the API server sent, with every field.
 *
 * <p>Of each run it remembers key, UID, version and state, about 200 bytes, and never the object. Lists come in pages, a few at a time. Lost
 * connections, expired versions, streams that fall silent, deletions that were never told and old versions that come again are healed; a run
 * that vanished while the watch was down is not reported, because nobody knows its last state: {@link Watching#health()} counts it. A kind
 * that the cluster does not serve, or serves outside of namespaces, and a namespace that must not be seen, hold up nothing else and are
 * asked for again until they can be watched.
 *
 * <p>Thread-safe. The client that is handed in is used with its credentials and is neither changed nor closed. Each kind in each namespace
 * is a connection of its own over HTTP/1.1; a few threads serve them all, because no thread waits for any of them.
 */
public final class FabricRunWatcher implements RunWatcher {

    private static final Logger LOG = LoggerFactory.getLogger(FabricRunWatcher.class);

    private final KubernetesClient client;
    private final FabricConfig config;

    /**
     * Creates a watcher; nothing is asked of the cluster yet.
     *
     * @param client talks to the cluster
     * @param config which namespaces and which runs of them
     */
    public FabricRunWatcher(KubernetesClient client, FabricConfig config) {
        this.client = Objects.requireNonNull(client, "client");
        this.config = Objects.requireNonNull(config, "config");
    }

    @Override
    public Watching watch(Handler handler) {
        Objects.requireNonNull(handler, "handler");
        return WatchSession.start(
                client,
                config,
                ResourceVersions.runs(config.runs(), config.kinds()),
                () -> new Relay(handler, config.runs()));
    }

    private record Relay(Handler handler, RunFilter filter) implements WatchRelay {

        @Override
        public void seen(RunKind kind, RawResource resource) {
            if (filter.admits(resource)) {
                handler.onRun(new Event(Event.Type.SEEN, kind, resource.json()));
            }
        }

        @Override
        public void deleted(RunKind kind, RawResource resource) {
            if (filter.admits(resource)) {
                handler.onRun(new Event(Event.Type.DELETED, kind, resource.json()));
            }
        }

        @Override
        public void vanished(RunKind kind, KnownObject last) {
            LOG.debug(
                    "A {} vanished while the watch was down: {}/{} uid {}, {} when it was seen last",
                    kind,
                    last.namespace(),
                    last.name(),
                    last.uid(),
                    last.state());
        }
    }
}

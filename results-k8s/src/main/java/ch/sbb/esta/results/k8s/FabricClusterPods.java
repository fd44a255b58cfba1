package ch.sbb.esta.results.k8s;

import ch.sbb.esta.results.RunKind;
import ch.sbb.esta.results.spi.ClusterPods;
import ch.sbb.esta.results.spi.RunWatcher.Event;
import ch.sbb.esta.results.spi.Watching;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.util.List;
import java.util.Objects;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The pods of TaskRuns as whole objects, watched as {@link FabricRunWatcher} watches runs. Needs the permission to {@code list} and {@code watch} pods. It
 * remembers the UIDs of the pods and nothing else. Thread-safe; the client that is handed in is not closed.
 */
public final class FabricClusterPods implements ClusterPods {

    private static final Logger LOG = LoggerFactory.getLogger(FabricClusterPods.class);

    private final KubernetesClient client;
    private final FabricConfig config;

    /**
     * Creates the adapter; nothing is asked of the cluster yet.
     *
     * @param client talks to the cluster
     * @param config which namespaces
     */
    public FabricClusterPods(KubernetesClient client, FabricConfig config) {
        this.client = Objects.requireNonNull(client, "client");
        this.config = Objects.requireNonNull(config, "config");
    }

    @Override
    public Watching watchPodObjects(Handler handler) {
        Objects.requireNonNull(handler, "handler");
        return WatchSession.start(
                client, config, List.of(ResourceVersions.pods(config.runs())), () -> new Relay(handler));
    }

    private record Relay(Handler handler) implements WatchRelay {

        @Override
        public void seen(RunKind kind, RawResource resource) {
            handler.onPod(Event.Type.SEEN, resource.json());
        }

        @Override
        public void deleted(RunKind kind, RawResource resource) {
            handler.onPod(Event.Type.DELETED, resource.json());
        }

        @Override
        public void vanished(RunKind kind, KnownObject last) {
            LOG.debug("A pod vanished while the watch was down: uid {}", last.uid());
        }
    }
}

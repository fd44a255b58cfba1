package ch.sbb.esta.results.k8s;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import ch.sbb.esta.results.RunSnapshot;
import ch.sbb.esta.results.spi.WatchHealth;
import ch.sbb.esta.results.spi.Watching;
import ch.sbb.esta.results.testkit.kube.KubeApiServer;
import ch.sbb.esta.results.testkit.kube.KubeReference;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A thousand namespaces by name: three thousand watches, over plain connections and over TLS, with each HTTP client. */
@Tag("long")
@Timeout(600)
final class ManyNamespacesIT {

    private static final Logger LOG = LoggerFactory.getLogger(ManyNamespacesIT.class);
    private static final int NAMESPACES = 1000;
    private static final Duration PATIENCE = Duration.ofMinutes(4);
    /** Those of the HTTP client, and of the server, which is in this JVM too. */
    private static final int FURTHER_THREADS = 120;

    @ParameterizedTest
    @EnumSource
    void aThousandNamespacesAreWatchedByFewThreads(HttpStack stack) {
        watch(stack, KubeApiServer.builder());
    }

    @ParameterizedTest
    @EnumSource
    void aThousandNamespacesAreWatchedOverTls(HttpStack stack) {
        watch(stack, KubeApiServer.builder().tls());
    }

    private static void watch(HttpStack stack, KubeApiServer.Builder builder) {
        ThreadMXBean threads = ManagementFactory.getThreadMXBean();
        WatchedNamespaces names = WatchedNamespaces.of();
        try (KubeApiServer server = builder.start();
                KubernetesClient client = stack.connect(server.kubeconfig())) {
            List<ObjectNode> runs = new ArrayList<>();
            for (int i = 0; i < NAMESPACES; i++) {
                server.ensureNamespace("ns-" + i);
                runs.add(server.create(run("ns-" + i)));
                names.add("ns-" + i);
            }
            int before = threads.getThreadCount();
            threads.resetPeakThreadCount();
            long start = System.nanoTime();
            Map<String, String> seen = new ConcurrentHashMap<>();
            FabricConfig config = FabricConfig.builder().namespaces(names).build();
            try (Watching watching = new FabricRunWatcher(client, config).watch(event -> {
                RunSnapshot run = RunSnapshot.parse(event.json());
                seen.put(run.uid(), run.version().resourceVersion());
            })) {
                await().atMost(PATIENCE).until(() -> server.openWatches() == 3 * NAMESPACES);
                await().atMost(PATIENCE).until(() -> seen.size() == NAMESPACES);
                double opened = (System.nanoTime() - start) / 1e9;
                assertThat(watching.health())
                        .isEqualTo(new WatchHealth(3000, 0, 1000, new WatchHealth.Losses(0, 0, 0), List.of()));

                ObjectNode touch = TestCluster.object("{\"metadata\":{\"annotations\":{\"touched\":\"yes\"}}}");
                runs.replaceAll(run -> server.patch(KubeReference.of(run), touch));
                await().atMost(PATIENCE).until(() -> isNewest(runs, seen));

                server.endWatches();
                await().atMost(PATIENCE).until(() -> server.openWatches() == 3 * NAMESPACES);
                names.names().stream().limit(NAMESPACES / 2).forEach(names::remove);
                await().atMost(PATIENCE).until(() -> server.openWatches() == 3 * NAMESPACES / 2);
                LOG.info(
                        "{}: {} watches opened in {} s, at most {} threads beside the {} from before",
                        stack,
                        3 * NAMESPACES,
                        opened,
                        threads.getPeakThreadCount() - before,
                        before);
                assertThat(threads.getPeakThreadCount() - before).isLessThan(FURTHER_THREADS);
            }
            await().atMost(PATIENCE).until(() -> server.openWatches() == 0);
        }
    }

    private static boolean isNewest(List<ObjectNode> runs, Map<String, String> seen) {
        return runs.stream().allMatch(run -> {
            String uid = run.at("/metadata/uid").asText();
            return run.at("/metadata/resourceVersion").asText().equals(seen.get(uid));
        });
    }

    private static ObjectNode run(String namespace) {
        return TestCluster.object("""
                {"apiVersion":"tekton.dev/v1","kind":"TaskRun","metadata":{"namespace":"%s","name":"build"},"spec":{}}
                """.formatted(namespace));
    }
}

package ch.sbb.esta.results.docs;

import static org.assertj.core.api.Assertions.assertThat;

import ch.sbb.esta.results.ReplicaView;
import ch.sbb.esta.results.embed.ResultsArchive;
import ch.sbb.esta.results.k8s.FabricClusterRuns;
import ch.sbb.esta.results.k8s.FabricConfig;
import ch.sbb.esta.results.k8s.FabricContainerLogs;
import ch.sbb.esta.results.k8s.FabricReplicas;
import ch.sbb.esta.results.k8s.FabricRunWatcher;
import ch.sbb.esta.results.memory.InMemoryLogs;
import ch.sbb.esta.results.memory.InMemoryResultsStore;
import ch.sbb.esta.results.testkit.kube.KubeApiServer;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import java.nio.file.Path;
import java.time.InstantSource;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The program of the chapter on replicas. */
class ReplicasTest {

    @TempDir
    private Path workDirectory;

    @Test
    void anArchiveIsOneOfSeveral() {
        FabricConfig config = FabricConfig.defaults();
        InMemoryResultsStore store = new InMemoryResultsStore(InstantSource.system());
        InMemoryLogs logs = new InMemoryLogs();
        String podName = "results-7d9f";
        try (KubeApiServer cluster = KubeApiServer.builder().start();
                KubernetesClient kubernetes = new KubernetesClientBuilder()
                        .withConfig(Config.fromKubeconfig(cluster.kubeconfig()))
                        .build();
                FabricContainerLogs pods = new FabricContainerLogs(kubernetes, config)) {
            cluster.ensureNamespace("results-system");
            // snippet: replicas
            FabricReplicas replicas = FabricReplicas.builder(kubernetes, "results-system", "results-archive")
                    .identity(podName)
                    .build();
            ResultsArchive archive = ResultsArchive.builder()
                    .replicas(replicas)
                    .runs(new FabricRunWatcher(kubernetes, config))
                    .sweep(new FabricClusterRuns(kubernetes, config))
                    .store(store)
                    .logs(pods, logs)
                    .workDirectory(workDirectory)
                    .build();
            archive.start();
            // end snippet
            try (archive) {
                // snippet: view
                ReplicaView view = archive.stats().replica().orElseThrow();
                String place =
                        view.self() + " is " + view.role() + " since " + view.since() + ", alive: " + view.members();
                // end snippet
                assertThat(place).startsWith("results-7d9f is LEADER since ").endsWith("alive: [results-7d9f]");
            }
        }
    }
}

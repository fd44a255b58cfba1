package ch.sbb.esta.results.docs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import ch.sbb.esta.results.RecordName;
import ch.sbb.esta.results.ResultName;
import ch.sbb.esta.results.ResultsException;
import ch.sbb.esta.results.RunKind;
import ch.sbb.esta.results.RunKinds;
import ch.sbb.esta.results.embed.ResultsArchive;
import ch.sbb.esta.results.k8s.FabricClusterRuns;
import ch.sbb.esta.results.k8s.FabricConfig;
import ch.sbb.esta.results.k8s.FabricRunWatcher;
import ch.sbb.esta.results.k8s.RunFilter;
import ch.sbb.esta.results.k8s.WatchedNamespaces;
import ch.sbb.esta.results.memory.InMemoryResultsStore;
import ch.sbb.esta.results.spi.WatchHealth;
import ch.sbb.esta.results.testkit.kube.KubeApiServer;
import ch.sbb.esta.results.testkit.kube.KubeReference;
import ch.sbb.esta.results.testkit.kube.KubeResource;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The programs of the chapter on watching. */
class WatchingTest {

    private static final Duration PATIENCE = Duration.ofSeconds(60);

    @TempDir
    private Path workDirectory;

    @Test
    void namespacesAreFollowedAndTroublesTold() throws IOException {
        try (KubeApiServer server = KubeApiServer.builder()
                        .authorizer(request -> !request.namespace().equals("team-c"))
                        .start();
                KubernetesClient kubernetes = new KubernetesClientBuilder()
                        .withConfig(Config.fromKubeconfig(server.kubeconfig()))
                        .build()) {
            InMemoryResultsStore store = new InMemoryResultsStore(InstantSource.system());
            server.ensureNamespace("team-b");
            server.create((ObjectNode) JsonMapper.builder().build().readTree("""
                    {"apiVersion":"tekton.dev/v1","kind":"TaskRun","metadata":{"name":"build","namespace":"team-b"},"spec":{}}
                    """));
            // snippet: names
            WatchedNamespaces names = WatchedNamespaces.of("team-a", "team-c");
            FabricConfig config = FabricConfig.builder().namespaces(names).build();
            ResultsArchive archive = ResultsArchive.builder()
                    .runs(new FabricRunWatcher(kubernetes, config))
                    .sweep(new FabricClusterRuns(kubernetes, config))
                    .store(store)
                    .workDirectory(workDirectory)
                    .build();
            archive.start();
            names.add("team-b"); // from now on, with what is there already
            // end snippet
            List<String> alarms = new ArrayList<>();
            try (archive) {
                await().atMost(PATIENCE)
                        .until(() -> archive.stats().watch().orElseThrow().objects() == 1);
                await().atMost(PATIENCE).until(() -> !troubles(archive).isEmpty());
                // snippet: health
                WatchHealth health = archive.stats().watch().orElse(WatchHealth.UNKNOWN);
                for (WatchHealth.Trouble trouble : health.troubles()) {
                    if (trouble.code() == ResultsException.Code.DENIED) {
                        alarms.add("no permission in " + trouble.namespace() + " since " + trouble.since());
                    }
                }
                // end snippet
            }
            assertThat(alarms).isNotEmpty().allMatch(alarm -> alarm.contains("team-c"));
        }
    }

    private static List<WatchHealth.Trouble> troubles(ResultsArchive archive) {
        return archive.stats().watch().orElse(WatchHealth.UNKNOWN).troubles();
    }

    @Test
    void objectsOfOtherKindsAreArchived() throws IOException {
        try (KubeApiServer server = KubeApiServer.builder()
                        .resource(KubeResource.namespaced(
                                "openshift-pipelines.org", "approvaltasks", "ApprovalTask", "v1alpha1"))
                        .start();
                KubernetesClient kubernetes = new KubernetesClientBuilder()
                        .withConfig(Config.fromKubeconfig(server.kubeconfig()))
                        .build()) {
            InMemoryResultsStore store = new InMemoryResultsStore(InstantSource.system());
            server.ensureNamespace("ci");
            ObjectNode gate =
                    server.create((ObjectNode) JsonMapper.builder().build().readTree("""
                    {"apiVersion":"openshift-pipelines.org/v1alpha1","kind":"ApprovalTask",
                     "metadata":{"name":"gate","namespace":"ci","labels":{"tekton.dev/pipelineRunUID":"p-1"}},"spec":{}}
                    """));
            // snippet: kinds
            FabricConfig config = FabricConfig.builder()
                    .kinds(RunKinds.tekton()
                            .with(
                                    new RunKind("openshift-pipelines.org/v1alpha1", "ApprovalTask"),
                                    new RunKind("example.dev/v1", "Deployment")))
                    .build();
            ResultsArchive archive = ResultsArchive.builder()
                    .runs(new FabricRunWatcher(kubernetes, config))
                    .sweep(new FabricClusterRuns(kubernetes, config))
                    .store(store)
                    .workDirectory(workDirectory)
                    .build();
            // end snippet
            try (archive) {
                archive.start();
                RecordName name = new ResultName("ci", "p-1")
                        .record(gate.path("metadata").path("uid").asText());
                await().atMost(PATIENCE).until(() -> store.findRecord(name).isPresent());
                assertThat(store.findRecord(name).orElseThrow().type())
                        .isEqualTo("openshift-pipelines.org/v1alpha1.ApprovalTask");
            }
        }
    }

    @Test
    void onRequestRunsSayWhereTheyAreArchived() throws IOException {
        try (KubeApiServer server = KubeApiServer.builder().start();
                KubernetesClient kubernetes = new KubernetesClientBuilder()
                        .withConfig(Config.fromKubeconfig(server.kubeconfig()))
                        .build()) {
            InMemoryResultsStore store = new InMemoryResultsStore(InstantSource.system());
            server.ensureNamespace("ci");
            ObjectNode run =
                    server.create((ObjectNode) JsonMapper.builder().build().readTree("""
                    {"apiVersion":"tekton.dev/v1","kind":"TaskRun","metadata":{"name":"build","namespace":"ci"},"spec":{},
                     "status":{"conditions":[{"type":"Succeeded","status":"True"}]}}
                    """));
            FabricConfig config = FabricConfig.defaults();
            // snippet: annotations
            ResultsArchive archive = ResultsArchive.builder()
                    .runs(new FabricRunWatcher(kubernetes, config))
                    .sweep(new FabricClusterRuns(kubernetes, config))
                    .store(store)
                    .annotations()
                    .workDirectory(workDirectory)
                    .build();
            // end snippet
            try (archive) {
                archive.start();
                String uid = run.path("metadata").path("uid").asText();
                await().atMost(PATIENCE)
                        .until(() -> server.find(KubeReference.of(run))
                                .orElseThrow()
                                .path("metadata")
                                .path("annotations")
                                .path("results.tekton.dev/record")
                                .asText()
                                .equals("ci/results/" + uid + "/records/" + uid));
            }
        }
    }

    @Test
    void namespacesAndRunsAreSelected() {
        // snippet: selected
        FabricConfig config = FabricConfig.builder()
                .namespaceSelector("results.esta.sbb.ch/archive=true")
                .runs(RunFilter.all()
                        .withLabels("team in (a,b),!debug")
                        .withFields("metadata.name!=heartbeat")
                        .withManagedBy("kueue.x-k8s.io/multikueue"))
                .build();
        // end snippet
        assertThat(config.runs().managedBy()).containsExactly("kueue.x-k8s.io/multikueue");
        assertThat(config.namespaceSelector()).contains("results.esta.sbb.ch/archive=true");
    }
}

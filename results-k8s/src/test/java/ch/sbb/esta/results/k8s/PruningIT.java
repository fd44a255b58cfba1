package ch.sbb.esta.results.k8s;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.awaitility.Durations.ONE_MINUTE;

import ch.sbb.esta.results.RecordName;
import ch.sbb.esta.results.RunKind;
import ch.sbb.esta.results.embed.ResultsArchive;
import ch.sbb.esta.results.memory.InMemoryResultsStore;
import ch.sbb.esta.results.prune.FinalizerConfig;
import ch.sbb.esta.results.prune.PrunerConfig;
import ch.sbb.esta.results.prune.RunFinalizers;
import ch.sbb.esta.results.prune.RunSafety;
import ch.sbb.esta.results.spi.Watching;
import ch.sbb.esta.results.testkit.kube.KubeApiServer;
import ch.sbb.esta.results.testkit.kube.KubeReference;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.http.BasicBuilder;
import io.fabric8.kubernetes.client.http.HttpRequest;
import io.fabric8.kubernetes.client.http.Interceptor;
import io.fabric8.kubernetes.client.jdkhttp.JdkHttpClientFactory;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Pruning and finalizers against an API server, with every request that changes something counted. */
class PruningIT {

    private static final List<RunKind> KINDS = List.of(RunKind.PIPELINE_RUN, RunKind.TASK_RUN);

    @TempDir
    Path directory;

    private final KubeApiServer server = KubeApiServer.builder().start();
    private final List<String> changes = new CopyOnWriteArrayList<>();
    private final KubernetesClient client = connect();
    private final FabricConfig config = FabricConfig.builder().build();
    private final FabricClusterRuns cluster = new FabricClusterRuns(client, config);
    private final InMemoryResultsStore store = new InMemoryResultsStore(InstantSource.system());

    private KubernetesClient connect() {
        Interceptor count = new Interceptor() {
            @Override
            public void before(BasicBuilder builder, HttpRequest request, RequestTags tags) {
                if (!request.method().equals("GET")) {
                    changes.add(request.method() + " " + request.uri().getPath().replaceAll(".*/", ""));
                }
            }
        };
        return new KubernetesClientBuilder()
                .withConfig(Config.fromKubeconfig(server.kubeconfig()))
                .withHttpClientFactory(new JdkHttpClientFactory())
                .withHttpClientBuilderConsumer(builder -> builder.addOrReplaceInterceptor("count", count))
                .build();
    }

    @AfterEach
    void close() {
        client.close();
        server.close();
    }

    /** @param grace long enough for what is done before to be over */
    private ResultsArchive.Builder archive(String grace) {
        return ResultsArchive.builder()
                .runs(new FabricRunWatcher(client, config))
                .sweep(cluster)
                .store(store)
                .workDirectory(directory)
                .namespaces(new FabricNamespaces(client, config))
                .prune(PrunerConfig.builder()
                        .grace(grace)
                        .interval(Duration.ofMillis(100))
                        .build());
    }

    private ObjectNode create(String kind, String name, String owner) {
        server.ensureNamespace("ci");
        return server.create(TestCluster.object("""
                {"apiVersion":"tekton.dev/v1","kind":"%s","metadata":{"namespace":"ci","name":"%s"%s},"spec":{}}
                """.formatted(kind, name, owner)));
    }

    private ObjectNode createChild(ObjectNode parent, String name) {
        return create("TaskRun", name, """
                ,"ownerReferences":[{"apiVersion":"tekton.dev/v1","kind":"PipelineRun","name":"build","uid":"%s"}]
                """.formatted(
                        parent.path("metadata").path("uid").asText()));
    }

    private void finish(ObjectNode run) {
        server.patchStatus(KubeReference.of(run), TestCluster.object("""
                {"conditions":[{"type":"Succeeded","status":"True","reason":"Succeeded"}],"completionTime":"%s"}
                """.formatted(Instant.now())));
    }

    private boolean isHeld(ObjectNode run) {
        return server.find(KubeReference.of(run))
                .orElseThrow()
                .path("metadata")
                .path("finalizers")
                .toString()
                .contains(RunFinalizers.FINALIZER);
    }

    private boolean isEmpty() {
        return KINDS.stream()
                .allMatch(kind ->
                        server.list(kind.apiVersion(), kind.kind(), "ci").isEmpty());
    }

    @Test
    void withFinalizersARunIsChangedTwiceAndThenDeleted() {
        try (ResultsArchive archive =
                archive("2s").finalizers(FinalizerConfig.defaults()).build()) {
            archive.start();
            ObjectNode parent = create("PipelineRun", "build", "");
            ObjectNode child = createChild(parent, "build-test");
            await().atMost(ONE_MINUTE).until(() -> isHeld(parent) && isHeld(child));
            finish(child);
            finish(parent);
            await().atMost(ONE_MINUTE).until(this::isEmpty);
        }
        assertThat(changes)
                .containsExactlyInAnyOrder(
                        "PATCH build", "PATCH build", "PATCH build-test", "PATCH build-test", "DELETE build");
    }

    @Test
    void aRunThatCouldNotBeHeldUntilItWasSafeIsToldOfByAnEvent() {
        String claim = """
                ,"annotations":{"results.tekton.dev/result":"ci/results/r","results.tekton.dev/record":"ci/results/r/records/r"}
                """;
        try (ResultsArchive archive = archive("120h")
                .finalizers(FinalizerConfig.builder()
                        .deadline(Duration.ofSeconds(1))
                        .build())
                .onReleased(new FabricRunEvents(client, config, "replica-0"))
                .build()) {
            archive.start();
            ObjectNode first = create("PipelineRun", "first", claim);
            RecordName record = RecordName.parse("ci/results/r/records/r");
            await().atMost(ONE_MINUTE)
                    .until(() -> isHeld(first) && store.findRecord(record).isPresent());
            ObjectNode second = create("PipelineRun", "second", claim);
            await().atMost(ONE_MINUTE).until(() -> isHeld(second));
            finish(second);
            await().atMost(ONE_MINUTE)
                    .until(() -> !server.list("v1", "Event", "ci").isEmpty());
            ObjectNode event = server.list("v1", "Event", "ci").get(0);
            assertThat(event.path("type").asText()).isEqualTo("Warning");
            assertThat(event.path("reason").asText()).isEqualTo(FabricRunEvents.REASON);
            assertThat(event.path("message").asText()).contains("at its deadline", "\"second\"", "not stored");
            assertThat(event.path("involvedObject").path("uid"))
                    .isEqualTo(second.path("metadata").path("uid"));
            assertThat(event.path("reportingInstance").asText()).isEqualTo("replica-0");
            await().atMost(ONE_MINUTE).until(() -> !isHeld(second));
            assertThat(isHeld(first)).isTrue();
        }
    }

    @Test
    void withoutFinalizersARunIsDeletedAndNothingElse() {
        try (ResultsArchive archive = archive("-1s").build()) {
            archive.start();
            ObjectNode parent = create("PipelineRun", "build", "");
            ObjectNode child = createChild(parent, "build-test");
            finish(child);
            finish(parent);
            await().atMost(ONE_MINUTE).until(this::isEmpty);
        }
        assertThat(changes).containsExactly("DELETE build");
    }

    @Test
    void aNamespaceThatIsDeletedIsNotHeldUpAlthoughNothingIsStored() {
        try (RunFinalizers finalizers = RunFinalizers.builder(
                                RunSafety.builder(store, cluster).build(), FinalizerConfig.defaults())
                        .namespaces(new FabricNamespaces(client, config))
                        .build();
                Watching watching = holding(finalizers)) {
            ObjectNode run = create("TaskRun", "build", "");
            await().atMost(ONE_MINUTE).until(() -> isHeld(run));
            server.delete(new KubeReference("v1", "Namespace", "", "ci"));
            await().atMost(ONE_MINUTE)
                    .until(() -> server.find(new KubeReference("v1", "Namespace", "", "ci"))
                            .isEmpty());
            assertThat(new FabricNamespaces(client, config).isTerminating("ci")).isTrue();
            assertThat(watching.lastHeard()).isPresent();
        }
        server.ensureNamespace("other");
        assertThat(new FabricNamespaces(client, config).isTerminating("other")).isFalse();
        assertThat(changes).containsExactly("PATCH build", "PATCH build");
    }

    private Watching holding(RunFinalizers finalizers) {
        finalizers.start();
        return new FabricRunWatcher(client, config).watch(finalizers);
    }
}

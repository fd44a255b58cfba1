package ch.sbb.esta.results.testkit.kube;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;
import static org.awaitility.Durations.ONE_MINUTE;

import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.api.model.GenericKubernetesResourceBuilder;
import io.fabric8.kubernetes.api.model.NamespaceBuilder;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.ConfigBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.dsl.LogWatch;
import io.fabric8.kubernetes.client.dsl.NonNamespaceOperation;
import io.fabric8.kubernetes.client.dsl.Resource;
import io.fabric8.kubernetes.client.dsl.base.ResourceDefinitionContext;
import io.fabric8.kubernetes.client.http.HttpClient;
import io.fabric8.kubernetes.client.informers.ResourceEventHandler;
import io.fabric8.kubernetes.client.informers.SharedIndexInformer;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** The server as fabric8 sees it; a subclass for each HTTP client, plain and by TLS. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
abstract class Fabric8ClientScenarios {

    private static final ResourceDefinitionContext TASK_RUNS = new ResourceDefinitionContext.Builder()
            .withGroup("tekton.dev")
            .withVersion("v1")
            .withKind("TaskRun")
            .withPlural("taskruns")
            .withNamespaced(true)
            .build();

    @AutoClose
    private final KubeApiServer server;

    @AutoClose
    private final KubernetesClient client;

    private int namespaces;
    private String namespace = "default";

    Fabric8ClientScenarios(HttpClient.Factory factory, KubeApiServer started) {
        server = started;
        Config config = new ConfigBuilder(Config.empty())
                .withMasterUrl(server.url())
                .withCaCertData(server.caCertificate().isEmpty() ? null : server.caCertificate())
                .withNamespace("default")
                .withWatchReconnectInterval(50)
                .build();
        client = new KubernetesClientBuilder()
                .withConfig(config)
                .withHttpClientFactory(factory)
                .build();
    }

    @BeforeEach
    void makeNamespace() {
        namespace = "test-" + namespaces++;
        server.ensureNamespace(namespace);
    }

    private NonNamespaceOperation<GenericKubernetesResource, ?, Resource<GenericKubernetesResource>> taskRuns() {
        return client.genericKubernetesResources(TASK_RUNS).inNamespace(namespace);
    }

    private GenericKubernetesResource taskRun(String name, String... finalizers) {
        return taskRuns()
                .resource(new GenericKubernetesResourceBuilder()
                        .withApiVersion("tekton.dev/v1")
                        .withKind("TaskRun")
                        .withNewMetadata()
                        .withName(name)
                        .withFinalizers(finalizers)
                        .endMetadata()
                        .withAdditionalProperties(Map.of("spec", Map.of("serviceAccountName", "first")))
                        .build())
                .create();
    }

    /** What an informer was told, one word a time. */
    private static final class Told implements ResourceEventHandler<GenericKubernetesResource> {

        private final List<String> events = new CopyOnWriteArrayList<>();

        @Override
        public void onAdd(GenericKubernetesResource added) {
            events.add("add " + added.getMetadata().getName());
        }

        @Override
        public void onUpdate(GenericKubernetesResource before, GenericKubernetesResource after) {
            if (!before.getMetadata()
                    .getResourceVersion()
                    .equals(after.getMetadata().getResourceVersion())) {
                events.add("update " + after.getMetadata().getName());
            }
        }

        @Override
        public void onDelete(GenericKubernetesResource gone, boolean unknown) {
            events.add("delete " + gone.getMetadata().getName());
        }
    }

    @Test
    void anInformerSeesAddUpdateAndDelete() {
        taskRun("early");
        Told told = new Told();
        try (SharedIndexInformer<GenericKubernetesResource> informer =
                taskRuns().inform(told)) {
            taskRun("late");
            taskRuns().withName("late").edit(run -> {
                run.setAdditionalProperty("spec", Map.of("serviceAccountName", "second"));
                return run;
            });
            taskRuns().withName("late").delete();
            await().atMost(ONE_MINUTE)
                    .untilAsserted(() -> assertThat(told.events)
                            .containsExactly("add early", "add late", "update late", "delete late"));
            assertThat(informer.getStore().list()).hasSize(1);
        }
    }

    @Test
    void anInformerSurvivesAForgottenHistory() {
        taskRun("a");
        taskRun("b");
        Told told = new Told();
        try (SharedIndexInformer<GenericKubernetesResource> informer =
                taskRuns().inform(told)) {
            await().atMost(ONE_MINUTE)
                    .untilAsserted(() -> assertThat(told.events).containsExactlyInAnyOrder("add a", "add b"));
            // The watch ends, and while it is down everything that it could resume from is forgotten.
            for (int i = 0; i < 20; i++) {
                server.endWatches();
                taskRun("c" + i);
                if (i == 10) {
                    server.delete(new KubeReference("tekton.dev/v1", "TaskRun", namespace, "a"));
                }
                server.forgetHistory();
            }
            await().atMost(ONE_MINUTE).untilAsserted(() -> {
                assertThat(informer.getStore().list())
                        .extracting(run -> run.getMetadata().getName())
                        .hasSize(21)
                        .contains("b", "c0", "c19");
                assertThat(told.events).contains("delete a", "add c19");
            });
            taskRun("after");
            await().atMost(ONE_MINUTE)
                    .untilAsserted(() -> assertThat(told.events).contains("add after"));
        }
    }

    @Test
    void aFollowedLogGrowsAndEnds() {
        pod("p", "main");
        PodStatuses statuses = new PodStatuses(server, namespace, "p", "main");
        statuses.running();
        server.appendLog(namespace, "p", "main", "early\n".getBytes(StandardCharsets.UTF_8));
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try (LogWatch watch = client.pods()
                .inNamespace(namespace)
                .withName("p")
                .inContainer("main")
                .watchLog(out)) {
            assertThat(watch).isNotNull();
            await().atMost(ONE_MINUTE)
                    .untilAsserted(() ->
                            assertThat(out.toString(StandardCharsets.UTF_8)).isEqualTo("early\n"));
            StringBuilder expected = new StringBuilder("early\n");
            for (int i = 0; i < 1000; i++) {
                String line = "line " + i + "\n";
                expected.append(line);
                server.appendLog(namespace, "p", "main", line.getBytes(StandardCharsets.UTF_8));
            }
            statuses.terminated(0);
            await().atMost(ONE_MINUTE)
                    .untilAsserted(() ->
                            assertThat(out.toString(StandardCharsets.UTF_8)).isEqualTo(expected.toString()));
        }
        assertThat(client.pods()
                        .inNamespace(namespace)
                        .withName("p")
                        .inContainer("main")
                        .tailingLines(1)
                        .getLog())
                .isEqualTo("line 999\n");
    }

    @Test
    void manyLogsAreFollowedAtOnce() {
        int pods = 20;
        List<ByteArrayOutputStream> outputs = new ArrayList<>();
        List<LogWatch> watches = new ArrayList<>();
        for (int i = 0; i < pods; i++) {
            pod("p" + i, "main");
            new PodStatuses(server, namespace, "p" + i, "main").running();
            ByteArrayOutputStream out = new ByteArrayOutputStream();
            outputs.add(out);
            watches.add(client.pods()
                    .inNamespace(namespace)
                    .withName("p" + i)
                    .inContainer("main")
                    .watchLog(out));
        }
        for (int i = 0; i < pods; i++) {
            server.appendLog(namespace, "p" + i, "main", ("of " + i + "\n").getBytes(StandardCharsets.UTF_8));
            new PodStatuses(server, namespace, "p" + i, "main").terminated(0);
        }
        await().atMost(ONE_MINUTE).untilAsserted(() -> {
            for (int i = 0; i < pods; i++) {
                assertThat(outputs.get(i).toString(StandardCharsets.UTF_8)).isEqualTo("of " + i + "\n");
            }
        });
        watches.forEach(LogWatch::close);
    }

    @Test
    void optimisticLockingLosesNothing() {
        taskRun("counter");
        List<CompletableFuture<Void>> all = new ArrayList<>();
        for (int i = 0; i < 4; i++) {
            all.add(CompletableFuture.runAsync(() -> {
                for (int done = 0; done < 10; ) {
                    GenericKubernetesResource run =
                            taskRuns().withName("counter").get();
                    Integer count = run.get("spec", "count");
                    run.setAdditionalProperty("spec", Map.of("count", count == null ? 1 : count + 1));
                    try {
                        taskRuns().resource(run).lockResourceVersion().update();
                        done++;
                    } catch (KubernetesClientException e) {
                        assertThat(e.getCode()).isEqualTo(409);
                    }
                }
            }));
        }
        all.forEach(CompletableFuture::join);
        assertThat(taskRuns().withName("counter").get().<Integer>get("spec", "count"))
                .isEqualTo(40);
    }

    @Test
    void aFinalizerHoldsUntilItIsRemoved() {
        taskRun("held", "example.com/keep");
        taskRuns().withName("held").delete();
        assertThat(taskRuns().withName("held").get().getMetadata().getDeletionTimestamp())
                .isNotEmpty();
        taskRuns().withName("held").edit(run -> {
            run.getMetadata().setFinalizers(List.of());
            return run;
        });
        assertThat(taskRuns().withName("held").get()).isNull();
    }

    @Test
    void aFinalizerCannotBeAddedToWhatIsBeingDeleted() {
        taskRun("held", "example.com/keep");
        taskRuns().withName("held").delete();
        assertThatThrownBy(() -> taskRuns().withName("held").edit(run -> {
                    run.getMetadata().setFinalizers(List.of("example.com/keep", "example.com/more"));
                    return run;
                }))
                .isInstanceOfSatisfying(KubernetesClientException.class, e -> {
                    assertThat(e.getCode()).isEqualTo(422);
                    assertThat(e.getStatus().getReason()).isEqualTo("Invalid");
                });
    }

    @Test
    void withoutAFinalizerADeleteIsFinal() {
        taskRun("free");
        assertThat(taskRuns().withName("free").delete()).hasSize(1);
        assertThat(taskRuns().withName("free").get()).isNull();
        assertThat(taskRuns().withName("free").delete()).isEmpty();
    }

    @Test
    void aDeletedNamespaceGoesWithItsContent() {
        client.namespaces()
                .resource(new NamespaceBuilder()
                        .withNewMetadata()
                        .withName("team")
                        .endMetadata()
                        .build())
                .create();
        server.create(
                ConformanceFixture.json(
                        "{'apiVersion':'tekton.dev/v1','kind':'TaskRun','metadata':{'name':'x','namespace':'team','finalizers':['example.com/keep']}}"));
        client.namespaces().withName("team").delete();
        await().atMost(ONE_MINUTE)
                .until(() -> server.find(new KubeReference("tekton.dev/v1", "TaskRun", "team", "x"))
                        .orElseThrow()
                        .at("/metadata")
                        .has("deletionTimestamp"));
        assertThat(client.namespaces().withName("team").get().getStatus().getPhase())
                .isEqualTo("Terminating");
        assertThatThrownBy(() -> server.create(ConformanceFixture.json(
                        "{'apiVersion':'v1','kind':'ConfigMap','metadata':{'name':'x','namespace':'team'}}")))
                .isInstanceOfSatisfying(
                        KubeApiException.class, e -> assertThat(e.code()).isEqualTo(403));
        client.genericKubernetesResources(TASK_RUNS)
                .inNamespace("team")
                .withName("x")
                .edit(run -> {
                    run.getMetadata().setFinalizers(List.of());
                    return run;
                });
        await().atMost(ONE_MINUTE)
                .untilAsserted(() ->
                        assertThat(client.namespaces().withName("team").get()).isNull());
    }

    private void pod(String name, String container) {
        client.pods()
                .inNamespace(namespace)
                .resource(new PodBuilder()
                        .withNewMetadata()
                        .withName(name)
                        .endMetadata()
                        .withNewSpec()
                        .addNewContainer()
                        .withName(container)
                        .withImage("none")
                        .endContainer()
                        .endSpec()
                        .build())
                .create();
    }
}

package ch.sbb.esta.results.k8s;

import static ch.sbb.esta.results.k8s.WatchScene.awaitHealth;
import static ch.sbb.esta.results.k8s.WatchScene.awaitTroubles;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import ch.sbb.esta.results.ResultsException;
import ch.sbb.esta.results.ResultsException.Code;
import ch.sbb.esta.results.RunKind;
import ch.sbb.esta.results.RunSnapshot;
import ch.sbb.esta.results.archive.Admission;
import ch.sbb.esta.results.archive.RunSweep;
import ch.sbb.esta.results.spi.Watching;
import ch.sbb.esta.results.testkit.kube.KubeApiServer;
import ch.sbb.esta.results.testkit.kube.KubeReference;
import ch.sbb.esta.results.testkit.kube.KubeResource;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;

/** Which namespaces are watched, while they change and while permissions come and go. */
@ParameterizedClass
@EnumSource
final class WatchScopesIT {

    private static final String LABEL = "archive";

    private final HttpStack stack;
    private final WatchScene scene;

    WatchScopesIT(HttpStack stack) {
        this.stack = stack;
        scene = new WatchScene(stack);
    }

    @AfterEach
    void close() {
        scene.close();
    }

    @Test
    void namespacesAreAddedAndTakenAwayWhileTheyAreWatched() {
        WatchedNamespaces names = WatchedNamespaces.of("ns-a");
        RunSnapshot early = scene.put("ns-b", "early", "one");
        Watching watching = scene.watch(FabricConfig.builder().namespaces(names).build());
        scene.awaitSeen(scene.put("ns-a", "build", "one"));
        assertThat(scene.hasSeen(early)).isFalse();

        assertThat(names.add("ns-b")).isTrue();
        assertThat(names.add("ns-b")).isFalse();
        scene.awaitSeen(early);
        scene.awaitSeen(scene.put("ns-b", "late", "one"));
        assertThat(watching.health().watches()).isEqualTo(6);

        assertThat(names.remove("ns-a")).isTrue();
        assertThat(names.remove("ns-a")).isFalse();
        RunSnapshot unseen = scene.put("ns-a", "build", "two");
        scene.awaitSeen(scene.put("ns-b", "late", "two"));
        assertThat(scene.hasSeen(unseen)).isFalse();
        await().atMost(WatchScene.PATIENCE).until(() -> scene.server().openWatches() == 3);
        assertThatThrownBy(() -> names.add("A/b")).isInstanceOf(ResultsException.class);
    }

    @Test
    void withoutAnyNamespaceNothingIsWatchedOrListed() {
        WatchedNamespaces none = WatchedNamespaces.of();
        FabricConfig config = FabricConfig.builder().namespaces(none).build();
        RunSnapshot run = scene.put("ns-a", "build", "one");
        Watching watching = scene.watch(config);
        FabricClusterRuns runs = new FabricClusterRuns(scene.cluster().client(), config);
        assertThat(watching.health().watches()).isZero();
        assertThat(runs.scopes()).isEmpty();
        assertThat(runs.list(RunKind.TASK_RUN, "", "").items()).isEmpty();
        none.add("ns-a");
        scene.awaitSeen(run);
        assertThat(runs.list(RunKind.TASK_RUN, "", "").items()).hasSize(1);
    }

    @Test
    void namespacesWithALabelAreFollowedAsTheyGetAndLoseIt() {
        scene.label("ns-a", LABEL, "\"yes\"");
        scene.server().ensureNamespace("ns-b");
        RunSnapshot early = scene.put("ns-b", "early", "one");
        FabricConfig config =
                FabricConfig.builder().namespaceSelector(LABEL + "=yes").build();
        Watching watching = scene.watch(config);
        scene.awaitSeen(scene.put("ns-a", "build", "one"));
        assertThat(scene.hasSeen(early)).isFalse();
        assertThat(new FabricClusterRuns(scene.cluster().client(), config).scopes())
                .containsExactly("ns-a");

        scene.label("ns-b", LABEL, "\"yes\"");
        scene.awaitSeen(early);

        scene.label("ns-a", LABEL, "\"no\"");
        awaitHealth(watching, health -> health.watches() == 4);
        RunSnapshot unseen = scene.put("ns-a", "build", "two");
        scene.awaitSeen(scene.put("ns-b", "early", "two"));
        assertThat(scene.hasSeen(unseen)).isFalse();
        assertThat(new FabricClusterRuns(scene.cluster().client(), config)
                        .list(RunKind.TASK_RUN, "", "")
                        .items())
                .extracting(RunSnapshot::namespace)
                .containsExactly("ns-b");
    }

    @Test
    void theLastRunsOfANamespaceThatIsDeletedAreSeenToGo() {
        scene.label("ns-a", LABEL, "\"yes\"");
        scene.watch(FabricConfig.builder().namespaceSelector(LABEL).build());
        List<RunSnapshot> runs = new ArrayList<>();
        for (int i = 0; i < 20; i++) {
            runs.add(scene.put("ns-a", "build-" + i, "one"));
        }
        runs.forEach(scene::awaitSeen);
        scene.server().delete(new KubeReference("v1", "Namespace", "", "ns-a"));
        runs.forEach(scene::awaitDeleted);
    }

    @Test
    void aNamespaceThatMustNotBeSeenDegradesItselfOnly() {
        FabricConfig config = FabricConfig.builder()
                .namespaces("ns-a", "ns-b")
                .kindRetryInterval(Duration.ofMillis(200))
                .build();
        Watching watching = scene.watch(config);
        scene.awaitSeen(scene.put("ns-a", "build", "one"));
        scene.awaitSeen(scene.put("ns-b", "build", "one"));

        scene.awaitOpen(6);
        scene.forbid("ns-b");
        awaitTroubles(
                watching,
                3,
                trouble -> trouble.namespace().equals("ns-b")
                        && trouble.code() == Code.DENIED
                        && trouble.message().contains("403"));
        RunSnapshot hidden = scene.put("ns-b", "build", "two");
        scene.awaitSeen(scene.put("ns-a", "build", "two"));
        assertThat(watching.lastHeard()).as("of what may be seen").isPresent();

        scene.allow("ns-b");
        scene.awaitSeen(hidden);
        awaitHealth(watching, health -> health.troubles().isEmpty());
    }

    @Test
    void aNamespaceThatMustNotBeSeenDoesNotHoldUpTheSweepOfTheOthers() {
        FabricConfig config =
                FabricConfig.builder().namespaces("ns-a", "ns-b", "ns-c").build();
        List<RunSnapshot> allowed = List.of(scene.put("ns-a", "build", "one"), scene.put("ns-c", "build", "one"));
        scene.put("ns-b", "build", "one");
        scene.forbid("ns-b");
        Queue<RunSnapshot> handedOver = new ConcurrentLinkedQueue<>();
        try (RunSweep sweep = new RunSweep(
                new FabricClusterRuns(scene.cluster().client(), config),
                Duration.ofMillis(100),
                InstantSource.system())) {
            sweep.start(run -> {
                handedOver.add(run);
                return Admission.QUEUED;
            });
            await().atMost(WatchScene.PATIENCE).until(() -> sweep.stats().failure() != null);
            assertThat(sweep.stats().failure()).contains("3 lists were refused", "ns-b", "403");
        }
        assertThat(handedOver)
                .extracting(RunSnapshot::uid)
                .contains(allowed.get(0).uid(), allowed.get(1).uid());
        assertThat(handedOver).extracting(RunSnapshot::namespace).doesNotContain("ns-b");
    }

    @Test
    void aClusterThatServesOnlyV1beta1IsWatchedAndSwept() {
        KubeApiServer.Builder old = KubeApiServer.builder()
                .resource(KubeResource.namespaced("tekton.dev", "taskruns", "TaskRun", "v1beta1"))
                .resource(KubeResource.namespaced("tekton.dev", "pipelineruns", "PipelineRun", "v1beta1"))
                .resource(KubeResource.namespaced("tekton.dev", "customruns", "CustomRun", "v1alpha1"));
        try (WatchScene before = new WatchScene(stack, old)) {
            Watching watching = before.watch(FabricConfig.defaults());
            RunSnapshot run =
                    before.put(RunKind.TASK_RUN_V1BETA1, "ns-a", "build", "\"annotations\":{\"note\":\"one\"}", "{}");
            before.awaitSeen(run);
            awaitTroubles(watching, 1, trouble -> trouble.code() == Code.NOT_FOUND);
            awaitHealth(watching, health -> health.waiting() == 0);
            Queue<RunSnapshot> handedOver = new ConcurrentLinkedQueue<>();
            try (RunSweep sweep = new RunSweep(
                    new FabricClusterRuns(before.cluster().client(), FabricConfig.defaults()),
                    Duration.ofMillis(100),
                    InstantSource.system())) {
                sweep.start(found -> {
                    handedOver.add(found);
                    return Admission.QUEUED;
                });
                await().atMost(WatchScene.PATIENCE).until(() -> sweep.stats().lastComplete() != null);
                assertThat(sweep.stats().failure()).isNull();
            }
            assertThat(handedOver).extracting(RunSnapshot::kind).contains(RunKind.TASK_RUN_V1BETA1);
        }
    }

    @Test
    void filtersDecideWhichRunsAreSeenListedAndSwept() {
        FabricConfig config = FabricConfig.builder()
                .runs(RunFilter.all()
                        .withLabels("team in (a,b),!debug")
                        .withFields("metadata.namespace!=sandbox")
                        .withManagedBy("kueue.x-k8s.io/multikueue"))
                .build();
        scene.watch(config);
        List<RunSnapshot> wanted = List.of(
                scene.put(RunKind.PIPELINE_RUN, "ns-a", "own", "\"labels\":{\"team\":\"a\"}", "{}"),
                scene.put(
                        RunKind.PIPELINE_RUN,
                        "ns-a",
                        "tekton",
                        "\"labels\":{\"team\":\"b\"}",
                        "{\"managedBy\":\"tekton.dev/pipeline\"}"),
                scene.put(
                        RunKind.PIPELINE_RUN,
                        "ns-a",
                        "kueue",
                        "\"labels\":{\"team\":\"a\"}",
                        "{\"managedBy\":\"kueue.x-k8s.io/multikueue\"}"));
        List<RunSnapshot> others = List.of(
                scene.put(RunKind.PIPELINE_RUN, "ns-a", "other-team", "\"labels\":{\"team\":\"c\"}", "{}"),
                scene.put(RunKind.PIPELINE_RUN, "ns-a", "debug", "\"labels\":{\"team\":\"a\",\"debug\":\"\"}", "{}"),
                scene.put(RunKind.PIPELINE_RUN, "sandbox", "elsewhere", "\"labels\":{\"team\":\"a\"}", "{}"),
                scene.put(
                        RunKind.PIPELINE_RUN,
                        "ns-a",
                        "foreign",
                        "\"labels\":{\"team\":\"a\"}",
                        "{\"managedBy\":\"example.org/other\"}"));
        wanted.forEach(scene::awaitSeen);
        assertThat(others).noneMatch(scene::hasSeen);
        assertThat(new FabricClusterRuns(scene.cluster().client(), config)
                        .list(RunKind.PIPELINE_RUN, "", "")
                        .items())
                .extracting(RunSnapshot::name)
                .containsExactlyInAnyOrder("own", "tekton", "kueue");
    }

    @Test
    void mistakesInFiltersAreNamed() {
        assertThatThrownBy(() -> RunFilter.all().withLabels("a=b c")).isInstanceOf(ResultsException.class);
        assertThatThrownBy(() -> RunFilter.all().withFields("spec.name=a"))
                .isInstanceOf(ResultsException.class)
                .hasMessageContaining("metadata.namespace");
        assertThatThrownBy(() -> FabricConfig.builder()
                        .namespaces("ns-a")
                        .namespaceSelector("a in (")
                        .relistInterval(Duration.ZERO)
                        .build())
                .hasMessageContainingAll("choose one", "namespaceSelector", "relistInterval");
    }
}

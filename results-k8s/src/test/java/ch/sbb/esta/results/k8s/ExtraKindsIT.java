package ch.sbb.esta.results.k8s;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.tuple;
import static org.awaitility.Awaitility.await;

import ch.sbb.esta.results.Record;
import ch.sbb.esta.results.ResultName;
import ch.sbb.esta.results.ResultsException;
import ch.sbb.esta.results.ResultsException.Code;
import ch.sbb.esta.results.RunKind;
import ch.sbb.esta.results.RunKinds;
import ch.sbb.esta.results.RunSnapshot;
import ch.sbb.esta.results.embed.ResultsArchive;
import ch.sbb.esta.results.memory.InMemoryResultsStore;
import ch.sbb.esta.results.prune.FinalizerConfig;
import ch.sbb.esta.results.prune.PrunerConfig;
import ch.sbb.esta.results.prune.RunFinalizers;
import ch.sbb.esta.results.spi.ClusterRuns.RunKey;
import ch.sbb.esta.results.spi.WatchHealth;
import ch.sbb.esta.results.testkit.ClusterDriver;
import ch.sbb.esta.results.testkit.kube.KubeApiServer;
import ch.sbb.esta.results.testkit.kube.KubeResource;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Predicate;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;

/** Objects of extra kinds on their way from the cluster into the store and out of the cluster. */
@ParameterizedClass
@EnumSource
final class ExtraKindsIT {

    private static final RunKind DELIVERY = ClusterDriver.EXTRA_KIND;
    private static final RunKind APPROVAL = new RunKind("approvals.example.dev/v1alpha1", "ApprovalTask");
    private static final RunKind PLACE = new RunKind("places.example.dev/v1", "Place");
    private static final String RUNNING = "\"conditions\":[{\"type\":\"Succeeded\",\"status\":\"Unknown\"}]";
    private static final String DONE =
            "\"conditions\":[{\"type\":\"Succeeded\",\"status\":\"True\"}],\"completionTime\":\"2026-01-02T03:04:05Z\"";
    private static final String SILENT = "\"state\":\"approved\"";

    @TempDir
    private Path directory;

    private final AtomicReference<String> forbidden = new AtomicReference<>("");
    private final TestCluster cluster;
    private final InMemoryResultsStore store = new InMemoryResultsStore(InstantSource.system());

    ExtraKindsIT(HttpStack stack) {
        cluster = TestCluster.start(
                stack,
                KubeApiServer.builder()
                        .resource(KubeResource.clusterWide("places.example.dev", "places", "Place", "v1"))
                        .authorizer(request -> !request.resource().equals(forbidden.get())));
    }

    @AfterEach
    void close() {
        cluster.close();
    }

    private static FabricConfig config(RunKind... extras) {
        return FabricConfig.builder()
                .kinds(RunKinds.tekton().with(extras))
                .kindRetryInterval(Duration.ofMillis(100))
                .build();
    }

    private ResultsArchive.Builder archive(FabricConfig config) {
        return ResultsArchive.builder()
                .runs(new FabricRunWatcher(cluster.client(), config))
                .sweep(new FabricClusterRuns(cluster.client(), config), Duration.ofMillis(200))
                .store(store)
                .workDirectory(directory)
                .prune(PrunerConfig.builder()
                        .grace("-1s")
                        .interval(Duration.ofMillis(100))
                        .build());
    }

    private RunSnapshot put(RunKind kind, String name, Optional<RunSnapshot> owner, String status) {
        String owners = owner.map(
                        run -> """
                        ,"ownerReferences":[{"apiVersion":"%s","kind":"%s","name":"%s","uid":"%s"}]
                        """.formatted(run.kind().apiVersion(), run.kind().kind(), run.name(), run.uid()))
                .orElse("");
        String label = owner.map(
                        run -> run.owningPipelineRun().map(o -> o.uid()).orElse(run.uid()))
                .map(uid -> ",\"labels\":{\"tekton.dev/pipelineRunUID\":\"" + uid + "\"}")
                .orElse("");
        return cluster.put("""
                {"apiVersion":"%s","kind":"%s","metadata":{"namespace":"ci","name":"%s"%s%s},"spec":{},"status":{%s}}
                """.formatted(kind.apiVersion(), kind.kind(), name, owners, label, status)
                .getBytes(StandardCharsets.UTF_8));
    }

    private void finish(RunSnapshot run) {
        cluster.server().patchStatus(TestCluster.reference(RunKey.of(run)), TestCluster.object("{" + DONE + "}"));
    }

    private Optional<Record> stored(String result, RunSnapshot run) {
        return store.findRecord(new ResultName("ci", result).record(run.uid()));
    }

    private void awaitStored(String result, RunSnapshot run, Predicate<RunSnapshot> state) {
        await(run.toString())
                .atMost(WatchScene.PATIENCE)
                .until(() -> stored(result, run)
                        .map(Record::data)
                        .map(RunSnapshot::parse)
                        .filter(state)
                        .isPresent());
    }

    private boolean isThere(RunSnapshot run) {
        return cluster.server().find(TestCluster.reference(RunKey.of(run))).isPresent();
    }

    private boolean isHeld(RunSnapshot run) {
        return cluster.server()
                .find(TestCluster.reference(RunKey.of(run)))
                .filter(object ->
                        object.path("metadata").path("finalizers").toString().contains(RunFinalizers.FINALIZER))
                .isPresent();
    }

    private void define(RunKind kind, String plural) {
        cluster.server().create(TestCluster.object("""
                {"apiVersion":"apiextensions.k8s.io/v1","kind":"CustomResourceDefinition","metadata":{"name":"%2$s.%1$s"},
                 "spec":{"group":"%1$s","scope":"Namespaced","names":{"kind":"%3$s","plural":"%2$s","singular":"x"},
                   "versions":[{"name":"%4$s","served":true,"storage":true,"subresources":{"status":{}}}]}}
                """.formatted(
                        kind.apiVersion().split("/", -1)[0],
                        plural,
                        kind.kind(),
                        kind.apiVersion().split("/", -1)[1])));
    }

    @Test
    void itIsHeldArchivedInTheResultOfItsPipelineRunLetGoAndCollectedWithIt() {
        try (ResultsArchive archive = archive(config(DELIVERY))
                .namespaces(new FabricNamespaces(cluster.client(), config(DELIVERY)))
                .finalizers(FinalizerConfig.defaults())
                .build()) {
            archive.start();
            RunSnapshot run = put(RunKind.PIPELINE_RUN, "build", Optional.empty(), RUNNING);
            RunSnapshot custom = put(RunKind.CUSTOM_RUN, "build-c", Optional.of(run), RUNNING);
            RunSnapshot delivery = put(DELIVERY, "build-d", Optional.of(custom), RUNNING);
            for (RunSnapshot each : List.of(run, custom, delivery)) {
                await(each.toString()).atMost(WatchScene.PATIENCE).until(() -> isHeld(each));
            }
            finish(custom);
            finish(run);
            awaitStored(run.uid(), run, RunSnapshot::isFinished);
            awaitStored(run.uid(), custom, RunSnapshot::isFinished);
            await().atMost(WatchScene.PATIENCE)
                    .until(() -> archive.stats().pruner().orElseThrow().unsafe() == 1);
            assertThat(isThere(run)).as("its delivery is under way").isTrue();

            finish(delivery);
            awaitStored(run.uid(), delivery, RunSnapshot::isFinished);
            for (RunSnapshot each : List.of(run, custom, delivery)) {
                await(each.toString()).atMost(WatchScene.PATIENCE).until(() -> !isThere(each));
            }
            assertThat(stored(run.uid(), delivery).orElseThrow().type()).isEqualTo("example.dev/v1.Delivery");
        }
    }

    @Test
    void itIsWaitedForUntilItIsDefinedAndNeverDeletedWhenItDoesNotSayThatItIsFinished() {
        try (ResultsArchive archive = archive(config(APPROVAL)).build()) {
            archive.start();
            await().atMost(WatchScene.PATIENCE)
                    .until(() -> archive.stats().watch().orElse(WatchHealth.UNKNOWN).troubles().stream()
                            .anyMatch(trouble -> trouble.kind().equals(APPROVAL) && trouble.code() == Code.NOT_FOUND));
            RunSnapshot other = put(RunKind.TASK_RUN, "other", Optional.empty(), RUNNING);
            awaitStored(other.uid(), other, stored -> true);

            define(APPROVAL, "approvals-by-people");
            AtomicReference<RunSnapshot> made = new AtomicReference<>();
            await().atMost(WatchScene.PATIENCE).ignoreExceptions().until(() -> {
                made.set(put(APPROVAL, "gate", Optional.empty(), SILENT));
                return true;
            });
            RunSnapshot gate = made.get();
            awaitStored(gate.uid(), gate, RunSnapshot::isOpenEnded);
            finish(other);
            await().atMost(WatchScene.PATIENCE).until(() -> !isThere(other));
            assertThat(isThere(gate)).isTrue();
            await().atMost(WatchScene.PATIENCE)
                    .until(() -> archive.stats()
                            .watch()
                            .orElse(WatchHealth.UNKNOWN)
                            .troubles()
                            .isEmpty());
        }
    }

    @Test
    void whoMustNotSeeItGoesOnWithTheRestButDeletesNothingThatMayOwnIt() {
        forbidden.set("deliveries");
        try (ResultsArchive archive = archive(config(DELIVERY)).build()) {
            archive.start();
            RunSnapshot run = put(RunKind.PIPELINE_RUN, "build", Optional.empty(), DONE);
            awaitStored(run.uid(), run, RunSnapshot::isFinished);
            await().atMost(WatchScene.PATIENCE)
                    .untilAsserted(() -> assertThat(archive.stats()
                                    .watch()
                                    .orElse(WatchHealth.UNKNOWN)
                                    .troubles())
                            .extracting(WatchHealth.Trouble::kind, WatchHealth.Trouble::code)
                            .containsExactly(tuple(DELIVERY, Code.DENIED)));
            await().atMost(WatchScene.PATIENCE)
                    .until(() -> archive.stats().lastHeard().isPresent());
            await().atMost(WatchScene.PATIENCE)
                    .until(() -> archive.stats().sweep().orElseThrow().compared() == 1
                            && archive.stats().sweep().orElseThrow().failure() != null);
            assertThat(archive.stats().sweep().orElseThrow().failure()).contains("Delivery");
            assertThat(isThere(run)).isTrue();

            RunSnapshot delivery = put(DELIVERY, "build-d", Optional.of(run), DONE);
            assertThat(stored(run.uid(), delivery)).isEmpty();
            forbidden.set("");
            awaitStored(run.uid(), delivery, RunSnapshot::isFinished);
            await().atMost(WatchScene.PATIENCE).until(() -> !isThere(run) && !isThere(delivery));
        }
    }

    @Test
    void aKindWithoutNamespacesIsRefusedAndHoldsUpNoOther() {
        FabricClusterRuns runs = new FabricClusterRuns(cluster.client(), config(PLACE));
        assertThatThrownBy(() -> runs.list(PLACE, "", ""))
                .hasMessageContaining("belongs to no namespace")
                .isInstanceOfSatisfying(
                        ResultsException.class, e -> assertThat(e.code()).isEqualTo(Code.INVALID));
        try (ResultsArchive archive = archive(config(PLACE, DELIVERY)).build()) {
            archive.start();
            RunSnapshot delivery = put(DELIVERY, "alone", Optional.empty(), RUNNING);
            awaitStored(delivery.uid(), delivery, stored -> true);
            await().atMost(WatchScene.PATIENCE)
                    .until(() -> archive.stats().watch().orElse(WatchHealth.UNKNOWN).troubles().stream()
                            .anyMatch(trouble -> trouble.kind().equals(PLACE)
                                    && trouble.code() == Code.INVALID
                                    && trouble.message().contains("belongs to no namespace")));
            await().atMost(WatchScene.PATIENCE)
                    .until(() -> archive.stats().lastHeard().isPresent());
        }
    }
}

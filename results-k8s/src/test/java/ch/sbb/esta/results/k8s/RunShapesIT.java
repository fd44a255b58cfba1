package ch.sbb.esta.results.k8s;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import ch.sbb.esta.results.ListQuery;
import ch.sbb.esta.results.Record;
import ch.sbb.esta.results.RecordSummary;
import ch.sbb.esta.results.Result;
import ch.sbb.esta.results.ResultName;
import ch.sbb.esta.results.ResultNaming;
import ch.sbb.esta.results.RunKind;
import ch.sbb.esta.results.RunSnapshot;
import ch.sbb.esta.results.SummaryStatus;
import ch.sbb.esta.results.embed.ResultsArchive;
import ch.sbb.esta.results.memory.InMemoryResultsStore;
import ch.sbb.esta.results.testkit.kube.KubeApiServer;
import ch.sbb.esta.results.testkit.kube.KubeReference;
import ch.sbb.esta.results.testkit.tekton.TektonSimulator;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeoutException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Runs of all shapes, from the cluster through watch and archive into a store. */
final class RunShapesIT {

    private static final Path CAPTURED = Path.of("../../shared/data/runs");
    private static final String DONE = condition("True", "Succeeded");
    private static final String RUNNING =
            "{\"startTime\":\"2026-01-01T00:00:00Z\",\"conditions\":[{\"type\":\"Succeeded\",\"status\":\"Unknown\",\"reason\":\"Running\"}]}";

    private final TestCluster cluster = TestCluster.start(HttpStack.JDK, KubeApiServer.builder());
    private final InMemoryResultsStore store = new InMemoryResultsStore(InstantSource.system());

    private final ResultsArchive archive;

    RunShapesIT(@TempDir Path folder) {
        archive = ResultsArchive.builder()
                .runs(new FabricRunWatcher(cluster.client(), FabricConfig.defaults()))
                .sweep(new FabricClusterRuns(cluster.client(), FabricConfig.defaults()))
                .store(store)
                .workDirectory(folder)
                .build();
        archive.start();
    }

    @AfterEach
    void close() {
        archive.close();
        cluster.close();
    }

    @Test
    void successFailureCancelTimeoutAndRetryAreTold() throws InterruptedException, TimeoutException {
        try (TektonSimulator tekton = TektonSimulator.of(cluster.server(), "ci", 5, 10)) {
            tekton.start();
            tekton.awaitEnd(WatchScene.PATIENCE);
        }
        List<RunSnapshot> runs = new ArrayList<>();
        for (String kind : List.of("PipelineRun", "TaskRun")) {
            for (ObjectNode run : cluster.server().list("tekton.dev/v1", kind, "ci")) {
                runs.add(RunSnapshot.parse(TestCluster.bytes(run)));
            }
        }
        assertThat(runs).hasSize(20);
        runs.forEach(this::awaitArchived);
        assertThat(store.listResults(ListQuery.of("ci")).items())
                .extracting(RunShapesIT::status)
                .containsExactlyInAnyOrder(
                        SummaryStatus.SUCCESS,
                        SummaryStatus.FAILURE,
                        SummaryStatus.CANCELLED,
                        SummaryStatus.TIMEOUT,
                        SummaryStatus.SUCCESS);
        assertThat(runs.stream()
                        .map(run -> new String(record(run).orElseThrow().data(), StandardCharsets.UTF_8))
                        .filter(json -> json.contains("\"retriesStatus\"")))
                .as("the attempts of a TaskRun stay with it")
                .hasSize(1);
    }

    @Test
    void combinationsOfAMatrixAndFinallyTasksLieInTheResultOfTheirPipelineRun() {
        RunSnapshot pipelineRun = put(RunKind.PIPELINE_RUN, "ci", "matrixed", "", RUNNING);
        List<RunSnapshot> all = new ArrayList<>();
        for (int i = 0; i < 6; i++) {
            all.add(child(pipelineRun, RunKind.TASK_RUN, "matrixed-platforms-" + i, DONE));
        }
        all.add(child(pipelineRun, RunKind.TASK_RUN, "matrixed-finally-report", condition("False", "Failed")));
        all.add(put(RunKind.PIPELINE_RUN, "ci", "matrixed", "", condition("False", "Failed")));
        all.forEach(this::awaitArchived);
        assertThat(store.listResults(ListQuery.of("ci")).items())
                .singleElement()
                .satisfies(result -> {
                    assertThat(result.name().result()).isEqualTo(pipelineRun.uid());
                    assertThat(status(result)).isEqualTo(SummaryStatus.FAILURE);
                });
        assertThat(all)
                .allSatisfy(run -> assertThat(
                                record(run).orElseThrow().name().result().result())
                        .isEqualTo(pipelineRun.uid()));
    }

    @Test
    void aCapturedPipelineRunWithAMatrixIsArchivedWithEveryField() throws IOException {
        Path captured = CAPTURED.resolve("pipelinerun-051-tekton-pipeline.json");
        if (!Files.exists(captured)) {
            return;
        }
        ObjectNode object = TestCluster.object(Files.readString(captured));
        object.withObject("/metadata").put("namespace", "ci").put("name", "matrixed");
        RunSnapshot run = cluster.put(TestCluster.bytes(object));
        ObjectNode kept = cluster.server()
                .find(new KubeReference("tekton.dev/v1", "PipelineRun", "ci", "matrixed"))
                .orElseThrow();
        awaitArchived(RunSnapshot.parse(TestCluster.bytes(kept)));
        assertThat(record(run).map(Record::data).map(TestCluster::tree)).contains(kept);
    }

    @Test
    void pipelinesNestedByACustomRunAreAllArchived() {
        RunSnapshot outer = put(RunKind.PIPELINE_RUN, "ci", "outer", "", RUNNING);
        RunSnapshot custom = child(outer, RunKind.CUSTOM_RUN, "outer-inner", RUNNING);
        RunSnapshot inner = child(custom, RunKind.PIPELINE_RUN, "inner", RUNNING);
        List<RunSnapshot> all = new ArrayList<>();
        all.add(child(inner, RunKind.TASK_RUN, "inner-build", DONE));
        all.add(child(custom, RunKind.PIPELINE_RUN, "inner", DONE));
        all.add(child(outer, RunKind.CUSTOM_RUN, "outer-inner", DONE));
        all.add(put(RunKind.PIPELINE_RUN, "ci", "outer", "", DONE));
        all.forEach(this::awaitArchived);
        assertThat(record(all.get(0)).orElseThrow().name().result().result()).isEqualTo(inner.uid());
        assertThat(record(custom).orElseThrow().name().result().result()).isEqualTo(outer.uid());
    }

    @Test
    void twoPipelineRunsOfOneTriggerEventHaveResultsOfTheirOwn() {
        String event = "\"labels\":{\"triggers.tekton.dev/triggers-eventid\":\"95c1f10e-a9ef-4328-b336-610513c3eaca\"}";
        RunSnapshot good = put(RunKind.PIPELINE_RUN, "ci", "good", event, DONE);
        RunSnapshot bad = put(RunKind.PIPELINE_RUN, "ci", "bad", event, condition("False", "Failed"));
        awaitArchived(good);
        awaitArchived(bad);
        assertThat(status(result(good))).isEqualTo(SummaryStatus.SUCCESS);
        assertThat(status(result(bad))).isEqualTo(SummaryStatus.FAILURE);
        assertThat(List.of(result(good), result(bad)))
                .allSatisfy(result -> assertThat(result.annotations())
                        .containsEntry(ResultNaming.TRIGGER_EVENT_LABEL, "95c1f10e-a9ef-4328-b336-610513c3eaca"));
    }

    @Test
    void aRunThatIsDeletedWhileItRunsStaysInItsLastState() throws InterruptedException {
        RunSnapshot run = put(RunKind.TASK_RUN, "ci", "interrupted", "", RUNNING);
        awaitArchived(run);
        RunSnapshot last = put(RunKind.TASK_RUN, "ci", "interrupted", "\"labels\":{\"last\":\"change\"}", RUNNING);
        cluster.server().delete(WatchScene.reference(last));
        await().atMost(WatchScene.PATIENCE)
                .until(() ->
                        archived(run).map(RunSnapshot::labels).orElseThrow().containsKey("last"));
        assertThat(archive.awaitIdle(WatchScene.PATIENCE)).isTrue();
        assertThat(archived(run)).hasValueSatisfying(stored -> {
            assertThat(stored.isFinished()).isFalse();
            assertThat(stored.state()).isEqualTo(RunSnapshot.State.RUNNING);
        });
    }

    @Test
    void theRunsOfANamespaceThatIsDeletedWhileTheyRunAreArchived() {
        // What is made and deleted before anybody looks is seen by nobody.
        await().atMost(WatchScene.PATIENCE).until(() -> cluster.server().openWatches() == 3);
        List<RunSnapshot> runs = new ArrayList<>();
        RunSnapshot parent = put(RunKind.PIPELINE_RUN, "doomed", "build", "", RUNNING);
        runs.add(parent);
        for (int i = 0; i < 10; i++) {
            runs.add(child(parent, RunKind.TASK_RUN, "build-" + i, i % 2 == 0 ? DONE : RUNNING));
        }
        cluster.server().delete(new KubeReference("v1", "Namespace", "", "doomed"));
        await().atMost(WatchScene.PATIENCE)
                .until(() -> cluster.server()
                        .list("tekton.dev/v1", "TaskRun", "doomed")
                        .isEmpty());
        await().atMost(WatchScene.PATIENCE)
                .untilAsserted(() -> assertThat(runs).allSatisfy(run -> {
                    assertThat(archived(run)).isPresent();
                    assertThat(archived(run).orElseThrow().state()).isEqualTo(run.state());
                }));
    }

    private RunSnapshot child(RunSnapshot owner, RunKind kind, String name, String status) {
        return put(
                kind,
                owner.namespace(),
                name,
                """
                "ownerReferences":[{"apiVersion":"%s","kind":"%s","name":"%s","uid":"%s","controller":true}]
                """.formatted(owner.kind().apiVersion(), owner.kind().kind(), owner.name(), owner.uid()),
                status);
    }

    private RunSnapshot put(RunKind kind, String namespace, String name, String metadata, String status) {
        String further = metadata.isEmpty() ? "" : "," + metadata;
        return cluster.put("""
                {"apiVersion":"%s","kind":"%s","metadata":{"namespace":"%s","name":"%s"%s},"spec":{},"status":%s}
                """.formatted(kind.apiVersion(), kind.kind(), namespace, name, further, status)
                .getBytes(StandardCharsets.UTF_8));
    }

    private static String condition(String status, String reason) {
        return """
                {"startTime":"2026-01-01T00:00:00Z","completionTime":"2026-01-01T00:01:00Z",
                 "conditions":[{"type":"Succeeded","status":"%s","reason":"%s"}]}
                """.formatted(status, reason);
    }

    private void awaitArchived(RunSnapshot run) {
        await(run.toString())
                .atMost(WatchScene.PATIENCE)
                .until(() -> archived(run)
                        .filter(stored -> stored.resourceVersion().equals(run.resourceVersion()))
                        .isPresent());
    }

    private Optional<RunSnapshot> archived(RunSnapshot run) {
        return record(run).map(Record::data).map(RunSnapshot::parse);
    }

    private Optional<Record> record(RunSnapshot run) {
        return store.findRecord(ResultNaming.defaults().place(run).record());
    }

    private Result result(RunSnapshot run) {
        return store.findResult(new ResultName(run.namespace(), run.uid())).orElseThrow();
    }

    private static SummaryStatus status(Result result) {
        return result.summary().map(RecordSummary::status).orElse(SummaryStatus.UNKNOWN);
    }
}

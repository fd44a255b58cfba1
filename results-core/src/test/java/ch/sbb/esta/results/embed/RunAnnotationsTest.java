package ch.sbb.esta.results.embed;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.entry;
import static org.awaitility.Awaitility.await;

import ch.sbb.esta.results.EventList;
import ch.sbb.esta.results.LogName;
import ch.sbb.esta.results.PodSnapshot;
import ch.sbb.esta.results.PodSnapshot.State;
import ch.sbb.esta.results.RecordName;
import ch.sbb.esta.results.Result;
import ch.sbb.esta.results.ResultName;
import ch.sbb.esta.results.ResultsException;
import ch.sbb.esta.results.ResultsException.Code;
import ch.sbb.esta.results.RunKind;
import ch.sbb.esta.results.RunSnapshot;
import ch.sbb.esta.results.logs.LogRecords;
import ch.sbb.esta.results.memory.InMemoryClusterEvents;
import ch.sbb.esta.results.memory.InMemoryClusterRuns;
import ch.sbb.esta.results.memory.InMemoryContainerLogs;
import ch.sbb.esta.results.memory.InMemoryLogs;
import ch.sbb.esta.results.memory.InMemoryResultsStore;
import ch.sbb.esta.results.memory.InMemoryRunWatcher;
import ch.sbb.esta.results.spi.ClusterRuns.RunKey;
import ch.sbb.esta.results.spi.ForwardingClusterRuns;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RunAnnotationsTest {

    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final JsonMapper MAPPER = JsonMapper.builder().build();
    private static final String RESULT = "results.tekton.dev/result";
    private static final String RECORD = "results.tekton.dev/record";
    private static final String STORED = "results.tekton.dev/stored";

    @TempDir
    Path directory;

    private final InMemoryClusterRuns memory = new InMemoryClusterRuns();
    private final Cluster cluster = new Cluster();
    private final InMemoryResultsStore store = new InMemoryResultsStore(InstantSource.system());
    private @Nullable ResultsArchive archive;

    /** A cluster that can refuse to annotate, and counts. */
    private final class Cluster extends ForwardingClusterRuns {

        private final Queue<ResultsException> refusals = new ConcurrentLinkedQueue<>();
        private final AtomicInteger asked = new AtomicInteger();

        Cluster() {
            super(memory);
        }

        @Override
        public boolean annotate(RunKey run, Map<String, String> annotations) {
            asked.incrementAndGet();
            ResultsException refusal = refusals.poll();
            if (refusal != null) {
                throw refusal;
            }
            return super.annotate(run, annotations);
        }
    }

    private ResultsArchive.Builder builder() {
        return ResultsArchive.builder()
                .runs(new InMemoryRunWatcher(memory))
                .store(store)
                .sweep(cluster)
                .workDirectory(directory);
    }

    private ResultsArchive start(ResultsArchive.Builder builder) {
        archive = builder.build();
        archive.start();
        return archive;
    }

    @AfterEach
    void stop() {
        if (archive != null) {
            archive.stop();
        }
    }

    /** Makes a run, or gives it another state; its annotations stay. */
    private RunSnapshot put(String kind, String name, String owners, String status) {
        ObjectNode run;
        try {
            run = (ObjectNode) MAPPER.readTree("""
                    {"apiVersion":"tekton.dev/v1","kind":"%s",
                     "metadata":{"namespace":"ci","name":"%s","uid":"uid-%s","ownerReferences":[%s]},
                     "status":{"podName":"%s-pod","conditions":[{"type":"Succeeded","status":"%s"}],"completionTime":"%s"}}
                    """.formatted(kind, name, name, owners, name, status, Instant.now()));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        ObjectNode written = run.withObjectProperty("metadata").putObject("annotations");
        memory.find(new RunKey(new RunKind("tekton.dev/v1", kind), "ci", name, "uid-" + name))
                .ifPresent(before -> before.annotations().forEach(written::put));
        return memory.put(run.toString().getBytes(StandardCharsets.UTF_8));
    }

    private RunSnapshot put(String status) {
        return put("PipelineRun", "build", "", status);
    }

    private Map<String, String> annotations(RunSnapshot run) {
        return memory.find(RunKey.of(run)).orElseThrow().annotations();
    }

    private void awaitAnnotation(RunSnapshot run, String key, String value) {
        await().atMost(PATIENCE)
                .untilAsserted(() -> assertThat(annotations(run)).contains(entry(key, value)));
    }

    private void awaitStored(RunSnapshot run) {
        RecordName name = RecordName.parse("ci/results/" + run.uid() + "/records/" + run.uid());
        await().atMost(PATIENCE)
                .until(() -> store.findRecord(name)
                        .filter(record -> RunSnapshot.parse(record.data())
                                .resourceVersion()
                                .equals(memory.find(RunKey.of(run))
                                        .orElseThrow()
                                        .resourceVersion()))
                        .isPresent());
    }

    @Test
    void onRequestARunSaysWhereItIsArchivedAndWithTwoChangesThatItIs() {
        ResultsArchive started = start(builder().annotations());
        RunSnapshot run = put("Unknown");
        awaitAnnotation(run, STORED, "false");
        assertThat(annotations(run))
                .containsOnly(
                        entry(RESULT, "ci/results/uid-build"),
                        entry(RECORD, "ci/results/uid-build/records/uid-build"),
                        entry(STORED, "false"));
        put("True");
        awaitAnnotation(run, STORED, "true");
        awaitStored(run);
        await().atMost(PATIENCE)
                .until(() -> started.stats().annotations().orElseThrow().waiting() == 0);
        assertThat(started.stats().annotations().orElseThrow().changed()).isEqualTo(2);
        assertThat(cluster.asked).hasValue(2);

        started.stop();
        start(builder().annotations());
        RunSnapshot next = put("PipelineRun", "next", "", "True");
        awaitAnnotation(next, STORED, "true");
        assertThat(cluster.asked)
                .as("what is annotated already is not asked for")
                .hasValue(3);
    }

    @Test
    void unaskedNoRunIsChanged() {
        start(builder());
        RunSnapshot run = put("True");
        awaitStored(run);
        assertThat(annotations(run)).isEmpty();
        assertThat(memory.find(RunKey.of(run)).orElseThrow().resourceVersion()).isEqualTo(run.resourceVersion());
        assertThat(archive).isNotNull();
        assertThat(archive.stats().annotations()).isEmpty();
        assertThatThrownBy(() -> ResultsArchive.builder()
                        .runs(new InMemoryRunWatcher(memory))
                        .store(store)
                        .workDirectory(directory)
                        .annotations()
                        .build())
                .hasMessageContaining("sweep(");
    }

    @Test
    void whatAChildInheritedIsPutRight() {
        RunSnapshot parent = put("PipelineRun", "parent", "", "Unknown");
        start(builder().annotations());
        awaitAnnotation(parent, STORED, "false");
        String owner = """
                {"apiVersion":"tekton.dev/v1","kind":"PipelineRun","name":"parent","uid":"uid-parent","controller":true}
                """;
        RunSnapshot child = put("TaskRun", "child", owner, "Unknown");
        memory.annotate(RunKey.of(child), annotations(parent));
        awaitAnnotation(child, RECORD, "ci/results/uid-parent/records/uid-child");
        assertThat(annotations(child)).containsEntry(RESULT, "ci/results/uid-parent");
    }

    @Test
    void whatAnotherArchiveSaysIsLeft() {
        ResultsArchive started = start(builder().annotations());
        RunSnapshot run = put("Unknown");
        awaitAnnotation(run, STORED, "false");
        memory.annotate(RunKey.of(run), Map.of(RESULT, "ci/results/of-others"));
        put("True");
        awaitStored(run);
        await().atMost(PATIENCE)
                .until(() -> started.stats().annotations().orElseThrow().waiting() == 0);
        assertThat(annotations(run))
                .containsEntry(RESULT, "ci/results/of-others")
                .containsEntry(STORED, "false");
        assertThat(cluster.asked).hasValue(1);
    }

    @Test
    void whatNamesAnotherNamespaceIsPutRight() {
        RunSnapshot run = put("True");
        memory.annotate(RunKey.of(run), Map.of(RESULT, "other/results/of-others", STORED, "false"));
        start(builder().annotations());
        awaitAnnotation(run, STORED, "true");
        assertThat(annotations(run)).containsEntry(RESULT, "ci/results/uid-build");
    }

    @Test
    void anApiServerThatIsAwayIsAskedAgainAndARefusalHoldsUpNothing() {
        cluster.refusals.add(new ResultsException(Code.UNAVAILABLE, "the API server is away"));
        ResultsArchive started = start(builder().annotations());
        RunSnapshot run = put("True");
        awaitAnnotation(run, STORED, "true");

        cluster.refusals.add(new ResultsException(Code.DENIED, "taskruns are forbidden"));
        RunSnapshot refused = put("TaskRun", "refused", "", "True");
        awaitStored(refused);
        await().atMost(PATIENCE)
                .until(() -> started.stats().annotations().orElseThrow().waiting() == 0);
        assertThat(annotations(refused)).isEmpty();

        started.stop();
        start(builder().annotations());
        awaitAnnotation(refused, STORED, "true");
    }

    @Test
    void theLogAndTheEventsOfARunAreNamedOnceTheyAreStored() {
        InMemoryContainerLogs pods = new InMemoryContainerLogs(InstantSource.system());
        InMemoryClusterEvents events = new InMemoryClusterEvents(InstantSource.system());
        pods.addPod(new PodSnapshot(
                "ci",
                "build-pod",
                "uid-pod",
                "uid-build",
                false,
                List.of(new PodSnapshot.Container("step-a", PodSnapshot.Role.STEP, State.RUNNING, 0, null, null))));
        InMemoryContainerLogs.Address step = new InMemoryContainerLogs.Address("ci", "build-pod", "step-a");
        pods.append(step, "hello", Instant.now());
        start(builder().annotations().logs(pods, new InMemoryLogs()).events(events));
        RunSnapshot run = put("TaskRun", "build", "", "Unknown");
        awaitAnnotation(run, STORED, "false");
        put("TaskRun", "build", "", "True");
        awaitStored(run);
        assertThat(annotations(run)).as("the log is still live").containsEntry(STORED, "false");

        events.put("""
                {"metadata":{"namespace":"ci","name":"e1"},"lastTimestamp":"%s",
                 "involvedObject":{"apiVersion":"tekton.dev/v1","kind":"TaskRun","uid":"uid-build"}}
                """.formatted(Instant.now()).getBytes(StandardCharsets.UTF_8));
        pods.setState(step, State.TERMINATED);
        awaitAnnotation(run, STORED, "true");
        Result result =
                store.findResult(ResultName.parse("ci/results/uid-build")).orElseThrow();
        RecordName log = LogRecords.name(result, "uid-build");
        assertThat(annotations(run))
                .containsEntry("results.tekton.dev/log", new LogName(log.result(), log.record()).toString())
                .containsEntry(
                        "results.tekton.dev/eventlist",
                        EventList.name(result, "uid-build").toString());
        assertThat(cluster.asked).hasValue(2);
    }
}

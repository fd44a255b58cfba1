package ch.sbb.esta.results.logs;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ch.sbb.esta.results.ContainerLogId;
import ch.sbb.esta.results.LogAnnotation;
import ch.sbb.esta.results.RecordName;
import ch.sbb.esta.results.ResultNaming;
import ch.sbb.esta.results.ResultsException;
import ch.sbb.esta.results.RunPlacement;
import ch.sbb.esta.results.RunReading;
import ch.sbb.esta.results.memory.InMemoryBlobStore;
import ch.sbb.esta.results.memory.InMemoryLogs;
import ch.sbb.esta.results.memory.InMemoryResultsStore;
import ch.sbb.esta.results.spi.BlobStore;
import ch.sbb.esta.results.spi.LogWriter;
import java.io.IOException;
import java.io.InputStream;
import java.time.Instant;
import java.time.InstantSource;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

class RunLogsTest {

    private static final Instant T0 = Instant.parse("2026-03-01T10:00:00Z");
    private static final Set<LogAnnotation> PLAIN = EnumSet.noneOf(LogAnnotation.class);

    private final InMemoryResultsStore store = new InMemoryResultsStore(InstantSource.system());
    private final InMemoryLogs logs = new InMemoryLogs();
    private final RunLogs runs = new RunLogs(store, logs);

    private RecordName archive(String json) {
        RunPlacement placed = ResultNaming.defaults()
                .place(RunReading.of(json.getBytes(UTF_8)).orElseThrow());
        store.archive(List.of(placed));
        return placed.record();
    }

    private RecordName pipelineRun() {
        return archive("""
                {"apiVersion": "tekton.dev/v1", "kind": "PipelineRun",
                 "metadata": {"namespace": "ci", "name": "release", "uid": "pr", "resourceVersion": "1"},
                 "status": {"conditions": [{"type": "Succeeded", "status": "True"}]}}
                """);
    }

    private RecordName taskRun(String uid, String task, int start, String owner, String status) {
        return archive("""
                {"apiVersion": "tekton.dev/v1", "kind": "TaskRun",
                 "metadata": {"namespace": "ci", "name": "release-%s", "uid": "%s", "resourceVersion": "1",
                   "labels": {"tekton.dev/pipelineTask": "%s"},
                   "annotations": {"results.tekton.dev/result": "ci/results/pr"},
                   "ownerReferences": [{"kind": "PipelineRun", "uid": "%s"}]},
                 "status": {"startTime": "%s", "conditions": [{"type": "Succeeded", "status": "True"}]%s}}
                """.formatted(uid, uid, task, owner, T0.plusSeconds(start), status));
    }

    private void log(String taskRun, String pod, String container, int second, String text) {
        LogWriter writer = logs.open(new ContainerLogId("ci", taskRun, pod, container, 0));
        writer.beginLine(T0.plusSeconds(second));
        writer.append(text.getBytes(UTF_8), 0, text.length());
        writer.seal();
    }

    private static String text(InputStream in) throws IOException {
        try (in) {
            return new String(in.readAllBytes(), UTF_8);
        }
    }

    @Test
    void aTaskRunsLogsComeByAttemptAndInTheOrderOfItsSteps() throws IOException {
        pipelineRun();
        RecordName build = taskRun(
                "tr-1",
                "build",
                1,
                "pr",
                ", \"steps\": [{\"container\": \"step-z\"}, {\"container\": \"step-a\"}], \"sidecars\": [{\"container\": \"sidecar-db\"}]");
        log("tr-1", "pod-b", "step-z", 1, "first attempt\n");
        log("tr-1", "pod-a", "sidecar-db", 11, "ready");
        log("tr-1", "pod-a", "step-a", 13, "a");
        log("tr-1", "pod-a", "step-z", 12, "z\n");
        log("tr-1", "pod-a", "prepare", 10, "prepared\n");

        assertThat(runs.listTaskRun(build))
                .extracting(info -> info.id().podUid() + "/" + info.id().container())
                .containsExactly("pod-b/step-z", "pod-a/prepare", "pod-a/step-z", "pod-a/step-a", "pod-a/sidecar-db");
        assertThat(text(runs.openTaskRun(build, PLAIN))).isEqualTo("""
                ==> build / step-z, attempt 1 <==
                first attempt
                ==> build / prepare, attempt 2 <==
                prepared
                ==> build / step-z, attempt 2 <==
                z
                ==> build / step-a, attempt 2 <==
                a
                ==> build / sidecar-db, attempt 2 <==
                ready""");
    }

    @Test
    void aPipelineRunsLogsComeInTheOrderOfItsTaskRuns() throws IOException {
        RecordName release = pipelineRun();
        taskRun("tr-2", "deploy\\u001b[31m", 20, "pr", "");
        taskRun("tr-1", "build", 10, "pr", "");
        taskRun("tr-3", "foreign", 5, "other", "");
        taskRun("tr-4", "silent", 15, "pr", "");
        log("tr-1", "pod-1", "step-a", 1, "built\n");
        log("tr-2", "pod-2", "step-a", 2, "deployed\n");
        log("tr-3", "pod-3", "step-a", 3, "not ours\n");

        assertThat(text(runs.openPipelineRun(release, EnumSet.of(LogAnnotation.TIMESTAMPS))))
                .isEqualTo("""
                ==> build / step-a <==
                2026-03-01T10:00:01.000000000Z built
                ==> deploy?[31m / step-a <==
                2026-03-01T10:00:02.000000000Z deployed
                """);
    }

    @Test
    void sealedLogsAreCopiedToWhereTektonResultsReadsThem() throws IOException {
        InMemoryBlobStore copies = new InMemoryBlobStore();
        PlainLogs plain = new PlainLogs(store, logs, copies);
        pipelineRun();
        RecordName build = taskRun("tr-1", "build", 1, "pr", ", \"steps\": [{\"container\": \"step-a\"}]");
        log("tr-1", "pod-1", "step-a", 1, "first attempt\n");
        log("tr-1", "pod-2", "step-a", 2, "second\n");
        logs.open(new ContainerLogId("ci", "tr-1", "pod-2", "sidecar-live", 0)).flush();

        assertThat(plain.copy(build)).isEqualTo(2);
        assertThat(plain.copy(build)).as("again").isEqualTo(2);

        assertThat(copies.list("", "").items())
                .extracting(BlobStore.Blob::key)
                .containsExactly("ci/pr/tr-1/attempt-2-step-a.log", "ci/pr/tr-1/step-a.log");
        assertThat(text(copies.get("ci/pr/tr-1/step-a.log"))).isEqualTo("first attempt\n");
    }

    @Test
    void aRunWithoutLogsIsEmptyAndAnotherKindIsRefused() throws IOException {
        RecordName release = pipelineRun();
        RecordName build = taskRun("tr-1", "build", 10, "pr", "");

        assertThat(text(runs.openTaskRun(build, PLAIN))).isEmpty();
        assertThat(text(runs.openPipelineRun(release, PLAIN))).isEmpty();
        assertThatThrownBy(() -> runs.openTaskRun(release, PLAIN)).hasMessageContaining("not a TaskRun");
        assertThatThrownBy(() -> runs.openPipelineRun(build, PLAIN)).hasMessageContaining("not a PipelineRun");
        assertThatThrownBy(() -> runs.listTaskRun(RecordName.parse("ci/results/pr/records/none")))
                .isInstanceOfSatisfying(
                        ResultsException.class, e -> assertThat(e.code()).isEqualTo(ResultsException.Code.NOT_FOUND));
    }
}

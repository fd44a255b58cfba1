package ch.sbb.esta.results.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import ch.sbb.esta.results.ArchiveOutcome;
import ch.sbb.esta.results.ContainerLogId;
import ch.sbb.esta.results.ListQuery;
import ch.sbb.esta.results.ResultName;
import ch.sbb.esta.results.RunPlacement;
import ch.sbb.esta.results.logs.LogRecords;
import ch.sbb.esta.results.logs.PlainLogs;
import ch.sbb.esta.results.logs.SegmentedLogs;
import ch.sbb.esta.results.memory.InMemoryBlobStore;
import ch.sbb.esta.results.spi.BlobStore;
import ch.sbb.esta.results.spi.LogWriter;
import ch.sbb.esta.results.spi.RecordCreation;
import ch.sbb.esta.results.spi.ResultsStore;
import ch.sbb.esta.results.spi.RetentionStore;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * A PipelineRun with two TaskRuns whose time has come, with sealed and live logs, a Log record and plain copies; and beside it one that
 * is kept and one that is young.
 */
final class RetentionScene {

    /** When the runs of {@link SampleRun} were completed. */
    static final Instant COMPLETED = Instant.parse("2026-03-01T10:05:00.123456789Z");

    private final ResultsStore store;
    private final BlobStore blobs = new InMemoryBlobStore();
    private final SegmentedLogs logs;
    private final PlainLogs copies;

    RetentionScene(ResultsStore store) {
        this.store = store;
        logs = new SegmentedLogs(blobs);
        copies = new PlainLogs(store, logs, blobs);
    }

    ResultsStore store() {
        return store;
    }

    RetentionStore retention() {
        return (RetentionStore) store;
    }

    BlobStore blobs() {
        return blobs;
    }

    SegmentedLogs logs() {
        return logs;
    }

    /** Archives a PipelineRun with two TaskRuns and their logs. */
    ResultName play(String name, Map<String, String> annotations) {
        RunPlacement pipelineRun = pipelineRun(name, annotations);
        archive(pipelineRun);
        for (String task : List.of(name + "-t1", name + "-t2")) {
            RunPlacement taskRun = taskRun(name, task);
            archive(taskRun);
            write(task, "step-one", true);
            write(task, "step-two", true);
            assertThat(copies.copy(taskRun.record())).isEqualTo(2);
            write(task, "sidecar", false);
            assertThat(new LogRecords(store, (RecordCreation) store, logs, "S3").refresh(taskRun.record()))
                    .isPresent();
        }
        return pipelineRun.record().result();
    }

    static RunPlacement pipelineRun(String name, Map<String, String> annotations) {
        return SampleRun.pipelineRun(name)
                .succeeded("True")
                .annotations(annotations)
                .placed();
    }

    static RunPlacement taskRun(String pipelineRun, String name) {
        return SampleRun.taskRun(name).succeeded("True").ownedBy(pipelineRun).placed();
    }

    /** A PipelineRun that goes on, with a live log. */
    ResultName playUnfinished(String name) {
        RunPlacement run = SampleRun.pipelineRun(name).placed();
        archive(run, SampleRun.taskRun(name + "-t1").ownedBy(name).placed());
        write(name + "-t1", "step-one", false);
        return run.record().result();
    }

    private void archive(RunPlacement... runs) {
        assertThat(store.archive(List.of(runs))).allMatch(ArchiveOutcome::isArchived);
    }

    private void write(String taskRun, String container, boolean sealed) {
        try (LogWriter writer =
                logs.open(new ContainerLogId(SampleRun.NAMESPACE, taskRun, "pod-" + taskRun, container, 0))) {
            writer.beginLine(COMPLETED);
            byte[] line = (container + " of " + taskRun + "\n").getBytes(StandardCharsets.UTF_8);
            writer.append(line, 0, line.length);
            writer.flush();
            if (sealed) {
                assertThat(writer.seal().isSealed()).isTrue();
            }
        }
    }

    /** As a collector does that meets the pod of a TaskRun after a restart. */
    void playLogs(String taskRun) {
        write(taskRun, "step-one", true);
    }

    /** The blobs whose keys mention a run, with their sizes. */
    Map<String, Long> blobsOf(String name) {
        Map<String, Long> found = new TreeMap<>();
        blobs.list("", "").items().stream()
                .filter(blob -> blob.key().contains("/" + name))
                .forEach(blob -> found.put(blob.key(), blob.size()));
        return found;
    }

    int recordsOf(ResultName result) {
        return store.listRecords(ListQuery.of(result.toString()).pageSize(1000))
                .items()
                .size();
    }

    boolean isMarked(ResultName result) {
        return retention().listMarked("-", "", 1000).items().stream()
                .anyMatch(expiry -> expiry.result().equals(result));
    }

    void assertWhole(ResultName result, Map<String, Long> blobsBefore) {
        assertThat(store.findResult(result)).as("the row of %s", result).isPresent();
        assertThat(recordsOf(result)).as("records of %s", result).isEqualTo(5);
        assertThat(blobsOf(result.result())).as("blobs of %s", result).isEqualTo(blobsBefore);
    }

    void assertGone(ResultName result) {
        assertThat(store.findResult(result)).as("the row of %s", result).isEmpty();
        assertThat(recordsOf(result)).as("records of %s", result).isZero();
        assertThat(blobsOf(result.result())).as("blobs of %s", result).isEmpty();
        assertThat(isMarked(result)).as("mark of %s", result).isFalse();
        String name = result.result();
        assertThat(store.archive(
                        List.of(pipelineRun(name, Map.of()), taskRun(name, name + "-t1"), taskRun(name, name + "-t2"))))
                .as("archiving %s again", result)
                .extracting(ArchiveOutcome::status)
                .containsOnly(ArchiveOutcome.Status.EXPIRED);
    }

    /** At no point may there be rows without the logs that they promise, nor logs that no row and no mark names. */
    void assertNothingBroken(ResultName result, Map<String, Long> blobsBefore) {
        if (isMarked(result)) {
            assertNothingIsLiveAgain(result);
            return;
        }
        if (store.findResult(result).isPresent()) {
            assertWhole(result, blobsBefore);
        } else {
            assertThat(blobsOf(result.result())).as("blobs of %s", result).isEmpty();
        }
    }

    /** Half a log that looks live would be gone on with. */
    private void assertNothingIsLiveAgain(ResultName result) {
        for (String task : List.of("-t1", "-t2")) {
            for (String container : List.of("step-one", "step-two")) {
                String uid = result.result() + task;
                logs.find(new ContainerLogId(SampleRun.NAMESPACE, uid, "pod-" + uid, container, 0))
                        .ifPresent(log -> assertThat(log.isSealed())
                                .as("%s is sealed", log)
                                .isTrue());
            }
        }
    }

    static Instant after(Duration age) {
        return COMPLETED.plus(age);
    }

    void close() {
        logs.close();
    }
}

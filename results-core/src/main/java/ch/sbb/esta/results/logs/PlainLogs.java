package ch.sbb.esta.results.logs;

import ch.sbb.esta.results.ContainerLogId;
import ch.sbb.esta.results.LogInfo;
import ch.sbb.esta.results.LogVolume;
import ch.sbb.esta.results.RecordName;
import ch.sbb.esta.results.ResultsException;
import ch.sbb.esta.results.spi.BlobStore;
import ch.sbb.esta.results.spi.LogDeletion;
import ch.sbb.esta.results.spi.LogSource;
import ch.sbb.esta.results.spi.ResultsReader;
import java.io.InputStream;
import java.util.List;
import java.util.Objects;

/**
 * Copies sealed logs as plain text to where the blob reader of a Tekton Results server looks for them: {@code PARENT/RESULT/RECORD/NAME.log},
 * {@code RECORD} being that of the TaskRun. The server's {@code LOGS_PATH} is the
 * prefix that the blob store is bound to. The copies are made in the order of the steps, because that reader goes by modification time.
 *
 * <p>Thread-safe. Copying again changes nothing.
 */
public final class PlainLogs implements LogDeletion {

    private final RunLogs runs;
    private final LogSource logs;
    private final BlobStore copies;

    /**
     * Creates a copier.
     *
     * @param records where the runs are archived
     * @param logs where their logs are
     * @param copies where the copies go; its prefix is the server's {@code LOGS_PATH}
     */
    public PlainLogs(ResultsReader records, LogSource logs, BlobStore copies) {
        this.runs = new RunLogs(records, logs);
        this.logs = Objects.requireNonNull(logs, "logs");
        this.copies = Objects.requireNonNull(copies, "copies");
    }

    /**
     * Copies the logs of a TaskRun that are sealed.
     *
     * @param taskRun the TaskRun's record
     * @return how many logs have a copy now
     * @throws ResultsException {@code NOT_FOUND} when there is no such Record; {@code INVALID} when it is not a TaskRun's; what the blob
     *     store and the source throw
     */
    public int copy(RecordName taskRun) {
        List<LogInfo> stored = runs.listTaskRun(taskRun);
        List<String> pods =
                stored.stream().map(info -> info.id().podUid()).distinct().toList();
        int copied = 0;
        for (LogInfo info : stored) {
            if (info.isSealed()) {
                BlobStore.Put unused = copies.putIfAbsent(
                        key(taskRun, info.id(), pods.indexOf(info.id().podUid())), new Text(info));
                copied++;
            }
        }
        return copied;
    }

    /** Measures the copies. */
    @Override
    public LogVolume measure(RecordName taskRun, String uid) {
        return LogRemoval.measure(copies, prefix(taskRun));
    }

    /** Deletes the copies; the logs themselves stay. */
    @Override
    public LogVolume delete(RecordName taskRun, String uid) {
        return LogRemoval.delete(copies, prefix(taskRun));
    }

    private static String prefix(RecordName taskRun) {
        return taskRun.parent() + "/" + taskRun.result().result() + "/" + taskRun.record() + "/";
    }

    private static String key(RecordName taskRun, ContainerLogId id, int attempt) {
        return prefix(taskRun)
                + (attempt > 0 ? "attempt-" + (attempt + 1) + "-" : "") + id.container()
                + (id.restart() > 0 ? "-restart-" + id.restart() : "") + ".log";
    }

    private final class Text implements BlobStore.Content {

        private final LogInfo info;

        Text(LogInfo info) {
            this.info = info;
        }

        @Override
        public long length() {
            return info.extent().bytes();
        }

        @Override
        public InputStream open() {
            return logs.read(info.id(), 0, info.extent().bytes());
        }
    }
}

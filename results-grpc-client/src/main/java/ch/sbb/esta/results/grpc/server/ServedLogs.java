package ch.sbb.esta.results.grpc.server;

import ch.sbb.esta.results.LogInfo;
import ch.sbb.esta.results.LogName;
import ch.sbb.esta.results.LogState;
import ch.sbb.esta.results.LogVolume;
import ch.sbb.esta.results.Record;
import ch.sbb.esta.results.ResultsException;
import ch.sbb.esta.results.RunReading;
import ch.sbb.esta.results.logs.RunLogs;
import ch.sbb.esta.results.spi.LogDeletion;
import ch.sbb.esta.results.spi.LogSource;
import ch.sbb.esta.results.spi.ResultsReader;
import java.io.InputStream;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * The logs behind the names of the protocol. What a collector has kept is served as one text with a heading for each container, and not
 * before all of it is sealed: a caller cannot tell a beginning from the whole. What somebody uploaded is served as it came.
 */
final class ServedLogs {

    private final ResultsReader records;
    private final LogSource logs;
    private final RunLogs runs;
    private final LogNames names;

    ServedLogs(ResultsReader records, LogSource logs) {
        this.records = records;
        this.logs = logs;
        this.runs = new RunLogs(records, logs);
        this.names = new LogNames(records);
    }

    LogNames names() {
        return names;
    }

    InputStream open(LogName name) {
        LogTarget target = names.find(name);
        List<LogInfo> stored = logs.list(name.result().parent(), target.uid());
        List<LogInfo> collected =
                stored.stream().filter(info -> !LogUpload.isUpload(info.id())).toList();
        if (target.kind().equals("PipelineRun") && target.run() != null && stored.isEmpty()) {
            return openPipelineRun(name, target.run());
        }
        if (collected.isEmpty()) {
            return openUpload(name, stored);
        }
        long live = collected.stream().filter(info -> !info.isSealed()).count();
        if (live > 0) {
            throw missing(
                    name, live + " of its " + collected.size() + " logs are still being written; ask again later");
        }
        if (collected.stream().allMatch(info -> info.extent().bytes() == 0)) {
            throw missing(name, "nothing was written");
        }
        Record run = target.run();
        if (run == null) {
            throw missing(name, "the Record of its run is not stored");
        }
        return runs.openTaskRun(run.name(), Set.of());
    }

    private InputStream openPipelineRun(LogName name, Record run) {
        boolean finished =
                RunReading.of(run.data()).run().map(read -> read.isFinished()).orElse(false);
        if (!finished) {
            throw missing(name, "its run has not finished; ask again later");
        }
        return runs.openPipelineRun(run.name(), Set.of());
    }

    private InputStream openUpload(LogName name, List<LogInfo> uploads) {
        Optional<LogInfo> whole = uploads.stream()
                .filter(info ->
                        info.state() == LogState.COMPLETE && info.extent().bytes() > 0)
                .reduce((earlier, later) -> later.id().restart() > earlier.id().restart() ? later : earlier);
        if (whole.isEmpty()) {
            throw missing(name, uploads.isEmpty() ? "no log is stored" : "its upload did not come to an end");
        }
        return logs.read(whole.get().id(), 0, Long.MAX_VALUE);
    }

    /** Deletes the text and the Record that describes it. */
    LogVolume delete(LogName name, LogDeletion deletion, ServedStore store) {
        LogTarget target = names.find(name);
        LogVolume deleted = deletion.delete(target.place(), target.uid());
        Record logRecord = target.logRecord();
        if (logRecord != null && records.findRecord(logRecord.name()).isPresent()) {
            store.deleteRecord(logRecord.name());
        }
        return deleted;
    }

    private static ResultsException missing(LogName name, String why) {
        return new ResultsException(ResultsException.Code.NOT_FOUND, why).about(name);
    }
}

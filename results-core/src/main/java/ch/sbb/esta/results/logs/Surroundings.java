package ch.sbb.esta.results.logs;

import ch.sbb.esta.results.LogInfo;
import ch.sbb.esta.results.spi.ContainerLogs;
import ch.sbb.esta.results.spi.LogSink;
import java.time.InstantSource;
import java.util.List;

/** What all collections of a collector share. */
record Surroundings(
        ContainerLogs logs,
        LogSink sink,
        LogCollectorConfig config,
        InstantSource clock,
        Counters counters,
        Stop stop,
        List<LogListener> listeners) {

    void onSealed(LogInfo info) {
        for (LogListener listener : listeners) {
            try {
                listener.onSealed(info);
            } catch (RuntimeException e) {
                LogCollector.LOG.error("{}: a listener failed; the log is sealed nevertheless", info.id(), e);
            }
        }
    }
}

package ch.sbb.esta.results.testkit;

import ch.sbb.esta.results.memory.InMemoryLogs;
import ch.sbb.esta.results.spi.LogSink;
import ch.sbb.esta.results.spi.LogSource;

class InMemoryLogsTest extends LogSinkContract {

    private InMemoryLogs logs = new InMemoryLogs();

    @Override
    protected void newStorage() {
        logs = new InMemoryLogs();
    }

    @Override
    protected LogSink openSink() {
        return logs;
    }

    @Override
    protected void kill(LogSink killed) {
        // Its writers store nothing of their own accord.
    }

    @Override
    protected LogSource openSource() {
        return logs;
    }
}

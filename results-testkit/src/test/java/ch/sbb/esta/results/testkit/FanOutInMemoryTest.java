package ch.sbb.esta.results.testkit;

import ch.sbb.esta.results.memory.InMemoryLogs;
import ch.sbb.esta.results.spi.LogSink;
import ch.sbb.esta.results.spi.LogSource;

class FanOutInMemoryTest extends FanOutContract {

    private InMemoryLogs primary = new InMemoryLogs();
    private InMemoryLogs secondary = new InMemoryLogs();

    @Override
    protected void newStorage() {
        primary = new InMemoryLogs();
        secondary = new InMemoryLogs();
    }

    @Override
    LogSink openPrimary() {
        return primary;
    }

    @Override
    LogSink openSecondary() {
        return secondary;
    }

    @Override
    void end(LogSink primaryOrSecondary) {
        // Its writers store nothing of their own accord.
    }

    @Override
    void closeStorage() {
        // Nothing is held.
    }

    @Override
    LogSource primarySource() {
        return primary;
    }

    @Override
    LogSource secondarySource() {
        return secondary;
    }
}

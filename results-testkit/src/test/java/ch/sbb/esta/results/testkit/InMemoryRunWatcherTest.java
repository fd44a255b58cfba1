package ch.sbb.esta.results.testkit;

import ch.sbb.esta.results.RunKinds;
import ch.sbb.esta.results.memory.InMemoryClusterRuns;
import ch.sbb.esta.results.memory.InMemoryRunWatcher;
import ch.sbb.esta.results.spi.RunWatcher;
import java.time.InstantSource;

final class InMemoryRunWatcherTest extends RunWatcherContract {

    private final InMemoryClusterRuns runs =
            new InMemoryClusterRuns(InstantSource.system(), RunKinds.tekton().with(ClusterDriver.EXTRA_KIND));
    private final RunWatcher watcher = new InMemoryRunWatcher(runs);

    @Override
    protected RunWatcher watcher() {
        return watcher;
    }

    @Override
    protected ClusterDriver cluster() {
        return new InMemoryClusterDriver(runs);
    }
}

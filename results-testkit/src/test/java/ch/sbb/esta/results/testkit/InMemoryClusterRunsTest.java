package ch.sbb.esta.results.testkit;

import ch.sbb.esta.results.memory.InMemoryClusterRuns;
import ch.sbb.esta.results.spi.ClusterRuns;

final class InMemoryClusterRunsTest extends ClusterRunsContract {

    private final InMemoryClusterRuns runs = new InMemoryClusterRuns();

    @Override
    protected ClusterRuns runs() {
        return runs;
    }

    @Override
    protected ClusterDriver cluster() {
        return new InMemoryClusterDriver(runs);
    }
}

package ch.sbb.esta.results.testkit;

import ch.sbb.esta.results.RunKinds;
import ch.sbb.esta.results.memory.InMemoryClusterRuns;
import ch.sbb.esta.results.spi.ClusterRuns;
import java.time.InstantSource;

final class InMemoryClusterRunsTest extends ClusterRunsContract {

    private final InMemoryClusterRuns runs =
            new InMemoryClusterRuns(InstantSource.system(), RunKinds.tekton().with(ClusterDriver.EXTRA_KIND));

    @Override
    protected ClusterRuns runs() {
        return runs;
    }

    @Override
    protected ClusterDriver cluster() {
        return new InMemoryClusterDriver(runs);
    }
}

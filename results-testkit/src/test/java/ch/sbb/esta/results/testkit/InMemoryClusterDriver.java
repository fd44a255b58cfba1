package ch.sbb.esta.results.testkit;

import ch.sbb.esta.results.RunSnapshot;
import ch.sbb.esta.results.memory.InMemoryClusterRuns;
import ch.sbb.esta.results.spi.ClusterRuns.RunKey;

record InMemoryClusterDriver(InMemoryClusterRuns runs) implements ClusterDriver {

    @Override
    public RunSnapshot put(byte[] json) {
        return runs.put(json);
    }

    @Override
    public void delete(RunKey run) {
        runs.delete(run);
    }

    @Override
    public void forget() {
        runs.forget();
    }
}

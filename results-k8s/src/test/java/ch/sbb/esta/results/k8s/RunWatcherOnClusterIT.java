package ch.sbb.esta.results.k8s;

import ch.sbb.esta.results.RunKinds;
import ch.sbb.esta.results.spi.RunWatcher;
import ch.sbb.esta.results.testkit.ClusterDriver;
import ch.sbb.esta.results.testkit.RunWatcherContract;
import org.junit.jupiter.api.Tag;

@Tag("cluster")
final class RunWatcherOnClusterIT extends RunWatcherContract {

    private final GivenCluster cluster = GivenCluster.open().withExtraKind();
    private final RunWatcher watcher = new FabricRunWatcher(
            cluster.client(),
            cluster.config("ns-a", "ns-b")
                    .kinds(RunKinds.tekton().with(ClusterDriver.EXTRA_KIND))
                    .build());

    @Override
    protected RunWatcher watcher() {
        return watcher;
    }

    @Override
    protected ClusterDriver cluster() {
        return cluster;
    }

    @Override
    protected String namespace(String name) {
        return cluster.namespace(name);
    }

    @Override
    protected void release() {
        cluster.close();
    }
}

package ch.sbb.esta.results.k8s;

import ch.sbb.esta.results.RunKinds;
import ch.sbb.esta.results.spi.RunWatcher;
import ch.sbb.esta.results.testkit.ClusterDriver;
import ch.sbb.esta.results.testkit.RunWatcherContract;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;

@ParameterizedClass
@EnumSource
final class FabricRunWatcherContractIT extends RunWatcherContract {

    private final TestCluster cluster;
    private final RunWatcher watcher;

    FabricRunWatcherContractIT(Connection connection) {
        cluster = connection.open();
        watcher = new FabricRunWatcher(
                cluster.client(),
                FabricConfig.builder()
                        .kinds(RunKinds.tekton().with(ClusterDriver.EXTRA_KIND))
                        .build());
    }

    @Override
    protected RunWatcher watcher() {
        return watcher;
    }

    @Override
    protected ClusterDriver cluster() {
        return cluster;
    }

    @Override
    protected void release() {
        cluster.close();
    }
}

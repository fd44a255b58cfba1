package ch.sbb.esta.results.k8s;

import ch.sbb.esta.results.spi.RunWatcher;
import ch.sbb.esta.results.testkit.ClusterDriver;
import ch.sbb.esta.results.testkit.RunWatcherContract;

final class FabricRunWatcherVertxTlsIT extends RunWatcherContract {

    private final TestCluster cluster = TestCluster.startWithTls(HttpStack.VERTX);
    private final RunWatcher watcher = new FabricRunWatcher(cluster.client(), FabricConfig.defaults());

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

package ch.sbb.esta.results.k8s;

import ch.sbb.esta.results.spi.ClusterRuns;
import ch.sbb.esta.results.testkit.ClusterDriver;
import ch.sbb.esta.results.testkit.ClusterRunsContract;
import org.junit.jupiter.api.AfterEach;

final class FabricClusterRunsVertxIT extends ClusterRunsContract {

    private final TestCluster cluster = TestCluster.start(HttpStack.VERTX);
    private final ClusterRuns runs = new FabricClusterRuns(
            cluster.client(), FabricConfig.builder().pageSize(10).build());

    @Override
    protected ClusterRuns runs() {
        return runs;
    }

    @Override
    protected ClusterDriver cluster() {
        return cluster;
    }

    @AfterEach
    void closeCluster() {
        cluster.close();
    }
}

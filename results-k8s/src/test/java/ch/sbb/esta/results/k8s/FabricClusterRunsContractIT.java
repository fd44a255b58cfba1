package ch.sbb.esta.results.k8s;

import ch.sbb.esta.results.RunKinds;
import ch.sbb.esta.results.spi.ClusterRuns;
import ch.sbb.esta.results.testkit.ClusterDriver;
import ch.sbb.esta.results.testkit.ClusterRunsContract;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;

@ParameterizedClass
@EnumSource
final class FabricClusterRunsContractIT extends ClusterRunsContract {

    private final TestCluster cluster;
    private final ClusterRuns runs;

    FabricClusterRunsContractIT(Connection connection) {
        cluster = connection.open();
        runs = new FabricClusterRuns(
                cluster.client(),
                FabricConfig.builder()
                        .pageSize(10)
                        .kinds(RunKinds.tekton().with(ClusterDriver.EXTRA_KIND))
                        .build());
    }

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

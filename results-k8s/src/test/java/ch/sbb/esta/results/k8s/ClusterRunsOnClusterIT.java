package ch.sbb.esta.results.k8s;

import ch.sbb.esta.results.RunKinds;
import ch.sbb.esta.results.spi.ClusterRuns;
import ch.sbb.esta.results.testkit.ClusterDriver;
import ch.sbb.esta.results.testkit.ClusterRunsContract;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;

@Tag("cluster")
final class ClusterRunsOnClusterIT extends ClusterRunsContract {

    private final GivenCluster cluster = GivenCluster.open().withExtraKind();
    private final ClusterRuns runs = new FabricClusterRuns(
            cluster.client(),
            cluster.config("ns-a", "ns-b", "ns-0", "ns-1", "ns-2", "ns-without-runs")
                    .kinds(RunKinds.tekton().with(ClusterDriver.EXTRA_KIND))
                    .pageSize(10)
                    .build());

    @Override
    protected ClusterRuns runs() {
        return runs;
    }

    @Override
    protected ClusterDriver cluster() {
        return cluster;
    }

    @Override
    protected String namespace(String name) {
        return cluster.namespace(name);
    }

    @AfterEach
    void closeCluster() {
        cluster.close();
    }
}

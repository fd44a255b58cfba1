package ch.sbb.esta.results.k8s;

import ch.sbb.esta.results.spi.Replicas;
import ch.sbb.esta.results.testkit.ReplicasContract;
import java.time.Duration;
import org.junit.jupiter.api.Tag;

@Tag("cluster")
final class ReplicasOnClusterIT extends ReplicasContract {

    private final GivenCluster cluster = GivenCluster.open();

    @Override
    protected Replicas replica(String name) {
        return FabricReplicas.builder(cluster.client(), cluster.ensure(cluster.namespace("leases")), "archive")
                .identity(name)
                .leaseDuration(Duration.ofSeconds(60))
                .renewDeadline(Duration.ofSeconds(40))
                .retryPeriod(Duration.ofMillis(100))
                .build();
    }

    @Override
    protected void release() {
        cluster.close();
    }
}

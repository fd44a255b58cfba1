package ch.sbb.esta.results.k8s;

import ch.sbb.esta.results.spi.Replicas;
import ch.sbb.esta.results.testkit.ReplicasContract;
import ch.sbb.esta.results.testkit.kube.KubeApiServer;
import java.time.Duration;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;

@ParameterizedClass
@EnumSource
final class FabricReplicasContractIT extends ReplicasContract {

    private final TestCluster cluster;

    FabricReplicasContractIT(HttpStack stack) {
        cluster = TestCluster.start(stack, KubeApiServer.builder());
    }

    @Override
    protected Replicas replica(String name) {
        return FabricReplicas.builder(cluster.client(), "default", "archive")
                .identity(name)
                .leaseDuration(Duration.ofSeconds(60))
                .renewDeadline(Duration.ofSeconds(40))
                .retryPeriod(Duration.ofMillis(20))
                .build();
    }

    @Override
    protected void release() {
        cluster.close();
    }
}

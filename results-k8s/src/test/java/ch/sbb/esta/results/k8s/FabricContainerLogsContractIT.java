package ch.sbb.esta.results.k8s;

import ch.sbb.esta.results.spi.ContainerLogs;
import ch.sbb.esta.results.testkit.ContainerLogsContract;
import ch.sbb.esta.results.testkit.ManualClock;
import ch.sbb.esta.results.testkit.PodDriver;
import ch.sbb.esta.results.testkit.kube.KubeApiServer;
import java.time.Instant;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;

@ParameterizedClass
@EnumSource
final class FabricContainerLogsContractIT extends ContainerLogsContract {

    private final ManualClock clock = new ManualClock(Instant.parse("2026-11-20T10:00:00Z"));
    private final TestCluster cluster;
    private final FabricContainerLogs logs;

    FabricContainerLogsContractIT(Connection connection) {
        cluster = connection.open(KubeApiServer.builder().clock(clock));
        logs = new FabricContainerLogs(cluster.client(), FabricConfig.defaults());
    }

    @Override
    protected ContainerLogs logs() {
        return logs;
    }

    @Override
    protected PodDriver cluster() {
        return new TestPods(cluster.server(), clock);
    }

    @AfterEach
    void closeCluster() {
        logs.close();
        cluster.close();
    }
}

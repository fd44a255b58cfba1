package ch.sbb.esta.results.k8s;

import ch.sbb.esta.results.EventSnapshot;
import ch.sbb.esta.results.spi.ClusterEvents;
import ch.sbb.esta.results.testkit.ClusterEventsContract;
import ch.sbb.esta.results.testkit.kube.KubeReference;
import com.fasterxml.jackson.databind.node.ObjectNode;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;

@ParameterizedClass
@EnumSource(names = {"JDK_TLS", "VERTX"})
final class FabricClusterEventsContractIT extends ClusterEventsContract {

    private final TestCluster cluster;
    private final ClusterEvents events;

    FabricClusterEventsContractIT(Connection connection) {
        cluster = connection.open();
        events = new FabricClusterEvents(
                cluster.client(), FabricConfig.builder().pageSize(10).build());
    }

    @Override
    protected ClusterEvents events() {
        return events;
    }

    @Override
    protected EventSnapshot put(byte[] json) {
        return put(cluster, (ObjectNode) TestCluster.tree(json));
    }

    static EventSnapshot put(TestCluster cluster, ObjectNode event) {
        KubeReference reference = KubeReference.of(event);
        cluster.server().ensureNamespace(reference.namespace());
        boolean exists = cluster.server().find(reference).isPresent();
        if (exists) {
            event.put("count", 2);
        }
        return EventSnapshot.parse(TestCluster.bytes(
                exists
                        ? cluster.server().patch(reference, event)
                        : cluster.server().create(event)));
    }

    @Override
    protected void forget() {
        cluster.forget();
    }

    @Override
    protected void release() {
        cluster.close();
    }
}

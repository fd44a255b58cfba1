package ch.sbb.esta.results.k8s;

import ch.sbb.esta.results.EventSnapshot;
import ch.sbb.esta.results.RunKind;
import ch.sbb.esta.results.spi.ClusterEvents;
import ch.sbb.esta.results.testkit.ClusterEventsContract;
import com.fasterxml.jackson.databind.node.ObjectNode;
import org.junit.jupiter.api.Tag;

@Tag("cluster")
final class ClusterEventsOnClusterIT extends ClusterEventsContract {

    private static final RunKind EVENT = new RunKind("v1", "Event");

    private final GivenCluster cluster = GivenCluster.open();
    private final ClusterEvents events = new FabricClusterEvents(
            cluster.client(), cluster.config("ns-a", "ns-b").pageSize(10).build());

    @Override
    protected ClusterEvents events() {
        return events;
    }

    @Override
    protected EventSnapshot put(byte[] json) {
        ObjectNode event = (ObjectNode) TestCluster.tree(json);
        ApiPath path = ApiPath.of(EVENT, event.at("/metadata/namespace").asText())
                .segment(event.at("/metadata/name").asText());
        if (cluster.find(path).isEmpty()) {
            return EventSnapshot.parse(TestCluster.bytes(cluster.create(event)));
        }
        return EventSnapshot.parse(cluster.requests().mergePatch(path, "{\"count\":2}"));
    }

    @Override
    protected void forget() {
        cluster.forget();
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

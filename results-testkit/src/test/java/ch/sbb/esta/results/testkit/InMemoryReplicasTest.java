package ch.sbb.esta.results.testkit;

import ch.sbb.esta.results.memory.InMemoryReplicas;
import ch.sbb.esta.results.spi.Replicas;
import java.time.InstantSource;

final class InMemoryReplicasTest extends ReplicasContract {

    private final InMemoryReplicas group = new InMemoryReplicas(InstantSource.system());

    @Override
    protected Replicas replica(String name) {
        return group.replica(name);
    }
}

package ch.sbb.esta.results.testkit;

import ch.sbb.esta.results.EventSnapshot;
import ch.sbb.esta.results.memory.InMemoryClusterEvents;
import ch.sbb.esta.results.spi.ClusterEvents;
import java.time.InstantSource;

class InMemoryClusterEventsTest extends ClusterEventsContract {

    private final InMemoryClusterEvents events = new InMemoryClusterEvents(InstantSource.system());

    @Override
    protected ClusterEvents events() {
        return events;
    }

    @Override
    protected EventSnapshot put(byte[] json) {
        return events.put(json);
    }

    @Override
    protected void forget() {
        events.forget();
    }
}

package ch.sbb.esta.results.testkit;

import ch.sbb.esta.results.memory.InMemoryResultsStore;
import ch.sbb.esta.results.spi.ResultsStore;
import java.time.InstantSource;

class InMemoryRetentionTest extends RetentionContract {

    @Override
    protected ResultsStore newStore(InstantSource clock) {
        return new InMemoryResultsStore(clock);
    }
}

package ch.sbb.esta.results.testkit;

import ch.sbb.esta.results.memory.InMemoryResultsStore;
import ch.sbb.esta.results.spi.Quarantine;
import ch.sbb.esta.results.spi.ResultsStore;
import java.time.InstantSource;

class InMemoryResultsStoreTest extends ResultsStoreContract {

    @SuppressWarnings("NullAway.Init") // set before each test
    private InMemoryResultsStore store;

    @Override
    protected ResultsStore newStore(InstantSource clock) {
        store = new InMemoryResultsStore(clock);
        return store;
    }

    @Override
    protected Quarantine quarantine() {
        return store;
    }
}

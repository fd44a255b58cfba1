package ch.sbb.esta.results.testkit;

import ch.sbb.esta.results.memory.InMemoryResultsStore;
import ch.sbb.esta.results.spi.Quarantine;
import ch.sbb.esta.results.spi.ResultsStore;
import java.time.InstantSource;

class InMemoryResultsStoreTest extends ResultsStoreContract {

    @SuppressWarnings("NullAway.Init") // set before each test
    private InMemoryResultsStore rows;

    @Override
    protected ResultsStore newStore(InstantSource clock) {
        rows = new InMemoryResultsStore(clock);
        return rows;
    }

    @Override
    protected Quarantine quarantine() {
        return rows;
    }
}

package ch.sbb.esta.results.testkit;

import ch.sbb.esta.results.memory.InMemoryRecordStatistics;
import ch.sbb.esta.results.memory.InMemoryResultsStore;
import ch.sbb.esta.results.spi.RecordStatistics;
import ch.sbb.esta.results.spi.ResultsStore;
import java.time.InstantSource;

class InMemoryRecordStatisticsTest extends RecordStatisticsContract {

    @SuppressWarnings("NullAway.Init") // set before each test
    private InMemoryResultsStore store;

    @Override
    protected ResultsStore newStore(InstantSource clock) {
        store = new InMemoryResultsStore(clock);
        return store;
    }

    @Override
    protected RecordStatistics statistics() {
        return new InMemoryRecordStatistics(store);
    }
}

package ch.sbb.esta.results.grpc.server;

import ch.sbb.esta.results.memory.InMemoryRecordStatistics;
import ch.sbb.esta.results.memory.InMemoryResultsStore;
import ch.sbb.esta.results.spi.ResultsStore;
import java.time.InstantSource;

class ServedStatisticsTest extends ServedStatisticsContract {

    @Override
    protected ResultsStore newStore(InstantSource clock) {
        InMemoryResultsStore store = new InMemoryResultsStore(clock);
        serve(new InMemoryRecordStatistics(store));
        return store;
    }
}

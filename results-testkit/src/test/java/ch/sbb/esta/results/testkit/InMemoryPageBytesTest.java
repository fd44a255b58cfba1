package ch.sbb.esta.results.testkit;

import ch.sbb.esta.results.memory.InMemoryResultsStore;
import ch.sbb.esta.results.spi.ResultsStore;
import java.time.InstantSource;

class InMemoryPageBytesTest extends PageBytesContract {

    @Override
    protected ResultsStore newStore(InstantSource clock, long maxPageBytes) {
        return new InMemoryResultsStore(clock, maxPageBytes);
    }
}

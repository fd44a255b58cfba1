package ch.sbb.esta.results.testkit;

import ch.sbb.esta.results.memory.InMemoryResultsStore;
import ch.sbb.esta.results.spi.Quarantine;
import java.time.InstantSource;

class InMemoryQuarantineTest extends QuarantineContract {

    @Override
    protected Quarantine newQuarantine() {
        return new InMemoryResultsStore(InstantSource.system());
    }
}

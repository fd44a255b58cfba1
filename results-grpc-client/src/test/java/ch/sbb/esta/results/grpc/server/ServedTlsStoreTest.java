package ch.sbb.esta.results.grpc.server;

import ch.sbb.esta.results.memory.InMemoryResultsStore;
import ch.sbb.esta.results.spi.ResultsStore;
import java.time.InstantSource;

class ServedTlsStoreTest extends ServedStoreContract {

    ServedTlsStoreTest() {
        super(ServedContract.tls());
    }

    @Override
    ResultsStore behind(InstantSource clock) {
        return new InMemoryResultsStore(clock);
    }
}

package ch.sbb.esta.results.grpc.server;

import ch.sbb.esta.results.memory.InMemoryResultsStore;
import ch.sbb.esta.results.spi.ResultsStore;
import java.time.InstantSource;
import org.junit.jupiter.api.Tag;

/** Beside the same over TLS and the one on Postgres, which run always. */
@Tag("long")
class ServedPlaintextStoreTest extends ServedStoreContract {

    ServedPlaintextStoreTest() {
        super(ServedContract.plaintext());
    }

    @Override
    ResultsStore behind(InstantSource clock) {
        return new InMemoryResultsStore(clock);
    }
}

package ch.sbb.esta.results.grpc.server;

import ch.sbb.esta.results.grpc.GrpcResultsStore;
import ch.sbb.esta.results.memory.InMemoryResultsStore;
import ch.sbb.esta.results.spi.Quarantine;
import ch.sbb.esta.results.spi.ResultsStore;
import ch.sbb.esta.results.testkit.ResultsStoreContract;
import java.time.InstantSource;
import java.util.Set;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.TestInstance;

/** Our client as a store, on our server: what the protocol can carry comes through both unchanged. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
abstract class ServedStoreContract extends ResultsStoreContract {

    private final ServedContract served;

    @SuppressWarnings("NullAway.Init") // set before each test
    private InMemoryResultsStore quarantine;

    ServedStoreContract(ServedContract served) {
        this.served = served;
    }

    /** The store behind the server, without rows. */
    abstract ResultsStore behind(InstantSource clock);

    @Override
    protected ResultsStore newStore(InstantSource clock) {
        served.serve(behind(clock));
        quarantine = new InMemoryResultsStore(clock);
        return new GrpcResultsStore(served.channel(), ServedContract.options(), quarantine, clock);
    }

    @Override
    protected Quarantine quarantine() {
        return quarantine;
    }

    @Override
    protected Set<Ability> abilities() {
        return Set.of();
    }

    @AfterAll
    void stop() {
        served.close();
    }
}

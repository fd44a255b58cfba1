package ch.sbb.esta.results.jdbi;

import ch.sbb.esta.results.spi.ResultsStore;
import ch.sbb.esta.results.testkit.PageBytesContract;
import java.time.InstantSource;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.TestInstance;

@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class JdbiPageBytesIT extends PageBytesContract {

    private final Fixture fixture = new Fixture(Servers.current().newDatabase());

    @Override
    protected ResultsStore newStore(InstantSource clock, long maxPageBytes) {
        return JdbiResultsStore.builder(fixture.pool(), fixture.newSchema())
                .clock(clock)
                .maxPageBytes(maxPageBytes)
                .build();
    }

    @AfterAll
    void close() {
        fixture.close();
    }
}

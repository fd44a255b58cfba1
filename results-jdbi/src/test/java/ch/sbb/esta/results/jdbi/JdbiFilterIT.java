package ch.sbb.esta.results.jdbi;

import ch.sbb.esta.results.spi.ResultsStore;
import ch.sbb.esta.results.testkit.FilterContract;
import java.time.InstantSource;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.TestInstance;

@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class JdbiFilterIT extends FilterContract {

    private final Fixture fixture = new Fixture(Servers.current().newDatabase());

    @Override
    protected ResultsStore newStore(InstantSource clock) {
        return JdbiResultsStore.builder(fixture.pool(), fixture.newSchema())
                .clock(clock)
                .build();
    }

    @AfterAll
    void close() {
        fixture.assertNoConnectionLeaked();
        fixture.close();
    }
}

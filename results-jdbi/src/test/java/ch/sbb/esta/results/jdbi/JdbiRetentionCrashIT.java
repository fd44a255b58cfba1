package ch.sbb.esta.results.jdbi;

import ch.sbb.esta.results.spi.ResultsStore;
import ch.sbb.esta.results.testkit.RetentionCrashContract;
import java.time.InstantSource;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.TestInstance;

@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class JdbiRetentionCrashIT extends RetentionCrashContract {

    private final Fixture fixture = new Fixture(Servers.current().newDatabase());

    @Override
    protected ResultsStore newStore(InstantSource clock) {
        return JdbiResultsStore.builder(fixture.pool(), fixture.newSchema())
                .clock(clock)
                .build();
    }

    @AfterEach
    void noConnectionLeaked() {
        fixture.assertNoConnectionLeaked();
    }

    @AfterAll
    void close() {
        fixture.close();
    }
}

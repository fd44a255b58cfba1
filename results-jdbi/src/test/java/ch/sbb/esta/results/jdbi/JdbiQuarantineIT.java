package ch.sbb.esta.results.jdbi;

import ch.sbb.esta.results.spi.Quarantine;
import ch.sbb.esta.results.testkit.QuarantineContract;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.TestInstance;

@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class JdbiQuarantineIT extends QuarantineContract {

    private final Fixture fixture = new Fixture(Servers.current().newDatabase());

    @Override
    protected Quarantine newQuarantine() {
        return JdbiResultsStore.builder(fixture.pool(), fixture.newSchema()).build();
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

package ch.sbb.esta.results.jdbi;

import ch.sbb.esta.results.spi.ResultsStore;
import ch.sbb.esta.results.testkit.RetentionContract;
import java.time.InstantSource;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.TestInstance;

/** Retention over tenants. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class RoutedRetentionIT extends RetentionContract {

    private final Tenants tenants = new Tenants(Servers.current(), "ci", "other");

    @Override
    protected ResultsStore newStore(InstantSource clock) {
        tenants.empty();
        return tenants.stores().clock(clock).build().routed();
    }

    @AfterAll
    void close() {
        tenants.close();
    }
}

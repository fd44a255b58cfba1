package ch.sbb.esta.results.jdbi;

import ch.sbb.esta.results.spi.Quarantine;
import ch.sbb.esta.results.spi.ResultsStore;
import ch.sbb.esta.results.testkit.ResultsStoreContract;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.TestInstance;

/** The contract over tenants: each namespace in a schema of its own, all by one pool of a login that owns none of them. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class RoutedResultsStoreIT extends ResultsStoreContract {

    private static final List<String> NAMESPACES = List.of("ci", "cd", "victim", "nobody");

    private final Tenants tenants = new Tenants(Servers.current(), NAMESPACES.toArray(String[]::new));
    private final Fixture elsewhere = new Fixture(Servers.current().newDatabase());
    private final TenantPlace others = new TenantPlace(elsewhere.pool(), elsewhere.newSchema());

    @SuppressWarnings("NullAway.Init") // set before each test
    private RoutedResultsStore store;

    @Override
    protected ResultsStore newStore(InstantSource clock) {
        tenants.empty();
        store = tenants.stores()
                .places(namespace -> NAMESPACES.contains(namespace) ? Optional.empty() : Optional.of(others))
                .clock(clock)
                .build()
                .routed();
        return store;
    }

    @Override
    protected Quarantine quarantine() {
        return store;
    }

    @AfterEach
    void noConnectionLeaked() {
        tenants.assertNoConnectionLeaked();
    }

    @AfterAll
    void close() {
        tenants.close();
        elsewhere.close();
    }
}

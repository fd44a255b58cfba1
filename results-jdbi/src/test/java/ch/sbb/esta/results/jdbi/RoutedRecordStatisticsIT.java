package ch.sbb.esta.results.jdbi;

import ch.sbb.esta.results.spi.RecordStatistics;
import ch.sbb.esta.results.spi.ResultsStore;
import ch.sbb.esta.results.testkit.RecordStatisticsContract;
import java.time.InstantSource;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.TestInstance;

/** The contract over tenants: what is asked of all of them is one statement over the tables of each. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class RoutedRecordStatisticsIT extends RecordStatisticsContract {

    private final Tenants tenants =
            new Tenants(Servers.current(), "ci", "a", "b", "c", "c-1", "mine", "yours", "other", "nobody");

    @SuppressWarnings("NullAway.Init") // set before each test
    private RoutedResultsStore store;

    @Override
    protected ResultsStore newStore(InstantSource clock) {
        tenants.empty();
        store = tenants.stores().clock(clock).build().routed();
        return store;
    }

    @Override
    protected RecordStatistics statistics() {
        return store;
    }

    @AfterEach
    void noConnectionLeaked() {
        tenants.assertNoConnectionLeaked();
    }

    @AfterAll
    void close() {
        tenants.close();
    }
}

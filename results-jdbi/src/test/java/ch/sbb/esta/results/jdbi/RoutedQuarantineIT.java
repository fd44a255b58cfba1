package ch.sbb.esta.results.jdbi;

import ch.sbb.esta.results.spi.Quarantine;
import ch.sbb.esta.results.testkit.QuarantineContract;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.TestInstance;

/** The quarantines of tenants, and one for what belongs to none. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class RoutedQuarantineIT extends QuarantineContract {

    private final Tenants tenants = new Tenants(Servers.current(), "ci");
    private final Fixture homeless = new Fixture(Servers.current().newDatabase());

    @Override
    protected Quarantine newQuarantine() {
        tenants.empty();
        JdbiResultsStore aside =
                JdbiResultsStore.builder(homeless.pool(), homeless.newSchema()).build();
        return tenants.stores().build().routed(aside);
    }

    @AfterAll
    void close() {
        tenants.close();
        homeless.close();
    }
}

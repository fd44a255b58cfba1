package ch.sbb.esta.results.jdbi;

import ch.sbb.esta.results.spi.Quarantine;
import ch.sbb.esta.results.spi.ResultsStore;
import ch.sbb.esta.results.testkit.ResultsStoreContract;
import ch.sbb.esta.results.testkit.postgres.PostgresDatabase;
import java.time.InstantSource;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.TestInstance;

/** The contract on one server, with a check for leaked connections. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
abstract class StoreOnPostgres extends ResultsStoreContract {

    private final Fixture fixture;
    private final RunSource source;

    @SuppressWarnings("NullAway.Init") // set before each test
    private JdbiResultsStore store;

    StoreOnPostgres(PostgresDatabase database) {
        this(database, RunSource.COLUMNS);
    }

    StoreOnPostgres(PostgresDatabase database, RunSource source) {
        this.fixture = new Fixture(database);
        this.source = source;
    }

    @Override
    protected ResultsStore newStore(InstantSource clock) {
        String schema = fixture.newSchema();
        if (source == RunSource.JSON) {
            fixture.neglectRuns(schema);
        }
        store = JdbiResultsStore.builder(fixture.pool(), schema).clock(clock).build();
        return store;
    }

    @Override
    protected Quarantine quarantine() {
        return store;
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

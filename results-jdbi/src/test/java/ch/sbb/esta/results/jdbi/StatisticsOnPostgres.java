package ch.sbb.esta.results.jdbi;

import ch.sbb.esta.results.spi.RecordStatistics;
import ch.sbb.esta.results.spi.ResultsStore;
import ch.sbb.esta.results.testkit.RecordStatisticsContract;
import ch.sbb.esta.results.testkit.postgres.PostgresDatabase;
import java.time.InstantSource;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.TestInstance;

/** The contract on one server, with a check for leaked connections. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
abstract class StatisticsOnPostgres extends RecordStatisticsContract {

    private final Fixture fixture;
    private final RunSource source;

    @SuppressWarnings("NullAway.Init") // set before each test
    private String schema;

    StatisticsOnPostgres(PostgresDatabase database, RunSource source) {
        this.fixture = new Fixture(database);
        this.source = source;
    }

    @Override
    protected ResultsStore newStore(InstantSource clock) {
        schema = fixture.newSchema();
        if (source == RunSource.JSON) {
            fixture.neglectRuns(schema);
        }
        return JdbiResultsStore.builder(fixture.pool(), schema).clock(clock).build();
    }

    @Override
    protected RecordStatistics statistics() {
        return JdbiRecordStatistics.builder(fixture.pool(), schema).build();
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

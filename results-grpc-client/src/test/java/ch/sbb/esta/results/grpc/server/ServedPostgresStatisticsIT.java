package ch.sbb.esta.results.grpc.server;

import ch.sbb.esta.results.jdbi.JdbiRecordStatistics;
import ch.sbb.esta.results.jdbi.JdbiResultsStore;
import ch.sbb.esta.results.spi.ResultsStore;
import java.time.InstantSource;
import org.junit.jupiter.api.AfterAll;

class ServedPostgresStatisticsIT extends ServedStatisticsContract {

    private final SchemaPool schemas = new SchemaPool();

    @Override
    protected ResultsStore newStore(InstantSource clock) {
        String schema = schemas.newSchema();
        serve(JdbiRecordStatistics.builder(schemas.pool(), schema).build());
        return JdbiResultsStore.builder(schemas.pool(), schema).clock(clock).build();
    }

    @AfterAll
    void close() {
        schemas.close();
    }
}

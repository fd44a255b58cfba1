package ch.sbb.esta.results.grpc.server;

import ch.sbb.esta.results.jdbi.JdbiResultsStore;
import ch.sbb.esta.results.spi.ResultsStore;
import java.time.InstantSource;
import org.junit.jupiter.api.AfterAll;

class ServedPostgresStoreIT extends ServedStoreContract {

    private final SchemaPool schemas = new SchemaPool();

    ServedPostgresStoreIT() {
        super(ServedContract.plaintext());
    }

    @Override
    ResultsStore behind(InstantSource clock) {
        return JdbiResultsStore.builder(schemas.pool(), schemas.newSchema())
                .clock(clock)
                .build();
    }

    @AfterAll
    void close() {
        schemas.close();
    }
}

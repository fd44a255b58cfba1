package ch.sbb.esta.results.jdbi;

import ch.sbb.esta.results.testkit.postgres.PostgresDatabase;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;

/**
 * The same behind a pooler in transaction mode: the PgBouncer whose program the environment variable {@code PGBOUNCER} names, else a pooler
 * that gives each transaction another connection.
 */
class PooledSharedPoolIT extends SharedPool {

    private static final List<AutoCloseable> POOLERS = new ArrayList<>();

    @Override
    PostgresDatabase pooled(PostgresDatabase direct, int serverPort) {
        @Nullable String binary = System.getenv("PGBOUNCER");
        if (binary == null) {
            TransactionPooler pooler = new TransactionPooler(serverPort);
            POOLERS.add(pooler);
            return pooler.database(direct).with("prepareThreshold", "0");
        }
        Pgbouncer pooler = new Pgbouncer(Path.of(binary), serverPort, direct);
        POOLERS.add(pooler);
        return pooler.database(direct).with("prepareThreshold", "0");
    }

    @AfterAll
    static void closePoolers() throws Exception {
        for (AutoCloseable pooler : POOLERS) {
            pooler.close();
        }
    }
}

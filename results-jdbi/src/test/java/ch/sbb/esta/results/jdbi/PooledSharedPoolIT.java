package ch.sbb.esta.results.jdbi;

import ch.sbb.esta.results.testkit.postgres.PostgresDatabase;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterAll;

/** The same behind a real PgBouncer in transaction mode; where this machine has none, without one. */
class PooledSharedPoolIT extends SharedPool {

    private static final List<PgBouncer> POOLERS = new ArrayList<>();

    @Override
    PostgresDatabase pooled(PostgresDatabase direct, int serverPort) {
        Optional<PgBouncer> pooler = PgBouncer.open(direct, serverPort);
        pooler.ifPresent(POOLERS::add);
        return pooler.map(opened -> opened.database(direct)).orElse(direct).with("prepareThreshold", "0");
    }

    @AfterAll
    static void stop() {
        POOLERS.forEach(PgBouncer::close);
    }
}

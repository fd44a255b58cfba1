package ch.sbb.esta.results.jdbi;

import ch.sbb.esta.results.testkit.postgres.PostgresDatabase;
import java.util.Optional;
import org.junit.jupiter.api.AfterAll;

/** The contract behind a real PgBouncer in transaction mode; where this machine has none, without one. */
class PgBouncerIT extends StoreOnPostgres {

    private static final PostgresDatabase DIRECT = Servers.current().newDatabase();
    private static final Optional<PgBouncer> POOLER =
            PgBouncer.open(DIRECT, Servers.current().port());

    PgBouncerIT() {
        super(POOLER.map(pooler -> pooler.database(DIRECT)).orElse(DIRECT).with("prepareThreshold", "0"));
    }

    @AfterAll
    static void stop() {
        POOLER.ifPresent(PgBouncer::close);
    }
}

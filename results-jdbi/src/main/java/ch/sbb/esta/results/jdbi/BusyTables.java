package ch.sbb.esta.results.jdbi;

import ch.sbb.esta.results.ResultsException;
import java.time.Duration;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Work on tables that others use: it gives a lock up soon and tries again later, because whoever comes while we wait for a lock waits
 * behind us.
 */
final class BusyTables {

    private static final Logger LOG = LoggerFactory.getLogger(BusyTables.class);
    private static final Duration LOCK_TIMEOUT = Duration.ofMillis(300);
    private static final Duration PAUSE = Duration.ofMillis(500);
    private static final Duration PATIENCE = Duration.ofMinutes(5);

    /** For the transaction in which it runs. Our functions bind their operators when they are made: those of Postgres. */
    static final String SETTINGS =
            "SET LOCAL search_path = pg_catalog; SET LOCAL lock_timeout = " + LOCK_TIMEOUT.toMillis();

    private BusyTables() {}

    /** Repeats work that ends because of the lock timeout; an interrupt ends that and stays set. */
    static <T> T patiently(Schema schema, Supplier<T> work) {
        long start = System.nanoTime();
        while (true) {
            try {
                return work.get();
            } catch (ResultsException e) {
                boolean patient = System.nanoTime() - start < PATIENCE.toNanos()
                        && !Thread.currentThread().isInterrupted();
                if (!patient || !SqlErrors.isLockTimeout(e)) {
                    throw e;
                }
                LOG.info("schema {}: its tables are busy, trying again", schema.name());
                LockSupport.parkNanos(PAUSE.toNanos());
            }
        }
    }
}

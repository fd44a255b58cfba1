package ch.sbb.esta.results.jdbi;

import ch.sbb.esta.results.ResultsException;
import java.time.Duration;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;
import javax.sql.DataSource;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.Jdbi;
import org.jdbi.v3.core.JdbiException;
import org.jdbi.v3.core.statement.SqlStatements;
import org.jdbi.v3.core.statement.TemplateEngine;

/**
 * Runs work in transactions with a statement timeout and says in our words how it failed. Isolation level and timeout are set for the
 * transaction only, so that a pooled connection goes back as it came and a pooler between transactions does no harm.
 */
final class Transactions {

    private static final int ATTEMPTS = 10;

    private final Jdbi jdbi;
    private final String forReading;
    private final String forWriting;

    /** Work on one transaction; it may run more than once. */
    @FunctionalInterface
    interface Work<T> {
        T run(Handle handle);
    }

    Transactions(DataSource dataSource, Duration statementTimeout) {
        jdbi = Jdbi.create(dataSource);
        // No templates: what looks like one in our SQL is SQL.
        jdbi.getConfig(SqlStatements.class).setTemplateEngine(TemplateEngine.NOP);
        String timeout = "; SET LOCAL statement_timeout = " + statementTimeout.toMillis();
        forReading = "SET TRANSACTION ISOLATION LEVEL READ COMMITTED, READ ONLY" + timeout;
        forWriting = "SET TRANSACTION ISOLATION LEVEL READ COMMITTED, READ WRITE" + timeout;
    }

    <T> T read(String what, Work<T> work) {
        return run(what, forReading, work);
    }

    <T> T write(String what, Work<T> work) {
        return run(what, forWriting, work);
    }

    void writing(String what, Consumer<Handle> work) {
        write(what, handle -> {
            work.accept(handle);
            return true;
        });
    }

    private <T> T run(String what, String settings, Work<T> work) {
        for (int attempt = 1; ; attempt++) {
            try {
                return jdbi.inTransaction(handle -> {
                    handle.execute(settings);
                    return work.run(handle);
                });
            } catch (ResultsException e) {
                throw e;
            } catch (JdbiException e) {
                if (attempt == ATTEMPTS || !SqlErrors.isRepeatable(e)) {
                    throw SqlErrors.translate(what, e);
                }
                LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(
                        ThreadLocalRandom.current().nextLong(5L << attempt)));
            }
        }
    }
}

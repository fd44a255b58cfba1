package ch.sbb.esta.results.jdbi;

import ch.sbb.esta.results.ResultsException;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.function.Consumer;
import javax.sql.DataSource;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.Jdbi;
import org.jdbi.v3.core.JdbiException;
import org.jdbi.v3.core.statement.ColonPrefixSqlParser;
import org.jdbi.v3.core.statement.SqlStatements;
import org.jdbi.v3.core.statement.TemplateEngine;
import org.jspecify.annotations.Nullable;
import org.postgresql.PGConnection;

/**
 * Runs work in transactions with a statement timeout and says in our words how it failed. Isolation level and timeout are set for the
 * transaction only, so that a pooled connection goes back as it came and a pooler between transactions does no harm.
 *
 * <p>A transaction that lost its connection is repeated for a while where that cannot do anything twice: reads, what is idempotent, and
 * everything whose commit had not begun.
 */
final class Transactions {

    static final Duration FAILOVER_TIMEOUT = Duration.ofSeconds(10);

    private final Jdbi primary;
    private final @Nullable Replica replica;
    private final Duration failoverTimeout;
    private final Duration statementTimeout;
    private final @Nullable String role;
    private final String forReading;
    private final String forWriting;
    private final Object[] parameters;

    /** Work on one transaction; it may run more than once. */
    @FunctionalInterface
    interface Work<T> {
        T run(Handle handle);
    }

    /** What a second commit of the same work does. */
    private enum Again {
        /** Nothing. */
        HARMLESS,
        /** Something else. */
        HARMFUL
    }

    Transactions(DataSource dataSource, Duration statementTimeout) {
        this(dataSource, null, statementTimeout, FAILOVER_TIMEOUT);
    }

    Transactions(
            DataSource dataSource, @Nullable DataSource replica, Duration statementTimeout, Duration failoverTimeout) {
        this(
                jdbi(dataSource),
                replica == null ? null : new Replica(jdbi(replica), Replica.REST),
                statementTimeout,
                failoverTimeout,
                null);
    }

    private Transactions(
            Jdbi primary,
            @Nullable Replica replica,
            Duration statementTimeout,
            Duration failoverTimeout,
            @Nullable String role) {
        this.primary = primary;
        this.replica = replica;
        this.failoverTimeout = failoverTimeout;
        this.statementTimeout = statementTimeout;
        this.role = role;
        // The driver sends all of it in one go, together with the BEGIN. The role is a parameter, so that a session
        // parses
        // the same text once for all tenants.
        String settings = "; SELECT set_config('statement_timeout', ?, true)";
        String timeout = Long.toString(statementTimeout.toMillis());
        settings += role == null ? "" : ", set_config('role', ?, true)";
        parameters = role == null ? new Object[] {timeout} : new Object[] {timeout, role};
        forReading = "SET TRANSACTION ISOLATION LEVEL READ COMMITTED, READ ONLY" + settings;
        forWriting = "SET TRANSACTION ISOLATION LEVEL READ COMMITTED, READ WRITE" + settings;
    }

    /** On the same connections, as another role, until the transaction ends; a shorter timeout holds, a longer one does not. */
    Transactions as(String role, @Nullable Duration mostStatementTimeout) {
        return new Transactions(
                primary, replica, shorter(statementTimeout, mostStatementTimeout), failoverTimeout, role);
    }

    static Duration shorter(Duration timeout, @Nullable Duration most) {
        return most != null && most.compareTo(timeout) < 0 ? most : timeout;
    }

    private static Jdbi jdbi(DataSource dataSource) {
        Jdbi jdbi = Jdbi.create(dataSource);
        // No templates: what looks like one in our SQL is SQL.
        jdbi.getConfig(SqlStatements.class)
                .setTemplateEngine(TemplateEngine.NOP)
                .setSqlParser(new SchemaSqlParser(new ColonPrefixSqlParser()));
        return jdbi;
    }

    /** Reads what was written last. */
    <T> T read(String what, Work<T> work) {
        return run(primary, what, forReading, Again.HARMLESS, work);
    }

    /** Reads what may be a moment old: from the replica if there is one and it works, else from the primary. */
    <T> T readStale(String what, Work<T> work) {
        if (replica == null || !replica.isUsable()) {
            return read(what, work);
        }
        try {
            T found =
                    new Call<>(replica.jdbi(), what, forReading, Again.HARMLESS, work).run(new Attempts(Duration.ZERO));
            replica.worked();
            return found;
        } catch (ResultsException e) {
            if (!Replica.mayPrimaryDoBetter(e) || Thread.currentThread().isInterrupted()) {
                throw e;
            }
            replica.failed(e);
            return read(what, work);
        }
    }

    /** Writes what must not be written twice. */
    <T> T write(String what, Work<T> work) {
        return run(primary, what, forWriting, Again.HARMFUL, work);
    }

    /** Writes what may be written twice, as if once. */
    <T> T writeIdempotent(String what, Work<T> work) {
        return run(primary, what, forWriting, Again.HARMLESS, work);
    }

    /** Like {@link #write}, of what has no result. */
    void writing(String what, Consumer<Handle> work) {
        write(what, handle -> {
            work.accept(handle);
            return true;
        });
    }

    /** Like {@link #writeIdempotent}, of what has no result. */
    void deleting(String what, Consumer<Handle> work) {
        writeIdempotent(what, handle -> {
            work.accept(handle);
            return true;
        });
    }

    private <T> T run(Jdbi jdbi, String what, String settings, Again again, Work<T> work) {
        return new Call<>(jdbi, what, settings, again, work).run(new Attempts(failoverTimeout));
    }

    /** One call, which may take several transactions. */
    private final class Call<T> {

        private final Jdbi jdbi;
        private final String what;
        private final String settings;
        private final Again again;
        private final Work<T> work;
        private boolean committing;

        Call(Jdbi jdbi, String what, String settings, Again again, Work<T> work) {
            this.jdbi = jdbi;
            this.what = what;
            this.settings = settings;
            this.again = again;
            this.work = work;
        }

        T run(Attempts attempts) {
            while (true) {
                committing = false;
                try {
                    return jdbi.inTransaction(this::transact);
                } catch (JdbiException e) {
                    if (isUnknown(e) && again == Again.HARMFUL) {
                        throw SqlErrors.translate(what + ", which may have been committed or not,", e);
                    }
                    if (!attempts.repeat(e)) {
                        throw SqlErrors.translate(what, e);
                    }
                }
            }
        }

        private T transact(Handle handle) {
            begin(handle);
            T result = work.run(handle);
            committing = true;
            return result;
        }

        /** The server may have committed before the connection broke, and its answer got lost. */
        private boolean isUnknown(JdbiException e) {
            return committing && SqlErrors.isLost(e);
        }

        private void begin(Handle handle) {
            try {
                handle.execute(settings, parameters);
            } catch (JdbiException e) {
                JdbiException reason = settings.equals(forWriting) ? SqlErrors.readOnlyServer(e) : e;
                if (SqlErrors.isReadOnlyServer(reason)) {
                    closeForGood(handle);
                }
                if (role != null && SqlErrors.isAboutTheRole(reason)) {
                    throw SqlErrors.roleRefused(what, role, reason);
                }
                throw reason;
            }
        }
    }

    /** So that the pool does not lend a connection to a former primary again. */
    private static void closeForGood(Handle handle) {
        try {
            if (handle.getConnection().unwrap(PGConnection.class) instanceof Connection physical) {
                physical.close();
            }
        } catch (SQLException e) {
            // A pool that hides the driver's connection must find out by itself.
        }
    }
}

package ch.sbb.esta.results.jdbi;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import com.zaxxer.hikari.SQLExceptionOverride;
import java.sql.SQLException;
import java.time.Duration;
import javax.sql.DataSource;

/**
 * An open pool of connections to Postgres, kept by HikariCP. Nothing is connected to before the first connection is asked for or, shortly
 * after the start, made in advance; a server that is down then does no harm. Connections that break, or that turn out to lead to a
 * standby where a primary is needed, are replaced.
 *
 * <p>Thread-safe.
 */
public final class PostgresPool implements AutoCloseable {

    private static final Duration VALIDATION = Duration.ofSeconds(5);

    private final HikariDataSource pool;
    private final String description;

    PostgresPool(PostgresConfig config, DataSource connections) {
        HikariConfig hikari = new HikariConfig();
        hikari.setDataSource(connections);
        hikari.setPoolName(config.applicationName());
        hikari.setMaximumPoolSize(config.poolSize());
        hikari.setMinimumIdle(1);
        hikari.setConnectionTimeout(config.poolTimeout().toMillis());
        hikari.setValidationTimeout(
                Math.min(VALIDATION.toMillis(), config.poolTimeout().toMillis()));
        // The first statement tells better what is wrong.
        hikari.setInitializationFailTimeout(-1);
        hikari.setExceptionOverride(new ReadOnlyIsBroken());
        pool = new HikariDataSource(hikari);
        description = config.toString();
    }

    /**
     * The pool's connections.
     *
     * @return a data source that works until this pool is closed
     */
    public DataSource dataSource() {
        return pool;
    }

    /**
     * How many connections are lent at the moment.
     *
     * @return the count
     */
    public int activeConnections() {
        return pool.getHikariPoolMXBean().getActiveConnections();
    }

    /** Closes all connections; what still uses one fails. */
    @Override
    public void close() {
        pool.close();
    }

    /** Where the connections lead to; without any secret. */
    @Override
    public String toString() {
        return "pool of " + description;
    }

    /** A primary that has become a standby keeps its connections; they are useless. */
    private static final class ReadOnlyIsBroken implements SQLExceptionOverride {

        @java.lang.Override
        public SQLExceptionOverride.Override adjudicate(SQLException e) {
            return SqlErrors.isReadOnlyServer(e)
                    ? SQLExceptionOverride.Override.MUST_EVICT
                    : SQLExceptionOverride.Override.CONTINUE_EVICT;
        }
    }
}

package ch.sbb.esta.results.jdbi;

import ch.sbb.esta.results.ResultsException;
import ch.sbb.esta.results.Tenant;
import ch.sbb.esta.results.internal.Threads;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.SQLTransientConnectionException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Function;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A small pool of connections for each tenant, by the tenant's own login, and one limit over all of them. A connection is opened when a tenant
 * needs one, and closed when it has been idle or open for long. Where the limit is reached, the connection that has been idle longest makes
 * room, whoever's it is; where all are lent, a call waits.
 *
 * <p>Nothing that a tenant does in such a session can reach another tenant, so this is the way for tenants that are not trusted; it costs a
 * connection or more for each that is active, where the shared pool of {@link TenantStores} costs none.
 *
 * <p>Thread-safe. Connections that are lent when this is closed are closed when they come back.
 */
public final class TenantPools implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(TenantPools.class);
    private static final ThreadFactory THREADS = Threads.named("esta-results-tenant-pools");
    private static final Duration UNASKED = Duration.ofSeconds(1);
    private static final int VALIDATION_SECONDS = 5;

    private final Function<Tenant, DataSource> connections;
    private final int maxConnections;
    private final int maxPerTenant;
    private final Duration idleTimeout;
    private final Duration maxLifetime;
    private final Duration waitTimeout;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private final Condition closing = lock.newCondition();
    private final Map<String, Pool> pools = new HashMap<>();
    private int open;
    private boolean closed;
    private @Nullable Thread sweeper;

    /** What one tenant has. Guarded by the lock. */
    private final class Pool {
        final DataSource source;
        final Deque<TenantConnection> idle = new ArrayDeque<>();
        int lent;

        Pool(DataSource source) {
            this.source = source;
        }
    }

    private TenantPools(Builder builder) {
        connections = builder.connections;
        maxConnections = builder.maxConnections;
        maxPerTenant = builder.maxPerTenant;
        idleTimeout = builder.idleTimeout;
        maxLifetime = builder.maxLifetime;
        waitTimeout = builder.waitTimeout;
    }

    /**
     * Configures the pools.
     *
     * @param connections opens connections by the login of a tenant, such as {@link PostgresConfig#connections()} with a supplier of the
     *     tenant's credentials; asked once for each tenant
     * @return a builder
     */
    public static Builder builder(Function<Tenant, DataSource> connections) {
        return new Builder(connections);
    }

    /**
     * The pool of a tenant.
     *
     * @param tenant which
     * @return a data source that works until this is closed
     */
    public DataSource dataSource(Tenant tenant) {
        Objects.requireNonNull(tenant, "tenant");
        return new LentConnections("pool of tenant " + tenant.namespace(), () -> lend(tenant));
    }

    /**
     * How many connections are open, lent or idle.
     *
     * @return the count
     */
    public int openConnections() {
        lock.lock();
        try {
            return open;
        } finally {
            lock.unlock();
        }
    }

    private Connection lend(Tenant tenant) throws SQLException {
        long deadline = System.nanoTime() + waitTimeout.toNanos();
        while (true) {
            List<TenantConnection> evicted = new ArrayList<>();
            Pool pool;
            @Nullable TenantConnection found;
            lock.lock();
            try {
                pool = pools.computeIfAbsent(tenant.namespace(), namespace -> new Pool(connections.apply(tenant)));
                found = reserve(pool, deadline, evicted);
            } finally {
                lock.unlock();
            }
            evicted.forEach(TenantConnection::closeForGood);
            if (found == null) {
                return open(pool);
            }
            if (!found.isIdleFor(UNASKED) || found.answers(VALIDATION_SECONDS)) {
                try {
                    return found.handle();
                } catch (SQLException e) {
                    LOG.debug("an idle connection was broken", e);
                }
            }
            found.closeForGood();
            release(pool);
        }
    }

    /** Takes an idle connection, or null for the right to open one; what has to make room for it is put into the list. */
    private @Nullable TenantConnection reserve(Pool pool, long deadline, List<TenantConnection> evicted)
            throws SQLException {
        while (true) {
            if (closed) {
                throw new SQLException("the pools of the tenants are closed", "08003");
            }
            TenantConnection idle = pool.idle.pollFirst();
            if (idle != null) {
                pool.lent++;
                return idle;
            }
            if (pool.lent < maxPerTenant && (open < maxConnections || evict(evicted))) {
                pool.lent++;
                open++;
                return null;
            }
            long left = deadline - System.nanoTime();
            if (left <= 0) {
                throw new SQLTransientConnectionException("no connection of a tenant became free in time");
            }
            try {
                changed.awaitNanos(left);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new SQLTransientConnectionException("interrupted while waiting for a connection", e);
            }
        }
    }

    private boolean evict(List<TenantConnection> evicted) {
        @Nullable Pool longest = null;
        for (Pool pool : pools.values()) {
            TenantConnection last = pool.idle.peekLast();
            if (last != null && (longest == null || last.isIdleLongerThan(longest.idle.getLast()))) {
                longest = pool;
            }
        }
        if (longest == null) {
            return false;
        }
        evicted.add(longest.idle.removeLast());
        open--;
        return true;
    }

    private Connection open(Pool pool) throws SQLException {
        @Nullable TenantConnection fresh = null;
        @Nullable Connection handle = null;
        try {
            fresh = new TenantConnection(pool.source.getConnection(), back -> giveBack(pool, back));
            startSweeper();
            handle = fresh.handle();
            return handle;
        } finally {
            if (handle == null) {
                if (fresh != null) {
                    fresh.closeForGood();
                }
                release(pool);
            }
        }
    }

    /** Gives up the right to a connection. */
    private void release(Pool pool) {
        lock.lock();
        try {
            pool.lent--;
            open--;
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    private void giveBack(Pool pool, TenantConnection back) {
        boolean usable = !back.isBroken() && !back.isOlderThan(maxLifetime);
        lock.lock();
        try {
            usable &= !closed;
            if (usable) {
                pool.lent--;
                pool.idle.addFirst(back);
                changed.signalAll();
            }
        } finally {
            lock.unlock();
        }
        if (!usable) {
            back.closeForGood();
            release(pool);
        }
    }

    private void startSweeper() {
        lock.lock();
        try {
            if (sweeper == null && !closed) {
                Thread fresh = THREADS.newThread(this::sweep);
                sweeper = fresh;
                fresh.start();
            }
        } finally {
            lock.unlock();
        }
    }

    private void sweep() {
        try {
            while (true) {
                List<TenantConnection> expired = new ArrayList<>();
                lock.lockInterruptibly();
                try {
                    long nanos = Math.min(idleTimeout.toNanos(), maxLifetime.toNanos()) / 2;
                    while (nanos > 0 && !closed) {
                        nanos = closing.awaitNanos(nanos);
                    }
                    if (closed) {
                        return;
                    }
                    takeExpired(expired);
                } finally {
                    lock.unlock();
                }
                expired.forEach(TenantConnection::closeForGood);
            }
        } catch (InterruptedException e) {
            LOG.debug("idle connections are not closed any more", e);
        }
    }

    private void takeExpired(List<TenantConnection> expired) {
        for (Pool pool : pools.values()) {
            pool.idle.removeIf(connection -> {
                boolean old = connection.isIdleFor(idleTimeout) || connection.isOlderThan(maxLifetime);
                if (old) {
                    expired.add(connection);
                    open--;
                }
                return old;
            });
        }
        if (!expired.isEmpty()) {
            changed.signalAll();
        }
    }

    /** Closes all idle connections; those that are lent are closed when they come back. */
    @Override
    public void close() {
        List<TenantConnection> idle = new ArrayList<>();
        lock.lock();
        try {
            closed = true;
            for (Pool pool : pools.values()) {
                idle.addAll(pool.idle);
                open -= pool.idle.size();
                pool.idle.clear();
            }
            changed.signalAll();
            closing.signalAll();
        } finally {
            lock.unlock();
        }
        idle.forEach(TenantConnection::closeForGood);
    }

    /** Collects the settings. Not thread-safe. */
    public static final class Builder {

        private static final Duration LONGEST = Duration.ofDays(1);

        private final Function<Tenant, DataSource> connections;
        private int maxConnections = 40;
        private int maxPerTenant = 2;
        private Duration idleTimeout = Duration.ofMinutes(1);
        private Duration maxLifetime = Duration.ofMinutes(30);
        private Duration waitTimeout = Duration.ofSeconds(10);

        private Builder(Function<Tenant, DataSource> connections) {
            this.connections = Objects.requireNonNull(connections, "connections");
        }

        /**
         * How many connections are open at most, of all tenants together.
         *
         * @param connections 1 to 10,000; 40 by default
         * @return this
         */
        public Builder maxConnections(int connections) {
            this.maxConnections = connections;
            return this;
        }

        /**
         * How many connections one tenant has at most.
         *
         * @param connections 1 to 1,000; 2 by default
         * @return this
         */
        public Builder maxPerTenant(int connections) {
            this.maxPerTenant = connections;
            return this;
        }

        /**
         * After which time without use a connection is closed.
         *
         * @param timeout one second to one day; one minute by default
         * @return this
         */
        public Builder idleTimeout(Duration timeout) {
            this.idleTimeout = Objects.requireNonNull(timeout, "timeout");
            return this;
        }

        /**
         * After which time a connection is closed even if it is used, between two uses: how long a login that was changed goes on working here.
         *
         * @param lifetime one second to one day; 30 minutes by default
         * @return this
         */
        public Builder maxLifetime(Duration lifetime) {
            this.maxLifetime = Objects.requireNonNull(lifetime, "lifetime");
            return this;
        }

        /**
         * How long a call waits for a connection when there is none to be had.
         *
         * @param timeout one second to one day; 10 seconds by default
         * @return this
         */
        public Builder waitTimeout(Duration timeout) {
            this.waitTimeout = Objects.requireNonNull(timeout, "timeout");
            return this;
        }

        /**
         * Creates the pools; nothing is connected to before a connection is asked for.
         *
         * @return the pools, to be closed
         * @throws ResultsException {@code INVALID} naming every setting that is wrong
         */
        public TenantPools build() {
            List<String> faults = new ArrayList<>();
            if (maxConnections < 1 || maxConnections > 10_000) {
                faults.add("maxConnections " + maxConnections + " is not between 1 and 10000");
            }
            if (maxPerTenant < 1 || maxPerTenant > 1000) {
                faults.add("maxPerTenant " + maxPerTenant + " is not between 1 and 1000");
            }
            addFault(faults, "idleTimeout", idleTimeout);
            addFault(faults, "maxLifetime", maxLifetime);
            addFault(faults, "waitTimeout", waitTimeout);
            if (!faults.isEmpty()) {
                throw ResultsException.invalid(String.join("; ", faults));
            }
            return new TenantPools(this);
        }

        private static void addFault(List<String> faults, String name, Duration value) {
            if (value.compareTo(Duration.ofSeconds(1)) < 0 || value.compareTo(LONGEST) > 0) {
                faults.add(name + " " + value + " is not between one second and one day");
            }
        }
    }
}

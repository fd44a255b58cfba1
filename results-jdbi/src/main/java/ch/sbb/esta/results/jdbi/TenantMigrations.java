package ch.sbb.esta.results.jdbi;

import ch.sbb.esta.results.ResultsException;
import ch.sbb.esta.results.TenantNames;
import ch.sbb.esta.results.internal.LogFields;
import ch.sbb.esta.results.internal.Threads;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps the tables of all tenants in a registry up to date: each when it is used for the first time, where {@link TenantStores.Builder#migrations}
 * names this, and all in the background, now and then.
 *
 * <p>Each tenant is a transaction, as its owner, on a connection that is opened for it; a lock for each schema lets one process migrate
 * it while others wait. A tenant that cannot be migrated is reported and does not keep the others waiting. A schema of a newer version is
 * left as it is.
 *
 * <p>Thread-safe. What is handed in is not closed.
 */
public final class TenantMigrations implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(TenantMigrations.class);
    private static final ThreadFactory THREADS = Threads.named("esta-results-migrations");
    private static final Duration STATEMENT_TIMEOUT = Duration.ofMinutes(1);
    private static final Duration GRACE = Duration.ofSeconds(5);

    private final DataSource direct;
    private final TenantDirectory directory;
    private final Duration interval;
    private final InstantSource clock;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition closing = lock.newCondition();
    private @Nullable Thread thread;
    private volatile TenantMigrationReport report = TenantMigrationReport.NONE;

    private TenantMigrations(Builder builder) {
        direct = builder.direct;
        interval = builder.interval;
        clock = builder.clock;
        // Nothing that is kept: whoever looks wants to know how it is now.
        directory = new TenantDirectory(
                new Transactions(direct, STATEMENT_TIMEOUT), builder.clusterId, Duration.ZERO, clock);
    }

    /**
     * Configures the migrations.
     *
     * @param direct connections of the cluster's runtime login that are opened when asked for, past a pooler, such as those of
     *     {@link PostgresConfig#migrations()}; not closed
     * @param clusterId which cluster, as it was provisioned
     * @return a builder
     */
    public static Builder builder(DataSource direct, String clusterId) {
        return new Builder(direct, clusterId);
    }

    /**
     * Begins to look at all tenants in the background, first soon and then every {@link Builder#interval}, each a little earlier or later by
     * chance so that several processes do not do it at once. No effect when started already.
     */
    public void start() {
        lock.lock();
        try {
            if (thread == null) {
                Thread fresh = THREADS.newThread(this::sweep);
                thread = fresh;
                fresh.start();
            }
        } finally {
            lock.unlock();
        }
    }

    private void sweep() {
        double share = ThreadLocalRandom.current().nextDouble(0.02);
        try {
            while (pause(share)) {
                try {
                    migrateAll();
                } catch (RuntimeException e) {
                    LOG.warn("the tables of the tenants were not looked at; trying again later", e);
                }
                share = 0.9 + ThreadLocalRandom.current().nextDouble(0.2);
            }
        } catch (InterruptedException e) {
            // Only close() interrupts.
            LOG.debug("migrations end", e);
        }
    }

    /** Whether to go on. */
    private boolean pause(double share) throws InterruptedException {
        long nanos = (long) (interval.toNanos() * share);
        lock.lockInterruptibly();
        try {
            Thread me = Thread.currentThread();
            while (nanos > 0 && me.equals(thread)) {
                nanos = closing.awaitNanos(nanos);
            }
            return me.equals(thread);
        } finally {
            lock.unlock();
        }
    }

    /**
     * Looks at every tenant that is in use, now, and migrates those that need it, one after the other. An interrupt ends it after the tenant
     * at hand and stays set.
     *
     * @return what was done and what failed
     * @throws ResultsException {@code NOT_FOUND} without a registry; {@code UNAVAILABLE} or {@code TIMEOUT} when it cannot be read
     */
    public TenantMigrationReport migrateAll() {
        Instant begin = clock.instant();
        int upToDate = 0;
        List<String> migrated = new ArrayList<>();
        Map<String, String> failed = new LinkedHashMap<>();
        for (RegisteredTenant tenant : directory.active()) {
            if (Thread.currentThread().isInterrupted()) {
                failed.put(tenant.namespace(), "not looked at: interrupted");
                continue;
            }
            try {
                if (migrate(tenant)) {
                    migrated.add(tenant.namespace());
                } else {
                    upToDate++;
                }
            } catch (ResultsException e) {
                failed.put(tenant.namespace(), String.valueOf(e.getMessage()));
                LogFields.ofTenant(tenant.namespace())
                        .run(() ->
                                LOG.warn("tenant {}: its tables could not be brought up to date", tenant.subject(), e));
            }
        }
        TenantMigrationReport fresh = new TenantMigrationReport(begin, upToDate, migrated, failed);
        report = fresh;
        return fresh;
    }

    /**
     * Migrates one tenant, if it needs it.
     *
     * @param namespace which
     * @return whether there was anything to do
     * @throws ResultsException {@code NOT_FOUND} when it is no tenant or was removed; and as {@link Migrations#migrate} does
     */
    public boolean migrate(String namespace) {
        return migrate(directory.get(Objects.requireNonNull(namespace, "namespace")));
    }

    /** Looks first, because most have nothing to do, and a look locks nothing. */
    boolean migrate(RegisteredTenant tenant) {
        Migrations migrations =
                Migrations.asRole(direct, tenant.schema(), tenant.owner(), Transactions.FAILOVER_TIMEOUT);
        return migrations.isNeeded() && migrations.migrate() > 0;
    }

    /**
     * What the last look at all tenants has found.
     *
     * @return the report
     */
    public TenantMigrationReport report() {
        return report;
    }

    /** Ends the work in the background; a tenant that is being migrated is waited for some seconds. */
    @Override
    public void close() {
        Thread running;
        lock.lock();
        try {
            running = thread;
            thread = null;
            closing.signalAll();
        } finally {
            lock.unlock();
        }
        if (running == null) {
            return;
        }
        running.interrupt();
        try {
            running.join(GRACE.toMillis());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Collects the settings. Not thread-safe. */
    public static final class Builder {

        private final DataSource direct;
        private final String clusterId;
        private Duration interval = Duration.ofHours(1);
        private InstantSource clock = InstantSource.system();

        private Builder(DataSource direct, String clusterId) {
            this.direct = Objects.requireNonNull(direct, "direct");
            this.clusterId = Objects.requireNonNull(clusterId, "clusterId");
        }

        /**
         * How long to wait between two looks at all tenants.
         *
         * @param interval one second to seven days; one hour by default
         * @return this
         */
        public Builder interval(Duration interval) {
            this.interval = Objects.requireNonNull(interval, "interval");
            return this;
        }

        /**
         * Says what the time is.
         *
         * @param clock the clock; the system's by default
         * @return this
         */
        public Builder clock(InstantSource clock) {
            this.clock = Objects.requireNonNull(clock, "clock");
            return this;
        }

        /**
         * Creates the migrations; nothing is connected to before they are used.
         *
         * @return the migrations
         * @throws ResultsException {@code INVALID} naming every setting that is wrong
         */
        public TenantMigrations build() {
            List<String> faults = new ArrayList<>();
            try {
                TenantNames.runtime(clusterId);
            } catch (ResultsException e) {
                faults.add(String.valueOf(e.getMessage()));
            }
            if (interval.compareTo(Duration.ofSeconds(1)) < 0 || interval.compareTo(Duration.ofDays(7)) > 0) {
                faults.add("interval " + interval + " is not between one second and seven days");
            }
            if (!faults.isEmpty()) {
                throw ResultsException.invalid(String.join("; ", faults));
            }
            return new TenantMigrations(this);
        }
    }
}

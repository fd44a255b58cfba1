package ch.sbb.esta.results.jdbi;

import ch.sbb.esta.results.Escaped;
import ch.sbb.esta.results.ResultsException;
import ch.sbb.esta.results.ResultsException.Code;
import ch.sbb.esta.results.TenantNames;
import ch.sbb.esta.results.spi.Quarantine;
import ch.sbb.esta.results.spi.RecordStatistics;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;
import java.util.function.Supplier;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;

/**
 * Gives each namespace the store that keeps its runs.
 *
 * <p>By default that is the schema which the registry names, over one pool of the runtime login for all tenants: each transaction begins
 * by becoming the tenant's owner until its end, and names every table with its schema, so nothing of one tenant can stick to a connection
 * and be met by the next. That guards against mistakes of this library and of what embeds it. It is no wall against SQL of a tenant: code
 * that a tenant puts into its own tables, such as a trigger, runs in a session of the runtime login. Where tenants that write SQL are not
 * trusted, give each a pool of its own login by {@link Builder#loginPools}.
 *
 * <p>Tenants that are provisioned later are found without a restart; those that are removed are refused after
 * {@link Builder#registryAge} at the latest.
 *
 * <p>Thread-safe. Nothing that is handed in is closed.
 */
public final class TenantStores {

    private final @Nullable TenantDirectory directory;
    private final @Nullable Transactions shared;
    private final @Nullable TenantMigrations migrations;
    private final @Nullable TenantPools pools;
    private final Function<String, Optional<TenantPlace>> places;
    private final Map<String, Resolved> resolved = new ConcurrentHashMap<>();
    private final InstantSource clock;
    private final Duration statementTimeout;
    private final Duration failoverTimeout;
    private final long maxPageBytes;

    /** A store, and what it was made for. */
    private record Resolved(Object place, JdbiResultsStore store, JdbiRecordStatistics statistics) {}

    private TenantStores(Builder builder) {
        places = builder.places;
        clock = builder.clock;
        statementTimeout = builder.statementTimeout;
        failoverTimeout = builder.failoverTimeout;
        maxPageBytes = builder.maxPageBytes;
        migrations = builder.migrations;
        pools = builder.pools;
        DataSource runtime = builder.runtime;
        if (runtime == null) {
            shared = null;
            directory = null;
        } else {
            shared = new Transactions(runtime, builder.replica, statementTimeout, failoverTimeout);
            // The registry is read where it was written: a replica may not know the newest tenant yet.
            Transactions primary = new Transactions(runtime, null, statementTimeout, failoverTimeout);
            directory = new TenantDirectory(
                    primary, Objects.requireNonNull(builder.clusterId), builder.registryAge, builder.clock);
        }
    }

    /**
     * Configures the stores.
     *
     * @return a builder
     */
    public static Builder builder() {
        return new Builder();
    }

    /**
     * The store of a namespace.
     *
     * @param namespace the namespace
     * @return its store, the same object as long as its place is the same
     * @throws ResultsException {@code NOT_FOUND} when the namespace is no tenant, or one that was removed; {@code UNAVAILABLE} or
     *     {@code TIMEOUT} when the registry cannot be read
     */
    public JdbiResultsStore store(String namespace) {
        return resolve(namespace).store;
    }

    /**
     * The statistics of a namespace, over the same tables as its store.
     *
     * @param namespace the namespace
     * @return its statistics
     * @throws ResultsException as {@link #store} does
     */
    public RecordStatistics statistics(String namespace) {
        return resolve(namespace).statistics;
    }

    /**
     * One store for all namespaces, which asks that of the namespace that a call is about.
     *
     * @return the store
     */
    public RoutedResultsStore routed() {
        return new RoutedResultsStore(this, null, clock);
    }

    /**
     * One store for all namespaces, like {@link #routed()}, which puts runs of namespaces that are no tenants aside.
     *
     * @param homeless keeps what belongs to no tenant, such as a {@link JdbiResultsStore} on a schema of its own
     * @return the store
     */
    public RoutedResultsStore routed(Quarantine homeless) {
        return new RoutedResultsStore(this, Objects.requireNonNull(homeless, "homeless"), clock);
    }

    private Resolved resolve(String namespace) {
        Objects.requireNonNull(namespace, "namespace");
        Optional<TenantPlace> elsewhere = places.apply(namespace);
        if (elsewhere.isPresent()) {
            TenantPlace place = elsewhere.get();
            return resolved(
                    namespace,
                    place,
                    () -> new Transactions(place.dataSource(), null, statementTimeout, failoverTimeout),
                    place.schema());
        }
        if (directory == null || shared == null) {
            throw new ResultsException(
                    Code.NOT_FOUND,
                    "namespace " + Escaped.of(namespace) + " has no place; add one to the places of TenantStores");
        }
        RegisteredTenant tenant = directory.get(namespace);
        Long timeout = tenant.statementTimeoutMillis();
        Duration most = timeout == null ? null : Duration.ofMillis(timeout);
        return resolved(
                namespace,
                List.of(tenant.schema(), tenant.owner(), String.valueOf(timeout)),
                () -> transactions(tenant, shared, most),
                tenant.schema());
    }

    private Transactions transactions(RegisteredTenant tenant, Transactions all, @Nullable Duration most) {
        if (migrations != null) {
            migrations.migrate(tenant);
        }
        if (pools == null) {
            return all.as(tenant.owner(), most);
        }
        boolean shorter = most != null && most.compareTo(statementTimeout) < 0;
        return new Transactions(
                pools.dataSource(tenant.tenant()), null, shorter ? most : statementTimeout, failoverTimeout);
    }

    private Resolved resolved(String namespace, Object place, Supplier<Transactions> transactions, String schema) {
        Resolved current = resolved.get(namespace);
        if (current != null && current.place.equals(place)) {
            return current;
        }
        Schema tables = new Schema(schema);
        Transactions own = transactions.get();
        Resolved fresh = new Resolved(
                place,
                new JdbiResultsStore(own, tables, clock, maxPageBytes),
                new JdbiRecordStatistics(own, List.of(tables)));
        resolved.put(namespace, fresh);
        return fresh;
    }

    /** The tenants of the registry whose tables are where it says. */
    List<TenantTables> registered() {
        return directory().active().stream()
                .filter(tenant -> places.apply(tenant.namespace()).isEmpty())
                .map(tenant -> new TenantTables(tenant.namespace(), new Schema(tenant.schema())))
                .toList();
    }

    /** Transactions of the role that may read all tenants and write none. */
    Transactions reading() {
        String reader = TenantNames.readerOfAll(directory().clusterId());
        return Objects.requireNonNull(shared).as(reader, null);
    }

    long maxPageBytes() {
        return maxPageBytes;
    }

    private TenantDirectory directory() {
        if (directory == null) {
            throw ResultsException.invalid(
                    "these stores have no registry, so nobody knows who all tenants are; ask for one namespace");
        }
        return directory;
    }

    /** Collects the  Not thread-safe. */
    public static final class Builder {

        private @Nullable DataSource runtime;
        private @Nullable String clusterId;
        private @Nullable DataSource replica;
        private @Nullable TenantMigrations migrations;
        private @Nullable TenantPools pools;
        private @Nullable Function<String, Optional<TenantPlace>> chosen;
        private Function<String, Optional<TenantPlace>> places = namespace -> Optional.empty();
        private InstantSource clock = InstantSource.system();
        private Duration statementTimeout = Duration.ofSeconds(30);
        private Duration failoverTimeout = Transactions.FAILOVER_TIMEOUT;
        private Duration registryAge = Duration.ofSeconds(10);
        private long maxPageBytes = 64L << 20;

        private Builder() {}

        /**
         * Serves every tenant that {@link JdbiTenantProvisioner} has made in a database.
         *
         * @param runtime connections of the cluster's runtime login; a pooler in transaction mode may stand between. Not closed
         * @param clusterId which cluster, as it was provisioned
         * @return this
         */
        public Builder registry(DataSource runtime, String clusterId) {
            this.runtime = Objects.requireNonNull(runtime, "runtime");
            this.clusterId = Objects.requireNonNull(clusterId, "clusterId");
            return this;
        }

        /**
         * Serves some namespaces elsewhere, or all of them: from databases of their own, or by way of their own logins. It is asked at every
         * call, before the registry, and may answer otherwise at any time.
         *
         * @param places gives the place of a namespace, or empty for what the registry says; thread-safe and quick
         * @return this
         */
        public Builder places(Function<String, Optional<TenantPlace>> places) {
            this.chosen = Objects.requireNonNull(places, "places");
            this.places = places;
            return this;
        }

        /**
         * Reaches each tenant of the registry by its own login instead of the runtime login, which is then used for the registry and for what is
         * asked of all tenants only.
         *
         * @param pools connections of the tenants' logins; not closed. None by default
         * @return this
         */
        public Builder loginPools(TenantPools pools) {
            this.pools = Objects.requireNonNull(pools, "pools");
            return this;
        }

        /**
         * Where lists of the registry's tenants are read, as by {@link JdbiResultsStore.Builder#readReplica}.
         *
         * @param replica connections of the runtime login to a standby of the same server; not closed. None by default
         * @return this
         */
        public Builder readReplica(DataSource replica) {
            this.replica = Objects.requireNonNull(replica, "replica");
            return this;
        }

        /**
         * Brings the tables of a tenant of the registry up to date when it is used for the first time. The first call to a tenant whose tables
         * cannot be brought up to date fails, and so does each one after it until they can.
         *
         * @param migrations how; neither started nor closed. None by default: the tables are as others leave them
         * @return this
         */
        public Builder migrations(TenantMigrations migrations) {
            this.migrations = Objects.requireNonNull(migrations, "migrations");
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
         * How long one statement may take. Where the registry gives a tenant a shorter time, that holds for it.
         *
         * @param timeout one millisecond to one day; 30 seconds by default
         * @return this
         */
        public Builder statementTimeout(Duration timeout) {
            this.statementTimeout = Objects.requireNonNull(timeout, "timeout");
            return this;
        }

        /**
         * How long a call goes on trying after its connection was lost, as by {@link JdbiResultsStore.Builder#failoverTimeout}.
         *
         * @param timeout zero to one hour; 10 seconds by default
         * @return this
         */
        public Builder failoverTimeout(Duration timeout) {
            this.failoverTimeout = Objects.requireNonNull(timeout, "timeout");
            return this;
        }

        /**
         * How long what the registry says of a tenant is taken for true before it is read again.
         *
         * @param age zero to one hour; 10 seconds by default
         * @return this
         */
        public Builder registryAge(Duration age) {
            this.registryAge = Objects.requireNonNull(age, "age");
            return this;
        }

        /**
         * How many bytes of data a page holds before it ends early; a single item may be larger.
         *
         * @param bytes at least 1; 64 MiB by default
         * @return this
         */
        public Builder maxPageBytes(long bytes) {
            this.maxPageBytes = bytes;
            return this;
        }

        /**
         * Creates the stores. Nothing is connected to before the first call.
         *
         * @return the stores
         * @throws ResultsException {@code INVALID} naming every setting that is wrong
         */
        public TenantStores build() {
            List<String> faults = new ArrayList<>();
            if (runtime == null && chosen == null) {
                faults.add("there are no tenants: give a registry, or places");
            }
            if (clusterId != null) {
                try {
                    TenantNames.runtime(clusterId);
                } catch (ResultsException e) {
                    faults.add(e.getMessage());
                }
            }
            if (replica != null && runtime == null) {
                faults.add("readReplica is for the tenants of a registry, and there is none");
            }
            if (pools != null && runtime == null) {
                faults.add("loginPools are for the tenants of a registry, and there is none");
            }
            if (pools != null && replica != null) {
                faults.add("readReplica is read by the runtime login, which loginPools replace; give one of them");
            }
            if (migrations != null && runtime == null) {
                faults.add("migrations are for the tenants of a registry, and there is none");
            }
            if (statementTimeout.toMillis() < 1 || statementTimeout.compareTo(Duration.ofDays(1)) > 0) {
                faults.add("statementTimeout " + statementTimeout + " is not between one millisecond and one day");
            }
            if (failoverTimeout.isNegative() || failoverTimeout.compareTo(Duration.ofHours(1)) > 0) {
                faults.add("failoverTimeout " + failoverTimeout + " is not between zero and one hour");
            }
            if (registryAge.isNegative() || registryAge.compareTo(Duration.ofHours(1)) > 0) {
                faults.add("registryAge " + registryAge + " is not between zero and one hour");
            }
            if (maxPageBytes < 1) {
                faults.add("maxPageBytes " + maxPageBytes + " is less than 1");
            }
            if (!faults.isEmpty()) {
                throw ResultsException.invalid(String.join("; ", faults));
            }
            return new TenantStores(this);
        }
    }
}

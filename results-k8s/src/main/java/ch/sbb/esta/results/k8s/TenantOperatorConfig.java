package ch.sbb.esta.results.k8s;

import ch.sbb.esta.results.Escaped;
import ch.sbb.esta.results.Tenant;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Function;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * How a {@link TenantOperator} works.
 *
 * <p>Immutable and thread-safe.
 */
public final class TenantOperatorConfig {

    /** What to do with a tenant that works, but is not shut off from others as it should be. */
    public enum Exposure {
        /** It does not become ready, and gets no Secret that it has not got yet. */
        REFUSE,
        /** It becomes ready; the condition {@code Verified} says what is wrong. */
        ACCEPT
    }

    private final DatabaseAddress database;
    private final FabricConfig cluster;
    private final String secretName;
    private final @Nullable String namespaceLabel;
    private final @Nullable Duration rotationPeriod;
    private final Duration deletionDeadline;
    private final Duration deletionGrace;
    private final Duration resyncInterval;
    private final int workers;
    private final Exposure exposure;
    private final Function<Tenant, Map<String, String>> secretEntries;

    private TenantOperatorConfig(Builder builder) {
        this.database = builder.database;
        this.cluster = builder.cluster;
        this.secretName = builder.secretName;
        this.namespaceLabel = builder.namespaceLabel;
        this.rotationPeriod = builder.rotationPeriod;
        this.deletionDeadline = builder.deletionDeadline;
        this.deletionGrace = builder.deletionGrace;
        this.resyncInterval = builder.resyncInterval;
        this.workers = builder.workers;
        this.exposure = builder.exposure;
        this.secretEntries = builder.secretEntries;
    }

    /**
     * Starts to configure.
     *
     * @param database where tenants find the database
     * @return a builder with the defaults
     */
    public static Builder builder(DatabaseAddress database) {
        return new Builder(Objects.requireNonNull(database, "database"));
    }

    /**
     * Where tenants find the database.
     *
     * @return the address
     */
    public DatabaseAddress database() {
        return database;
    }

    /**
     * Which namespaces are looked at, and how requests are made.
     *
     * @return the configuration of the adapter
     */
    public FabricConfig cluster() {
        return cluster;
    }

    /**
     * The name of Secrets where a ResultsTenant names none.
     *
     * @return the name
     */
    public String secretName() {
        return secretName;
    }

    /**
     * The label by which namespaces become tenants without a ResultsTenant.
     *
     * @return the key, or empty when they do not
     */
    public Optional<String> namespaceLabel() {
        return Optional.ofNullable(namespaceLabel);
    }

    /**
     * How often passwords are changed where a ResultsTenant does not say it.
     *
     * @return the period, or empty for never
     */
    public Optional<Duration> rotationPeriod() {
        return Optional.ofNullable(rotationPeriod);
    }

    /**
     * How long a deletion may wait for the database.
     *
     * @return the deadline, from the time of the deletion
     */
    public Duration deletionDeadline() {
        return deletionDeadline;
    }

    /**
     * How long the data of a tenant with the policy {@code Delete} stay after its deletion.
     *
     * @return the grace period
     */
    public Duration deletionGrace() {
        return deletionGrace;
    }

    /**
     * How often everything is looked at anew.
     *
     * @return the interval
     */
    public Duration resyncInterval() {
        return resyncInterval;
    }

    /**
     * How many tenants are worked on at once.
     *
     * @return 1 to 64
     */
    public int workers() {
        return workers;
    }

    /**
     * What to do with a tenant that is not shut off from others as it should be.
     *
     * @return refuse or accept
     */
    public Exposure exposure() {
        return exposure;
    }

    /** What else belongs into the Secret of a tenant. */
    Function<Tenant, Map<String, String>> secretEntries() {
        return secretEntries;
    }

    @Override
    public String toString() {
        return "TenantOperatorConfig[database=" + database + ", cluster=" + cluster + ", secretName=" + secretName
                + ", namespaceLabel=" + namespaceLabel + ", rotationPeriod=" + rotationPeriod + ", deletionDeadline="
                + deletionDeadline + ", deletionGrace=" + deletionGrace + ", resyncInterval=" + resyncInterval
                + ", workers=" + workers + ", exposure=" + exposure + "]";
    }

    /** Configures; not thread-safe. */
    public static final class Builder {

        private static final Pattern NAME = Pattern.compile("[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?");
        private static final Pattern LABEL_KEY = Pattern.compile(
                "([a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?/)?[A-Za-z0-9]([A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?");
        private static final Duration LONGEST = Duration.ofDays(3650);

        private final DatabaseAddress database;
        private FabricConfig cluster = FabricConfig.defaults();
        private String secretName = "results-database";
        private @Nullable String namespaceLabel;
        private @Nullable Duration rotationPeriod;
        private Duration deletionDeadline = Duration.ofMinutes(10);
        private Duration deletionGrace = Duration.ofDays(7);
        private Duration resyncInterval = Duration.ofMinutes(5);
        private int workers = 4;
        private Exposure exposure = Exposure.REFUSE;
        private Function<Tenant, Map<String, String>> secretEntries = tenant -> Map.of();

        private Builder(DatabaseAddress database) {
            this.database = database;
        }

        /**
         * Looks at the namespaces of this configuration, with its timeouts and its clock. Default: all namespaces.
         *
         * @param cluster the configuration
         * @return this builder
         */
        public Builder cluster(FabricConfig cluster) {
            this.cluster = Objects.requireNonNull(cluster, "cluster");
            return this;
        }

        /**
         * Names Secrets so where a ResultsTenant names none. The permissions of the operator name it, too. Default:
         * {@code results-database}.
         *
         * @param name a DNS label
         * @return this builder
         */
        public Builder secretName(String name) {
            this.secretName = Objects.requireNonNull(name, "name");
            return this;
        }

        /**
         * Makes a tenant of every namespace that has this label, whatever its value, also without a ResultsTenant. Not together with a
         * choice of namespaces. Default: no.
         *
         * @param key the label's key
         * @return this builder
         */
        public Builder namespaceLabel(String key) {
            this.namespaceLabel = Objects.requireNonNull(key, "key");
            return this;
        }

        /**
         * Changes passwords so often where a ResultsTenant does not say it. Default: never.
         *
         * @param period an hour to ten years
         * @return this builder
         */
        public Builder rotationPeriod(Duration period) {
            this.rotationPeriod = Objects.requireNonNull(period, "period");
            return this;
        }

        /**
         * Lets a ResultsTenant that is deleted wait so long for the database before it is let go without it. Default: 10 minutes.
         *
         * @param deadline at least zero
         * @return this builder
         */
        public Builder deletionDeadline(Duration deadline) {
            this.deletionDeadline = Objects.requireNonNull(deadline, "deadline");
            return this;
        }

        /**
         * Keeps the data of tenants with the policy {@code Delete} so long. It holds for every tenant of the provisioner's registry that
         * waits for its deletion, whoever asked for that. Default: 7 days.
         *
         * @param grace at least zero
         * @return this builder
         */
        public Builder deletionGrace(Duration grace) {
            this.deletionGrace = Objects.requireNonNull(grace, "grace");
            return this;
        }

        /**
         * Looks at everything anew at this interval, whatever the watches say. It costs each tenant a login. Default: 5 minutes.
         *
         * @param interval at least a second
         * @return this builder
         */
        public Builder resyncInterval(Duration interval) {
            this.resyncInterval = Objects.requireNonNull(interval, "interval");
            return this;
        }

        /**
         * Works on so many tenants at once. Default: 4.
         *
         * @param threads 1 to 64
         * @return this builder
         */
        public Builder workers(int threads) {
            this.workers = threads;
            return this;
        }

        /**
         * Decides about tenants that are not shut off from others as they should be. Default: {@link Exposure#REFUSE}.
         *
         * @param exposure refuse or accept
         * @return this builder
         */
        public Builder exposure(Exposure exposure) {
            this.exposure = Objects.requireNonNull(exposure, "exposure");
            return this;
        }

        /**
         * Puts further entries into the Secret of each tenant, such as {@code S3_BUCKET} and {@code S3_PREFIX}. They cannot replace those
         * of the operator. Default: none.
         *
         * @param entries asked at each look at a tenant, by several threads; keys of letters, digits, {@code -}, {@code _} and {@code .}
         * @return this builder
         */
        public Builder secretEntries(Function<Tenant, Map<String, String>> entries) {
            this.secretEntries = Objects.requireNonNull(entries, "entries");
            return this;
        }

        /**
         * Builds the configuration.
         *
         * @return the configuration
         * @throws IllegalArgumentException naming every option that is wrong
         */
        public TenantOperatorConfig build() {
            List<String> wrong = new ArrayList<>();
            if (!NAME.matcher(secretName).matches()) {
                wrong.add("secretName " + Escaped.of(secretName) + " is not a DNS label");
            }
            if (namespaceLabel != null && !LABEL_KEY.matcher(namespaceLabel).matches()) {
                wrong.add("namespaceLabel " + Escaped.of(namespaceLabel) + " is not the key of a label");
            }
            if (namespaceLabel != null && !cluster.namespaces().isEmpty()) {
                wrong.add("namespaceLabel and a choice of namespaces exclude each other: use one of them");
            }
            if (rotationPeriod != null) {
                checkWithin("rotationPeriod", rotationPeriod, Duration.ofHours(1), wrong);
            }
            checkWithin("deletionDeadline", deletionDeadline, Duration.ZERO, wrong);
            checkWithin("deletionGrace", deletionGrace, Duration.ZERO, wrong);
            checkWithin("resyncInterval", resyncInterval, Duration.ofSeconds(1), wrong);
            if (workers < 1 || workers > 64) {
                wrong.add("workers " + workers + " is not between 1 and 64");
            }
            if (!wrong.isEmpty()) {
                throw new IllegalArgumentException(String.join("; ", wrong));
            }
            return new TenantOperatorConfig(this);
        }

        private static void checkWithin(String option, Duration duration, Duration shortest, List<String> wrong) {
            if (duration.compareTo(shortest) < 0 || duration.compareTo(LONGEST) > 0) {
                wrong.add(option + " " + duration + " is not between " + shortest + " and " + LONGEST);
            }
        }
    }
}

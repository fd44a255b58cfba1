package ch.sbb.esta.results.k8s;

import ch.sbb.esta.results.Escaped;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.TreeSet;
import java.util.regex.Pattern;

/**
 * What the adapters of this package look at and how long they wait.
 *
 * <p>Immutable and thread-safe.
 */
public final class FabricConfig {

    private final List<String> namespaces;
    private final int pageSize;
    private final Duration requestTimeout;
    private final Duration kindRetryInterval;
    private final Duration watchSilenceLimit;
    private final InstantSource clock;

    private FabricConfig(Builder builder) {
        this.namespaces = List.copyOf(builder.namespaces);
        this.pageSize = builder.pageSize;
        this.requestTimeout = builder.requestTimeout;
        this.kindRetryInterval = builder.kindRetryInterval;
        this.watchSilenceLimit = builder.watchSilenceLimit;
        this.clock = builder.clock;
    }

    /**
     * The defaults: all namespaces.
     *
     * @return the configuration
     */
    public static FabricConfig defaults() {
        return builder().build();
    }

    /**
     * Starts to configure.
     *
     * @return a builder with the defaults
     */
    public static Builder builder() {
        return new Builder();
    }

    /**
     * The namespaces that are looked at.
     *
     * @return sorted, without repetition; empty for all
     */
    public List<String> namespaces() {
        return namespaces;
    }

    /**
     * How many objects a list asks for at once.
     *
     * @return 1 to 10,000
     */
    public int pageSize() {
        return pageSize;
    }

    /**
     * How long a request may take to be answered.
     *
     * @return a positive duration
     */
    public Duration requestTimeout() {
        return requestTimeout;
    }

    /**
     * How long to wait before a kind that the cluster does not serve is asked for again.
     *
     * @return a positive duration
     */
    public Duration kindRetryInterval() {
        return kindRetryInterval;
    }

    /**
     * How long a watch may bring nothing, not even a bookmark, before it is taken for dead and begun again with a list.
     *
     * @return a positive duration
     */
    public Duration watchSilenceLimit() {
        return watchSilenceLimit;
    }

    /**
     * What tells the time.
     *
     * @return the clock
     */
    public InstantSource clock() {
        return clock;
    }

    /** The namespaces to ask one by one: the configured ones, or the empty text that stands for all. */
    List<String> scopes() {
        return namespaces.isEmpty() ? List.of("") : namespaces;
    }

    boolean covers(String namespace) {
        return namespaces.isEmpty() || namespaces.contains(namespace);
    }

    @Override
    public String toString() {
        return "FabricConfig[namespaces=" + (namespaces.isEmpty() ? "all" : namespaces) + ", pageSize=" + pageSize
                + ", requestTimeout=" + requestTimeout + ", kindRetryInterval=" + kindRetryInterval
                + ", watchSilenceLimit=" + watchSilenceLimit + "]";
    }

    /** Configures; not thread-safe. */
    public static final class Builder {

        private static final Pattern DNS_LABEL = Pattern.compile("[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?");

        private final TreeSet<String> namespaces = new TreeSet<>();
        private int pageSize = 100;
        private Duration requestTimeout = Duration.ofSeconds(30);
        private Duration kindRetryInterval = Duration.ofSeconds(30);
        private Duration watchSilenceLimit = Duration.ofMinutes(5);
        private InstantSource clock = InstantSource.system();

        private Builder() {}

        /**
         * Looks at these namespaces only; may be called again for further ones. Default: all namespaces, which needs permissions on the
         * whole cluster. Each namespace costs one watch per kind; a few hundred are better watched as all.
         *
         * @param names the namespaces
         * @return this builder
         */
        public Builder namespaces(String... names) {
            namespaces.addAll(List.of(names));
            return this;
        }

        /**
         * Asks for so many objects at once. It bounds the memory of a list. Default: 100.
         *
         * @param objects 1 to 10,000
         * @return this builder
         */
        public Builder pageSize(int objects) {
            this.pageSize = objects;
            return this;
        }

        /**
         * Waits so long for an answer: the whole one of a request, the first byte of a log. Default: 30 seconds.
         *
         * @param timeout at least a millisecond
         * @return this builder
         */
        public Builder requestTimeout(Duration timeout) {
            this.requestTimeout = Objects.requireNonNull(timeout, "timeout");
            return this;
        }

        /**
         * Waits so long before a kind that the cluster does not serve is asked for again. Default: 30 seconds.
         *
         * @param interval at least a millisecond
         * @return this builder
         */
        public Builder kindRetryInterval(Duration interval) {
            this.kindRetryInterval = Objects.requireNonNull(interval, "interval");
            return this;
        }

        /**
         * Takes a watch for dead that brings nothing for so long, not even a bookmark, and begins it again with a list. API servers send
         * a bookmark about once a minute; where a proxy swallows them, each quiet watch costs a list at this interval. Default: 5
         * minutes.
         *
         * @param limit at least a millisecond
         * @return this builder
         */
        public Builder watchSilenceLimit(Duration limit) {
            this.watchSilenceLimit = Objects.requireNonNull(limit, "limit");
            return this;
        }

        /**
         * Takes the time from here. Default: the system's clock.
         *
         * @param clock what tells the time
         * @return this builder
         */
        public Builder clock(InstantSource clock) {
            this.clock = Objects.requireNonNull(clock, "clock");
            return this;
        }

        /**
         * Builds the configuration.
         *
         * @return the configuration
         * @throws IllegalArgumentException naming every option that is wrong
         */
        public FabricConfig build() {
            List<String> wrong = new ArrayList<>();
            for (String namespace : namespaces) {
                if (!DNS_LABEL.matcher(namespace).matches()) {
                    wrong.add("namespace " + Escaped.of(namespace) + " is not a DNS label");
                }
            }
            if (pageSize < 1 || pageSize > 10_000) {
                wrong.add("pageSize " + pageSize + " is not between 1 and 10000");
            }
            checkPositive("requestTimeout", requestTimeout, wrong);
            checkPositive("kindRetryInterval", kindRetryInterval, wrong);
            checkPositive("watchSilenceLimit", watchSilenceLimit, wrong);
            if (!wrong.isEmpty()) {
                throw new IllegalArgumentException(String.join("; ", wrong));
            }
            return new FabricConfig(this);
        }

        private static void checkPositive(String option, Duration duration, List<String> wrong) {
            if (duration.compareTo(Duration.ofMillis(1)) < 0) {
                wrong.add(option + " " + duration + " is less than a millisecond");
            }
        }
    }
}

package ch.sbb.esta.results.k8s;

import ch.sbb.esta.results.Escaped;
import ch.sbb.esta.results.ResultsException;
import ch.sbb.esta.results.RunKinds;
import ch.sbb.esta.results.prune.LabelSelector;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * What the adapters of this package look at and how long they wait.
 *
 * <p>Immutable and thread-safe.
 */
public final class FabricConfig {

    private final @Nullable WatchedNamespaces namespaces;
    private final @Nullable String namespaceSelector;
    private final boolean changing;
    private final RunFilter runs;
    private final RunKinds kinds;
    private final int pageSize;
    private final Duration requestTimeout;
    private final Duration kindRetryInterval;
    private final Duration watchSilenceLimit;
    private final Duration relistInterval;
    private final InstantSource clock;

    private FabricConfig(Builder builder) {
        this.namespaces = builder.watchedNamespaces();
        this.namespaceSelector = builder.namespaceSelector;
        this.changing = builder.watched != null || builder.namespaceSelector != null;
        this.runs = builder.runs;
        this.kinds = builder.kinds;
        this.pageSize = builder.pageSize;
        this.requestTimeout = builder.requestTimeout;
        this.kindRetryInterval = builder.kindRetryInterval;
        this.watchSilenceLimit = builder.watchSilenceLimit;
        this.relistInterval = builder.relistInterval;
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
     * The namespaces that are named, as they are now.
     *
     * @return sorted, without repetition; empty where all are looked at, or those with a label
     */
    public List<String> namespaces() {
        return namespaces == null ? List.of() : namespaces.names();
    }

    /**
     * Which labels a namespace must have to be looked at.
     *
     * @return the selector, or empty where namespaces are named or all are looked at
     */
    public Optional<String> namespaceSelector() {
        return Optional.ofNullable(namespaceSelector);
    }

    /**
     * Which runs are looked at.
     *
     * @return the filter
     */
    public RunFilter runs() {
        return runs;
    }

    /**
     * Which kinds are handled as runs.
     *
     * @return the kinds
     */
    public RunKinds kinds() {
        return kinds;
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
     * How often a watch begins with a list although nothing seems to be wrong.
     *
     * @return a positive duration
     */
    public Duration relistInterval() {
        return relistInterval;
    }

    /**
     * What tells the time.
     *
     * @return the clock
     */
    public InstantSource clock() {
        return clock;
    }

    /** The namespaces to ask one by one: the named ones, or the empty text that stands for all. */
    List<String> scopes() {
        return namespaces == null ? List.of("") : namespaces.names();
    }

    /** Whether a namespace may be looked at; whether it has the labels is not asked. */
    boolean covers(String namespace) {
        return namespaces == null || namespaces.contains(namespace);
    }

    /** Whether the namespaces may change at run time. */
    boolean isChanging() {
        return changing;
    }

    @Nullable
    WatchedNamespaces watchedNamespaces() {
        return namespaces;
    }

    @Override
    public String toString() {
        String which = namespaceSelector == null ? "all" : "those with " + Escaped.of(namespaceSelector);
        return "FabricConfig[namespaces=" + (namespaces == null ? which : namespaces) + ", runs=" + runs + ", kinds="
                + kinds + ", pageSize="
                + pageSize + ", requestTimeout=" + requestTimeout + ", kindRetryInterval=" + kindRetryInterval
                + ", watchSilenceLimit=" + watchSilenceLimit + ", relistInterval=" + relistInterval + "]";
    }

    /** Configures; not thread-safe. */
    public static final class Builder {

        private final TreeSet<String> namespaces = new TreeSet<>();
        private @Nullable WatchedNamespaces watched;
        private @Nullable String namespaceSelector;
        private RunFilter runs = RunFilter.all();
        private RunKinds kinds = RunKinds.tekton();
        private int pageSize = 100;
        private Duration requestTimeout = Duration.ofSeconds(30);
        private Duration kindRetryInterval = Duration.ofSeconds(30);
        private Duration watchSilenceLimit = Duration.ofMinutes(5);
        private Duration relistInterval = Duration.ofHours(1);
        private InstantSource clock = InstantSource.system();

        private Builder() {}

        /**
         * Looks at these namespaces only; may be called again for further ones. Default: all namespaces, which needs permissions on the
         * whole cluster. Each namespace costs one connection per kind.
         *
         * @param names the namespaces
         * @return this builder
         */
        public Builder namespaces(String... names) {
            namespaces.addAll(List.of(names));
            return this;
        }

        /**
         * Looks at these namespaces only, which may change at run time.
         *
         * @param names followed from now on
         * @return this builder
         */
        public Builder namespaces(WatchedNamespaces names) {
            this.watched = Objects.requireNonNull(names, "names");
            return this;
        }

        /**
         * Looks only at namespaces with these labels: one that gets them is looked at within moments, one that loses them no longer. Needs
         * the permission to {@code list} and {@code watch} namespaces. The tenant operator has a label of its own and does not go by this.
         *
         * @param selector in the notation of Kubernetes, such as {@code results.esta.sbb.ch/archive=true}
         * @return this builder
         */
        public Builder namespaceSelector(String selector) {
            this.namespaceSelector = Objects.requireNonNull(selector, "selector");
            return this;
        }

        /**
         * Looks only at some runs of the namespaces. Default: {@link RunFilter#all()}.
         *
         * @param filter which runs
         * @return this builder
         */
        public Builder runs(RunFilter filter) {
            this.runs = Objects.requireNonNull(filter, "filter");
            return this;
        }

        /**
         * Handles objects of extra kinds as runs too. Needs the permissions on them that those of Tekton need. Under which name the cluster
         * serves a kind is asked of the API server; a kind that is not there yet is waited for, and one whose objects belong to no
         * namespace is refused when it is met: it is among the troubles of the watch, and lists of it are {@code INVALID}. Default: {@link
         * RunKinds#tekton()}.
         *
         * @param kinds the kinds
         * @return this builder
         */
        public Builder kinds(RunKinds kinds) {
            this.kinds = Objects.requireNonNull(kinds, "kinds");
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
         * Waits so long, or up to half shorter by chance, before a kind that the cluster does not serve, or whose runs must not be seen, is
         * asked for again. Default: 30 seconds.
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
         * Begins a watch that has ended with a list, at this interval, although nothing seems to be wrong: an event that was lost without a
         * trace is made up for. Servers end every watch after some minutes. Default: an hour.
         *
         * @param interval at least a millisecond
         * @return this builder
         */
        public Builder relistInterval(Duration interval) {
            this.relistInterval = Objects.requireNonNull(interval, "interval");
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
                if (!WatchedNamespaces.isName(namespace)) {
                    wrong.add("namespace " + Escaped.of(namespace) + " is not a DNS label");
                }
            }
            checkScope(wrong);
            if (pageSize < 1 || pageSize > 10_000) {
                wrong.add("pageSize " + pageSize + " is not between 1 and 10000");
            }
            checkPositive("requestTimeout", requestTimeout, wrong);
            checkPositive("kindRetryInterval", kindRetryInterval, wrong);
            checkPositive("watchSilenceLimit", watchSilenceLimit, wrong);
            checkPositive("relistInterval", relistInterval, wrong);
            if (!wrong.isEmpty()) {
                throw new IllegalArgumentException(String.join("; ", wrong));
            }
            return new FabricConfig(this);
        }

        private void checkScope(List<String> wrong) {
            int ways = (namespaces.isEmpty() ? 0 : 1) + (watched == null ? 0 : 1) + (namespaceSelector == null ? 0 : 1);
            if (ways > 1) {
                wrong.add("namespaces are given by name, as a changing set and by a selector: choose one of them");
            }
            if (namespaceSelector != null) {
                try {
                    if (LabelSelector.parse(namespaceSelector) == LabelSelector.EVERYTHING) {
                        wrong.add("namespaceSelector is empty: leave it away to look at all namespaces");
                    }
                } catch (ResultsException e) {
                    wrong.add("namespaceSelector: " + e.getMessage());
                }
            }
        }

        private @Nullable WatchedNamespaces watchedNamespaces() {
            return watched != null || namespaces.isEmpty()
                    ? watched
                    : WatchedNamespaces.of(namespaces.toArray(new String[0]));
        }

        private static void checkPositive(String option, Duration duration, List<String> wrong) {
            if (duration.compareTo(Duration.ofMillis(1)) < 0) {
                wrong.add(option + " " + duration + " is less than a millisecond");
            }
        }
    }
}

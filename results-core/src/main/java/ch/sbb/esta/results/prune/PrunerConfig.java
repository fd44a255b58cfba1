package ch.sbb.esta.results.prune;

import ch.sbb.esta.results.ListQuery;
import ch.sbb.esta.results.ResultsException;
import ch.sbb.esta.results.SummaryStatus;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;

/**
 * Which runs a {@link Pruner} deletes, how fast and how often.
 *
 * <p>Immutable and thread-safe.
 */
public final class PrunerConfig {

    /** The annotation of a run that keeps it in the cluster, with any value but {@code false}. Retention keeps its Result too. */
    public static final String KEEP_ANNOTATION = "results.esta.sbb.ch/keep";

    private final Duration grace;
    private final Map<SummaryStatus, Integer> keepLast;
    private final LabelSelector selector;
    private final OwnedRuns ownedRuns;
    private final Set<String> namespaces;
    private final int deletionsPerSecond;
    private final Duration interval;

    /** What becomes of top-level runs that somebody else owns, such as a custom resource of another controller. */
    public enum OwnedRuns {
        /** They are left to their owner, as Tekton Results does unless {@code check_owner} is switched off. */
        KEEP,
        /** They are deleted like others. What a PipelineRun or CustomRun owns still goes with its owner only. */
        DELETE
    }

    private PrunerConfig(Builder builder) {
        this.grace = builder.grace;
        this.keepLast = Collections.unmodifiableMap(new EnumMap<>(builder.keepLast));
        this.selector = builder.selector;
        this.ownedRuns = builder.ownedRuns;
        this.namespaces = Collections.unmodifiableSet(new LinkedHashSet<>(builder.namespaces));
        this.deletionsPerSecond = builder.deletionsPerSecond;
        this.interval = builder.interval;
    }

    /**
     * Begins with the defaults.
     *
     * @return a builder
     */
    public static Builder builder() {
        return new Builder();
    }

    /**
     * All defaults.
     *
     * @return the configuration
     */
    public static PrunerConfig defaults() {
        return builder().build();
    }

    /**
     * How long after its end a run stays.
     *
     * @return zero for ever, negative for no time at all
     */
    public Duration grace() {
        return grace;
    }

    /**
     * How many runs of a pipeline stay whatever their age, by how they ended.
     *
     * @return unmodifiable; a state that is missing keeps none
     */
    public Map<SummaryStatus, Integer> keepLast() {
        return keepLast;
    }

    /**
     * Which runs may be deleted at all.
     *
     * @return the selector
     */
    public LabelSelector selector() {
        return selector;
    }

    /**
     * What becomes of top-level runs with an owner.
     *
     * @return the choice
     */
    public OwnedRuns ownedRuns() {
        return ownedRuns;
    }

    /**
     * Where runs are deleted.
     *
     * @return unmodifiable; empty for every namespace that the cluster shows
     */
    public Set<String> namespaces() {
        return namespaces;
    }

    /**
     * How many runs are deleted in a second at most.
     *
     * @return 1 or more
     */
    public int deletionsPerSecond() {
        return deletionsPerSecond;
    }

    /**
     * How long the pruner rests between two rounds.
     *
     * @return more than zero; give or take a tenth
     */
    public Duration interval() {
        return interval;
    }

    /** For example {@code grace PT120H, keep last {}, …}; nothing of it is secret. */
    @Override
    public String toString() {
        return "grace " + grace + ", keep last " + keepLast + ", selector [" + selector + "], owned runs " + ownedRuns
                + ", namespaces " + namespaces + ", " + deletionsPerSecond + " deletions per second, interval "
                + interval;
    }

    /** Collects settings; all mistakes are told at once. Not thread-safe. */
    public static final class Builder {

        private Duration grace = Duration.ofHours(120);
        private final Map<SummaryStatus, Integer> keepLast = new EnumMap<>(SummaryStatus.class);
        private LabelSelector selector = LabelSelector.EVERYTHING;
        private OwnedRuns ownedRuns = OwnedRuns.KEEP;
        private Set<String> namespaces = Set.of();
        private int deletionsPerSecond = 5;
        private Duration interval = Duration.ofMinutes(10);

        private Builder() {}

        /**
         * Sets how long after its end a run stays.
         *
         * @param time zero for ever, negative for no time at all; 120 hours by default
         * @return this
         */
        public Builder grace(Duration time) {
            grace = Objects.requireNonNull(time, "time");
            return this;
        }

        /**
         * Sets how long after its end a run stays, as the flag {@code completed_run_grace_period} of Tekton Results' watcher has it.
         *
         * @param flag for example {@code 120h}; {@code 0} for ever, negative for no time at all
         * @return this
         * @throws ResultsException {@code INVALID} when it is no duration
         */
        public Builder grace(String flag) {
            return grace(GoDuration.parse(Objects.requireNonNull(flag, "flag")));
        }

        /**
         * Keeps the latest runs of each pipeline and state, whatever their age: by the label {@code tekton.dev/pipeline}, of TaskRuns
         * {@code tekton.dev/task}, in each namespace. Runs without the label count as one pipeline.
         *
         * @param count how many of each state; 0 by default
         * @return this
         */
        public Builder keepLast(int count) {
            for (SummaryStatus state : SummaryStatus.values()) {
                keepLast.put(state, count);
            }
            return this;
        }

        /**
         * Keeps the latest runs of each pipeline that ended in one way.
         *
         * @param state how they ended
         * @param count how many; 0 by default
         * @return this
         */
        public Builder keepLast(SummaryStatus state, int count) {
            keepLast.put(Objects.requireNonNull(state, "state"), count);
            return this;
        }

        /**
         * Deletes only runs with certain labels.
         *
         * @param selector which; {@link LabelSelector#EVERYTHING} by default
         * @return this
         */
        public Builder selector(LabelSelector selector) {
            this.selector = Objects.requireNonNull(selector, "selector");
            return this;
        }

        /**
         * Sets what becomes of top-level runs that somebody else owns.
         *
         * @param choice {@link OwnedRuns#KEEP} by default
         * @return this
         */
        public Builder ownedRuns(OwnedRuns choice) {
            ownedRuns = Objects.requireNonNull(choice, "choice");
            return this;
        }

        /**
         * Looks at some namespaces only, each with lists of its own: what fails in one does not hold up the others.
         *
         * @param names the namespaces; empty for all that the cluster shows, the default
         * @return this
         */
        public Builder namespaces(Set<String> names) {
            namespaces = new LinkedHashSet<>(names);
            return this;
        }

        /**
         * Sets how fast runs are deleted.
         *
         * @param count at least 1; 5 by default
         * @return this
         */
        public Builder deletionsPerSecond(int count) {
            deletionsPerSecond = count;
            return this;
        }

        /**
         * Sets how long the pruner rests between two rounds.
         *
         * @param time at least a millisecond; ten minutes by default
         * @return this
         */
        public Builder interval(Duration time) {
            interval = Objects.requireNonNull(time, "time");
            return this;
        }

        /**
         * Makes the configuration.
         *
         * @return the configuration
         * @throws ResultsException {@code INVALID} naming every setting that is wrong
         */
        public PrunerConfig build() {
            List<String> faults = new ArrayList<>();
            keepLast.forEach((state, count) -> {
                if (count < 0) {
                    faults.add("keepLast " + count + " of " + state + " is less than zero");
                }
            });
            for (String namespace : namespaces) {
                try {
                    if (!ListQuery.of(namespace)
                            .requireCollection(ListQuery.Collection.RESULTS)
                            .parent()
                            .isPresent()) {
                        faults.add("the namespace \"-\" means any; leave the namespaces out");
                    }
                } catch (ResultsException e) {
                    faults.add(String.valueOf(e.getMessage()));
                }
            }
            if (deletionsPerSecond < 1) {
                faults.add("deletionsPerSecond " + deletionsPerSecond + " is less than 1");
            }
            if (interval.compareTo(Duration.ofMillis(1)) < 0) {
                faults.add("interval " + interval + " is less than a millisecond");
            }
            if (!faults.isEmpty()) {
                throw ResultsException.invalid(String.join("; ", faults));
            }
            return new PrunerConfig(this);
        }
    }
}

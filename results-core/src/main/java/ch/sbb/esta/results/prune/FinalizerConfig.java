package ch.sbb.esta.results.prune;

import ch.sbb.esta.results.ResultsException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/**
 * How long {@link RunFinalizers} hold a run, and how often they look at it.
 *
 * <p>Immutable and thread-safe.
 */
public final class FinalizerConfig {

    private final Duration deadline;
    private final Upstream upstream;
    private final Duration firstRetry;
    private final Duration longestRetry;
    private final Duration sweepInterval;

    /** What becomes of the finalizers of Tekton Results' own watcher. */
    public enum Upstream {
        /** They belong to that watcher, which runs. */
        LEAVE,
        /** That watcher is switched off: they hold runs as ours do, and are taken off as ours are. */
        TAKE_OVER
    }

    private FinalizerConfig(Builder builder) {
        this.deadline = builder.deadline;
        this.upstream = builder.upstream;
        this.firstRetry = builder.firstRetry;
        this.longestRetry = builder.longestRetry;
        this.sweepInterval = builder.sweepInterval;
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
    public static FinalizerConfig defaults() {
        return builder().build();
    }

    /**
     * How long after its end, or its deletion where it has no end, a run is let go in any case.
     *
     * @return more than zero
     */
    public Duration deadline() {
        return deadline;
    }

    /**
     * What becomes of the finalizers of Tekton Results' own watcher.
     *
     * @return the choice
     */
    public Upstream upstream() {
        return upstream;
    }

    Duration firstRetry() {
        return firstRetry;
    }

    Duration longestRetry() {
        return longestRetry;
    }

    /**
     * How often all runs of the cluster are looked at, whatever was seen of them.
     *
     * @return more than zero
     */
    public Duration sweepInterval() {
        return sweepInterval;
    }

    /** For example {@code deadline PT24H, upstream LEAVE, sweep interval PT10M}; nothing of it is secret. */
    @Override
    public String toString() {
        return "deadline " + deadline + ", upstream " + upstream + ", sweep interval " + sweepInterval;
    }

    /** Collects settings; all mistakes are told at once. Not thread-safe. */
    public static final class Builder {

        private Duration deadline = Duration.ofHours(24);
        private Upstream upstream = Upstream.LEAVE;
        private Duration firstRetry = Duration.ofSeconds(1);
        private Duration longestRetry = Duration.ofMinutes(1);
        private Duration sweepInterval = Duration.ofMinutes(10);

        private Builder() {}

        /**
         * Sets how long after its end, or its deletion where it has no end, a run is let go in any case.
         *
         * @param time more than zero; 24 hours by default
         * @return this
         */
        public Builder deadline(Duration time) {
            deadline = Objects.requireNonNull(time, "time");
            return this;
        }

        /**
         * Sets what becomes of the finalizers of Tekton Results' own watcher.
         *
         * @param choice {@link Upstream#LEAVE} by default
         * @return this
         */
        public Builder upstream(Upstream choice) {
            upstream = Objects.requireNonNull(choice, "choice");
            return this;
        }

        /**
         * Sets how often all runs of the cluster are looked at.
         *
         * @param time at least a millisecond; ten minutes by default
         * @return this
         */
        public Builder sweepInterval(Duration time) {
            sweepInterval = Objects.requireNonNull(time, "time");
            return this;
        }

        /** For tests: the pauses between two looks at a run that cannot be let go, the first and the longest. */
        Builder retries(Duration first, Duration longest) {
            firstRetry = first;
            longestRetry = longest;
            return this;
        }

        /**
         * Makes the configuration.
         *
         * @return the configuration
         * @throws ResultsException {@code INVALID} naming every setting that is wrong
         */
        public FinalizerConfig build() {
            List<String> faults = new ArrayList<>();
            if (deadline.isNegative() || deadline.isZero()) {
                faults.add("deadline " + deadline + " is not more than zero");
            }
            if (sweepInterval.compareTo(Duration.ofMillis(1)) < 0) {
                faults.add("sweepInterval " + sweepInterval + " is less than a millisecond");
            }
            if (!faults.isEmpty()) {
                throw ResultsException.invalid(String.join("; ", faults));
            }
            return new FinalizerConfig(this);
        }
    }
}

package ch.sbb.esta.results.events;

import ch.sbb.esta.results.EventBounds;
import ch.sbb.esta.results.ResultsException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/**
 * How often an {@link EventCollector} writes, and how much it takes.
 *
 * <p>Immutable and thread-safe.
 */
public final class EventCollectorConfig {

    private final Duration writeInterval;
    private final Duration settling;
    private final EventBounds bounds;
    private final int waitingEvents;
    private final long waitingBytes;
    private final Duration relistInterval;
    private final Duration firstRetry;
    private final Duration longestRetry;

    private EventCollectorConfig(Builder builder) {
        this.writeInterval = builder.writeInterval;
        this.settling = builder.settling;
        this.bounds = builder.bounds;
        this.waitingEvents = builder.waitingEvents;
        this.waitingBytes = builder.waitingBytes;
        this.relistInterval = builder.relistInterval;
        this.firstRetry = builder.firstRetry;
        this.longestRetry = builder.longestRetry;
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
    public static EventCollectorConfig defaults() {
        return builder().build();
    }

    /**
     * How long the Events of a run that is not over wait before they are written together.
     *
     * @return more than zero
     */
    public Duration writeInterval() {
        return writeInterval;
    }

    /**
     * How long the Events of a run that is over wait before they are written together.
     *
     * @return more than zero
     */
    public Duration settling() {
        return settling;
    }

    /**
     * How much is kept of one run.
     *
     * @return the bounds
     */
    public EventBounds bounds() {
        return bounds;
    }

    /**
     * How many Events wait in memory at most.
     *
     * @return at least 1
     */
    public int waitingEvents() {
        return waitingEvents;
    }

    /**
     * How many bytes of Events wait in memory at most.
     *
     * @return at least 1
     */
    public long waitingBytes() {
        return waitingBytes;
    }

    Duration relistInterval() {
        return relistInterval;
    }

    Duration firstRetry() {
        return firstRetry;
    }

    Duration longestRetry() {
        return longestRetry;
    }

    /** For example {@code write interval PT30S, …}; nothing of it is secret. */
    @Override
    public String toString() {
        return "write interval " + writeInterval + ", settling " + settling + ", of a run at most " + bounds.events()
                + " Events and " + bounds.bytes() + " bytes, waiting at most " + waitingEvents + " Events and "
                + waitingBytes + " bytes";
    }

    /** Collects settings; all mistakes are told at once. Not thread-safe. */
    public static final class Builder {

        private Duration writeInterval = Duration.ofSeconds(30);
        private Duration settling = Duration.ofSeconds(2);
        private EventBounds bounds = EventBounds.DEFAULTS;
        private int waitingEvents = 50_000;
        private long waitingBytes = 32L << 20;
        private Duration relistInterval = Duration.ofMinutes(10);
        private Duration firstRetry = Duration.ofSeconds(1);
        private Duration longestRetry = Duration.ofMinutes(1);

        private Builder() {}

        /**
         * Sets how long the Events of a run that is not over wait before they are written together: so often at most its Record is
         * rewritten.
         *
         * @param time at least a millisecond; 30 seconds by default
         * @return this
         */
        public Builder writeInterval(Duration time) {
            writeInterval = Objects.requireNonNull(time, "time");
            return this;
        }

        /**
         * Sets how long the Events of a run that is over wait before they are written together.
         *
         * @param time at least a millisecond; two seconds by default
         * @return this
         */
        public Builder settling(Duration time) {
            settling = Objects.requireNonNull(time, "time");
            return this;
        }

        /**
         * Sets how much is kept of one run.
         *
         * @param most {@link EventBounds#DEFAULTS} by default
         * @return this
         */
        public Builder bounds(EventBounds most) {
            bounds = Objects.requireNonNull(most, "most");
            return this;
        }

        /**
         * Sets how many Events wait in memory, for the store or for their run. What has no room is asked for again from the cluster.
         *
         * @param most at least 1; 50,000 by default
         * @return this
         */
        public Builder waitingEvents(int most) {
            waitingEvents = most;
            return this;
        }

        /**
         * Sets how many bytes of Events wait in memory.
         *
         * @param most at least 1; 32 MiB by default
         * @return this
         */
        public Builder waitingBytes(long most) {
            waitingBytes = most;
            return this;
        }

        /** For tests: how often at most the cluster is asked again for what had no room. */
        Builder relistInterval(Duration time) {
            relistInterval = time;
            return this;
        }

        /** For tests: the pauses between two attempts to write, the first and the longest. */
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
        public EventCollectorConfig build() {
            List<String> faults = new ArrayList<>();
            if (writeInterval.compareTo(Duration.ofMillis(1)) < 0) {
                faults.add("writeInterval " + writeInterval + " is less than a millisecond");
            }
            if (settling.compareTo(Duration.ofMillis(1)) < 0) {
                faults.add("settling " + settling + " is less than a millisecond");
            }
            if (waitingEvents < 1) {
                faults.add("waitingEvents " + waitingEvents + " is less than 1");
            }
            if (waitingBytes < 1) {
                faults.add("waitingBytes " + waitingBytes + " is less than 1");
            }
            if (!faults.isEmpty()) {
                throw ResultsException.invalid(String.join("; ", faults));
            }
            return new EventCollectorConfig(this);
        }
    }
}

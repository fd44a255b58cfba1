package ch.sbb.esta.results.logs;

import ch.sbb.esta.results.ResultsException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/** How {@link FanOutLogs} works. Immutable and thread-safe. */
public final class FanOutConfig {

    private final int threads;
    private final int windowBytes;
    private final long bufferBytes;
    private final int maxLogs;
    private final Duration minPause;
    private final Duration maxPause;
    private final Duration stallAfter;
    private final Duration closeLimit;
    private final InstantSource clock;

    private FanOutConfig(Builder builder) {
        threads = builder.threads;
        windowBytes = builder.windowBytes;
        bufferBytes = builder.bufferBytes;
        maxLogs = builder.maxLogs;
        minPause = builder.minPause;
        maxPause = builder.maxPause;
        stallAfter = builder.stallAfter;
        closeLimit = builder.closeLimit;
        clock = builder.clock;
    }

    /**
     * Begins a configuration of defaults.
     *
     * @return a new builder
     */
    public static Builder builder() {
        return new Builder();
    }

    /**
     * How many calls to the secondary are under way at once.
     *
     * @return 1 to 8
     */
    public int threads() {
        return threads;
    }

    /**
     * How much of one log waits in memory for the secondary.
     *
     * @return bytes of heap
     */
    public int windowBytes() {
        return windowBytes;
    }

    /**
     * How much of all logs together waits in memory for the secondary.
     *
     * @return bytes of heap
     */
    public long bufferBytes() {
        return bufferBytes;
    }

    /**
     * How many logs are in work at most, those that wait for the secondary to come back included.
     *
     * @return at least 1
     */
    public int maxLogs() {
        return maxLogs;
    }

    /**
     * How long a log rests after its first failure, and before the primary is asked again whether it has stored more of it.
     *
     * @return a positive time
     */
    public Duration minPause() {
        return minPause;
    }

    /**
     * How long the pauses become at most, each being twice the one before.
     *
     * @return not less than {@link #minPause()}
     */
    public Duration maxPause() {
        return maxPause;
    }

    /**
     * After which time a call to the secondary that does not return is reported as an outage.
     *
     * @return a positive time
     */
    public Duration stallAfter() {
        return stallAfter;
    }

    /**
     * How long closing waits for the secondary.
     *
     * @return zero or more
     */
    public Duration closeLimit() {
        return closeLimit;
    }

    /**
     * What outages are timed by.
     *
     * @return the clock
     */
    public InstantSource clock() {
        return clock;
    }

    /** Collects the options. Not thread-safe. */
    public static final class Builder {

        private static final int MOST_THREADS = 8;
        private static final int MOST_WINDOW = 48 << 10;

        private int threads = 4;
        private int windowBytes = 32 << 10;
        private long bufferBytes = 16L << 20;
        private int maxLogs = 10_000;
        private Duration minPause = Duration.ofMillis(500);
        private Duration maxPause = Duration.ofSeconds(30);
        private Duration stallAfter = Duration.ofSeconds(30);
        private Duration closeLimit = Duration.ofSeconds(30);
        private InstantSource clock = InstantSource.system();

        private Builder() {}

        /**
         * Sets how many calls to the secondary are under way at once.
         *
         * @param count 1 to 8; 4 unless set
         * @return this builder
         */
        public Builder threads(int count) {
            threads = count;
            return this;
        }

        /**
         * Sets how much of one log waits in memory for the secondary. What does not fit is read from the primary later.
         *
         * @param bytes of heap, 0 to 48 KiB; 32 KiB unless set; with 0 the secondary is fed from what the primary has stored only
         * @return this builder
         */
        public Builder windowBytes(int bytes) {
            windowBytes = bytes;
            return this;
        }

        /**
         * Sets how much of all logs together waits in memory for the secondary.
         *
         * @param bytes of heap, 0 or more; 16 MiB unless set
         * @return this builder
         */
        public Builder bufferBytes(long bytes) {
            bufferBytes = bytes;
            return this;
        }

        /**
         * Sets how many logs are in work at most, those that wait for the secondary to come back included. Further ones are not copied,
         * and {@link FanOutLogs#uncopied()} names them.
         *
         * @param count 1 or more; 10,000 unless set
         * @return this builder
         */
        public Builder maxLogs(int count) {
            maxLogs = count;
            return this;
        }

        /**
         * Sets how long a log rests after its first failure, and before the primary is asked again whether it has stored more of it.
         *
         * @param pause 1 millisecond or more; 500 milliseconds unless set
         * @return this builder
         */
        public Builder minPause(Duration pause) {
            minPause = Objects.requireNonNull(pause, "pause");
            return this;
        }

        /**
         * Sets how long the pauses become at most, each being twice the one before.
         *
         * @param pause from the shortest pause to 1 hour; 30 seconds unless set
         * @return this builder
         */
        public Builder maxPause(Duration pause) {
            maxPause = Objects.requireNonNull(pause, "pause");
            return this;
        }

        /**
         * Sets after which time a call to the secondary that does not return is reported as an outage.
         *
         * @param time more than zero; 30 seconds unless set
         * @return this builder
         */
        public Builder stallAfter(Duration time) {
            stallAfter = Objects.requireNonNull(time, "time");
            return this;
        }

        /**
         * Sets how long closing waits for the secondary.
         *
         * @param time zero to 1 hour; 30 seconds unless set
         * @return this builder
         */
        public Builder closeLimit(Duration time) {
            closeLimit = Objects.requireNonNull(time, "time");
            return this;
        }

        /**
         * Sets what outages are timed by.
         *
         * @param source the clock; the system's unless set
         * @return this builder
         */
        public Builder clock(InstantSource source) {
            clock = Objects.requireNonNull(source, "source");
            return this;
        }

        /**
         * Checks everything and builds.
         *
         * @return the configuration
         * @throws ResultsException {@code INVALID} with all mistakes
         */
        public FanOutConfig build() {
            List<String> mistakes = new ArrayList<>();
            sizes(mistakes);
            times(mistakes);
            if (!mistakes.isEmpty()) {
                throw ResultsException.invalid("the fan-out is configured wrongly: " + String.join("; ", mistakes));
            }
            return new FanOutConfig(this);
        }

        private void sizes(List<String> mistakes) {
            if (threads < 1 || threads > MOST_THREADS) {
                mistakes.add("threads " + threads + " is not between 1 and " + MOST_THREADS);
            }
            if (windowBytes < 0 || windowBytes > MOST_WINDOW) {
                mistakes.add("windowBytes " + windowBytes + " is not between 0 and " + MOST_WINDOW);
            }
            if (bufferBytes < 0) {
                mistakes.add("bufferBytes " + bufferBytes + " is negative");
            }
            if (maxLogs < 1) {
                mistakes.add("maxLogs " + maxLogs + " is less than 1");
            }
        }

        private void times(List<String> mistakes) {
            Duration hour = Duration.ofHours(1);
            if (minPause.compareTo(Duration.ofMillis(1)) < 0) {
                mistakes.add("minPause " + minPause + " is less than 1 millisecond");
            }
            if (maxPause.compareTo(minPause) < 0 || maxPause.compareTo(hour) > 0) {
                mistakes.add("maxPause " + maxPause + " is not between minPause " + minPause + " and 1 hour");
            }
            if (stallAfter.isZero() || stallAfter.isNegative()) {
                mistakes.add("stallAfter " + stallAfter + " is not more than zero");
            }
            if (closeLimit.isNegative() || closeLimit.compareTo(hour) > 0) {
                mistakes.add("closeLimit " + closeLimit + " is not between zero and 1 hour");
            }
        }
    }
}

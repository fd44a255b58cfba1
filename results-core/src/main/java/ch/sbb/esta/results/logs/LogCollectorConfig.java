package ch.sbb.esta.results.logs;

import ch.sbb.esta.results.ResultsException;
import ch.sbb.esta.results.spi.LogRedaction;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** How a {@link LogCollector} works. Immutable and thread-safe. */
public final class LogCollectorConfig {

    private final int maxStreams;
    private final Duration headWindow;
    private final Duration lagLimit;
    private final Duration clockTolerance;
    private final Duration overlap;
    private final Duration checkAfter;
    private final Duration silenceLimit;
    private final Duration minBackoff;
    private final Duration maxBackoff;
    private final Duration giveUpAfter;
    private final @Nullable LogRedaction redaction;

    private LogCollectorConfig(Builder builder) {
        maxStreams = builder.maxStreams;
        headWindow = builder.headWindow;
        lagLimit = builder.lagLimit;
        clockTolerance = builder.clockTolerance;
        overlap = builder.overlap;
        checkAfter = builder.checkAfter;
        silenceLimit = builder.silenceLimit;
        minBackoff = builder.minBackoff;
        maxBackoff = builder.maxBackoff;
        giveUpAfter = builder.giveUpAfter;
        redaction = builder.redaction;
    }

    /**
     * The defaults.
     *
     * @return a configuration
     */
    public static LogCollectorConfig defaults() {
        return builder().build();
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
     * How many streams are open at once; default 256.
     *
     * @return the number
     */
    public int maxStreams() {
        return maxStreams;
    }

    /**
     * Within which time of a container's start, or of any moment at which it had written nothing, no head can have been rotated away;
     * default 10 s. A log without a line is read plainly three times in that time, to know such a moment.
     *
     * @return the duration
     */
    public Duration headWindow() {
        return headWindow;
    }

    /**
     * How far behind the container's writing the reader of an open stream may be; default 5 s.
     *
     * @return the duration
     */
    public Duration lagLimit() {
        return lagLimit;
    }

    /**
     * How far the clocks of nodes may be behind or ahead of this machine's; default 2 s.
     *
     * @return the duration
     */
    public Duration clockTolerance() {
        return clockTolerance;
    }

    /**
     * From how long before the last known lines a log is asked for again; default 10 minutes.
     *
     * @return the duration
     */
    public Duration overlap() {
        return overlap;
    }

    /**
     * After which silence of a stream the cluster is asked where the container stands; default 30 s.
     *
     * @return the duration
     */
    public Duration checkAfter() {
        return checkAfter;
    }

    /**
     * After which silence a stream is closed and opened again; default 10 minutes.
     *
     * @return the duration
     */
    public Duration silenceLimit() {
        return silenceLimit;
    }

    /**
     * The first wait after a failure; default 200 ms. It doubles from try to try.
     *
     * @return the duration
     */
    public Duration minBackoff() {
        return minBackoff;
    }

    /**
     * The longest wait between two tries; default 30 s.
     *
     * @return the duration
     */
    public Duration maxBackoff() {
        return maxBackoff;
    }

    /**
     * How long the log of a container that ended may be unreadable before it is sealed as it is; default 15 minutes.
     *
     * @return the duration
     */
    public Duration giveUpAfter() {
        return giveUpAfter;
    }

    /**
     * What takes secrets out of logs before they are stored.
     *
     * @return the redaction, or empty for none, which is the default
     */
    public Optional<LogRedaction> redaction() {
        return Optional.ofNullable(redaction);
    }

    /** Collects the options. Not thread-safe. */
    public static final class Builder {

        private int maxStreams = 256;
        private Duration headWindow = Duration.ofSeconds(10);
        private Duration lagLimit = Duration.ofSeconds(5);
        private Duration clockTolerance = Duration.ofSeconds(2);
        private Duration overlap = Duration.ofMinutes(10);
        private Duration checkAfter = Duration.ofSeconds(30);
        private Duration silenceLimit = Duration.ofMinutes(10);
        private Duration minBackoff = Duration.ofMillis(200);
        private Duration maxBackoff = Duration.ofSeconds(30);
        private Duration giveUpAfter = Duration.ofMinutes(15);
        private @Nullable LogRedaction redaction;

        private Builder() {}

        /**
         * Sets how many streams are open at once. Each costs a thread, up to 64 KiB and a connection or an HTTP/2 stream.
         *
         * @param number at least 1; default 256
         * @return this builder
         */
        public Builder maxStreams(int number) {
            maxStreams = number;
            return this;
        }

        /**
         * Sets within which time of a container's start no head can have been rotated away: long enough for a stream to be opened, short
         * enough that no container writes {@code containerLogMaxSize} in it. A log that was opened, or whose first line was written,
         * within this time of the container's start has its head.
         *
         * @param duration not negative; default 10 s, with the kubelet's default size about 1 MB/s
         * @return this builder
         */
        public Builder headWindow(Duration duration) {
            headWindow = Objects.requireNonNull(duration, "duration");
            return this;
        }

        /**
         * Sets how far behind the container's writing the reader of an open stream may be. A reader further behind opens the stream again
         * and looks for its place; where that does not help, the log is labelled. Together with the clocks' tolerance it must be shorter
         * than the time between two rotations, 10 s by the kubelet's default.
         *
         * @param duration positive; default 5 s
         * @return this builder
         */
        public Builder lagLimit(Duration duration) {
            lagLimit = Objects.requireNonNull(duration, "duration");
            return this;
        }

        /**
         * Sets how far the clocks of nodes may be behind or ahead of this machine's without logs being labelled for it.
         *
         * @param duration not negative; default 2 s
         * @return this builder
         */
        public Builder clockTolerance(Duration duration) {
            clockTolerance = Objects.requireNonNull(duration, "duration");
            return this;
        }

        /**
         * Sets from how long before the lowest timestamp of the last known lines a log is asked for again. The kubelet leaves out lines
         * that bear an earlier time, also those written later under a clock that was set back: the overlap bounds by how much a
         * node's clock may be set back while a stream is down. Nothing before the kubelet's current file is ever sent.
         *
         * @param duration not negative; default 10 minutes
         * @return this builder
         */
        public Builder overlap(Duration duration) {
            overlap = Objects.requireNonNull(duration, "duration");
            return this;
        }

        /**
         * Sets after which silence of a stream the cluster is asked where the container stands; ended: the stream is closed.
         *
         * @param duration positive; default 30 s
         * @return this builder
         */
        public Builder checkAfter(Duration duration) {
            checkAfter = Objects.requireNonNull(duration, "duration");
            return this;
        }

        /**
         * Sets after which silence a stream is closed and opened again, although the container runs: it may be dead.
         *
         * @param duration positive; default 10 minutes
         * @return this builder
         */
        public Builder silenceLimit(Duration duration) {
            silenceLimit = Objects.requireNonNull(duration, "duration");
            return this;
        }

        /**
         * Sets the first wait after a failure; it doubles from try to try.
         *
         * @param duration positive; default 200 ms
         * @return this builder
         */
        public Builder minBackoff(Duration duration) {
            minBackoff = Objects.requireNonNull(duration, "duration");
            return this;
        }

        /**
         * Sets the longest wait between two tries.
         *
         * @param duration at least the first wait; default 30 s
         * @return this builder
         */
        public Builder maxBackoff(Duration duration) {
            maxBackoff = Objects.requireNonNull(duration, "duration");
            return this;
        }

        /**
         * Sets how long the log of a container that ended may be unreadable before it is sealed as it is, with
         * {@code NOT_READABLE}. While the container runs or the sink refuses, nothing is given up.
         *
         * @param duration not negative; default 15 minutes
         * @return this builder
         */
        public Builder giveUpAfter(Duration duration) {
            giveUpAfter = Objects.requireNonNull(duration, "duration");
            return this;
        }

        /**
         * Takes secrets out of logs before they are stored, for example a {@link SecretRedaction}. A log that was begun with another
         * redaction may be {@code GAPPED}, because its stored last lines do not come back as they were.
         *
         * @param hook the redaction; default none
         * @return this builder
         */
        public Builder redaction(LogRedaction hook) {
            redaction = Objects.requireNonNull(hook, "hook");
            return this;
        }

        /**
         * Checks all options.
         *
         * @return the configuration
         * @throws ResultsException {@code INVALID} with all mistakes at once
         */
        public LogCollectorConfig build() {
            List<String> mistakes = new ArrayList<>();
            if (maxStreams < 1) {
                mistakes.add("maxStreams is " + maxStreams + ", must be at least 1");
            }
            notNegative(mistakes, "headWindow", headWindow);
            positive(mistakes, "lagLimit", lagLimit);
            notNegative(mistakes, "clockTolerance", clockTolerance);
            notNegative(mistakes, "overlap", overlap);
            positive(mistakes, "checkAfter", checkAfter);
            positive(mistakes, "silenceLimit", silenceLimit);
            positive(mistakes, "minBackoff", minBackoff);
            notNegative(mistakes, "giveUpAfter", giveUpAfter);
            if (maxBackoff.compareTo(minBackoff) < 0) {
                mistakes.add("maxBackoff is " + maxBackoff + ", must be at least minBackoff, " + minBackoff);
            }
            if (!mistakes.isEmpty()) {
                throw ResultsException.invalid("log collector: " + String.join("; ", mistakes));
            }
            return new LogCollectorConfig(this);
        }

        private static void notNegative(List<String> mistakes, String option, Duration duration) {
            if (duration.isNegative()) {
                mistakes.add(option + " is " + duration + ", must not be negative");
            }
        }

        private static void positive(List<String> mistakes, String option, Duration duration) {
            if (duration.isNegative() || duration.isZero()) {
                mistakes.add(option + " is " + duration + ", must be positive");
            }
        }
    }
}

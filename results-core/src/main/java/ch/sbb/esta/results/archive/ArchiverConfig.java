package ch.sbb.esta.results.archive;

import ch.sbb.esta.results.ResultsException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/**
 * How much a {@link RunArchiver} may hold, how it batches and how it retries.
 *
 * <p>Immutable and thread-safe. Its text form shows every setting; none is secret.
 */
public final class ArchiverConfig {

    private static final int MAX_BATCH_RUNS = 100_000;

    private final Path spoolDirectory;
    private final Spooling spooling;
    private final int queueRuns;
    private final long queueBytes;
    private final int batchRuns;
    private final long batchBytes;
    private final Duration firstRetryDelay;
    private final Duration maxRetryDelay;
    private final Duration closeTimeout;

    /** Which finished and deleted runs go to the disk before they are archived. */
    public enum Spooling {
        /**
         * Those for which the queue has no room. What waits in memory is lost in a crash and found again by the next list, if the run
         * still exists then.
         */
        OVERFLOW,
        /**
         * All, before the callback returns: a crash loses none that was accepted. Costs the watcher one forced write to the disk for
         * each version of a finished run.
         */
        WRITE_AHEAD
    }

    private ArchiverConfig(Builder builder) {
        this.spoolDirectory = builder.spoolDirectory;
        this.spooling = builder.spooling;
        this.queueRuns = builder.queueRuns;
        this.queueBytes = builder.queueBytes;
        this.batchRuns = builder.batchRuns;
        this.batchBytes = builder.batchBytes;
        this.firstRetryDelay = builder.firstRetryDelay;
        this.maxRetryDelay = builder.maxRetryDelay;
        this.closeTimeout = builder.closeTimeout;
    }

    /**
     * Begins with the defaults.
     *
     * @param spoolDirectory where finished runs wait for which there is no room in memory; created when missing. It belongs to one
     *     archiver alone and should outlive a restart of the process
     * @return a builder
     */
    public static Builder builder(Path spoolDirectory) {
        return new Builder(spoolDirectory);
    }

    /**
     * The directory of the spool.
     *
     * @return the path as it was given
     */
    public Path spoolDirectory() {
        return spoolDirectory;
    }

    /**
     * Which finished runs go to the disk first.
     *
     * @return {@link Spooling#OVERFLOW} unless set
     */
    public Spooling spooling() {
        return spooling;
    }

    /**
     * How many objects wait in memory at most, the batch in work included.
     *
     * @return 10,000 unless set
     */
    public int queueRuns() {
        return queueRuns;
    }

    /**
     * How many bytes of JSON wait in memory at most, the batch in work included.
     *
     * @return 64 MiB unless set
     */
    public long queueBytes() {
        return queueBytes;
    }

    /**
     * How many objects are archived at once at most.
     *
     * @return 100 unless set
     */
    public int batchRuns() {
        return batchRuns;
    }

    /**
     * How many bytes of JSON are archived at once at most; a larger object makes a batch of its own. What is read back from the spool
     * for a batch comes on top of {@link #queueBytes()}.
     *
     * @return 8 MiB unless set
     */
    public long batchBytes() {
        return batchBytes;
    }

    /**
     * How long to wait after the first failure, at most; each further failure doubles it, and every wait is shortened by up to half at
     * random.
     *
     * @return 200 ms unless set
     */
    public Duration firstRetryDelay() {
        return firstRetryDelay;
    }

    /**
     * How long to wait after many failures, at most.
     *
     * @return 30 s unless set
     */
    public Duration maxRetryDelay() {
        return maxRetryDelay;
    }

    /**
     * How long {@link RunArchiver#close()} goes on archiving what waits.
     *
     * @return 10 s unless set
     */
    public Duration closeTimeout() {
        return closeTimeout;
    }

    @Override
    public String toString() {
        return "spoolDirectory=" + spoolDirectory + " spooling=" + spooling + " queueRuns=" + queueRuns + " queueBytes="
                + queueBytes + " batchRuns=" + batchRuns + " batchBytes=" + batchBytes + " firstRetryDelay="
                + firstRetryDelay + " maxRetryDelay=" + maxRetryDelay + " closeTimeout=" + closeTimeout;
    }

    /** Collects settings; {@link #build()} reports all mistakes at once. Not thread-safe. */
    public static final class Builder {

        private final Path spoolDirectory;
        private Spooling spooling = Spooling.OVERFLOW;
        private int queueRuns = 10_000;
        private long queueBytes = 64 << 20;
        private int batchRuns = 100;
        private long batchBytes = 8 << 20;
        private Duration firstRetryDelay = Duration.ofMillis(200);
        private Duration maxRetryDelay = Duration.ofSeconds(30);
        private Duration closeTimeout = Duration.ofSeconds(10);

        private Builder(Path spoolDirectory) {
            this.spoolDirectory = Objects.requireNonNull(spoolDirectory, "spoolDirectory");
        }

        /**
         * Sets which finished runs go to the disk first.
         *
         * @param spooling {@link Spooling#OVERFLOW} by default
         * @return this
         */
        public Builder spooling(Spooling spooling) {
            this.spooling = Objects.requireNonNull(spooling, "spooling");
            return this;
        }

        /**
         * Bounds the queue in objects.
         *
         * @param runs at least 1; 10,000 by default
         * @return this
         */
        public Builder queueRuns(int runs) {
            this.queueRuns = runs;
            return this;
        }

        /**
         * Bounds the queue in bytes of JSON. An object that is larger alone waits on disk.
         *
         * @param bytes at least 1; 64 MiB by default
         * @return this
         */
        public Builder queueBytes(long bytes) {
            this.queueBytes = bytes;
            return this;
        }

        /**
         * Bounds a batch in objects.
         *
         * @param runs 1 to 100,000; 100 by default
         * @return this
         */
        public Builder batchRuns(int runs) {
            this.batchRuns = runs;
            return this;
        }

        /**
         * Bounds a batch in bytes of JSON.
         *
         * @param bytes at least 1; 8 MiB by default
         * @return this
         */
        public Builder batchBytes(long bytes) {
            this.batchBytes = bytes;
            return this;
        }

        /**
         * Sets the longest wait after the first failure.
         *
         * @param delay more than zero; 200 ms by default
         * @return this
         */
        public Builder firstRetryDelay(Duration delay) {
            this.firstRetryDelay = Objects.requireNonNull(delay, "delay");
            return this;
        }

        /**
         * Sets the longest wait after many failures.
         *
         * @param delay not less than the first, at most a day; 30 s by default
         * @return this
         */
        public Builder maxRetryDelay(Duration delay) {
            this.maxRetryDelay = Objects.requireNonNull(delay, "delay");
            return this;
        }

        /**
         * Sets how long closing goes on archiving.
         *
         * @param timeout zero or more, at most a day; 10 s by default
         * @return this
         */
        public Builder closeTimeout(Duration timeout) {
            this.closeTimeout = Objects.requireNonNull(timeout, "timeout");
            return this;
        }

        /**
         * Makes the configuration.
         *
         * @return the configuration
         * @throws ResultsException {@code INVALID} naming every mistake
         */
        public ArchiverConfig build() {
            List<String> mistakes = new ArrayList<>();
            atLeastOne(mistakes, "queueRuns", queueRuns);
            atLeastOne(mistakes, "queueBytes", queueBytes);
            atLeastOne(mistakes, "batchRuns", batchRuns);
            if (batchRuns > MAX_BATCH_RUNS) {
                mistakes.add("batchRuns " + batchRuns + " is more than " + MAX_BATCH_RUNS);
            }
            atLeastOne(mistakes, "batchBytes", batchBytes);
            if (firstRetryDelay.compareTo(Duration.ofMillis(1)) < 0) {
                mistakes.add("firstRetryDelay " + firstRetryDelay + " is less than a millisecond");
            }
            if (maxRetryDelay.compareTo(firstRetryDelay) < 0) {
                mistakes.add("maxRetryDelay " + maxRetryDelay + " is less than firstRetryDelay " + firstRetryDelay);
            }
            if (maxRetryDelay.compareTo(Duration.ofDays(1)) > 0) {
                mistakes.add("maxRetryDelay " + maxRetryDelay + " is more than a day");
            }
            if (closeTimeout.isNegative() || closeTimeout.compareTo(Duration.ofDays(1)) > 0) {
                mistakes.add("closeTimeout " + closeTimeout + " is not between zero and a day");
            }
            if (!mistakes.isEmpty()) {
                throw ResultsException.invalid("archiver configuration: " + String.join("; ", mistakes));
            }
            return new ArchiverConfig(this);
        }

        private static void atLeastOne(List<String> mistakes, String what, long value) {
            if (value < 1) {
                mistakes.add(what + " " + value + " is less than 1");
            }
        }
    }
}

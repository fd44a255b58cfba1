package ch.sbb.esta.results.logs;

import ch.sbb.esta.results.ResultsException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/** How {@link SegmentedLogs} works. Immutable and thread-safe. */
public final class LogStoreConfig {

    private final int segmentBytes;
    private final Duration segmentAge;
    private final Path spoolDirectory;
    private final long spoolBytes;
    private final InstantSource clock;

    private LogStoreConfig(Builder builder) {
        segmentBytes = builder.segmentBytes;
        segmentAge = builder.segmentAge;
        spoolDirectory = builder.spoolDirectory;
        spoolBytes = builder.spoolBytes;
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
     * How much text makes a segment.
     *
     * @return bytes of uncompressed text
     */
    public int segmentBytes() {
        return segmentBytes;
    }

    /**
     * How long text waits at most before it becomes a segment.
     *
     * @return a positive time
     */
    public Duration segmentAge() {
        return segmentAge;
    }

    /**
     * Where text waits that is not in the blob store yet.
     *
     * @return a directory
     */
    public Path spoolDirectory() {
        return spoolDirectory;
    }

    /**
     * How much text of all logs together may wait there.
     *
     * @return bytes of uncompressed text and line index
     */
    public long spoolBytes() {
        return spoolBytes;
    }

    /**
     * What the age is measured by.
     *
     * @return the clock
     */
    public InstantSource clock() {
        return clock;
    }

    /** Collects the options. Not thread-safe. */
    public static final class Builder {

        private int segmentBytes = 4 << 20;
        private Duration segmentAge = Duration.ofSeconds(10);
        private Path spoolDirectory = defaultSpoolDirectory();
        private long spoolBytes = 1L << 30;
        private InstantSource clock = InstantSource.system();

        private Builder() {}

        private static Path defaultSpoolDirectory() {
            String user = System.getProperty("user.name", "").replaceAll("[^A-Za-z0-9._-]", "_");
            return Path.of(System.getProperty("java.io.tmpdir"), "esta-results-spool-" + user);
        }

        /**
         * Sets how much text makes a segment: more means fewer and larger blobs, and more that is lost from the spool when the process
         * is killed and has to be read from the cluster again. A segment has up to twice as much, at
         * least 1 MiB, when the blob store was slow.
         *
         * @param bytes of uncompressed text, 1 to 1 GiB; 4 MiB unless set
         * @return this builder
         */
        public Builder segmentBytes(int bytes) {
            segmentBytes = bytes;
            return this;
        }

        /**
         * Sets how long text waits at most before it becomes a segment and readers can see it.
         *
         * @param age 10 milliseconds to 1 hour; 10 seconds unless set
         * @return this builder
         */
        public Builder segmentAge(Duration age) {
            segmentAge = Objects.requireNonNull(age, "age");
            return this;
        }

        /**
         * Sets where text waits. Several processes may share the directory. It need not survive a restart: what is only there is read
         * from the cluster again.
         *
         * @param directory made when there is none; unless set, {@code esta-results-spool-USER} in {@code java.io.tmpdir}, because
         *     another user of the host could not write into ours
         * @return this builder
         */
        public Builder spoolDirectory(Path directory) {
            spoolDirectory = Objects.requireNonNull(directory, "directory");
            return this;
        }

        /**
         * Sets how much may wait of all logs together while the blob store is slow or down. On the disk up to twice as much may be
         * taken, because a segment's compressed form lies beside it while it is sent.
         *
         * @param bytes at least 64 KiB and a segment; 1 GiB unless set
         * @return this builder
         */
        public Builder spoolBytes(long bytes) {
            spoolBytes = bytes;
            return this;
        }

        /**
         * Sets what the age is measured by.
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
        public LogStoreConfig build() {
            List<String> mistakes = new ArrayList<>();
            if (segmentBytes < 1 || segmentBytes > 1 << 30) {
                mistakes.add("segmentBytes " + segmentBytes + " is not between 1 and " + (1 << 30));
            }
            if (segmentAge.compareTo(Duration.ofMillis(10)) < 0 || segmentAge.compareTo(Duration.ofHours(1)) > 0) {
                mistakes.add("segmentAge " + segmentAge + " is not between 10 milliseconds and 1 hour");
            }
            if (spoolBytes < 64 << 10 || spoolBytes < segmentBytes) {
                mistakes.add("spoolBytes " + spoolBytes + " is less than " + Math.max(64 << 10, segmentBytes)
                        + ": one segment and at least 64 KiB must have room");
            }
            if (!mistakes.isEmpty()) {
                throw ResultsException.invalid("the log store is configured wrongly: " + String.join("; ", mistakes));
            }
            return new LogStoreConfig(this);
        }
    }
}

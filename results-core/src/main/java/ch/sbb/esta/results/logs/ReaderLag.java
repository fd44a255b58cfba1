package ch.sbb.esta.results.logs;

import java.time.Duration;
import java.time.Instant;

/**
 * Judges whether the reader of an open stream keeps up: inside of one open follow two rotations lose the middle if it is behind by more
 * than the time between them. A line waits for this stream since it was written, or since the stream was opened; the clock of the node
 * is taken to be off by the smallest difference seen, but by no more than the tolerance ahead, since a reader that is always late looks
 * the same as a clock that is behind.
 *
 * <p>Not thread-safe.
 */
final class ReaderLag {

    private static final long FAR = Duration.ofDays(36_500).toNanos();

    private final long limit;
    private Instant opened = Instant.EPOCH;

    /** Nanoseconds, as everything here: this is asked for each line. */
    private long offset;

    ReaderLag(LogCollectorConfig config) {
        this.limit = nanos(config.lagLimit());
        this.offset = nanos(config.clockTolerance());
    }

    /** A stream was opened. */
    void opened(Instant now) {
        opened = now;
    }

    /** Whether a line that is read now waited too long. */
    boolean isLagging(Instant line, Instant received) {
        long sinceWritten = nanos(line, received);
        offset = Math.min(offset, sinceWritten);
        return Math.min(sinceWritten - offset, nanos(opened, received)) > limit;
    }

    private static long nanos(Duration duration) {
        return duration.toSeconds() >= FAR / 1_000_000_000 ? FAR : duration.toNanos();
    }

    /** Between two times; what is a hundred years or more apart is a hundred years apart, which no sum of two overflows. */
    private static long nanos(Instant from, Instant to) {
        long seconds = to.getEpochSecond() - from.getEpochSecond();
        if (Math.abs(seconds) >= FAR / 1_000_000_000) {
            return seconds < 0 ? -FAR : FAR;
        }
        return seconds * 1_000_000_000 + to.getNano() - from.getNano();
    }

    /** How long the stream has been open. */
    Duration open(Instant now) {
        return Duration.between(opened, now);
    }
}

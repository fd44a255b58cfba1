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

    private final LogCollectorConfig config;
    private Instant opened = Instant.EPOCH;
    private Duration offset;

    ReaderLag(LogCollectorConfig config) {
        this.config = config;
        this.offset = config.clockTolerance();
    }

    /** A stream was opened. */
    void opened(Instant now) {
        opened = now;
    }

    /** Whether a line that is read now waited too long. */
    boolean isLagging(Instant line, Instant received) {
        Duration difference = Duration.between(line, received);
        if (difference.compareTo(offset) < 0) {
            offset = difference;
        }
        Instant written = line.plus(offset);
        Instant waiting = written.isAfter(opened) ? written : opened;
        return Duration.between(waiting, received).compareTo(config.lagLimit()) > 0;
    }

    /** How long the stream has been open. */
    Duration open(Instant now) {
        return Duration.between(opened, now);
    }
}

package ch.sbb.esta.results.logs;

import ch.sbb.esta.results.PodSnapshot;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Judges what cannot be seen in the lines themselves: whether the head of a log is there, and whether the reader of an open stream kept
 * up.
 *
 * <p>Head: the kubelet serves only its current file, so the size of what is there proves nothing: behind a rotation it is small. What
 * proves the head is time: the first line was written, or the stream was opened, within {@code headWindow} of the container's start (a
 * container does not write and have rotated a whole file in that time), or all of the run was that short. A stream that the other side
 * ended without a line is taken up again within the same window without losing the proof; one that was closed because it was silent is
 * not, for it may have been dead.
 *
 * <p>Lag: inside of one open follow two rotations lose the middle if the reader is behind by more than the time between them. A line
 * waits for this stream since it was written, or since the stream was opened; the clock of the node is taken to be off by the smallest
 * difference seen, but by no more than the tolerance ahead, since a reader that is always late looks the same as a clock that is behind.
 *
 * <p>Not thread-safe.
 */
final class Completeness {

    private final LogCollectorConfig config;
    private @Nullable Instant startedAt;
    private @Nullable Instant finishedAt;
    private @Nullable Instant coveredUntil;
    private Instant opened = Instant.EPOCH;
    private Duration offset;

    Completeness(LogCollectorConfig config) {
        this.config = config;
        this.offset = config.clockTolerance();
    }

    /** Takes the times of the run that the log is of. */
    void run(PodSnapshot.Container container) {
        if (container.startedAt() != null) {
            startedAt = container.startedAt();
        }
        if (container.finishedAt() != null) {
            finishedAt = container.finishedAt();
        }
    }

    /** A stream was opened from the beginning or from before the anchor. */
    void opened(Instant now) {
        boolean covered = isYoung(now) || (coveredUntil != null && within(coveredUntil, now));
        coveredUntil = covered ? now : null;
        opened = now;
    }

    /** Lines came: from now on they prove what came before them, and should they be lost again, nothing does. */
    void delivered() {
        coveredUntil = null;
    }

    /** The stream was ended, but was open until then, and nothing came. */
    void ended(Instant openUntil) {
        if (coveredUntil != null) {
            coveredUntil = openUntil;
        }
    }

    /**
     * Why the head of a log is not proven.
     *
     * @param first the timestamp of the first line, or null for a log without lines
     * @return what was seen, or empty when it is proven
     */
    Optional<String> headDoubt(@Nullable Instant first) {
        if (coveredUntil != null || wasShort()) {
            return Optional.empty();
        }
        if (startedAt == null) {
            return Optional.of("it is not known when the container started");
        }
        if (first != null && isYoung(first)) {
            return Optional.empty();
        }
        return Optional.of("opened " + Duration.between(startedAt, opened) + " after the container's start"
                + (first == null ? "" : ", first line " + Duration.between(startedAt, first) + " after it"));
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

    private boolean wasShort() {
        return startedAt != null && finishedAt != null && within(startedAt, finishedAt);
    }

    private boolean isYoung(Instant when) {
        return startedAt != null && !when.isBefore(startedAt.minus(config.clockTolerance())) && within(startedAt, when);
    }

    private boolean within(Instant from, Instant to) {
        return Duration.between(from, to).compareTo(config.headWindow()) <= 0;
    }
}

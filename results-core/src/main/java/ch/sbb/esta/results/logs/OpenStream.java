package ch.sbb.esta.results.logs;

import java.io.IOException;
import java.io.InputStream;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** A stream of a container's log that another thread may watch and close. Thread-safe, but for reading: one thread. */
final class OpenStream implements AutoCloseable {

    private final InputStream in;
    private final InstantSource clock;
    private final Instant openedAt;
    private volatile @Nullable Instant waitingSince;
    private volatile Instant openUntil;
    private @Nullable Instant beatOf;
    private Instant beat = Instant.EPOCH;
    private volatile Instant checkedAt = Instant.EPOCH;
    private volatile boolean closed;
    private volatile boolean yielded;

    OpenStream(InputStream in, InstantSource clock) {
        this.in = in;
        this.clock = clock;
        this.openedAt = clock.instant();
        this.openUntil = openedAt;
    }

    int read(byte[] buffer) throws IOException {
        waitingSince = clock.instant();
        try {
            return in.read(buffer, 0, buffer.length);
        } finally {
            waitingSince = null;
        }
    }

    Instant openedAt() {
        return openedAt;
    }

    /** Since when the reader waits for bytes; empty while it is busy with what it got. */
    Optional<Instant> waitingSince() {
        return Optional.ofNullable(waitingSince);
    }

    /**
     * Takes note that the reader still waits. A stream whose reader waits at two beats in the same call was open at the first of them; at
     * the second it may have ended without the reader knowing yet, for example because the whole process stood still.
     */
    void beat(Instant now) {
        Instant waiting = waitingSince;
        if (waiting != null && waiting.equals(beatOf)) {
            openUntil = beat;
        }
        beatOf = waiting;
        beat = now;
    }

    /** Until when the stream was open for sure. */
    Instant openUntil() {
        return openUntil;
    }

    /** When the cluster was last asked because of the silence. */
    void checked(Instant when) {
        checkedAt = when;
    }

    /** How long the reader has waited and nobody has asked why. */
    Duration unchecked(Instant now) {
        Instant since = waitingSince;
        if (since == null) {
            return Duration.ZERO;
        }
        return Duration.between(since.isAfter(checkedAt) ? since : checkedAt, now);
    }

    boolean isClosed() {
        return closed;
    }

    /** Ends a blocked read, so that another log gets the place. */
    void yieldPlace() {
        yielded = true;
        close();
    }

    boolean isYielded() {
        return yielded;
    }

    /** Ends a blocked read. A stream that cannot be closed properly is as good as closed: nothing more is read from it. */
    @Override
    public void close() {
        closed = true;
        try {
            in.close();
        } catch (IOException | RuntimeException e) {
            LogCollector.LOG.debug("closing the stream of a container's log failed", e);
        }
    }
}

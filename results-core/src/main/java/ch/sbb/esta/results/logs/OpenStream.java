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
    private volatile Instant checkedAt = Instant.EPOCH;
    private volatile boolean closed;

    OpenStream(InputStream in, InstantSource clock) {
        this.in = in;
        this.clock = clock;
        this.openedAt = clock.instant();
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

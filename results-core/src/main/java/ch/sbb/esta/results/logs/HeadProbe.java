package ch.sbb.esta.results.logs;

import ch.sbb.esta.results.ContainerLogId;
import ch.sbb.esta.results.ResultsException;
import ch.sbb.esta.results.spi.ContainerLogs;
import ch.sbb.esta.results.spi.ContainerLogs.Mode;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Reads a log plainly every few seconds while it has no line, beside the stream that is open: that the stream delivers nothing does not
 * tell whether nothing was written or the stream is dead. A step that waits for the one before is passed over, and so is a log with a
 * line. Thread-safe.
 */
final class HeadProbe implements AutoCloseable {

    /** So many reads fit into the head window, so that two may fail. */
    private static final int READS_PER_WINDOW = 3;

    private final ContainerLogId id;
    private final String pod;
    private final Surroundings around;
    private final HeadProof head;
    private final Duration interval;

    private volatile boolean textCame;
    private boolean underWay;
    private boolean closed;
    private Instant askedAt = Instant.MIN;
    private @Nullable OpenStream current;
    private @Nullable Instant textSeen;
    private boolean missing;

    HeadProbe(ContainerLogId id, String pod, Surroundings around, HeadProof head) {
        this.id = id;
        this.pod = pod;
        this.around = around;
        this.head = head;
        this.interval = around.config().headWindow().dividedBy(READS_PER_WINDOW);
    }

    /** The collection has text of the log: nothing is left to be found out. */
    void textCame() {
        textCame = true;
    }

    /** What is to be run now on a thread of its own; a read that takes too long is ended. */
    synchronized Optional<Runnable> watch(Instant now, Standing standing) {
        OpenStream open = current;
        if (open != null
                && Duration.between(open.openedAt(), now)
                                .compareTo(around.config().headWindow())
                        > 0) {
            open.close();
        }
        boolean due = !textCame
                && !closed
                && !underWay
                && standing == Standing.RUNNING
                && !head.isTurnPending()
                && (askedAt.equals(Instant.MIN)
                        || Duration.between(askedAt, now).compareTo(interval) >= 0);
        if (!due) {
            return Optional.empty();
        }
        underWay = true;
        askedAt = now;
        return Optional.of(this::run);
    }

    /** Whether a read found text that the open stream has not delivered in the time since; says so once. */
    synchronized boolean isMissingText() {
        boolean was = missing && !textCame;
        missing = false;
        return was;
    }

    @Override
    public synchronized void close() {
        closed = true;
        if (current != null) {
            current.close();
        }
    }

    private void run() {
        try {
            if (textCame) {
                return;
            }
            around.counters().probes.increment();
            Instant asked = around.clock().instant();
            boolean text = read();
            Instant answered = around.clock().instant();
            if (text) {
                textFound(asked);
            } else if (isStillRunning()) {
                head.empty(asked, answered);
            }
        } catch (ResultsException | IOException e) {
            LogCollector.LOG.debug("{}: looking for a first line failed", id, e);
        } finally {
            ended();
        }
    }

    /** Whether there is anything. */
    private boolean read() throws IOException {
        ContainerLogs.Request request = new ContainerLogs.Request(id.namespace(), pod, id.container(), null, Mode.READ);
        try (OpenStream stream = new OpenStream(around.logs().open(request), around.clock())) {
            opened(stream);
            boolean text = stream.read(new byte[64]) >= 0;
            if (stream.isClosed()) {
                throw new IOException("the read took too long");
            }
            return text;
        }
    }

    /** Whether what was read is the log of this run still, and not of another pod of the name or of another run. */
    private boolean isStillRunning() {
        return Standing.of(around.logs().findPod(id.namespace(), pod), id) == Standing.RUNNING;
    }

    private synchronized void opened(OpenStream stream) {
        current = stream;
        if (closed) {
            stream.close();
        }
    }

    private synchronized void textFound(Instant asked) {
        if (textSeen != null) {
            missing = true;
            textSeen = null;
        } else {
            textSeen = asked;
        }
    }

    private synchronized void ended() {
        current = null;
        underWay = false;
    }
}

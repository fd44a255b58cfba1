package ch.sbb.esta.results.logs;

import ch.sbb.esta.results.ContainerLogId;
import ch.sbb.esta.results.Escaped;
import ch.sbb.esta.results.LogAnnotation;
import ch.sbb.esta.results.LogDefect;
import ch.sbb.esta.results.LogInfo;
import ch.sbb.esta.results.LogLine;
import ch.sbb.esta.results.ResultsException;
import ch.sbb.esta.results.spi.LiveLogs;
import ch.sbb.esta.results.spi.LogLines;
import ch.sbb.esta.results.spi.LogSource;
import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * The text of a log with times and markers put in, and, when it is followed, with what comes until the log is sealed. One thread reads,
 * another one may close.
 */
final class AnnotatedText extends InputStream {

    private static final DateTimeFormatter TIME = DateTimeFormatter.ofPattern(
                    "uuuu-MM-dd'T'HH:mm:ss.SSSSSSSSS'Z' ", Locale.ROOT)
            .withZone(ZoneOffset.UTC);
    private static final byte[] NOTHING = new byte[0];

    private final LogSource source;
    private final ContainerLogId id;
    private final Set<LogAnnotation> annotations;
    private final long stop;
    private final @Nullable Duration pause;
    private final Object lock = new Object();

    private LogInfo info;
    private long position;
    private byte last = '\n';
    private int markers;
    private byte[] inserted = NOTHING;
    private int insertedAt;
    private @Nullable InputStream text;
    private @Nullable LogLines lines;
    private @Nullable LogLine line;
    private boolean closed;

    /**
     * Opens a log from a place on.
     *
     * @param info what is known of the log
     * @param stop where to end, or the largest number for where the log ends
     * @param pause between two looks for more, or null to end with what is there
     */
    AnnotatedText(
            LogSource source,
            LogInfo info,
            Set<LogAnnotation> annotations,
            long position,
            long stop,
            @Nullable Duration pause) {
        this.source = source;
        this.id = info.id();
        this.info = info;
        this.annotations = annotations;
        this.position = position;
        this.stop = stop;
        this.pause = pause;
        while (markers < info.defects().size() && info.defects().get(markers).offset() < position) {
            markers++;
        }
    }

    @Override
    public int read() throws IOException {
        byte[] one = new byte[1];
        return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
    }

    @Override
    public int read(byte[] buffer, int offset, int length) throws IOException {
        if (length == 0) {
            return 0;
        }
        while (true) {
            requireOpen();
            if (insertedAt < inserted.length) {
                int n = Math.min(length, inserted.length - insertedAt);
                System.arraycopy(inserted, insertedAt, buffer, offset, n);
                insertedAt += n;
                return n;
            }
            if (insert()) {
                continue;
            }
            long end = Math.min(stop, info.extent().bytes());
            if (position < end) {
                return text(buffer, offset, (int) Math.min(length, boundary(end) - position));
            }
            if (position >= stop || pause == null || info.isSealed()) {
                return -1;
            }
            awaitMore(pause);
        }
    }

    /** Puts in what belongs to this place; says whether there was anything. */
    private boolean insert() throws IOException {
        List<LogDefect> defects = info.defects();
        boolean inside = position < stop || stop >= info.extent().bytes();
        boolean atDefect =
                inside && markers < defects.size() && defects.get(markers).offset() <= position;
        if (atDefect) {
            LogDefect defect = defects.get(markers++);
            if (annotations.contains(LogAnnotation.MARKERS)) {
                insert((last == '\n' ? "" : "\n") + "==> " + defect.reason() + ": " + Escaped.of(defect.detail())
                        + " <==\n");
                last = '\n';
            }
            return true;
        }
        LogLine next = nextLine();
        if (next == null || next.offset() != position || position >= stop) {
            return false;
        }
        line = null;
        insert(TIME.format(next.time()));
        return true;
    }

    private void insert(String what) {
        inserted = what.getBytes(StandardCharsets.UTF_8);
        insertedAt = 0;
    }

    private @Nullable LogLine nextLine() throws IOException {
        if (!annotations.contains(LogAnnotation.TIMESTAMPS)) {
            return null;
        }
        LogLines open = lines;
        if (open == null) {
            open = source.lines(id, position);
            synchronized (lock) {
                lines = open;
            }
        }
        while (line == null || line.offset() < position) {
            line = open.next();
            if (line == null) {
                return null;
            }
        }
        return line;
    }

    private long boundary(long end) throws IOException {
        long boundary = end;
        LogLine next = nextLine();
        if (next != null) {
            boundary = Math.min(boundary, next.offset());
        }
        if (markers < info.defects().size()) {
            boundary = Math.min(boundary, info.defects().get(markers).offset());
        }
        return boundary;
    }

    private int text(byte[] buffer, int offset, int length) throws IOException {
        InputStream open = text;
        if (open == null) {
            open = source.read(id, position, Math.min(stop, info.extent().bytes()) - position);
            synchronized (lock) {
                text = open;
            }
        }
        int n = open.read(buffer, offset, length);
        if (n < 0) {
            throw new IOException("reading the log " + id + " broke off at byte " + position);
        }
        position += n;
        last = buffer[offset + n - 1];
        return n;
    }

    private void awaitMore(Duration most) throws IOException {
        if (source instanceof LiveLogs live) {
            live.hasten(id);
        }
        synchronized (lock) {
            long left = most.toNanos();
            long end = System.nanoTime() + left;
            while (!closed && left > 0) {
                try {
                    TimeUnit.NANOSECONDS.timedWait(lock, left);
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                    throw new InterruptedIOException("interrupted while waiting for more of the log " + id);
                }
                left = end - System.nanoTime();
            }
        }
        requireOpen();
        LogInfo now = look();
        if (now.extent().bytes() > info.extent().bytes()) {
            closeParts();
        }
        info = now;
    }

    private LogInfo look() throws IOException {
        try {
            Optional<LogInfo> now = source.find(id);
            if (now.isEmpty() || now.get().extent().bytes() < position) {
                throw new IOException("the log " + id + " was removed while it was followed");
            }
            return now.get();
        } catch (ResultsException e) {
            if (e.isRetryable()) {
                // Nothing is lost by asking again after the next pause.
                LogCollector.LOG.debug("following the log {}: asking for more failed", id, e);
                return info;
            }
            throw e;
        }
    }

    private void requireOpen() throws IOException {
        synchronized (lock) {
            if (closed) {
                throw new IOException("the stream is closed");
            }
        }
    }

    @Override
    public void close() throws IOException {
        synchronized (lock) {
            closed = true;
            lock.notifyAll();
        }
        closeParts();
    }

    private void closeParts() throws IOException {
        InputStream openText;
        LogLines openLines;
        synchronized (lock) {
            openText = text;
            openLines = lines;
            text = null;
            lines = null;
        }
        line = null;
        try {
            if (openText != null) {
                openText.close();
            }
        } finally {
            if (openLines != null) {
                openLines.close();
            }
        }
    }
}

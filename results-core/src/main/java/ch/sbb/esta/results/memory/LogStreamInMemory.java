package ch.sbb.esta.results.memory;

import ch.sbb.esta.results.memory.ContainerInMemory.Entry;
import ch.sbb.esta.results.memory.ContainerInMemory.RunLog;
import ch.sbb.esta.results.spi.ContainerLogs;
import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** One open stream of a log in memory; guarded by the cluster. */
final class LogStreamInMemory extends InputStream {

    private static final DateTimeFormatter TIME = DateTimeFormatter.ofPattern("uuuu-MM-dd'T'HH:mm:ss.SSSSSSSSSXXX");

    private final Object lock;
    private final ContainerInMemory container;
    private final RunLog log;
    private final ContainerLogs.Request request;
    private final ZoneOffset zone;
    private final @Nullable LogFault fault;

    private List<Entry> file;
    private int entry;
    private boolean newLine = true;
    private byte[] pending = new byte[0];
    private int pendingAt;
    private long delivered;
    private boolean ended;
    private boolean vanished;
    private boolean closed;

    LogStreamInMemory(
            Object lock,
            ContainerInMemory container,
            RunLog log,
            ContainerLogs.Request request,
            ZoneOffset zone,
            @Nullable LogFault fault) {
        this.lock = lock;
        this.container = container;
        this.log = log;
        this.request = request;
        this.zone = zone;
        this.fault = fault;
        this.file = log.newest();
        if (fault != null && !fault.text.isEmpty()) {
            pending = fault.text.getBytes(StandardCharsets.UTF_8);
        }
    }

    void cut() {
        ended = true;
    }

    /** The pod is gone: what was on its way still arrives. */
    void vanish() {
        vanished = true;
    }

    @Override
    public int read() throws IOException {
        byte[] one = new byte[1];
        return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
    }

    @Override
    public int read(byte[] buffer, int offset, int length) throws IOException {
        Objects.checkFromIndexSize(offset, length, buffer.length);
        if (length == 0) {
            return 0;
        }
        synchronized (lock) {
            while (true) {
                if (closed) {
                    throw new IOException("the stream is closed");
                }
                int count = available(length);
                if (count != 0) {
                    if (count > 0) {
                        System.arraycopy(pending, pendingAt, buffer, offset, count);
                        pendingAt += count;
                        delivered += count;
                    }
                    return count;
                }
                try {
                    lock.wait();
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                    throw new InterruptedIOException("interrupted while waiting for the log");
                }
            }
        }
    }

    @Override
    public void close() {
        synchronized (lock) {
            closed = true;
            container.streams.remove(this);
            lock.notifyAll();
        }
    }

    /** How many bytes can be delivered now: 0 to wait, -1 at the end. */
    private int available(int most) throws IOException {
        if (ended) {
            return -1;
        }
        long left = Long.MAX_VALUE;
        if (fault != null) {
            switch (fault.kind) {
                case END -> left = fault.bytes - delivered;
                case BREAK, STALL -> left = fault.bytes - delivered;
                default -> left = Long.MAX_VALUE;
            }
            if (left <= 0) {
                return atFault(fault);
            }
        }
        if (pendingAt == pending.length && (isSentence() || !next())) {
            boolean over = isSentence() || vanished || log.over || request.mode() != ContainerLogs.Mode.FOLLOW;
            return over ? -1 : 0;
        }
        return (int) Math.min(Math.min(most, pending.length - pendingAt), left);
    }

    private int atFault(LogFault at) throws IOException {
        return switch (at.kind) {
            case END -> -1;
            case BREAK -> throw new IOException("connection reset, as the test said");
            default -> 0;
        };
    }

    private boolean isSentence() {
        return fault != null && fault.kind == LogFault.Kind.SENTENCE;
    }

    /** Takes the next entry; says whether there is one. */
    private boolean next() {
        while (true) {
            if (entry == file.size()) {
                if (file == log.newest() || request.mode() != ContainerLogs.Mode.FOLLOW) {
                    return false;
                }
                file = log.newest();
                entry = 0;
                continue;
            }
            Entry taken = file.get(entry++);
            boolean begins = newLine;
            newLine = taken.endsLine();
            Instant since = request.since();
            if (since == null || !taken.time().isBefore(since.truncatedTo(ChronoUnit.SECONDS))) {
                pending = begins ? withTime(taken) : taken.bytes();
                pendingAt = 0;
                if (pending.length > 0) {
                    return true;
                }
            }
        }
    }

    private byte[] withTime(Entry taken) {
        byte[] time = (TIME.format(taken.time().atOffset(zone)) + " ").getBytes(StandardCharsets.US_ASCII);
        byte[] whole = new byte[time.length + taken.bytes().length];
        System.arraycopy(time, 0, whole, 0, time.length);
        System.arraycopy(taken.bytes(), 0, whole, time.length, taken.bytes().length);
        return whole;
    }
}

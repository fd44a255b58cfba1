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
import java.util.ArrayDeque;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * One open stream of a log in memory; guarded by the cluster. A kubelet pushes: what is written is on its way at once, as long as the
 * buffers between it and the reader have room.
 */
final class LogStreamInMemory extends InputStream {

    private static final DateTimeFormatter TIME = DateTimeFormatter.ofPattern("uuuu-MM-dd'T'HH:mm:ss.SSSSSSSSSXXX");

    /** What connections and proxies on the way hold of a stream whose reader is slow. */
    private static final int ON_THE_WAY = 64 * 1024;

    private final Object lock;
    private final ContainerInMemory container;
    private final RunLog log;
    private final ContainerLogs.Request request;
    private final ZoneOffset zone;
    private final @Nullable LogFault fault;

    private int file;
    private int entry;
    private boolean newLine = true;
    private final ArrayDeque<byte[]> pending = new ArrayDeque<>();
    private int pendingBytes;
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
        this.file = log.files.size() - 1;
        if (fault != null && !fault.text.isEmpty()) {
            add(fault.text.getBytes(StandardCharsets.UTF_8));
        }
        push();
    }

    /** Sends what there is, as far as it can be on the way. */
    void push() {
        boolean more = !isSentence();
        while (more && pendingBytes < ON_THE_WAY) {
            more = next();
        }
    }

    private void add(byte[] text) {
        pending.add(text);
        pendingBytes += text.length;
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
                        take(buffer, offset, count);
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

    private void take(byte[] buffer, int offset, int count) {
        byte[] first = pending.getFirst();
        System.arraycopy(first, pendingAt, buffer, offset, count);
        pendingAt += count;
        pendingBytes -= count;
        delivered += count;
        if (pendingAt == first.length) {
            pending.removeFirst();
            pendingAt = 0;
        }
        push();
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
        if (pending.isEmpty()) {
            boolean over = isSentence() || vanished || log.over || request.mode() != ContainerLogs.Mode.FOLLOW;
            return over ? -1 : 0;
        }
        return (int) Math.min(Math.min(most, pending.getFirst().length - pendingAt), left);
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
            List<Entry> entries = log.files.get(file);
            if (entry == entries.size()) {
                int newest = log.files.size() - 1;
                if (file == newest || request.mode() != ContainerLogs.Mode.FOLLOW) {
                    return false;
                }
                file = newest;
                entry = 0;
                continue;
            }
            Entry taken = entries.get(entry++);
            boolean begins = newLine;
            newLine = taken.endsLine();
            Instant since = request.since();
            if (since == null || !taken.time().isBefore(since.truncatedTo(ChronoUnit.SECONDS))) {
                byte[] text = begins ? withTime(taken) : taken.bytes();
                if (text.length > 0) {
                    add(text);
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

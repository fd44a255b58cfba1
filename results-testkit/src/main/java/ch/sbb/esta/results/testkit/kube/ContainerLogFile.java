package ch.sbb.esta.results.testkit.kube;

import java.io.ByteArrayOutputStream;
import java.time.Instant;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.Set;

/**
 * The log file of one attempt of one container, as the runtime writes it: entries of one line each, with the time at which the line was complete. A line of
 * more than 16 KiB becomes several partial entries; a last line without newline becomes a partial entry when the container ends
 * ({@code containerd/internal/cri/io/logger.go}). What a container wrote of a line that is not finished waits, and no reader sees it.
 *
 * <p>Safe for many threads.
 */
final class ContainerLogFile {

    /** What the runtime reads at once: longer lines are split. */
    static final int LONGEST_ENTRY = 16 * 1024;

    /**
     * One entry.
     *
     * @param offset where its bytes begin
     * @param length how many, with the newline of a whole line
     * @param partial whether the line goes on in the next entry
     */
    record Entry(Instant time, long offset, int length, boolean partial) {}

    private final LogBytes bytes = new LogBytes();
    private final ByteArrayOutputStream unfinished = new ByteArrayOutputStream();
    private final Set<Runnable> listeners = new LinkedHashSet<>();
    private long[] seconds = new long[16];
    private int[] nanos = new int[16];
    private long[] ends = new long[16];
    private boolean[] partials = new boolean[16];
    private int size;
    private boolean ended;
    private boolean rotated;
    private boolean removed;
    private int readers;

    /** Appends what the container wrote; false if it has ended and cannot write. */
    synchronized boolean append(Instant now, byte[] written) {
        if (ended) {
            return false;
        }
        int from = 0;
        for (int i = 0; i < written.length; i++) {
            int length = unfinished.size() + i + 1 - from;
            if (written[i] == '\n' || length == LONGEST_ENTRY) {
                unfinished.write(written, from, i + 1 - from);
                add(now, unfinished.toByteArray(), written[i] != '\n');
                unfinished.reset();
                from = i + 1;
            }
        }
        unfinished.write(written, from, written.length - from);
        signal();
        return true;
    }

    /** The container has ended: what is unfinished is written as it stands, and nothing follows. */
    synchronized void end(Instant now) {
        if (!ended) {
            if (unfinished.size() > 0) {
                add(now, unfinished.toByteArray(), true);
                unfinished.reset();
            }
            ended = true;
            signal();
        }
    }

    /** A rotation puts another file into its place: what is unfinished goes there, this one goes with its last reader. */
    synchronized ContainerLogFile rotate() {
        ContainerLogFile next = new ContainerLogFile();
        next.unfinished.writeBytes(unfinished.toByteArray());
        unfinished.reset();
        ended = true;
        rotated = true;
        removed = true;
        signal();
        closeIfUnused();
        return next;
    }

    synchronized boolean isRotated() {
        return rotated;
    }

    /** How many bytes are written. */
    synchronized long bytes() {
        return bytes.size();
    }

    /** The pod is gone: follows end, and the file goes with its last reader. */
    synchronized void remove(Instant now) {
        end(now);
        removed = true;
        closeIfUnused();
    }

    private void add(Instant time, byte[] entry, boolean partial) {
        if (size == seconds.length) {
            seconds = Arrays.copyOf(seconds, size * 2);
            nanos = Arrays.copyOf(nanos, size * 2);
            ends = Arrays.copyOf(ends, size * 2);
            partials = Arrays.copyOf(partials, size * 2);
        }
        bytes.append(entry, 0, entry.length);
        seconds[size] = time.getEpochSecond();
        nanos[size] = time.getNano();
        ends[size] = bytes.size();
        partials[size] = partial;
        size++;
    }

    synchronized boolean isEnded() {
        return ended;
    }

    synchronized int size() {
        return size;
    }

    synchronized Entry entry(int index) {
        long offset = index == 0 ? 0 : ends[index - 1];
        return new Entry(
                Instant.ofEpochSecond(seconds[index], nanos[index]),
                offset,
                (int) (ends[index] - offset),
                partials[index]);
    }

    synchronized byte[] read(Entry entry) {
        return bytes.read(entry.offset(), entry.length());
    }

    /** Opens the file for one reader; the listener is called after each change, must only signal. */
    synchronized void open(Runnable listener) {
        readers++;
        listeners.add(listener);
    }

    synchronized void close(Runnable listener) {
        if (listeners.remove(listener)) {
            readers--;
            closeIfUnused();
        }
    }

    private void closeIfUnused() {
        if (removed && readers == 0) {
            bytes.close();
        }
    }

    private void signal() {
        listeners.forEach(Runnable::run);
    }
}

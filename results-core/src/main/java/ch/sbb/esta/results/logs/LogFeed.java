package ch.sbb.esta.results.logs;

import ch.sbb.esta.results.LogDefect;
import ch.sbb.esta.results.LogInfo;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * What one writer of the primary says: how far it is, and its last bytes as far as they fit. Old bytes give way to new ones: who comes too
 * late for them reads them from the primary. Thread-safe; no call waits for anything.
 */
final class LogFeed {

    /** What a piece costs beside its bytes: the objects around it. */
    private static final int PIECE_OVERHEAD = 96;

    private final int bound;
    private final long bufferBytes;
    private final AtomicLong buffered;
    private final ArrayDeque<Piece> pieces = new ArrayDeque<>();
    private int charged;
    /** From here to {@link #end} the pieces have everything. */
    private long start;

    private long end;
    private List<LogDefect> defects;
    private long defectsTold = 1;
    private long flushes;
    private long flushedTo;
    private Phase phase = Phase.OPEN;
    private @Nullable LogInfo sealed;
    private boolean released;

    /** What the writer does. */
    enum Phase {
        OPEN,
        CLOSED,
        /** Somebody else has the log, in the primary. */
        FENCED,
        SEALED
    }

    /**
     * Bytes as they were appended.
     *
     * @param offset of the first one in the log's text
     * @param time of the line that begins with the first byte, or null when none does
     * @param bytes never changed
     */
    @SuppressWarnings("ArrayRecordComponent") // never compared, and a copy would cost what the buffer is to save
    record Piece(long offset, @Nullable Instant time, byte[] bytes) {

        long end() {
            return offset + bytes.length;
        }

        int charge() {
            return bytes.length + PIECE_OVERHEAD;
        }
    }

    /**
     * Begins where a writer of the primary stands.
     *
     * @param buffered what all feeds together hold
     */
    LogFeed(LogInfo at, FanOutConfig config, AtomicLong buffered) {
        this.bound = config.windowBytes();
        this.bufferBytes = config.bufferBytes();
        this.buffered = buffered;
        this.start = at.extent().bytes();
        this.end = start;
        this.defects = at.defects();
        if (at.isSealed()) {
            sealed(at);
        }
    }

    /**
     * Takes bytes that the primary took.
     *
     * @return whether it is time to carry them off
     */
    synchronized boolean text(@Nullable Instant time, byte[] buffer, int offset, int length) {
        long from = end;
        end += length;
        if (released || !makeRoom(length + PIECE_OVERHEAD)) {
            clear();
            return false;
        }
        Piece piece = new Piece(from, time, Arrays.copyOfRange(buffer, offset, offset + length));
        charged += piece.charge();
        pieces.addLast(piece);
        return charged >= bound / 2;
    }

    private boolean makeRoom(int charge) {
        while (charged + charge > bound) {
            if (pieces.isEmpty()) {
                return false;
            }
            drop();
        }
        if (buffered.addAndGet(charge) > bufferBytes) {
            buffered.addAndGet(-charge);
            return false;
        }
        return true;
    }

    /** After a call to the primary of which it is not known what it took: what is held may not be right, where the text ends is. */
    synchronized void lost(long position) {
        end = position;
        clear();
    }

    synchronized void defects(List<LogDefect> list) {
        defects = list;
        defectsTold++;
    }

    synchronized void flushed() {
        flushes++;
        flushedTo = end;
    }

    synchronized void sealed(LogInfo info) {
        phase = Phase.SEALED;
        sealed = info;
        defects(info.defects());
        if (end != info.extent().bytes()) {
            lost(info.extent().bytes());
        }
    }

    synchronized void closed() {
        if (phase == Phase.OPEN) {
            phase = Phase.CLOSED;
        }
    }

    synchronized void fenced() {
        if (phase != Phase.SEALED) {
            phase = Phase.FENCED;
            clear();
        }
    }

    /** Holds nothing from now on. */
    synchronized void release() {
        released = true;
        clear();
    }

    synchronized boolean isReleased() {
        return released;
    }

    /** The piece that has the byte at a place; what lies before the place is not needed any more. */
    synchronized @Nullable Piece at(long position) {
        Piece first = pieces.peekFirst();
        while (first != null && first.end() <= position) {
            drop();
            first = pieces.peekFirst();
        }
        return first != null && first.offset <= position ? first : null;
    }

    private void drop() {
        Piece first = pieces.removeFirst();
        charged -= first.charge();
        buffered.addAndGet(-first.charge());
        start = first.end();
    }

    private void clear() {
        pieces.clear();
        buffered.addAndGet(-charged);
        charged = 0;
        start = end;
    }

    synchronized long start() {
        return start;
    }

    synchronized long end() {
        return end;
    }

    synchronized boolean isEmpty() {
        return pieces.isEmpty();
    }

    synchronized Phase phase() {
        return phase;
    }

    synchronized @Nullable LogInfo sealed() {
        return sealed;
    }

    /** Changes with the defects. */
    synchronized long defectsTold() {
        return defectsTold;
    }

    synchronized List<LogDefect> defects() {
        return defects;
    }

    /** How often the writer was flushed, if everything up to a place is what the last flush was for. */
    synchronized long flushes(long position) {
        return position >= flushedTo ? flushes : 0;
    }
}

package ch.sbb.esta.results.logs;

import java.io.IOException;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/** Text that is not in the blob store yet, with its lines; lies in the spool. Not thread-safe. */
final class GrowingSegment {

    private static final int TEXT_BUFFER = 16 * 1024;
    private static final int LINES_BUFFER = 4 * 1024;
    /** How much a line may take in the index. */
    static final int MAX_LINE_ENTRY = 3 * Varint.MAX_BYTES;

    private final long offset;
    private final Instant since;
    private final SpoolFile text;
    private final SpoolFile lines;
    private final byte[] entry = new byte[MAX_LINE_ENTRY];
    private long lineCount;
    private long lastStart;
    private Instant lastTime = Instant.EPOCH;
    private long reserved;

    GrowingSegment(Spool spool, long offset, Instant since) {
        this.offset = offset;
        this.since = since;
        this.lastStart = offset;
        this.text = spool.newFile(TEXT_BUFFER);
        this.lines = spool.newFile(LINES_BUFFER);
    }

    /** Takes bytes and, when they begin a line, its time; wholly or, when it throws, not at all. */
    void append(byte[] bytes, int start, int length, @Nullable Instant newLine) throws IOException {
        if (newLine == null) {
            text.write(bytes, start, length);
            return;
        }
        lines.makeRoom(MAX_LINE_ENTRY);
        long begin = end();
        text.write(bytes, start, length);
        int n = Varint.put(entry, 0, begin - lastStart);
        n = Varint.putSigned(entry, n, newLine.getEpochSecond() - lastTime.getEpochSecond());
        n = Varint.putSigned(entry, n, newLine.getNano() - (long) lastTime.getNano());
        lines.write(entry, 0, n);
        lineCount++;
        lastStart = begin;
        lastTime = newLine;
    }

    long offset() {
        return offset;
    }

    Instant since() {
        return since;
    }

    long end() {
        return offset + text.size();
    }

    /** What decides when the segment is large enough. */
    long size() {
        return text.size() + lines.size();
    }

    SpoolFile text() {
        return text;
    }

    SpoolFile lines() {
        return lines;
    }

    long lineCount() {
        return lineCount;
    }

    void reserved(long more) {
        reserved += more;
    }

    long reserved() {
        return reserved;
    }

    void discard() throws IOException {
        try (text;
                lines) {
            // Closing throws the bytes away.
            return;
        }
    }
}

package ch.sbb.esta.results.logs;

import ch.sbb.esta.results.ContainerLogId;
import ch.sbb.esta.results.LogInfo;
import ch.sbb.esta.results.LogLine;
import ch.sbb.esta.results.spi.LogLines;
import ch.sbb.esta.results.spi.LogSource;
import ch.sbb.esta.results.spi.LogWriter.LineMark;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.security.MessageDigest;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** One log as the primary has stored it. */
final class PrimaryText {

    /** Of the lines before a place so much is compared, but one line at least. */
    private static final long COMPARED = 1 << 20;

    private final LogSource source;
    private final ContainerLogId id;

    PrimaryText(LogSource source, ContainerLogId id) {
        this.source = source;
        this.id = id;
    }

    /** How many bytes are stored. */
    long durable() {
        Optional<LogInfo> info = source.find(id);
        return info.isEmpty() ? 0 : info.get().extent().bytes();
    }

    /** Whether the text before a place ends with certain lines. At least so much must be stored. */
    boolean endsWith(List<LineMark> marks, long end) throws IOException {
        int first = marks.size();
        long start = end;
        while (first > 0 && (end - start < COMPARED || first == marks.size())) {
            first--;
            start -= marks.get(first).length();
        }
        if (start < 0 || first == marks.size()) {
            return false;
        }
        try (Passage passage = new Passage(start, end)) {
            for (LineMark mark : marks.subList(first, marks.size())) {
                if (!passage.isLine(mark)) {
                    return false;
                }
            }
        }
        return true;
    }

    /** Opens a part of the text. */
    Passage open(long from, long to) throws IOException {
        return new Passage(from, to);
    }

    /** A part of the text, with the places where lines begin. */
    final class Passage implements AutoCloseable {

        private final byte[] buffer = new byte[16 << 10];
        private final InputStream text;
        private final LogLines lines;
        private final long end;
        private long position;
        private @Nullable LogLine next;

        private Passage(long from, long end) throws IOException {
            this.position = from;
            this.end = end;
            this.text = source.read(id, from, end - from);
            try {
                this.lines = source.lines(id, from);
            } catch (RuntimeException e) {
                text.close();
                throw e;
            }
            try {
                this.next = lines.next();
            } catch (IOException | RuntimeException e) {
                close();
                throw e;
            }
        }

        byte[] buffer() {
            return buffer;
        }

        /** The line that begins with the next byte, or null within one. */
        @Nullable
        LogLine line() {
            LogLine line = next;
            return line != null && line.offset() == position ? line : null;
        }

        /** Reads to the buffer, not beyond a place and not beyond the next line's beginning. */
        int read(long limit) throws IOException {
            if (line() != null) {
                next = lines.next();
            }
            LogLine following = next;
            long stop = Math.min(limit, following == null ? end : Math.min(end, following.offset()));
            int length = (int) Math.min(buffer.length, stop - position);
            int read = text.readNBytes(buffer, 0, length);
            if (read < length) {
                throw new EOFException("the log " + id + " ends at byte " + (position + read) + ", but byte " + end
                        + " is said to be stored");
            }
            position += read;
            return read;
        }

        private boolean isLine(LineMark mark) throws IOException {
            LogLine line = line();
            if (line == null || !line.time().equals(mark.time())) {
                return false;
            }
            MessageDigest digest = Sha256.digest();
            long stop = position + mark.length();
            while (position < stop) {
                digest.update(buffer, 0, read(stop));
                if (position < stop && line() != null) {
                    return false;
                }
            }
            return Sha256.mark(digest) == mark.hash();
        }

        @Override
        public void close() throws IOException {
            try (text) {
                lines.close();
            }
        }
    }
}

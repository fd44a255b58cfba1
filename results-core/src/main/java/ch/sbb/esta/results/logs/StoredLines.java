package ch.sbb.esta.results.logs;

import ch.sbb.esta.results.ContainerLogId;
import ch.sbb.esta.results.LogLine;
import ch.sbb.esta.results.ResultsException;
import ch.sbb.esta.results.ResultsException.Code;
import ch.sbb.esta.results.spi.LogLines;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/**
 * The lines of a log from a place on, up to what was stored when it was opened. It goes over from segments to the sealed log's index when
 * the log is sealed meanwhile.
 */
final class StoredLines implements LogLines {

    private final LogReader reader;
    private final ContainerLogId id;
    private final long end;
    private long from;
    private StoredRow row;
    private int next;
    private @Nullable IndexedLines lines;

    StoredLines(LogReader reader, ContainerLogId id, StoredRow row, long from, long end) {
        this.reader = reader;
        this.id = id;
        this.row = row;
        this.from = from;
        this.end = end;
        this.next = row.size() == 0 ? 0 : row.at(from);
    }

    @Override
    public @Nullable LogLine next() throws IOException {
        while (true) {
            IndexedLines open = lines;
            if (open == null) {
                if (next >= row.size() || row.offset(next) >= end || from >= end) {
                    return null;
                }
                open = open();
                lines = open;
            }
            LogLine line = open.next();
            if (line == null) {
                open.close();
                lines = null;
                next++;
            } else if (line.offset() >= end) {
                return null;
            } else if (line.offset() >= from) {
                from = line.offset() + 1;
                return line;
            }
        }
    }

    private IndexedLines open() throws IOException {
        try {
            return row.lines(next);
        } catch (ResultsException e) {
            if (e.code() == Code.NOT_FOUND) {
                // Sealed meanwhile: the segments are gone, what they said is in the sealed log's index.
                row = reader.row(id);
                next = row.at(from);
                return row.lines(next);
            }
            if (e.isRetryable()) {
                throw new IOException("reading the lines of the log " + id + " broke off at byte " + from, e);
            }
            throw e;
        }
    }

    @Override
    public void close() throws IOException {
        if (lines != null) {
            lines.close();
            lines = null;
        }
    }
}

package ch.sbb.esta.results.logs;

import ch.sbb.esta.results.LogLine;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.zip.Inflater;
import org.jspecify.annotations.Nullable;

/** The lines of one segment, one after the other, from its index. Not thread-safe. */
final class IndexedLines implements AutoCloseable {

    private final InputStream members;
    private final Inflater inflater = new Inflater(true);
    private final DataInputStream in;
    private long left;
    private long offset;
    private long second;
    private long nano;

    IndexedLines(InputStream members, long segmentOffset) throws IOException {
        this.members = members;
        this.offset = segmentOffset;
        boolean opened = false;
        try {
            in = SegmentIndex.inflated(members, inflater);
            SegmentIndex.readBeforeLines(in);
            left = Varint.get(in);
            opened = true;
        } finally {
            if (!opened) {
                close();
            }
        }
    }

    @Nullable
    LogLine next() throws IOException {
        if (left == 0) {
            return null;
        }
        left--;
        offset += Varint.get(in);
        second += Varint.getSigned(in);
        nano += Varint.getSigned(in);
        try {
            return new LogLine(offset, Instant.ofEpochSecond(second, nano));
        } catch (DateTimeException e) {
            throw GzipMember.corrupt("the time of a line is not understood (" + e.getMessage() + ")");
        }
    }

    @Override
    public void close() throws IOException {
        inflater.end();
        members.close();
    }
}

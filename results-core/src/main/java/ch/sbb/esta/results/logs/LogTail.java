package ch.sbb.esta.results.logs;

import ch.sbb.esta.results.LogDefect;
import ch.sbb.esta.results.LogInfo.Extent;
import ch.sbb.esta.results.spi.LogWriter.LineMark;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * All that a writer must know to go on behind a place of the log, whoever wrote before it.
 *
 * @param extent everything before the place
 * @param lineStart where the last line begins, or -1 when there is none
 * @param marks the last lines; the last one may be unfinished and then stands for what is there of it
 * @param defects all that are known
 * @param redactedBy the redaction that was applied, or null
 */
record LogTail(
        Extent extent,
        long lineStart,
        List<LineMark> marks,
        List<LogDefect> defects,
        @Nullable String redactedBy) {

    static final LogTail EMPTY = new LogTail(Extent.EMPTY, -1, List.of(), List.of(), null);

    LogTail {
        marks = List.copyOf(marks);
        defects = List.copyOf(defects);
    }

    void write(DataOutputStream out) throws IOException {
        out.writeLong(extent.bytes());
        out.writeLong(extent.lines());
        writeTime(out, extent.firstTime());
        writeTime(out, extent.lastTime());
        out.writeLong(lineStart);
        out.writeByte(marks.size());
        for (LineMark mark : marks) {
            writeTime(out, mark.time());
            out.writeLong(mark.length());
            out.writeLong(mark.hash());
        }
        out.writeShort(defects.size());
        for (LogDefect defect : defects) {
            out.writeUTF(defect.reason().name());
            out.writeLong(defect.offset());
            out.writeUTF(defect.detail());
        }
        out.writeUTF(redactedBy == null ? "" : redactedBy);
    }

    static LogTail read(DataInputStream in) throws IOException {
        try {
            Extent extent = new Extent(in.readLong(), in.readLong(), readTime(in), readTime(in));
            long lineStart = in.readLong();
            List<LineMark> marks = new ArrayList<>();
            for (int left = in.readUnsignedByte(); left > 0; left--) {
                Instant time = readTime(in);
                if (time == null) {
                    throw GzipMember.corrupt("a line mark has no time");
                }
                marks.add(new LineMark(time, in.readLong(), in.readLong()));
            }
            List<LogDefect> defects = new ArrayList<>();
            for (int left = in.readUnsignedShort(); left > 0; left--) {
                defects.add(new LogDefect(LogDefect.Reason.valueOf(in.readUTF()), in.readLong(), in.readUTF()));
            }
            String redactedBy = in.readUTF();
            return new LogTail(extent, lineStart, marks, defects, redactedBy.isEmpty() ? null : redactedBy);
        } catch (IllegalArgumentException | DateTimeException e) {
            throw GzipMember.corrupt("the index holds a value that is not understood (" + e.getMessage() + ")");
        }
    }

    private static void writeTime(DataOutputStream out, @Nullable Instant time) throws IOException {
        out.writeBoolean(time != null);
        if (time != null) {
            out.writeLong(time.getEpochSecond());
            out.writeInt(time.getNano());
        }
    }

    private static @Nullable Instant readTime(DataInputStream in) throws IOException {
        return in.readBoolean() ? Instant.ofEpochSecond(in.readLong(), in.readInt()) : null;
    }
}

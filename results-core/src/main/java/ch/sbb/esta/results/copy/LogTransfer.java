package ch.sbb.esta.results.copy;

import ch.sbb.esta.results.LogDefect;
import ch.sbb.esta.results.LogInfo;
import ch.sbb.esta.results.LogLine;
import ch.sbb.esta.results.ResultsException;
import ch.sbb.esta.results.ResultsException.Code;
import ch.sbb.esta.results.spi.LogLines;
import ch.sbb.esta.results.spi.LogSink;
import ch.sbb.esta.results.spi.LogSource;
import ch.sbb.esta.results.spi.LogWriter;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayDeque;
import java.util.Deque;
import org.jspecify.annotations.Nullable;

/** Copies sealed logs byte by byte, with the times of their lines and their defects, behind what is there already. */
final class LogTransfer {

    private static final int BUFFER = 64 << 10;

    private final LogSource from;
    private final LogSink to;

    LogTransfer(LogSource from, LogSink to) {
        this.from = from;
        this.to = to;
    }

    /** True when the TaskRun has logs in the target now. */
    boolean copyAll(EndedTaskRun taskRun, CopyTally tally) {
        boolean any = false;
        for (LogInfo log : from.list(taskRun.name().parent(), taskRun.uid())) {
            if (!log.isSealed()) {
                tally.leaveBehind(log.id(), "it is still written");
                continue;
            }
            long bytes = copy(log);
            any = true;
            if (bytes >= 0) {
                tally.logs++;
                tally.logBytes += bytes;
            }
        }
        return any;
    }

    /** How many bytes were written; -1 when the log was there already. */
    private long copy(LogInfo log) {
        try (LogWriter writer = to.open(log.id())) {
            if (writer.info().isSealed()) {
                return -1;
            }
            long start = writer.info().extent().bytes();
            try (LogLines lines = from.lines(log.id(), start);
                    InputStream text = from.read(log.id(), start, Long.MAX_VALUE)) {
                long end = new Text(writer, lines, missingDefects(log, writer.info(), start), start).write(text);
                if (end < log.extent().bytes()) {
                    throw new ResultsException(
                                    Code.UNAVAILABLE,
                                    "the text ended at byte " + end + " of "
                                            + log.extent().bytes() + "; copy it again")
                            .about(log.id());
                }
                LogInfo unused = writer.seal();
                return end - start;
            }
        } catch (IOException e) {
            throw new ResultsException(Code.UNAVAILABLE, "the text broke off; copy it again", e).about(log.id());
        }
    }

    private static Deque<LogDefect> missingDefects(LogInfo log, LogInfo written, long start) {
        Deque<LogDefect> missing = new ArrayDeque<>();
        for (LogDefect defect : log.defects()) {
            if (defect.offset() >= start && !written.defects().contains(defect)) {
                missing.add(defect);
            }
        }
        return missing;
    }

    /** The parts of a text come in the order of their places: a defect, the beginning of a line, bytes. */
    private static final class Text {

        private final LogWriter writer;
        private final LogLines lines;
        private final Deque<LogDefect> defects;
        private @Nullable LogLine line;
        private long at;

        Text(LogWriter writer, LogLines lines, Deque<LogDefect> defects, long start) throws IOException {
            this.writer = writer;
            this.lines = lines;
            this.defects = defects;
            this.at = start;
            this.line = lines.next();
        }

        long write(InputStream text) throws IOException {
            byte[] buffer = new byte[BUFFER];
            for (int read = text.read(buffer); read >= 0; read = text.read(buffer)) {
                int done = 0;
                while (done < read) {
                    long next = begin();
                    int length = (int) Math.min(read - done, next - at);
                    writer.append(buffer, done, length);
                    done += length;
                    at += length;
                }
            }
            while (!defects.isEmpty()) {
                note(defects.remove());
            }
            return at;
        }

        /** Writes what belongs in front of the next byte; says where the next such place is. */
        private long begin() throws IOException {
            while (!defects.isEmpty() && defects.element().offset() <= at) {
                note(defects.remove());
            }
            if (line != null && line.offset() <= at) {
                writer.beginLine(line.time());
                line = lines.next();
            }
            long next = line == null ? Long.MAX_VALUE : line.offset();
            return defects.isEmpty() ? next : Math.min(next, defects.element().offset());
        }

        private void note(LogDefect defect) {
            writer.defect(defect.reason(), defect.detail());
        }
    }
}

package ch.sbb.esta.results.logs;

import ch.sbb.esta.results.LogDefect;
import ch.sbb.esta.results.LogInfo;
import ch.sbb.esta.results.ResultsException;
import ch.sbb.esta.results.ResultsException.Code;
import ch.sbb.esta.results.spi.LogWriter;
import java.time.Instant;
import java.util.List;
import java.util.Objects;

/** The writer of a log that was sealed before: nothing can be added. */
final class SealedLogWriter implements LogWriter {

    private final LogBlobs blobs;
    private final LogInfo info;

    SealedLogWriter(LogBlobs blobs, LogInfo info) {
        this.blobs = blobs;
        this.info = info;
    }

    @Override
    public LogInfo info() {
        return info;
    }

    @Override
    public List<LineMark> lastLines() {
        String key = LogBlobs.segmentKey(info.id(), info.extent().bytes());
        return blobs.index(key, blobs.header(key)).tail().marks();
    }

    @Override
    public void beginLine(Instant time) {
        Objects.requireNonNull(time, "time");
        throw refused();
    }

    @Override
    public void append(byte[] buffer, int offset, int length) {
        Objects.checkFromIndexSize(offset, length, buffer.length);
        throw refused();
    }

    @Override
    public void defect(LogDefect.Reason reason, String detail) {
        throw refused();
    }

    @Override
    public void flush() {
        // Everything is durable.
    }

    @Override
    public LogInfo seal() {
        return info;
    }

    @Override
    public void close() {
        // Nothing is held.
    }

    private ResultsException refused() {
        return new ResultsException(Code.CONFLICT, "the log " + info.id() + " is sealed; stop writing it");
    }
}

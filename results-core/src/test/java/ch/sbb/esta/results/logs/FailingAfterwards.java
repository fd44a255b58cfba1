package ch.sbb.esta.results.logs;

import ch.sbb.esta.results.ContainerLogId;
import ch.sbb.esta.results.LogDefect;
import ch.sbb.esta.results.LogInfo;
import ch.sbb.esta.results.spi.LogSink;
import ch.sbb.esta.results.spi.LogWriter;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;

/** A sink over another whose appends take the bytes and throw nevertheless, so and so many times. */
final class FailingAfterwards implements LogSink {

    private final LogSink sink;
    private final AtomicInteger failures;

    FailingAfterwards(LogSink sink, AtomicInteger failures) {
        this.sink = sink;
        this.failures = failures;
    }

    @Override
    public LogWriter open(ContainerLogId id) {
        LogWriter writer = sink.open(id);
        return new LogWriter() {
            @Override
            public LogInfo info() {
                return writer.info();
            }

            @Override
            public List<LineMark> lastLines() {
                return writer.lastLines();
            }

            @Override
            public void beginLine(Instant time) {
                writer.beginLine(time);
            }

            @Override
            public void append(byte[] buffer, int offset, int length) {
                writer.append(buffer, offset, length);
                if (failures.getAndDecrement() > 0) {
                    throw new IllegalStateException("failed afterwards");
                }
            }

            @Override
            public void defect(LogDefect.Reason reason, String detail) {
                writer.defect(reason, detail);
            }

            @Override
            public void flush() {
                writer.flush();
            }

            @Override
            public LogInfo seal() {
                return writer.seal();
            }

            @Override
            public void close() {
                writer.close();
            }
        };
    }

    @Override
    public void close() {
        sink.close();
    }
}

package ch.sbb.esta.results.testkit;

import ch.sbb.esta.results.ContainerLogId;
import ch.sbb.esta.results.LogDefect;
import ch.sbb.esta.results.LogInfo;
import ch.sbb.esta.results.spi.LogSink;
import ch.sbb.esta.results.spi.LogWriter;
import java.time.Instant;
import java.util.List;
import java.util.function.Consumer;

/** A sink over another that can be cut off for good: from then on every call fails. It does not close the other. */
final class CutSink implements LogSink {

    private final LogSink sink;
    private final Consumer<ContainerLogId> onOpen;
    private volatile boolean cut;

    CutSink(LogSink sink, Consumer<ContainerLogId> onOpen) {
        this.sink = sink;
        this.onOpen = onOpen;
    }

    /** Waits for the call under way. */
    synchronized void cut() {
        cut = true;
    }

    private void check() {
        if (cut) {
            throw new IllegalStateException("the process was killed");
        }
    }

    @Override
    public synchronized LogWriter open(ContainerLogId id) {
        check();
        onOpen.accept(id);
        return new Writer(sink.open(id));
    }

    @Override
    public void close() {
        // What it leads to belongs to the test.
    }

    private final class Writer implements LogWriter {

        private final LogWriter writer;

        Writer(LogWriter writer) {
            this.writer = writer;
        }

        @Override
        public LogInfo info() {
            synchronized (CutSink.this) {
                check();
                return writer.info();
            }
        }

        @Override
        public List<LineMark> lastLines() {
            synchronized (CutSink.this) {
                check();
                return writer.lastLines();
            }
        }

        @Override
        public void beginLine(Instant time) {
            synchronized (CutSink.this) {
                check();
                writer.beginLine(time);
            }
        }

        @Override
        public void append(byte[] buffer, int offset, int length) {
            synchronized (CutSink.this) {
                check();
                writer.append(buffer, offset, length);
            }
        }

        @Override
        public void defect(LogDefect.Reason reason, String detail) {
            synchronized (CutSink.this) {
                check();
                writer.defect(reason, detail);
            }
        }

        @Override
        public void flush() {
            synchronized (CutSink.this) {
                check();
                writer.flush();
            }
        }

        @Override
        public LogInfo seal() {
            synchronized (CutSink.this) {
                check();
                return writer.seal();
            }
        }

        @Override
        public void close() {
            synchronized (CutSink.this) {
                check();
                writer.close();
            }
        }
    }
}

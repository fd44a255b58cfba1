package ch.sbb.esta.results.logs;

import ch.sbb.esta.results.ContainerLogId;
import ch.sbb.esta.results.LogDefect;
import ch.sbb.esta.results.LogInfo;
import ch.sbb.esta.results.spi.LogSink;
import ch.sbb.esta.results.spi.LogWriter;
import java.time.Instant;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;

/** A sink over another that does, before each call, what a test says: throw, hang, count. */
final class WaywardSink implements LogSink {

    private final LogSink sink;
    private final Map<Call, AtomicInteger> calls = new EnumMap<>(Call.class);
    private volatile Consumer<Call> before = call -> {};
    private volatile BooleanSupplier flushes = () -> false;

    enum Call {
        OPEN,
        INFO,
        LAST_LINES,
        BEGIN_LINE,
        APPEND,
        DEFECT,
        FLUSH,
        SEAL,
        CLOSE
    }

    WaywardSink(LogSink sink) {
        this.sink = sink;
        for (Call call : Call.values()) {
            calls.put(call, new AtomicInteger());
        }
    }

    void before(Consumer<Call> action) {
        before = action;
    }

    void behave() {
        before = call -> {};
    }

    /** Whether what was just appended becomes durable of its own accord. */
    void flushes(BooleanSupplier decision) {
        flushes = decision;
    }

    int calls(Call call) {
        return count(call).get();
    }

    /** Waits for a latch as a call to a host that does not answer does: without looking at interrupts. */
    static void hang(CountDownLatch latch) {
        boolean interrupted = false;
        while (true) {
            try {
                latch.await();
                break;
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    private AtomicInteger count(Call call) {
        return calls.getOrDefault(call, new AtomicInteger());
    }

    private void called(Call call) {
        count(call).incrementAndGet();
        before.accept(call);
    }

    @Override
    public LogWriter open(ContainerLogId id) {
        called(Call.OPEN);
        return new Writer(sink.open(id));
    }

    @Override
    public void close() {
        sink.close();
    }

    private final class Writer implements LogWriter {

        private final LogWriter writer;

        Writer(LogWriter writer) {
            this.writer = writer;
        }

        @Override
        public LogInfo info() {
            called(Call.INFO);
            return writer.info();
        }

        @Override
        public List<LineMark> lastLines() {
            called(Call.LAST_LINES);
            return writer.lastLines();
        }

        @Override
        public void beginLine(Instant time) {
            called(Call.BEGIN_LINE);
            writer.beginLine(time);
        }

        @Override
        public void append(byte[] buffer, int offset, int length) {
            called(Call.APPEND);
            writer.append(buffer, offset, length);
            if (flushes.getAsBoolean()) {
                writer.flush();
            }
        }

        @Override
        public void defect(LogDefect.Reason reason, String detail) {
            called(Call.DEFECT);
            writer.defect(reason, detail);
        }

        @Override
        public void flush() {
            called(Call.FLUSH);
            writer.flush();
        }

        @Override
        public LogInfo seal() {
            called(Call.SEAL);
            return writer.seal();
        }

        @Override
        public void close() {
            called(Call.CLOSE);
            writer.close();
        }
    }
}

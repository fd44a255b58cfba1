package ch.sbb.esta.results.logs;

import ch.sbb.esta.results.LogDefect;
import ch.sbb.esta.results.LogInfo;
import ch.sbb.esta.results.ResultsException;
import ch.sbb.esta.results.spi.LogWriter;
import ch.sbb.esta.results.spi.LogWriter.LineMark;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * A writer whose backend may refuse for now: every call is made again until it is taken, the caller waits meanwhile and reads nothing.
 * Also keeps count of what the writer's marks alone do not tell. Not thread-safe.
 */
final class SinkWriter {

    private final LogWriter writer;
    private final LogCollectorConfig config;
    private final Counters counters;
    private final Stop stop;
    private final BooleanSupplier released;

    private Anchor.Run run;
    private Instant runTime;
    private @Nullable Instant begun;
    private long written;
    private int refusals;

    /** Another collector has the log. */
    static final class Conflict extends RuntimeException {

        private static final long serialVersionUID = 1L;

        Conflict(ResultsException cause) {
            super(cause.getMessage(), cause);
        }
    }

    /** @param released whether somebody else looks after the log now, so that nothing is waited for any more */
    SinkWriter(LogWriter writer, Surroundings around, BooleanSupplier released) {
        this.writer = writer;
        this.config = around.config();
        this.counters = around.counters();
        this.stop = around.stop();
        this.released = released;
        List<LineMark> marks = writer.lastLines();
        this.run = Anchor.Run.of(marks, writer.info().extent().lines());
        this.runTime =
                marks.isEmpty() ? Instant.MIN : marks.get(marks.size() - 1).time();
    }

    LogInfo info() {
        return writer.info();
    }

    List<LineMark> lastLines() {
        return writer.lastLines();
    }

    /** How many lines in a row at the end bear the same timestamp. */
    Anchor.Run run() {
        return run;
    }

    /** Bytes that went through this object. */
    long written() {
        return written;
    }

    boolean isEmpty() {
        return writer.info().extent().lines() == 0;
    }

    /** A line begins with its first byte: until then nothing is written, for a cut may come before it. */
    void beginLine(Instant time) {
        begun = time;
    }

    void append(byte[] buffer, int offset, int length) {
        Instant time = begun;
        if (time != null) {
            begin(time);
            begun = null;
        }
        do {
            try {
                writer.append(buffer, offset, length);
                break;
            } catch (ResultsException e) {
                refused(e);
            }
        } while (true);
        refusals = 0;
        written += length;
        counters.bytes.add(length);
        if (time != null) {
            run = time.equals(runTime) ? new Anchor.Run(run.count() + 1, run.exact()) : new Anchor.Run(1, true);
            runTime = time;
            counters.lines.increment();
        }
    }

    private void begin(Instant time) {
        do {
            try {
                writer.beginLine(time);
                break;
            } catch (ResultsException e) {
                refused(e);
            }
        } while (true);
    }

    void defect(LogDefect.Reason reason, String detail) {
        do {
            try {
                writer.defect(reason, detail);
                break;
            } catch (ResultsException e) {
                refused(e);
            }
        } while (true);
        refusals = 0;
        counters.gaps.increment();
    }

    /** Does not wait: nothing is to be read any more, so whoever waits for this would only be in the way of other logs. */
    LogInfo seal() {
        try {
            return writer.seal();
        } catch (ResultsException e) {
            throw e.code() == ResultsException.Code.CONFLICT ? new Conflict(e) : e;
        }
    }

    void close() {
        writer.close();
    }

    /** Whether a failed call lost nothing, so that the same writer can be asked again. */
    static boolean isRefusal(RuntimeException e) {
        return e instanceof ResultsException known
                && switch (known.code()) {
                    case UNAVAILABLE, TIMEOUT, DENIED -> true;
                    default -> false;
                };
    }

    /** Waits when the same call may be made again; throws otherwise. */
    private void refused(ResultsException e) {
        if (e.code() == ResultsException.Code.CONFLICT) {
            throw new Conflict(e);
        }
        if (!isRefusal(e)) {
            throw e;
        }
        if (released.getAsBoolean()) {
            throw new Stop.Stopped();
        }
        counters.failures.increment();
        long millis = config.minBackoff().toMillis() << Math.min(refusals++, 20);
        stop.pause(Duration.ofMillis(
                Math.max(1, Math.min(millis, config.maxBackoff().toMillis()))));
    }
}

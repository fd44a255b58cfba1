package ch.sbb.esta.results.spi;

import ch.sbb.esta.results.LogDefect;
import ch.sbb.esta.results.LogInfo;
import java.time.Instant;
import java.util.List;
import java.util.Objects;

/**
 * Writes one log. Not thread-safe: one thread at a time; the {@link LogSink} says the rest.
 */
public interface LogWriter extends AutoCloseable {

    /**
     * What has been written so far, by this writer or by those before it.
     *
     * @return state, size and defects
     */
    LogInfo info();

    /**
     * The last lines that were written, oldest first: by them a collector finds its place when it opens the container's log again.
     * After a crash these are the last durable lines.
     *
     * @return at most {@value LineMark#KEPT} marks; empty for a log without lines
     */
    List<LineMark> lastLines();

    /**
     * Begins a line.
     *
     * @param time the timestamp that the kubelet put before it
     */
    void beginLine(Instant time);

    /**
     * Writes bytes of the line that was begun last, its newline included.
     *
     * @param buffer where the bytes are; not kept
     * @param offset the first byte
     * @param length how many bytes
     */
    void append(byte[] buffer, int offset, int length);

    /**
     * Notes that something is or may be missing here, in front of the next byte.
     *
     * @param reason why
     * @param detail what was seen, fit for a log line
     */
    void defect(LogDefect.Reason reason, String detail);

    /**
     * Makes everything written so far durable.
     */
    void flush();

    /**
     * Ends the log for good: durable, immutable, complete if there is no defect.
     *
     * @return what is stored now
     */
    LogInfo seal();

    /** Stops writing without sealing; what was written is made durable as far as possible. */
    @Override
    void close();

    /**
     * A line by its timestamp and its content.
     *
     * @param time the timestamp that the kubelet put before it
     * @param length bytes, its newline included
     * @param hash the first eight bytes, big-endian, of SHA-256 over the line's bytes, its newline included
     */
    record LineMark(Instant time, long length, long hash) {

        /** How many marks a writer keeps. */
        public static final int KEPT = 64;

        /**
         * Checks that no component is null.
         *
         * @param time the timestamp that the kubelet put before it
         * @param length bytes, its newline included
         * @param hash the first eight bytes, big-endian, of SHA-256 over the line's bytes, its newline included
         */
        public LineMark {
            Objects.requireNonNull(time, "time");
        }
    }
}

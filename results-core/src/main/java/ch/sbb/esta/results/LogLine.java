package ch.sbb.esta.results;

import java.time.Instant;
import java.util.Objects;

/**
 * Where a line of a log begins, and when it was written.
 *
 * @param offset its first byte in the text, counted from 0
 * @param time the timestamp that the kubelet put before it
 */
public record LogLine(long offset, Instant time) {

    /**
     * Checks that the offset is not negative and the time not null.
     *
     * @param offset its first byte in the text, counted from 0
     * @param time the timestamp that the kubelet put before it
     * @throws ResultsException {@code INVALID} for a negative offset
     */
    public LogLine {
        Objects.requireNonNull(time, "time");
        if (offset < 0) {
            throw ResultsException.invalid("offset " + offset + " is negative");
        }
    }
}

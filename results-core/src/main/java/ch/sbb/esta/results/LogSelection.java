package ch.sbb.esta.results;

import java.time.Instant;
import java.util.Objects;

/** Which lines of a log somebody wants. Immutable. */
public sealed interface LogSelection {

    /**
     * Every line.
     *
     * @return the selection
     */
    static LogSelection all() {
        return new Range(0, Long.MAX_VALUE);
    }

    /**
     * Lines by their numbers.
     *
     * @param first the number of the first one, counted from 0
     * @param count how many at most
     * @return the selection
     * @throws ResultsException {@code INVALID} for a negative number
     */
    static LogSelection lines(long first, long count) {
        return new Range(first, count);
    }

    /**
     * The lines at the end.
     *
     * @param count how many at most
     * @return the selection
     * @throws ResultsException {@code INVALID} for a negative number
     */
    static LogSelection last(long count) {
        return new Last(count);
    }

    /**
     * All from the first line on that was written at a time or later. Behind it older lines may come, where the node's clock was set back.
     *
     * @param time the earliest timestamp of the first line
     * @return the selection
     */
    static LogSelection since(Instant time) {
        return new Since(time);
    }

    /**
     * Lines by their numbers.
     *
     * @param first the number of the first one, counted from 0
     * @param count how many at most
     */
    record Range(long first, long count) implements LogSelection {

        /**
         * Checks that nothing is negative.
         *
         * @param first the number of the first one, counted from 0
         * @param count how many at most
         * @throws ResultsException {@code INVALID} for a negative number
         */
        public Range {
            if (first < 0 || count < 0) {
                throw ResultsException.invalid(
                        "the selection of " + count + " lines from line " + first + " has a negative number");
            }
        }
    }

    /**
     * The lines at the end.
     *
     * @param count how many at most
     */
    record Last(long count) implements LogSelection {

        /**
         * Checks that the count is not negative.
         *
         * @param count how many at most
         * @throws ResultsException {@code INVALID} for a negative number
         */
        public Last {
            if (count < 0) {
                throw ResultsException.invalid("the selection of the last " + count + " lines has a negative number");
            }
        }
    }

    /**
     * All from the first line on that was written at a time or later.
     *
     * @param time the earliest timestamp of the first line
     */
    record Since(Instant time) implements LogSelection {

        /**
         * Checks that the time is not null.
         *
         * @param time the earliest timestamp of the first line
         */
        public Since {
            Objects.requireNonNull(time, "time");
        }
    }
}

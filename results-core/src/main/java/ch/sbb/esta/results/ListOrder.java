package ch.sbb.esta.results;

import java.util.Locale;
import java.util.Objects;

/**
 * By what a list is sorted. Equal times are sorted by the store's id, in the same direction, so that the order is total.
 *
 * @param field what is compared
 * @param direction smallest or largest first
 */
public record ListOrder(Field field, Direction direction) {

    /** By the store's id: the cheapest total order, and the one of Tekton Results when none is asked for. */
    public static final ListOrder BY_ID = new ListOrder(Field.ID, Direction.ASC);

    /** What can be compared. */
    public enum Field {
        /** The store's own id. */
        ID,
        /** When it was first stored. */
        CREATE_TIME,
        /** When it was last changed. */
        UPDATE_TIME,
        /**
         * When the run started: of a Result the one that its summary is about, of a Record the one that it holds. What has no such time
         * sorts as the latest: a run that has not started or whose time cannot be read, a Result without a summary, a Record that holds
         * no run.
         */
        START_TIME,
        /** When the run ended; what has no such time sorts as the latest, as with {@link #START_TIME}. */
        END_TIME;

        /**
         * Whether it is a time of the run, which not everything has.
         *
         * @return true for start and end time
         */
        public boolean isOfRun() {
            return this == START_TIME || this == END_TIME;
        }
    }

    /** Which end comes first. */
    public enum Direction {
        /** Smallest first. */
        ASC,
        /** Largest first. */
        DESC
    }

    /**
     * Checks that no component is null.
     *
     * @param field what is compared
     * @param direction smallest or largest first
     */
    public ListOrder {
        Objects.requireNonNull(field, "field");
        Objects.requireNonNull(direction, "direction");
    }

    /**
     * Parses {@code order_by} of Tekton Results.
     *
     * @param orderBy {@code create_time}, {@code update_time}, {@code summary.start_time} or {@code summary.end_time}, optionally
     *     followed by {@code asc} or {@code desc}; empty for {@link #BY_ID}. Beyond Tekton Results, {@code start_time} and
     *     {@code end_time} mean the same as with {@code summary.}, which reads oddly for Records
     * @return the order
     * @throws ResultsException {@code INVALID} for anything else
     */
    public static ListOrder parse(String orderBy) {
        if (orderBy.isBlank()) {
            return BY_ID;
        }
        String[] words = orderBy.trim().split("\\s+", -1);
        Direction direction = words.length < 2 ? Direction.ASC : direction(words[1], orderBy);
        Field field = switch (words[0]) {
            case "create_time" -> Field.CREATE_TIME;
            case "update_time" -> Field.UPDATE_TIME;
            case "summary.start_time", "start_time" -> Field.START_TIME;
            case "summary.end_time", "end_time" -> Field.END_TIME;
            default -> throw malformed(orderBy);
        };
        if (words.length > 2) {
            throw malformed(orderBy);
        }
        return new ListOrder(field, direction);
    }

    static Direction direction(String word, String orderBy) {
        return switch (word.toLowerCase(Locale.ROOT)) {
            case "asc" -> Direction.ASC;
            case "desc" -> Direction.DESC;
            default -> throw malformed(orderBy);
        };
    }

    private static ResultsException malformed(String orderBy) {
        return ResultsException.invalid("order_by " + Escaped.of(orderBy)
                + " is none of create_time, update_time, summary.start_time, summary.end_time, start_time, end_time, each optionally followed by asc"
                + " or desc");
    }

    @Override
    public String toString() {
        return (field.isOfRun() ? "summary." : "") + field.name().toLowerCase(Locale.ROOT) + " "
                + direction.name().toLowerCase(Locale.ROOT);
    }
}

package ch.sbb.esta.results.jdbi;

import ch.sbb.esta.results.ListOrder;
import ch.sbb.esta.results.ListQuery;
import ch.sbb.esta.results.PageToken;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;

/**
 * What lists are sorted by, in SQL. Indexes, orders and conditions say it with the same words, or the planner does not see that one fits
 * the other.
 */
final class SortKey {

    /** {@link PageToken#LATEST}, as Postgres writes it. */
    static final String LATEST = "timestamptz '"
            + DateTimeFormatter.ofPattern("uuuuuu-MM-dd HH:mm:ss.SSSSSS")
                    .withZone(ZoneOffset.UTC)
                    .format(PageToken.LATEST)
            + "+00'";

    private SortKey() {}

    /** How many parents are listed. */
    enum Reach {
        /** One. */
        ONE_PARENT,
        /** All of the schema. */
        ALL_PARENTS;

        static Reach of(ListQuery query) {
            return query.parent().isPresent() ? ONE_PARENT : ALL_PARENTS;
        }

        /**
         * A time as this reach says it. The words differ, or the planner takes an index over all parents for the list of one, because it
         * looks cheap, and wades through the rows of the others.
         */
        String time(String expression) {
            return this == ONE_PARENT ? expression : "greatest(" + expression + ")";
        }

        /** An id in a list by id, for the same reason in other words. */
        String id(String column) {
            return this == ONE_PARENT ? column : "(" + column + " || '')";
        }
    }

    /** A row of others may lack a time; it sorts as the oldest instead of getting lost between two pages. */
    static String oldestIfAbsent(String column) {
        return "coalesce(" + column + ", timestamptz 'epoch')";
    }

    /** What has not started, or not ended, sorts as the latest. */
    static String latestIfAbsent(String column) {
        return "least(coalesce(" + column + ", " + LATEST + "), " + LATEST + ")";
    }

    /** A time that a row of {@code results}, as {@code r}, has; of {@code records} the first two. */
    static String ofRow(ListOrder.Field field) {
        return switch (field) {
            case CREATE_TIME -> oldestIfAbsent("r.created_time");
            case UPDATE_TIME -> oldestIfAbsent("r.updated_time");
            case START_TIME -> latestIfAbsent("r.recordsummary_start_time");
            case END_TIME -> latestIfAbsent("r.recordsummary_end_time");
            case ID -> throw new IllegalArgumentException("an id is no time");
        };
    }

    /** Start or end in the row {@code e} of a run. */
    static String ofRun(ListOrder.Field field) {
        return latestIfAbsent(field == ListOrder.Field.START_TIME ? "e.start_time" : "e.end_time");
    }

    /** Start or end as {@link #ofRun} has it, out of the object of a Record. */
    static String ofData(ListOrder.Field field) {
        String path = field == ListOrder.Field.START_TIME ? "{status,startTime}" : "{status,completionTime}";
        return latestIfAbsent("CASE WHEN " + RunColumns.IS_RUN + " THEN {esta_time}(r.data #>> '" + path + "') END");
    }
}

package ch.sbb.esta.results;

/** How coarse a grouping by time is. Each unit begins as the calendar of the query's time zone says. */
public enum CalendarUnit {
    /** From the first of January. */
    YEAR,
    /** From the first day of the month. */
    MONTH,
    /** From Monday. */
    WEEK,
    /** From midnight. */
    DAY,
    /** Sixty minutes. */
    HOUR,
    /** Sixty seconds. */
    MINUTE
}

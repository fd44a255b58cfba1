package ch.sbb.esta.results;

/** What is put into a log's text for a reader, beside what the container emitted. */
public enum LogAnnotation {
    /** Before each line the time at which it was written, as RFC 3339 with nine fractional digits in UTC, and a space. */
    TIMESTAMPS,
    /** A line of its own at each place where something is or may be missing: {@code ==> REASON: detail <==}. */
    MARKERS
}

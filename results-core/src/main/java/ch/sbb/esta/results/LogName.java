package ch.sbb.esta.results;

import java.util.List;
import java.util.Objects;

/**
 * The full name of one Log: {@code PARENT/results/RESULT/logs/LOG}.
 *
 * @param result the Result it belongs to
 * @param log the last segment, {@code [a-z0-9_-]{1,63}}
 */
public record LogName(ResultName result, String log) {

    /**
     * Checks the last segment.
     *
     * @param result the Result it belongs to
     * @param log the last segment, {@code [a-z0-9_-]{1,63}}
     * @throws ResultsException {@code INVALID} when it is malformed or {@code -}
     */
    public LogName {
        Objects.requireNonNull(result, "result");
        Names.single("log", log);
    }

    /**
     * Parses a full name.
     *
     * @param text for example {@code ci/results/0b7f/logs/19aa}
     * @return the name; {@link #toString()} gives the text back
     * @throws ResultsException {@code INVALID} with the escaped text when it is of another form
     */
    public static LogName parse(String text) {
        String[] segments = Names.split("PARENT/results/RESULT/logs/LOG", text, List.of("results", "logs"));
        return new LogName(new ResultName(segments[0], segments[1]), segments[2]);
    }

    @Override
    public String toString() {
        return result + "/logs/" + log;
    }
}

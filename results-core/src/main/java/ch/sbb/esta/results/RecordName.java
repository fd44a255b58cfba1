package ch.sbb.esta.results;

import java.util.List;
import java.util.Objects;

/**
 * The full name of one Record: {@code PARENT/results/RESULT/records/RECORD}.
 *
 * @param result the Result it belongs to
 * @param record the last segment, {@code [a-z0-9_-]{1,63}}; the run's UID unless an annotation says otherwise
 */
public record RecordName(ResultName result, String record) implements Comparable<RecordName> {

    /**
     * Checks the last segment.
     *
     * @param result the Result it belongs to
     * @param record the last segment, {@code [a-z0-9_-]{1,63}}; the run's UID unless an annotation says otherwise
     * @throws ResultsException {@code INVALID} when it is malformed or {@code -}
     */
    public RecordName {
        Objects.requireNonNull(result, "result");
        Names.single("record", record);
    }

    /**
     * Parses a full name.
     *
     * @param text for example {@code ci/results/0b7f/records/19aa}
     * @return the name; {@link #toString()} gives the text back
     * @throws ResultsException {@code INVALID} with the escaped text when it is of another form
     */
    public static RecordName parse(String text) {
        String[] segments = Names.split("PARENT/results/RESULT/records/RECORD", text, List.of("results", "records"));
        return new RecordName(new ResultName(segments[0], segments[1]), segments[2]);
    }

    /**
     * The Kubernetes namespace.
     *
     * @return the parent of the Result
     */
    public String parent() {
        return result.parent();
    }

    @Override
    public int compareTo(RecordName other) {
        int byResult = result.compareTo(other.result);
        return byResult != 0 ? byResult : record.compareTo(other.record);
    }

    @Override
    public String toString() {
        return result + "/records/" + record;
    }
}

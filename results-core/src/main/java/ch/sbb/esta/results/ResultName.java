package ch.sbb.esta.results;

import java.util.List;

/**
 * The full name of one Result: {@code PARENT/results/RESULT}.
 *
 * @param parent the Kubernetes namespace, {@code [a-z0-9_-]{1,63}}
 * @param result the last segment, {@code [a-z0-9_-]{1,63}}
 */
public record ResultName(String parent, String result) implements Comparable<ResultName> {

    /**
     * Checks both segments.
     *
     * @param parent the Kubernetes namespace, {@code [a-z0-9_-]{1,63}}
     * @param result the last segment, {@code [a-z0-9_-]{1,63}}
     * @throws ResultsException {@code INVALID} when a segment is malformed or {@code -}
     */
    public ResultName {
        Names.single("parent", parent);
        Names.single("result", result);
    }

    /**
     * Parses a full name.
     *
     * @param text for example {@code ci/results/0b7f}
     * @return the name; {@link #toString()} gives the text back
     * @throws ResultsException {@code INVALID} with the escaped text when it is of another form
     */
    public static ResultName parse(String text) {
        String[] segments = Names.split("PARENT/results/RESULT", text, List.of("results"));
        return new ResultName(segments[0], segments[1]);
    }

    /**
     * Names a record of this Result.
     *
     * @param record the last segment
     * @return the record's full name
     * @throws ResultsException {@code INVALID} when the segment is malformed
     */
    public RecordName record(String record) {
        return new RecordName(this, record);
    }

    @Override
    public int compareTo(ResultName other) {
        int byParent = parent.compareTo(other.parent);
        return byParent != 0 ? byParent : result.compareTo(other.result);
    }

    @Override
    public String toString() {
        return parent + "/results/" + result;
    }
}

package ch.sbb.esta.results;

import java.util.List;

/**
 * The answer to a {@link StatisticsQuery}.
 *
 * @param rows one for each group, in the order of the query, as many as its limit allows; exactly one when nothing was grouped
 * @param groups how many groups there are; more than the rows where the limit cut some off
 */
public record RunStatistics(List<StatisticsRow> rows, long groups) {

    /**
     * Copies the rows.
     *
     * @param rows one for each group
     * @param groups how many groups there are
     * @throws ResultsException {@code INVALID} when there are more rows than groups
     */
    public RunStatistics {
        rows = List.copyOf(rows);
        if (groups < rows.size()) {
            throw ResultsException.invalid(rows.size() + " rows cannot be of " + groups + " groups");
        }
    }

    /**
     * Whether the limit of the query cut groups off.
     *
     * @return true when there are more groups than rows
     */
    public boolean isCut() {
        return groups > rows.size();
    }
}

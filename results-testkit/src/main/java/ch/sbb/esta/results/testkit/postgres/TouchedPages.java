package ch.sbb.esta.results.testkit.postgres;

import java.util.Objects;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;

/**
 * How many pages of tables and indexes a query touched, in memory or on disk, for how many rows.
 *
 * @param pages the pages, each as often as it was touched
 * @param rows the rows that came out
 * @param plan what the server said, for messages
 */
public record TouchedPages(long pages, long rows, String plan) {

    private static final int PAGES_PER_ROW = 20;
    private static final int PAGES = 200;

    private static final Pattern TOUCHED = Pattern.compile("\"Shared (?:Hit|Read) Blocks\": ([0-9]+)");
    private static final Pattern ROWS = Pattern.compile("\"Actual Rows\": ([0-9]+)");

    /**
     * Checks that no component is null.
     *
     * @param pages the pages, each as often as it was touched
     * @param rows the rows that came out
     * @param plan what the server said, for messages
     */
    public TouchedPages {
        Objects.requireNonNull(plan, "plan");
    }

    /**
     * Reads a plan.
     *
     * @param plan what {@code EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON)} answers
     * @return the numbers of its topmost node, which counts what is below it
     * @throws IllegalArgumentException when it is no such plan
     */
    public static TouchedPages of(String plan) {
        long pages = TOUCHED.matcher(plan)
                .results()
                .limit(2)
                .mapToLong(TouchedPages::number)
                .sum();
        long rows = ROWS.matcher(plan)
                .results()
                .findFirst()
                .map(TouchedPages::number)
                .orElseThrow(() -> new IllegalArgumentException("no plan that was carried out: " + plan));
        return new TouchedPages(pages, rows, plan);
    }

    private static long number(MatchResult found) {
        return Long.parseLong(found.group(1));
    }

    /**
     * Adds a query that prepared another one: its pages count, its rows do not.
     *
     * @param before the query before
     * @return the pages of both, the rows and the plan of this one
     */
    TouchedPages after(TouchedPages before) {
        return new TouchedPages(before.pages + pages, rows, plan);
    }

    /**
     * How near this is to what an indexed query may touch: 20 pages for each row, and 200.
     *
     * @return at most 1 for an indexed query
     */
    public double ratio() {
        return pages / (double) (rows * PAGES_PER_ROW + PAGES);
    }

    @Override
    public String toString() {
        return pages + " pages for " + rows + " rows";
    }
}

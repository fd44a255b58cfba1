package ch.sbb.esta.results.filter;

import ch.sbb.esta.results.Escaped;
import ch.sbb.esta.results.Record;
import ch.sbb.esta.results.Result;
import ch.sbb.esta.results.ResultsException;
import java.util.Objects;

/**
 * A condition on Results or Records in the language of Tekton Results, parsed and type-checked.
 *
 * <p>Immutable and thread-safe.
 *
 * @param text what the caller wrote, without the white space around it
 * @param condition what it means, of kind {@link Term.Kind#TRUTH}
 */
public record Filter(String text, Term condition) {

    /** The longest filter, in code points. */
    public static final int MAX_LENGTH = 8_192;

    /**
     * Checks that nothing is missing.
     *
     * @param text what the caller wrote
     * @param condition what it means
     */
    public Filter {
        Objects.requireNonNull(text, "text");
        Objects.requireNonNull(condition, "condition");
    }

    /**
     * Parses a filter on Results.
     *
     * @param text the filter
     * @return the filter
     * @throws ResultsException {@code INVALID} with line and column when it is no filter on Results
     */
    public static Filter forResults(String text) {
        return parse(FilterFields.RESULTS, text);
    }

    /**
     * Parses a filter on Records.
     *
     * @param text the filter
     * @return the filter
     * @throws ResultsException {@code INVALID} with line and column when it is no filter on Records
     */
    public static Filter forRecords(String text) {
        return parse(FilterFields.RECORDS, text);
    }

    /**
     * Whether a Result is selected: the condition is true, neither false nor unknown.
     *
     * @param result the Result
     * @return true when it is
     * @throws IllegalArgumentException when this is a filter on Records
     */
    public boolean matches(Result result) {
        return new Evaluation(Rows.of(result)).holds(condition);
    }

    /**
     * Whether a Record is selected: the condition is true, neither false nor unknown.
     *
     * @param record the Record
     * @return true when it is
     * @throws IllegalArgumentException when this is a filter on Results
     */
    public boolean matches(Record record) {
        return new Evaluation(Rows.of(record)).holds(condition);
    }

    private static Filter parse(CelFilters language, String text) {
        String trimmed = Objects.requireNonNull(text, "text").strip();
        if (trimmed.isEmpty()) {
            throw ResultsException.invalid("a filter must not be empty: leave it out to get everything");
        }
        if (trimmed.codePointCount(0, trimmed.length()) > MAX_LENGTH) {
            throw ResultsException.invalid(
                    "filter " + Escaped.of(trimmed) + " is longer than " + MAX_LENGTH + " characters: shorten it");
        }
        return new Filter(trimmed, language.parse(trimmed));
    }
}

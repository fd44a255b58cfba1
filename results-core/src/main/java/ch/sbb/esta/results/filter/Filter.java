package ch.sbb.esta.results.filter;

import ch.sbb.esta.results.Escaped;
import ch.sbb.esta.results.ResultsException;
import java.util.Objects;

/**
 * A condition on Results or Records in the language of Tekton Results, parsed and type-checked.
 *
 * <p>Immutable and thread-safe.
 *
 * @param text what the caller wrote, without the white space around it
 * @param expression its tree
 */
public record Filter(String text, Expression expression) {

    /** The longest filter, in code points. */
    public static final int MAX_LENGTH = 8_192;

    /** Checks that nothing is missing. */
    public Filter {
        Objects.requireNonNull(text, "text");
        Objects.requireNonNull(expression, "expression");
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

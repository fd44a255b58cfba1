package ch.sbb.esta.results.jdbi;

import java.util.Map;

/** Makes conditions in SQL out of filters on Records. */
@FunctionalInterface
interface RecordConditions {

    /**
     * Translates a filter.
     *
     * @throws ch.sbb.esta.results.ResultsException {@code INVALID} when the text is no filter
     */
    Condition of(String filter);

    /**
     * A condition that is true for the rows wanted.
     *
     * @param sql an expression over rows {@code r} of {@code records}, tables and functions as {@link Schema} reads them, values as
     *     named parameters
     * @param arguments the values by the names of their parameters
     */
    record Condition(String sql, Map<String, Object> arguments) {}
}

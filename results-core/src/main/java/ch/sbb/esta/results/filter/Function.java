package ch.sbb.esta.results.filter;

import java.util.Arrays;
import java.util.Optional;

/** The operators and functions of filters. */
public enum Function {
    /** Negation. */
    NOT("!_", 1),
    /** Conjunction. */
    AND("_&&_", 2),
    /** Disjunction. */
    OR("_||_", 2),
    /** Equality. */
    EQUAL("_==_", 2),
    /** Inequality. */
    NOT_EQUAL("_!=_", 2),
    /** Less than. */
    LESS("_<_", 2),
    /** At most. */
    LESS_OR_EQUAL("_<=_", 2),
    /** Greater than. */
    GREATER("_>_", 2),
    /** At least. */
    GREATER_OR_EQUAL("_>=_", 2),
    /** An item of a list or a key of a map. */
    IN("@in", 2),
    /** Sum. */
    ADD("_+_", 2),
    /** Difference. */
    SUBTRACT("_-_", 2),
    /** Product. */
    MULTIPLY("_*_", 2),
    /** Quotient. */
    DIVIDE("_/_", 2),
    /** Remainder. */
    REMAINDER("_%_", 2),
    /** The opposite number. */
    NEGATE("-_", 1),
    /** The text begins with another one. */
    STARTS_WITH("startsWith", 2),
    /** The text ends with another one. */
    ENDS_WITH("endsWith", 2),
    /** The text, or a key or value of the map, contains a text. */
    CONTAINS("contains", 2),
    /** A part of the text matches a regular expression. */
    MATCHES("matches", 2),
    /** The number of code points, items or entries. */
    SIZE("size", 1),
    /** The time of an RFC 3339 text. */
    TIMESTAMP("timestamp", 1),
    /** The duration of a text such as {@code 1h30m}. */
    DURATION("duration", 1),
    /** The value as text. */
    STRING("string", 1),
    /** The year. */
    FULL_YEAR("getFullYear", 1),
    /** The month, from 0. */
    MONTH("getMonth", 1),
    /** The day of the month, from 1. */
    DATE("getDate", 1),
    /** The day of the month, from 0. */
    DAY_OF_MONTH("getDayOfMonth", 1),
    /** The day of the year, from 0. */
    DAY_OF_YEAR("getDayOfYear", 1),
    /** The day of the week, from 0, Sunday. */
    DAY_OF_WEEK("getDayOfWeek", 1),
    /** The hours. */
    HOURS("getHours", 1),
    /** The minutes. */
    MINUTES("getMinutes", 1),
    /** The seconds. */
    SECONDS("getSeconds", 1),
    /** The milliseconds. */
    MILLISECONDS("getMilliseconds", 1);

    private final String symbol;
    private final int operands;

    Function(String symbol, int operands) {
        this.symbol = symbol;
        this.operands = operands;
    }

    static Optional<Function> find(String symbol, int operands) {
        return Arrays.stream(values())
                .filter(function -> function.symbol.equals(symbol) && function.operands == operands)
                .findFirst();
    }
}

package ch.sbb.esta.results.filter;

import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * A part of a checked filter, with every conversion spelled out: whoever evaluates a term needs no rule but those of its record. A term
 * whose value cannot be had is <em>unknown</em>, and so is every term above it, with the exceptions that {@link And}, {@link Or},
 * {@link Has} and {@link Contained} name.
 *
 * <p>Immutable and thread-safe.
 */
public sealed interface Term {

    /**
     * Of what kind the value is.
     *
     * @return the kind
     */
    Kind kind();

    /** Kinds of values. */
    enum Kind {
        /** True or false. */
        TRUTH,
        /** Text. Order is that of code points. */
        TEXT,
        /** A decimal number of any size. */
        NUMBER,
        /** A point in time, in microseconds since 1970-01-01T00:00:00Z. */
        TIME,
        /** A time between two points, in microseconds. */
        SPAN,
        /** A value of JSON. */
        JSON,
        /** A map from text to text. */
        TEXTS
    }

    /**
     * A value that stands in the filter, or follows from such values alone.
     *
     * @param kind its kind
     * @param value a {@code Boolean}, {@code String}, {@code BigDecimal}, or {@code BigInteger} of microseconds; null when unknown
     */
    record Constant(Kind kind, @Nullable Object value) implements Term {
        /**
         * Checks that the kind is there.
         *
         * @param kind its kind
         * @param value its value; null when unknown
         */
        public Constant {
            Objects.requireNonNull(kind, "kind");
        }
    }

    /**
     * A field of the Result or Record. Unknown where the row has none.
     *
     * @param name its name, of a summary's field with {@code summary.} in front
     * @param kind its kind
     */
    record Field(String name, Kind kind) implements Term {}

    /**
     * What a JSON object has under a key. Unknown where it has none, and where there is no object.
     *
     * @param of the object
     * @param key the key
     */
    record Member(Term of, String key) implements Term {
        @Override
        public Kind kind() {
            return Kind.JSON;
        }
    }

    /**
     * An element of a JSON array. Unknown where it is too short, and where there is no array.
     *
     * @param of the array
     * @param index from 0
     */
    record Item(Term of, int index) implements Term {
        @Override
        public Kind kind() {
            return Kind.JSON;
        }
    }

    /**
     * What a map has under a key. Unknown where it has none.
     *
     * @param of a {@link Kind#TEXTS}
     * @param key the key
     */
    record Entry(Term of, String key) implements Term {
        @Override
        public Kind kind() {
            return Kind.TEXT;
        }
    }

    /**
     * Whether something is there. False, not unknown, where what would hold it is missing too. A JSON {@code null} is there.
     *
     * @param path a {@link Member}, an {@link Item} or an {@link Entry}
     */
    record Has(Term path) implements Term {
        @Override
        public Kind kind() {
            return Kind.TRUTH;
        }
    }

    /**
     * A value of JSON as one of another kind. Unknown where it is of another JSON type, and where a number is not below
     * {@link #MAX_NUMBER_DIGITS} digits on either side of its point.
     *
     * @param kind {@link Kind#TRUTH}, {@link Kind#TEXT} or {@link Kind#NUMBER}
     * @param of a {@link Kind#JSON}
     */
    record As(Kind kind, Term of) implements Term {
        /** How many digits a number of JSON may have before its point, and how many behind it, to be compared or computed with. */
        public static final int MAX_NUMBER_DIGITS = 100;
    }

    /**
     * The time or the span that a text writes. Unknown where it writes none.
     *
     * @param kind {@link Kind#TIME} by {@link #TIME_PATTERN}, {@link Kind#SPAN} by {@link #SPAN_PATTERN}; what is finer than a
     *     microsecond is cut off
     * @param of a {@link Kind#TEXT}
     */
    record Parsed(Kind kind, Term of) implements Term {

        private static final String YEAR = "([0-9]{3}[1-9]|[0-9]{2}[1-9]0|[0-9][1-9]00|[1-9]000)";
        private static final String DAY = "(0[13578]|1[02])-(0[1-9]|[12][0-9]|3[01])|(0[469]|11)-(0[1-9]|[12][0-9]|30)"
                + "|02-(0[1-9]|1[0-9]|2[0-8])";
        private static final String LEAP_DAY =
                "([0-9]{2}(0[48]|[2468][048]|[13579][26])|([02468][48]|[13579][26]|[2468]0)00)-02-29";
        private static final String CLOCK = "([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](\\.[0-9]{1,9})?";
        private static final String ZONE = "(Z|[+-](0[0-9]|1[0-5]):[0-5][0-9])";
        private static final String AMOUNT = "[0-9]{1,9}(\\.[0-9]{1,9})?";

        /**
         * Times of RFC 3339 in the years 1 to 9999, in a syntax that Java and Postgres have in common; for the whole text.
         *
         * @see <a href="https://www.rfc-editor.org/rfc/rfc3339#section-5.6">RFC 3339, section 5.6</a>
         */
        public static final String TIME_PATTERN =
                "^(" + YEAR + "-(" + DAY + ")|" + LEAP_DAY + ")T" + CLOCK + ZONE + "$";

        /** Spans such as {@code 1h30m}, {@code -1.5s} or {@code 0}: the larger unit first, each at most once; for the whole text. */
        public static final String SPAN_PATTERN = "^-?(0|(?=[0-9])(" + AMOUNT + "h)?(" + AMOUNT + "m)?(" + AMOUNT
                + "s)?(" + AMOUNT + "ms)?(" + AMOUNT + "us)?(" + AMOUNT + "ns)?)$";
    }

    /**
     * A value as text: numbers in plain decimal digits without zeros at the end, times by RFC 3339 in UTC, spans in seconds with an
     * {@code s}. Unknown for a JSON object, array or null, and for a time outside of the years 1 to 9999.
     *
     * @param of anything but {@link Kind#TEXTS}
     */
    record Shown(Term of) implements Term {
        @Override
        public Kind kind() {
            return Kind.TEXT;
        }
    }

    /**
     * The opposite.
     *
     * @param of a {@link Kind#TRUTH}
     */
    record Not(Term of) implements Term {
        @Override
        public Kind kind() {
            return Kind.TRUTH;
        }
    }

    /**
     * Whether both hold. False where one is false, also when the other is unknown.
     *
     * @param left a {@link Kind#TRUTH}
     * @param right a {@link Kind#TRUTH}
     */
    record And(Term left, Term right) implements Term {
        @Override
        public Kind kind() {
            return Kind.TRUTH;
        }
    }

    /**
     * Whether one holds. True where one is true, also when the other is unknown.
     *
     * @param left a {@link Kind#TRUTH}
     * @param right a {@link Kind#TRUTH}
     */
    record Or(Term left, Term right) implements Term {
        @Override
        public Kind kind() {
            return Kind.TRUTH;
        }
    }

    /**
     * A comparison of two values of the same kind. Two of JSON are unknown where one is null or they are of different JSON types; only
     * numbers and texts of them have an order.
     *
     * @param comparison which
     * @param left anything but {@link Kind#TEXTS}
     * @param right of the same kind
     */
    record Compare(Comparison comparison, Term left, Term right) implements Term {
        @Override
        public Kind kind() {
            return Kind.TRUTH;
        }
    }

    /** Comparisons. */
    enum Comparison {
        /** Equal. */
        EQUAL,
        /** Not equal. */
        NOT_EQUAL,
        /** Less. */
        LESS,
        /** Less or equal. */
        LESS_OR_EQUAL,
        /** Greater. */
        GREATER,
        /** Greater or equal. */
        GREATER_OR_EQUAL
    }

    /**
     * Arithmetic of decimal numbers, times and spans, exact but for {@link Operation#DIVIDE}. Unknown where something is divided by 0.
     *
     * @param operation which
     * @param kind the kind of the outcome
     * @param left a {@link Kind#NUMBER}, {@link Kind#TIME} or {@link Kind#SPAN}
     * @param right another one
     */
    record Arithmetic(Operation operation, Kind kind, Term left, Term right) implements Term {}

    /** Operations of {@link Arithmetic}. */
    enum Operation {
        /** The sum. */
        ADD,
        /** The difference. */
        SUBTRACT,
        /** The product. */
        MULTIPLY,
        /** The quotient, cut off behind nine decimals. */
        DIVIDE,
        /** The quotient of whole numbers, cut off at the point. */
        DIVIDE_WHOLE,
        /** What {@link #DIVIDE_WHOLE} leaves, with the sign of the dividend. */
        REMAINDER
    }

    /**
     * Two texts put together.
     *
     * @param left a {@link Kind#TEXT}
     * @param right a {@link Kind#TEXT}
     */
    record Joined(Term left, Term right) implements Term {
        @Override
        public Kind kind() {
            return Kind.TEXT;
        }
    }

    /**
     * Whether one text is at a place of another, literally.
     *
     * @param place where
     * @param text a {@link Kind#TEXT}
     * @param part a {@link Kind#TEXT}
     */
    record Holds(Place place, Term text, Term part) implements Term {
        @Override
        public Kind kind() {
            return Kind.TRUTH;
        }
    }

    /** Places in a text. */
    enum Place {
        /** At its begin. */
        START,
        /** At its end. */
        END,
        /** Anywhere. */
        ANYWHERE
    }

    /**
     * Whether a key or a value contains a text. A JSON text is searched itself; of a JSON object the values that are texts count. Unknown
     * for any other JSON.
     *
     * @param of a {@link Kind#TEXTS} or a {@link Kind#JSON}
     * @param part a {@link Kind#TEXT}
     */
    record Mentions(Term of, Term part) implements Term {
        @Override
        public Kind kind() {
            return Kind.TRUTH;
        }
    }

    /**
     * Whether a part of the text matches a regular expression.
     *
     * @param text a {@link Kind#TEXT}
     * @param regex the regular expression
     */
    record Matches(Term text, Regex regex) implements Term {
        @Override
        public Kind kind() {
            return Kind.TRUTH;
        }
    }

    /**
     * Whether a map or a JSON object has a key, or a JSON array an element that is equal. An element of another JSON type is not equal;
     * that is false, not unknown.
     *
     * @param item a {@link Kind#TEXT}; with JSON also a {@link Kind#NUMBER}, a {@link Kind#TRUTH} or a {@link Kind#JSON}. Unknown where
     *     it is a JSON null, array or object, and as the key of an object where it is no text
     * @param in a {@link Kind#TEXTS} or a {@link Kind#JSON}
     */
    record Contained(Term item, Term in) implements Term {
        @Override
        public Kind kind() {
            return Kind.TRUTH;
        }
    }

    /**
     * The number of code points of a text, of entries, or of elements. Unknown for other JSON.
     *
     * @param of a {@link Kind#TEXT}, a {@link Kind#TEXTS} or a {@link Kind#JSON}
     */
    record Size(Term of) implements Term {
        @Override
        public Kind kind() {
            return Kind.NUMBER;
        }
    }

    /**
     * A part of a date or of a time of the day in UTC, or how often a unit fits into a span. Unknown for times outside of the years 1 to
     * 9999.
     *
     * @param part which
     * @param of a {@link Kind#TIME}, or a {@link Kind#SPAN} with hours, minutes and seconds
     */
    record Part(Calendar part, Term of) implements Term {
        @Override
        public Kind kind() {
            return Kind.NUMBER;
        }
    }

    /** Parts of a date and of a time. */
    enum Calendar {
        /** The year. */
        YEAR,
        /** The month, from 0. */
        MONTH,
        /** The day of the month, from 1. */
        DATE,
        /** The day of the month, from 0. */
        DAY_OF_MONTH,
        /** The day of the year, from 0. */
        DAY_OF_YEAR,
        /** The day of the week, from 0, which is Sunday. */
        DAY_OF_WEEK,
        /** The hour. */
        HOURS,
        /** The minute. */
        MINUTES,
        /** The second. */
        SECONDS,
        /** The millisecond of the second. */
        MILLISECONDS
    }
}

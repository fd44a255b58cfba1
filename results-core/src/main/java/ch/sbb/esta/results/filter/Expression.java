package ch.sbb.esta.results.filter;

import java.util.List;

/**
 * A part of a checked filter. Constants such as {@code SUCCESS} are literals here, and {@code a.b} and {@code a['b']} are the same.
 *
 * <p>Immutable and thread-safe.
 */
public sealed interface Expression {

    /**
     * A text literal.
     *
     * @param value the text
     */
    record Text(String value) implements Expression {}

    /**
     * A literal whole number.
     *
     * @param value the number
     */
    record Whole(long value) implements Expression {}

    /**
     * A literal floating point number.
     *
     * @param value the number
     */
    record Fraction(double value) implements Expression {}

    /**
     * The literal {@code true} or {@code false}.
     *
     * @param value which
     */
    record Truth(boolean value) implements Expression {}

    /** The literal {@code null}. */
    record Null() implements Expression {}

    /**
     * A literal list.
     *
     * @param items its items
     */
    record Items(List<Expression> items) implements Expression {
        /** Takes a copy of the items. */
        public Items {
            items = List.copyOf(items);
        }
    }

    /**
     * A field of the Result or the Record.
     *
     * @param name the name, of a summary field with {@code summary.} in front
     */
    record Field(String name) implements Expression {}

    /**
     * A value inside another one.
     *
     * @param of the map or list
     * @param key the key or the index
     */
    record Member(Expression of, Expression key) implements Expression {}

    /**
     * Whether a member is there.
     *
     * @param member the member
     */
    record Present(Member member) implements Expression {}

    /**
     * An operator or a function with its operands.
     *
     * @param function which
     * @param arguments the operands; of a method call the receiver comes first
     */
    record Call(Function function, List<Expression> arguments) implements Expression {
        /** Takes a copy of the operands. */
        public Call {
            arguments = List.copyOf(arguments);
        }
    }
}

package ch.sbb.esta.results.filter;

import com.google.re2j.Pattern;
import java.util.Objects;

/**
 * A regular expression of the part of RE2 that means the same in Postgres: literals, {@code .}, classes with ranges, {@code \d \w \s} and
 * their opposites, {@code ^}, {@code $}, groups, alternatives and repetitions up to {@value #MAX_REPETITION}.
 *
 * <p>Immutable and thread-safe.
 *
 * @param re2 the expression as it was written
 * @param postgres the same as an advanced regular expression of Postgres, for use with {@code COLLATE "C"}
 * @see <a href="https://github.com/google/re2/wiki/Syntax">Syntax of RE2</a>
 * @see <a href="https://www.postgresql.org/docs/current/functions-matching.html#POSIX-SYNTAX-DETAILS">Regular expressions of Postgres</a>
 */
public record Regex(String re2, String postgres) {

    /** The largest number of a repetition, as in Postgres. */
    public static final int MAX_REPETITION = 255;

    /**
     * Checks that nothing is missing.
     *
     * @param re2 the expression as it was written
     * @param postgres the same for Postgres
     */
    public Regex {
        Objects.requireNonNull(re2, "re2");
        Objects.requireNonNull(postgres, "postgres");
    }

    /** The tree that a filter holds is compiled once a filter, not once a row. */
    Pattern compile() {
        return Pattern.compile(re2);
    }
}

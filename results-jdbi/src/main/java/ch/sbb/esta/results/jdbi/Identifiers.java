package ch.sbb.esta.results.jdbi;

import java.util.regex.Pattern;

/** How names, and what no statement takes as a parameter, become SQL text. */
final class Identifiers {

    private static final Pattern VERIFIER = Pattern.compile("[A-Za-z0-9+/=$:-]+");

    private Identifiers() {}

    /** Any name, in quotes. */
    static String quote(String name) {
        if (name.indexOf('\0') >= 0) {
            throw new IllegalArgumentException("a name with a NUL character");
        }
        return '"' + name.replace("\"", "\"\"") + '"';
    }

    /** A text of letters, digits and the signs of Base64 and SCRAM, as a literal: {@code ALTER ROLE} takes no parameters. */
    static String verifierLiteral(String verifier) {
        if (!VERIFIER.matcher(verifier).matches()) {
            throw new IllegalArgumentException("no SCRAM verifier");
        }
        return '\'' + verifier + '\'';
    }
}

package ch.sbb.esta.results.jdbi;

/** How names of roles and databases become SQL text. */
final class Identifiers {

    private Identifiers() {}

    /** Any name, in quotes. */
    static String quote(String name) {
        if (name.indexOf('\0') >= 0) {
            throw new IllegalArgumentException("a name with a NUL character");
        }
        return '"' + name.replace("\"", "\"\"") + '"';
    }
}

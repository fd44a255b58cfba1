package ch.sbb.esta.results;

import java.util.Objects;

/**
 * Makes text of users fit for a message or a log line: in double quotes, control characters, quotes, backslashes, line separators,
 * bidirectional controls and lone surrogates written as {@code \}{@code uXXXX}, cut after {@value #MAX_CHARS} characters.
 *
 * <p>Thread-safe: it has no state.
 */
public final class Escaped {

    /** The longest text that is shown whole, in UTF-16 units. */
    public static final int MAX_CHARS = 200;

    private Escaped() {}

    /**
     * Escapes a text.
     *
     * @param text any text
     * @return the text in quotes, one line, at most a few characters over {@value #MAX_CHARS} before escaping
     */
    public static String of(String text) {
        Objects.requireNonNull(text, "text");
        StringBuilder out = new StringBuilder(Math.min(text.length(), MAX_CHARS) + 16).append('"');
        int i = 0;
        while (i < text.length() && i < MAX_CHARS) {
            int codePoint = text.codePointAt(i);
            append(out, codePoint);
            i += Character.charCount(codePoint);
        }
        out.append('"');
        if (i < text.length()) {
            out.append("… (").append(text.length()).append(" characters)");
        }
        return out.toString();
    }

    private static void append(StringBuilder out, int codePoint) {
        if (codePoint == '"' || codePoint == '\\') {
            out.append('\\').append((char) codePoint);
        } else if (isPlain(codePoint)) {
            out.appendCodePoint(codePoint);
        } else if (Character.isBmpCodePoint(codePoint)) {
            out.append(String.format("\\u%04x", codePoint));
        } else {
            out.append(String.format("\\u{%x}", codePoint));
        }
    }

    private static boolean isPlain(int codePoint) {
        return switch (Character.getType(codePoint)) {
            case Character.CONTROL,
                    Character.FORMAT,
                    Character.SURROGATE,
                    Character.PRIVATE_USE,
                    Character.UNASSIGNED,
                    Character.LINE_SEPARATOR,
                    Character.PARAGRAPH_SEPARATOR -> false;
            default -> true;
        };
    }
}

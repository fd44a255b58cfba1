package ch.sbb.esta.results;

import java.util.List;
import java.util.regex.Pattern;

/** The grammar that all names of Tekton Results share: segments of {@code [a-z0-9_-]{1,63}} between fixed collection words. */
final class Names {

    /** In the place of a parent or a result of a list call: any. */
    static final String ANY = "-";

    private static final Pattern SEGMENT = Pattern.compile("[a-z0-9_-]{1,63}");

    private Names() {}

    static boolean isSegment(String text) {
        return SEGMENT.matcher(text).matches();
    }

    static String segment(String what, String text) {
        if (!isSegment(text)) {
            throw ResultsException.invalid(
                    what + " " + Escaped.of(text) + " is not a name: it takes 1 to 63 characters of a-z, 0-9, _ and -");
        }
        return text;
    }

    /** A segment that names one thing: {@code -} alone means "any" and is refused. */
    static String single(String what, String text) {
        if (segment(what, text).equals(ANY)) {
            throw ResultsException.invalid(what + " \"-\" means any; this call needs one");
        }
        return text;
    }

    /** Splits {@code a/results/b/records/c} by its collection words; what it returns are checked segments. */
    static String[] split(String form, String text, List<String> words) {
        String[] parts = text.split("/", -1);
        boolean fits = parts.length == words.size() * 2 + 1;
        for (int i = 0; fits && i < words.size(); i++) {
            fits = parts[i * 2 + 1].equals(words.get(i));
        }
        for (int i = 0; fits && i < parts.length; i += 2) {
            fits = isSegment(parts[i]);
        }
        if (!fits) {
            throw ResultsException.invalid(Escaped.of(text) + " is not of the form " + form
                    + ", each part in capitals 1 to 63 characters of a-z, 0-9, _ and -");
        }
        String[] segments = new String[words.size() + 1];
        for (int i = 0; i < segments.length; i++) {
            segments[i] = parts[i * 2];
        }
        return segments;
    }
}

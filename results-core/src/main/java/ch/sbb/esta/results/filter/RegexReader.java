package ch.sbb.esta.results.filter;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * Reads a regular expression of RE2 and writes it for Postgres. Everything is refused that the two understand differently, or of which
 * that is not certain.
 */
final class RegexReader {

    /** Like RE2: what repetitions of repetitions multiply to. */
    private static final int MAX_COPIES = 1_000;

    private static final int MAX_DEPTH = 50;
    private static final String BRACE = "a brace stands for itself only as \\{";
    private static final String DIGITS = "0-9";
    private static final String WORD = "0-9A-Za-z_";
    private static final String SPACE = "\\t\\n\\f\\r ";

    private final int[] text;
    private final StringBuilder out = new StringBuilder();
    private int at;
    private int depth;

    private RegexReader(String regex) {
        text = regex.codePoints().toArray();
    }

    /** What is wrong with an expression, and where. */
    static final class Refused extends Exception {

        private static final long serialVersionUID = 1;

        private final int position;

        private Refused(int position, String why) {
            super(why);
            this.position = position;
        }

        /** The character that is to blame, from 1. */
        int position() {
            return position + 1;
        }
    }

    /**
     * Reads an expression.
     *
     * @throws Refused when it is none, or not of the common part
     */
    static Regex read(String regex) throws Refused {
        RegexReader reader = new RegexReader(regex);
        reader.alternatives();
        if (reader.at < reader.text.length) {
            throw new Refused(reader.at, "this parenthesis was never opened");
        }
        return new Regex(regex, reader.out.toString());
    }

    /** Returns how many copies of something Postgres makes of it. */
    private int alternatives() throws Refused {
        int copies = 1;
        while (true) {
            copies = Math.max(copies, sequence());
            if (at == text.length || text[at] != '|') {
                return copies;
            }
            out.append('|');
            at++;
        }
    }

    private int sequence() throws Refused {
        int copies = 1;
        while (at < text.length && text[at] != '|' && text[at] != ')') {
            int begin = at;
            int written = out.length();
            boolean repeatable = text[at] != '^' && text[at] != '$';
            int inner = atom();
            int times = repetition(begin, repeatable);
            if ((long) inner * times > MAX_COPIES) {
                throw new Refused(begin, "repetitions multiply to more than " + MAX_COPIES);
            }
            if (times == 0) {
                out.setLength(written);
            }
            copies = Math.max(copies, inner * Math.max(1, times));
        }
        return copies;
    }

    /** One thing that can be repeated. Returns how many copies it holds. */
    private int atom() throws Refused {
        int c = text[at];
        return switch (c) {
            case '(' -> group();
            case '[' -> written(bracket());
            case '\\' -> written(escape());
            case '.' -> next("[^\\n]");
            case '^', '$' -> next(Character.toString(c));
            case '*', '+', '?' -> throw new Refused(at, "there is nothing before it that could be repeated");
            case '{' -> throw new Refused(at, BRACE);
            default -> next(literal(c));
        };
    }

    private int next(String postgres) {
        at++;
        return written(postgres);
    }

    private int written(String postgres) {
        out.append(postgres);
        return 1;
    }

    private int group() throws Refused {
        int begin = at;
        at++;
        if (at + 1 < text.length && text[at] == '?' && text[at + 1] == ':') {
            at += 2;
        } else if (at < text.length && text[at] == '?') {
            throw new Refused(begin, "named groups and flags are not part of it");
        }
        if (++depth > MAX_DEPTH) {
            throw new Refused(begin, "groups are nested more than " + MAX_DEPTH + " deep");
        }
        out.append("(?:");
        int copies = alternatives();
        if (at == text.length) {
            throw new Refused(begin, "this parenthesis is never closed");
        }
        at++;
        depth--;
        out.append(')');
        return copies;
    }

    /** Returns how many copies it makes; 1 where there is none. What is greedy and what is not match the same texts. */
    private int repetition(int begin, boolean repeatable) throws Refused {
        String written = "";
        int copies = 1;
        if (at < text.length && (text[at] == '*' || text[at] == '+' || text[at] == '?')) {
            written = Character.toString(text[at]);
            at++;
        } else if (at < text.length && text[at] == '{') {
            List<Integer> bounds = bounds();
            int least = bounds.get(0);
            int most = bounds.get(bounds.size() - 1);
            copies = bounds.size() == 3 ? least : most;
            written =
                    bounds.size() == 1 ? "{" + least + "}" : "{" + least + "," + (bounds.size() == 3 ? "" : most) + "}";
            if (copies == 0 && bounds.size() == 3) {
                copies = 1;
            }
        }
        if (written.isEmpty()) {
            return 1;
        }
        if (!repeatable) {
            throw new Refused(begin, "^ and $ are not to be repeated");
        }
        if (at < text.length && text[at] == '?') {
            at++;
        }
        if (at < text.length && (text[at] == '*' || text[at] == '+' || text[at] == '?' || text[at] == '{')) {
            throw new Refused(at, "a repetition is not to be repeated; put a group around it");
        }
        if (copies > 0) {
            out.append(written);
        }
        return copies;
    }

    /** One number for {@code {n}}, two for {@code {n,m}}, three for {@code {n,}}. */
    private List<Integer> bounds() throws Refused {
        int begin = at;
        List<Integer> bounds = new ArrayList<>();
        at++;
        bounds.add(number(begin));
        if (at < text.length && text[at] == ',') {
            at++;
            if (at < text.length && text[at] == '}') {
                bounds.add(0);
                bounds.add(bounds.get(0));
            } else {
                bounds.add(number(begin));
                if (bounds.get(1) < bounds.get(0)) {
                    throw new Refused(begin, "the second number of a repetition is less than the first");
                }
            }
        }
        if (at == text.length || text[at] != '}') {
            throw new Refused(begin, BRACE);
        }
        at++;
        return bounds;
    }

    private int number(int begin) throws Refused {
        int number = 0;
        int first = at;
        while (at < text.length && text[at] >= '0' && text[at] <= '9' && number <= Regex.MAX_REPETITION) {
            number = 10 * number + text[at] - '0';
            at++;
        }
        if (at == first) {
            throw new Refused(begin, BRACE);
        }
        if (number > Regex.MAX_REPETITION) {
            throw new Refused(begin, "more than " + Regex.MAX_REPETITION + " repetitions");
        }
        return number;
    }

    /** An escape outside of a class. */
    private String escape() throws Refused {
        int begin = at;
        int c = escaped();
        return switch (c) {
            case 'd' -> "[" + DIGITS + "]";
            case 'D' -> "[^" + DIGITS + "]";
            case 'w' -> "[" + WORD + "]";
            case 'W' -> "[^" + WORD + "]";
            case 's' -> "[" + SPACE + "]";
            case 'S' -> "[^" + SPACE + "]";
            default -> literal(character(begin, c));
        };
    }

    /** The character behind a backslash. */
    private int escaped() throws Refused {
        at++;
        if (at == text.length) {
            throw new Refused(at - 1, "a backslash at the end");
        }
        return text[at++];
    }

    private int character(int begin, int c) throws Refused {
        return switch (c) {
            case 't' -> '\t';
            case 'n' -> '\n';
            case 'r' -> '\r';
            case 'f' -> '\f';
            default -> {
                if (c < 0x80 && !Character.isLetterOrDigit(c) && c != '_') {
                    yield c;
                }
                throw new Refused(begin, "the escape \\" + Character.toString(c) + " is not part of it");
            }
        };
    }

    private String bracket() throws Refused {
        int begin = at;
        StringBuilder bracket = new StringBuilder("[");
        at++;
        if (at < text.length && text[at] == '^') {
            bracket.append('^');
            at++;
        }
        boolean first = true;
        while (true) {
            if (at == text.length) {
                throw new Refused(begin, "this bracket is never closed");
            }
            if (text[at] == ']' && !first) {
                at++;
                return bracket.append(']').toString();
            }
            first = false;
            bracket.append(element());
        }
    }

    /** A class, a character or a range within brackets. */
    private String element() throws Refused {
        int begin = at;
        if (text[at] == '[' && at + 1 < text.length && text[at + 1] == ':') {
            throw new Refused(begin, "named classes are not part of it");
        }
        if (text[at] == '\\' && at + 1 < text.length) {
            String set = switch (text[at + 1]) {
                case 'd' -> DIGITS;
                case 'w' -> WORD;
                case 's' -> SPACE;
                case 'D', 'W', 'S' ->
                    throw new Refused(begin, "the opposite of a class within brackets is not part of it");
                default -> "";
            };
            if (!set.isEmpty()) {
                at += 2;
                if (at < text.length && text[at] == '-' && at + 1 < text.length && text[at + 1] != ']') {
                    throw new Refused(begin, "a range needs a character on either side");
                }
                return set;
            }
        }
        int from = plain();
        if (at + 1 >= text.length || text[at] != '-' || text[at + 1] == ']') {
            return literal(from);
        }
        at++;
        int to = plain();
        if (to < from) {
            throw new Refused(begin, "the range ends before it begins");
        }
        return literal(from) + "-" + literal(to);
    }

    private int plain() throws Refused {
        int begin = at;
        if (text[at] != '\\') {
            if (text[at] == '-'
                    && at + 1 < text.length
                    && text[at + 1] != ']'
                    && text[begin - 1] != '['
                    && text[begin - 1] != '^') {
                throw new Refused(begin, "a - between others stands for itself only as \\-");
            }
            return text[at++];
        }
        return character(begin, escaped());
    }

    /** Every character of ASCII that could mean something is written by its number. */
    private static String literal(int c) {
        if (c > 0x7f || Character.isLetterOrDigit(c)) {
            return Character.toString(c);
        }
        return String.format(Locale.ROOT, "\\u%04x", c);
    }
}

package ch.sbb.esta.results.internal;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * Postgres keeps neither the character U+0000 nor half a surrogate pair in {@code jsonb}. Text that holds one is written with an
 * escape and its row is marked: {@code ␛} (U+241B) and four hex digits stand for the character, {@code ␛241b} for {@code ␛} itself.
 * Text without such characters is left alone, also where it holds {@code ␛}.
 *
 * <p>It works on the JSON text: such characters occur there only as {@code \}{@code uXXXX}.
 */
public final class JsonEscape {

    private static final char MARK = '\u241b';
    private static final byte[] MARK_BYTES = "\u241b".getBytes(StandardCharsets.UTF_8);
    private static final Pattern ESCAPE = Pattern.compile(MARK + "(0000|241b|d[89a-f][0-9a-f]{2})");
    private static final int DIGITS = 4;
    private static final int UNIT = 2 + DIGITS;

    /**
     * JSON text as Postgres takes it.
     *
     * @param json the text
     * @param escaped whether it differs from the original by the escape
     */
    @SuppressWarnings("ArrayRecordComponent") // carried from one method to the next, never compared
    public record Encoded(byte[] json, boolean escaped) {
        /**
         * The JSON as a string.
         *
         * @return the text
         */
        public String text() {
            return new String(json, StandardCharsets.UTF_8);
        }
    }

    private JsonEscape() {}

    /**
     * Encodes valid JSON.
     *
     * @param json the JSON in UTF-8
     * @return the same array where nothing is to be escaped
     */
    public static Encoded encode(byte[] json) {
        return needsEscape(json) ? new Encoded(escape(json), true) : new Encoded(json, false);
    }

    private static boolean needsEscape(byte[] json) {
        int i = 0;
        while (i < json.length) {
            if (json[i] != '\\') {
                i++;
            } else if (json[i + 1] != 'u') {
                i += 2;
            } else {
                int unit = hex(json, i + 2);
                if (isPair(json, i, unit)) {
                    i += 2 * UNIT;
                } else if (unit == 0 || isSurrogate(unit)) {
                    return true;
                } else {
                    i += UNIT;
                }
            }
        }
        return false;
    }

    private static byte[] escape(byte[] json) {
        ByteArrayOutputStream out = new ByteArrayOutputStream(json.length + 64);
        int i = 0;
        while (i < json.length) {
            if (isMark(json, i)) {
                writeEscape(out, MARK);
                i += MARK_BYTES.length;
            } else if (json[i] != '\\') {
                out.write(json[i++]);
            } else if (json[i + 1] != 'u') {
                out.write(json, i, 2);
                i += 2;
            } else {
                i += escapeUnit(json, i, out);
            }
        }
        return out.toByteArray();
    }

    private static int escapeUnit(byte[] json, int i, ByteArrayOutputStream out) {
        int unit = hex(json, i + 2);
        if (isPair(json, i, unit)) {
            out.write(json, i, 2 * UNIT);
            return 2 * UNIT;
        }
        if (unit == 0 || unit == MARK || isSurrogate(unit)) {
            writeEscape(out, unit);
        } else {
            out.write(json, i, UNIT);
        }
        return UNIT;
    }

    /**
     * Decodes text that Postgres printed, in which the mark is never written as {@code \}{@code u241b}.
     *
     * @param json encoded JSON in UTF-8
     * @return the JSON that was encoded
     */
    public static byte[] decode(byte[] json) {
        ByteArrayOutputStream out = new ByteArrayOutputStream(json.length);
        int i = 0;
        while (i < json.length) {
            int unit = isMark(json, i) ? hex(json, i + MARK_BYTES.length) : -1;
            if (unit == MARK) {
                out.writeBytes(MARK_BYTES);
                i += MARK_BYTES.length + DIGITS;
            } else if (unit == 0 || isSurrogate(unit)) {
                out.write('\\');
                out.write('u');
                writeHex(out, unit);
                i += MARK_BYTES.length + DIGITS;
            } else {
                // Also a mark that stands for nothing: somebody else has rewritten the row and left our mark on it.
                out.write(json[i++]);
            }
        }
        return out.toByteArray();
    }

    /**
     * Encodes the keys and values of one map, of which one escaped text escapes all.
     *
     * @param texts the map
     * @return the same map where nothing is to be escaped
     */
    public static Map<String, String> encode(Map<String, String> texts) {
        boolean plain = Stream.concat(texts.keySet().stream(), texts.values().stream())
                .allMatch(text -> text.codePoints().noneMatch(JsonEscape::isUnfit));
        if (plain) {
            return texts;
        }
        Map<String, String> encoded = new LinkedHashMap<>();
        texts.forEach((key, value) -> encoded.put(encodeText(key), encodeText(value)));
        return encoded;
    }

    private static boolean isUnfit(int codePoint) {
        return codePoint == 0 || isSurrogate(codePoint);
    }

    private static String encodeText(String text) {
        StringBuilder out = new StringBuilder(text.length() + UNIT);
        text.codePoints().forEach(codePoint -> {
            if (isUnfit(codePoint) || codePoint == MARK) {
                out.append(MARK).append(String.format("%04x", codePoint));
            } else {
                out.appendCodePoint(codePoint);
            }
        });
        return out.toString();
    }

    /**
     * Decodes a single string that was read out of JSON that is encoded.
     *
     * @param text the string
     * @return the string that was encoded
     */
    public static String decodeText(String text) {
        return ESCAPE.matcher(text)
                .replaceAll(escape ->
                        Matcher.quoteReplacement(String.valueOf((char) Integer.parseInt(escape.group(1), 16))));
    }

    private static void writeEscape(ByteArrayOutputStream out, int unit) {
        out.writeBytes(MARK_BYTES);
        writeHex(out, unit);
    }

    private static void writeHex(ByteArrayOutputStream out, int unit) {
        for (int shift = 12; shift >= 0; shift -= 4) {
            out.write(Character.forDigit(unit >> shift & 0xf, 16));
        }
    }

    private static boolean isMark(byte[] json, int i) {
        return json[i] == MARK_BYTES[0]
                && i + 2 < json.length
                && json[i + 1] == MARK_BYTES[1]
                && json[i + 2] == MARK_BYTES[2];
    }

    private static boolean isSurrogate(int unit) {
        return unit >= Character.MIN_SURROGATE && unit <= Character.MAX_SURROGATE;
    }

    /** Whether {@code unit}, which is written at {@code i}, is the first half of a pair whose second half follows. */
    private static boolean isPair(byte[] json, int i, int unit) {
        if (unit < Character.MIN_HIGH_SURROGATE || unit > Character.MAX_HIGH_SURROGATE) {
            return false;
        }
        int next = i + UNIT;
        if (next + 1 >= json.length || json[next] != '\\' || json[next + 1] != 'u') {
            return false;
        }
        int low = hex(json, next + 2);
        return low >= Character.MIN_LOW_SURROGATE && low <= Character.MAX_LOW_SURROGATE;
    }

    /** Reads four hex digits; -1 where there are none. */
    private static int hex(byte[] json, int from) {
        if (from + DIGITS > json.length) {
            return -1;
        }
        int value = 0;
        for (int i = from; i < from + DIGITS; i++) {
            int digit = Character.digit(json[i], 16);
            if (digit < 0) {
                return -1;
            }
            value = value * 16 + digit;
        }
        return value;
    }
}

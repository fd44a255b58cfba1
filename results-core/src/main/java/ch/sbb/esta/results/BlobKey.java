package ch.sbb.esta.results;

import java.util.Objects;
import java.util.regex.Pattern;

/** The grammar of the keys of a {@code BlobStore}, for those who implement one. Thread-safe: it has no state. */
public final class BlobKey {

    private static final Pattern KEY = Pattern.compile("[a-zA-Z0-9._-]+(/[a-zA-Z0-9._-]+)*");
    private static final Pattern DOTS = Pattern.compile("(^|/)\\.{1,2}(/|$)");
    private static final int MAX_BYTES = 900;

    private BlobKey() {}

    /**
     * Checks a key.
     *
     * @param key the key
     * @return the same key
     * @throws ResultsException {@code INVALID} when it is malformed
     */
    public static String check(String key) {
        Objects.requireNonNull(key, "key");
        if (key.length() > MAX_BYTES
                || !KEY.matcher(key).matches()
                || DOTS.matcher(key).find()) {
            throw ResultsException.invalid("blob key " + Escaped.of(key) + " is malformed: it takes 1 to " + MAX_BYTES
                    + " characters of a-z A-Z 0-9 . _ - / without empty segments, . and ..");
        }
        return key;
    }

    /**
     * Checks the prefix of a list call: the beginning of a key, or empty.
     *
     * @param prefix the prefix
     * @return the same prefix
     * @throws ResultsException {@code INVALID} when no key can begin with it
     */
    public static String checkPrefix(String prefix) {
        Objects.requireNonNull(prefix, "prefix");
        if (!prefix.isEmpty()) {
            check(prefix.endsWith("/") ? prefix.substring(0, prefix.length() - 1) : prefix);
        }
        return prefix;
    }

    /**
     * Checks a range of bytes.
     *
     * @param offset the first byte
     * @param length how many at most
     * @throws ResultsException {@code INVALID} when either is negative
     */
    public static void checkRange(long offset, long length) {
        if (offset < 0 || length < 0) {
            throw ResultsException.invalid(
                    "the range of " + length + " bytes from byte " + offset + " is malformed: neither may be negative");
        }
    }
}

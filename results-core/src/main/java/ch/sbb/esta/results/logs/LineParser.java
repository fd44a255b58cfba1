package ch.sbb.esta.results.logs;

import java.nio.charset.StandardCharsets;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * Takes a kubelet's answer apart into lines, each {@code TIMESTAMP SPACE content NEWLINE}, without holding more of a line than its
 * timestamp. Text that begins without a timestamp (a sentence of the kubelet instead of a log, or the rest of a split line after a
 * filter by time) is never handed on as content.
 *
 * <p>Not thread-safe.
 */
final class LineParser {

    /** How much of a text without timestamp is kept to be recognised. */
    private static final int SENTENCE_BYTES = 512;

    private final Handler handler;
    private final byte[] prefix = new byte[Timestamps.MAX_LENGTH + 1];
    private final StringBuilder unprefixed = new StringBuilder();

    private Place place = Place.PREFIX;
    private int prefixLength;
    private long lines;
    private boolean beganUnprefixed;

    private enum Place {
        PREFIX,
        CONTENT,
        UNPREFIXED
    }

    /** Takes the parts of lines. */
    interface Handler {

        /**
         * A line begins.
         *
         * @return whether to go on
         */
        boolean beginLine(Instant time);

        /**
         * Content of the line that was begun last; its newline is part of it.
         *
         * @return whether to go on
         */
        boolean content(byte[] buffer, int offset, int length);

        /** The newline of the line was handed over. */
        void endLine();

        /**
         * Text without timestamp begins behind a line; it is not handed on.
         *
         * @return whether to go on behind it
         */
        boolean unprefixed();
    }

    LineParser(Handler handler) {
        this.handler = handler;
    }

    /**
     * Takes the next bytes of the answer.
     *
     * @return false when the handler said to stop; the rest of the buffer is not looked at
     */
    boolean feed(byte[] buffer, int length) {
        int at = 0;
        while (at < length) {
            switch (place) {
                case PREFIX -> {
                    at = prefix(buffer, at, length);
                    if (at < 0) {
                        return false;
                    }
                }
                case CONTENT -> {
                    int end = endOfLine(buffer, at, length);
                    if (!handler.content(buffer, at, end - at)) {
                        return false;
                    }
                    if (buffer[end - 1] == '\n') {
                        handler.endLine();
                        place = Place.PREFIX;
                        prefixLength = 0;
                    }
                    at = end;
                }
                case UNPREFIXED -> at = skip(buffer, at, length);
            }
        }
        return true;
    }

    /** Whether the answer began with text that bears no timestamp. */
    boolean beganUnprefixed() {
        return beganUnprefixed;
    }

    /** Whether the answer ended inside of what may have become a timestamp. */
    boolean isInsidePrefix() {
        return prefixLength > 0;
    }

    /** How many lines have begun. */
    long lines() {
        return lines;
    }

    /** The beginning of the text without timestamp before the first line, one character for each byte. */
    String unprefixedText() {
        return unprefixed + new String(prefix, 0, lines == 0 ? prefixLength : 0, StandardCharsets.ISO_8859_1);
    }

    private static int endOfLine(byte[] buffer, int from, int to) {
        for (int i = from; i < to; i++) {
            if (buffer[i] == '\n') {
                return i + 1;
            }
        }
        return to;
    }

    /** Collects the timestamp; returns the next place in the buffer, or -1 to stop. */
    private int prefix(byte[] buffer, int from, int to) {
        int at = from;
        while (at < to) {
            byte b = buffer[at++];
            if (b == ' ') {
                @Nullable Instant time = Timestamps.parse(prefix, prefixLength);
                if (time != null) {
                    prefixLength = 0;
                    lines++;
                    place = Place.CONTENT;
                    return handler.beginLine(time) ? at : -1;
                }
            }
            prefix[prefixLength++] = b;
            if (b == ' ' || b == '\n' || prefixLength == prefix.length) {
                return noTimestamp() ? at : -1;
            }
        }
        return at;
    }

    private boolean noTimestamp() {
        boolean goOn = true;
        if (lines == 0) {
            beganUnprefixed = true;
        } else {
            goOn = handler.unprefixed();
        }
        place = prefix[prefixLength - 1] == '\n' ? Place.PREFIX : Place.UNPREFIXED;
        keep(prefix, 0, prefixLength);
        prefixLength = 0;
        return goOn;
    }

    private void keep(byte[] buffer, int from, int to) {
        int kept = Math.min(to - from, SENTENCE_BYTES - unprefixed.length());
        if (lines == 0 && kept > 0) {
            unprefixed.append(new String(buffer, from, kept, StandardCharsets.ISO_8859_1));
        }
    }

    private int skip(byte[] buffer, int from, int to) {
        int end = endOfLine(buffer, from, to);
        keep(buffer, from, end);
        if (buffer[end - 1] == '\n') {
            place = Place.PREFIX;
        }
        return end;
    }
}

package ch.sbb.esta.results;

/**
 * A part of a log that begins at a line's first byte and ends behind a line's last.
 *
 * @param offset its first byte in the text, counted from 0
 * @param bytes how many bytes of text it has
 * @param firstLine the number of its first line, counted from 0
 * @param lines how many lines begin in it
 */
public record LogSpan(long offset, long bytes, long firstLine, long lines) {

    /**
     * Checks that nothing is negative.
     *
     * @param offset its first byte in the text, counted from 0
     * @param bytes how many bytes of text it has
     * @param firstLine the number of its first line, counted from 0
     * @param lines how many lines begin in it
     * @throws ResultsException {@code INVALID} for a negative number
     */
    public LogSpan {
        if (offset < 0 || bytes < 0 || firstLine < 0 || lines < 0) {
            throw ResultsException.invalid("the span of " + bytes + " bytes from " + offset + " and " + lines
                    + " lines from " + firstLine + " has a negative number");
        }
    }
}

package ch.sbb.esta.results.testkit.tekton;

import ch.sbb.esta.results.ContainerLogId;
import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * What one container wrote: the first lines of its script.
 *
 * @param id which log
 * @param script what the container would have written
 * @param lines how many lines of it the container has written
 */
public record EmittedLog(ContainerLogId id, LogScript script, int lines) {

    /**
     * Checks that no component is null.
     *
     * @param id which log
     * @param script what the container would have written
     * @param lines how many lines of it the container has written
     */
    public EmittedLog {
        Objects.requireNonNull(id, "id");
        Objects.requireNonNull(script, "script");
    }

    /**
     * Compares a stored text with what was emitted.
     *
     * @param stored the stored text, read to its end and closed
     * @return what is missing and what is there too often
     * @throws IOException when the stored text cannot be read
     */
    public Comparison compare(InputStream stored) throws IOException {
        Map<Line, Integer> surplus = new HashMap<>();
        int next = 0;
        int inOrder = 0;
        try (InputStream in = new BufferedInputStream(stored, 1 << 16)) {
            for (byte[] line = readLine(in); line.length > 0; line = readLine(in)) {
                if (next < lines && Arrays.equals(line, script.line(next))) {
                    next++;
                    inOrder++;
                } else {
                    surplus.merge(new Line(line), 1, Integer::sum);
                }
            }
        }
        int lost = 0;
        for (int i = next; i < lines; i++) {
            Line line = new Line(script.line(i));
            int there = surplus.getOrDefault(line, 0);
            if (there > 0) {
                surplus.put(line, there - 1);
            } else {
                lost++;
            }
        }
        int tooMany = surplus.values().stream().mapToInt(Integer::intValue).sum();
        return new Comparison(lost, tooMany, lost == 0 && tooMany == 0 ? lines - inOrder : 0);
    }

    private static byte[] readLine(InputStream in) throws IOException {
        ByteArrayOutputStream line = new ByteArrayOutputStream(128);
        for (int b = in.read(); b >= 0; b = in.read()) {
            line.write(b);
            if (b == '\n') {
                break;
            }
        }
        return line.toByteArray();
    }

    /**
     * The difference between a stored text and what was emitted.
     *
     * @param lost lines that were emitted and are not there
     * @param surplus lines that are there without having been emitted, or more often than they were
     * @param reordered lines that are there, but not at their place; counted only when nothing else is wrong
     */
    public record Comparison(int lost, int surplus, int reordered) {

        /**
         * Whether the stored text is what was emitted.
         *
         * @return true when nothing is lost, too much or out of order
         */
        public boolean isEqual() {
            return lost == 0 && surplus == 0 && reordered == 0;
        }
    }

    /** Bytes with the equality of their content. */
    private static final class Line {

        private final byte[] bytes;

        Line(byte[] bytes) {
            this.bytes = bytes;
        }

        @Override
        public boolean equals(@Nullable Object other) {
            return other instanceof Line that && Arrays.equals(bytes, that.bytes);
        }

        @Override
        public int hashCode() {
            return Arrays.hashCode(bytes);
        }
    }
}

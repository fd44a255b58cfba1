package ch.sbb.esta.results.testkit.tekton;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;

/**
 * What a container writes, line by line. The same line is the same bytes every time it is asked for, so that what was stored can be
 * compared with what was emitted without keeping either. Implementations are immutable and thread-safe.
 */
public interface LogScript {

    /**
     * How many lines there are.
     *
     * @return the number of lines; a last line without newline counts
     */
    int lines();

    /**
     * One line.
     *
     * @param index counted from 0
     * @return its bytes, the newline included if it has one
     */
    byte[] line(int index);

    /**
     * Text like that of a build, different in every line.
     *
     * @param seed equal seeds give equal text
     * @param lines how many
     * @return the script
     */
    static LogScript generated(long seed, int lines) {
        return new GeneratedLog(seed, lines);
    }

    /**
     * The lines of a file, byte by byte.
     *
     * @param file any text; a carriage return does not end a line
     * @return the script
     * @throws IOException when the file cannot be read
     */
    static LogScript of(Path file) throws IOException {
        return new CapturedLog(Files.readAllBytes(file));
    }

    /** Lines made from their number. */
    final class GeneratedLog implements LogScript {

        private static final List<String> WORDS = List.of(
                "Downloading",
                "compiled",
                "module",
                "Running",
                "tests",
                "✓ passed",
                "WARN",
                "cache",
                "layer",
                "digest",
                "sha256:9f86d081884c7d65",
                "Überprüfung",
                "[INFO]",
                "artifact",
                "retrying",
                "ok",
                "PUT /v2/blobs",
                "42 %");

        private final long seed;
        private final int lines;

        private GeneratedLog(long seed, int lines) {
            this.seed = seed;
            this.lines = lines;
        }

        @Override
        public int lines() {
            return lines;
        }

        @Override
        public byte[] line(int index) {
            Random random = new Random(seed * 1_000_003 + index);
            StringBuilder text =
                    new StringBuilder(120).append('[').append(index).append("] ");
            int words = 3 + random.nextInt(12);
            for (int i = 0; i < words; i++) {
                text.append(WORDS.get(random.nextInt(WORDS.size()))).append(' ');
            }
            return text.append(Long.toHexString(random.nextLong()))
                    .append('\n')
                    .toString()
                    .getBytes(StandardCharsets.UTF_8);
        }
    }

    /** Lines of a captured text. */
    final class CapturedLog implements LogScript {

        private final byte[] text;
        private final int[] starts;

        private CapturedLog(byte[] text) {
            this.text = text;
            List<Integer> found = new ArrayList<>();
            for (int i = 0; i < text.length; i++) {
                if (i == 0 || text[i - 1] == '\n') {
                    found.add(i);
                }
            }
            this.starts = found.stream().mapToInt(Integer::intValue).toArray();
        }

        @Override
        public int lines() {
            return starts.length;
        }

        @Override
        public byte[] line(int index) {
            int end = index + 1 < starts.length ? starts[index + 1] : text.length;
            return Arrays.copyOfRange(text, starts[index], end);
        }
    }
}

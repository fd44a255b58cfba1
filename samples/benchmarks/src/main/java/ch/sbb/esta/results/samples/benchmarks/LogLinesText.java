package ch.sbb.esta.results.samples.benchmarks;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;

/**
 * Text as build containers write it, to be repeated: captured logs one behind the other, or made-up lines of similar shape where none were captured. Every
 * line ends with a newline.
 */
final class LogLinesText {

    private static final Path CAPTURED = Path.of("../shared/data/logs");
    private static final int MADE_UP_BYTES = 2 << 20;

    private final byte[] bytes;

    LogLinesText(byte[] bytes) {
        this.bytes = bytes;
    }

    static LogLinesText load() throws IOException {
        ByteArrayOutputStream text = new ByteArrayOutputStream();
        if (Files.isDirectory(CAPTURED)) {
            try (Stream<Path> files = Files.list(CAPTURED)) {
                List<Path> logs = files.filter(file -> file.toString().endsWith(".log"))
                        .sorted()
                        .toList();
                for (Path log : logs) {
                    byte[] bytes = Files.readAllBytes(log);
                    text.write(bytes);
                    if (bytes.length > 0 && bytes[bytes.length - 1] != '\n') {
                        text.write('\n');
                    }
                }
            }
        }
        return new LogLinesText(text.size() == 0 ? madeUp() : text.toByteArray());
    }

    private static byte[] madeUp() {
        Random random = new Random(20261121);
        StringBuilder text = new StringBuilder();
        while (text.length() < MADE_UP_BYTES) {
            switch (random.nextInt(4)) {
                case 0 ->
                    text.append("[INFO] Downloading from central: org/example/part-")
                            .append(random.nextInt(5000))
                            .append('/')
                            .append(random.nextInt(20))
                            .append(".jar (")
                            .append(random.nextInt(900_000))
                            .append(" B)");
                case 1 -> text.append("[INFO] ").append("-".repeat(72));
                case 2 ->
                    text.append("#")
                            .append(random.nextInt(40))
                            .append(" sha256:")
                            .append(hex(random));
                default -> text.append("STEP ").append(random.nextInt(30)).append("/30: RUN make -j2 all && make test");
            }
            text.append('\n');
        }
        return text.toString().getBytes(StandardCharsets.US_ASCII);
    }

    private static String hex(Random random) {
        return Long.toHexString(random.nextLong()) + Long.toHexString(random.nextLong()) + " 14.68MB / 27.09MB 1.2s";
    }

    /** One repetition; not to be changed. */
    byte[] bytes() {
        return bytes;
    }

    /** How often it must be repeated to have at least so many bytes. */
    int repetitions(long atLeast) {
        return (int) Math.max(1, (atLeast + bytes.length - 1) / bytes.length);
    }

    /** The place behind the line that begins at {@code from}. */
    int endOfLine(int from) {
        int at = from;
        while (bytes[at] != '\n') {
            at++;
        }
        return at + 1;
    }

    long lines() {
        long lines = 0;
        for (byte b : bytes) {
            lines += b == '\n' ? 1 : 0;
        }
        return lines;
    }
}

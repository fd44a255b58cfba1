package ch.sbb.esta.results.logs;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class LineParserTest {

    private static final String TIME = "2026-11-20T10:00:00.123456789Z";

    private final Lines lines = new Lines();
    private final LineParser parser = new LineParser(lines);

    /** Collects what the parser hands on. */
    private static final class Lines implements LineParser.Handler {
        final List<Instant> times = new ArrayList<>();
        final ByteArrayOutputStream text = new ByteArrayOutputStream();
        int ended;
        int foreign;
        int largest;

        @Override
        public boolean beginLine(Instant time) {
            times.add(time);
            return true;
        }

        @Override
        public boolean content(byte[] buffer, int offset, int length) {
            text.write(buffer, offset, length);
            largest = Math.max(largest, length);
            return true;
        }

        @Override
        public void endLine() {
            ended++;
        }

        @Override
        public boolean unprefixed() {
            foreign++;
            return true;
        }
    }

    private void feed(String text) {
        byte[] bytes = text.getBytes(StandardCharsets.ISO_8859_1);
        assertThat(parser.feed(bytes, bytes.length)).isTrue();
    }

    @Test
    void linesInAnyPiecesComeOutAsTheyWentIn() {
        long seed = System.nanoTime();
        Random random = new Random(seed);
        for (int round = 0; round < 200; round++) {
            Lines got = new Lines();
            LineParser parsing = new LineParser(got);
            ByteArrayOutputStream wire = new ByteArrayOutputStream();
            ByteArrayOutputStream content = new ByteArrayOutputStream();
            List<Instant> times = new ArrayList<>();
            for (int i = 0; i < 20; i++) {
                byte[] line = new byte[random.nextInt(100)];
                random.nextBytes(line);
                for (int b = 0; b < line.length; b++) {
                    line[b] = line[b] == '\n' ? (byte) '\r' : line[b];
                }
                Instant time = Instant.ofEpochSecond(random.nextInt(), random.nextInt(1_000_000_000));
                times.add(time);
                ZoneOffset zone = ZoneOffset.ofTotalSeconds((random.nextInt(1_439) - 720) * 60);
                wire.writeBytes((DateTimeFormatter.ofPattern("uuuu-MM-dd'T'HH:mm:ss.SSSSSSSSSXXX")
                                        .format(time.atOffset(zone))
                                + " ")
                        .getBytes(StandardCharsets.US_ASCII));
                wire.writeBytes(line);
                content.writeBytes(line);
                if (i < 19 || random.nextBoolean()) {
                    wire.write('\n');
                    content.write('\n');
                }
            }
            byte[] all = wire.toByteArray();
            for (int at = 0; at < all.length; ) {
                int piece = Math.min(all.length - at, 1 + random.nextInt(60));
                assertThat(parsing.feed(Arrays.copyOfRange(all, at, at + piece), piece))
                        .isTrue();
                at += piece;
            }
            assertThat(got.times).as("seed %d", seed).isEqualTo(times);
            assertThat(got.text.toByteArray()).as("seed %d", seed).isEqualTo(content.toByteArray());
            assertThat(got.foreign).isZero();
            assertThat(parsing.beganUnprefixed()).isFalse();
        }
    }

    @Test
    void aLineOfTwentyMegabytesPassesInPieces() {
        feed(TIME + " ");
        byte[] piece = new byte[32 * 1024];
        Arrays.fill(piece, (byte) 'x');
        for (int i = 0; i < 640; i++) {
            assertThat(parser.feed(piece, piece.length)).isTrue();
        }
        assertThat(lines.times).hasSize(1);
        assertThat(lines.ended).isZero();
        assertThat(lines.largest).isEqualTo(piece.length);
        assertThat(lines.text.size()).isEqualTo(20 * 1024 * 1024);
    }

    @Test
    void aSentenceInsteadOfALogIsKeptApart() {
        feed("unable to retrieve container logs for containerd://0123");
        assertThat(lines.times).isEmpty();
        assertThat(parser.beganUnprefixed()).isTrue();
        assertThat(parser.unprefixedText()).isEqualTo("unable to retrieve container logs for containerd://0123");
    }

    @Test
    void onlyTheBeginningOfALongSentenceIsKept() {
        feed("x".repeat(1_000_000));
        assertThat(parser.unprefixedText()).hasSizeLessThanOrEqualTo(600);
    }

    @Test
    void theRestOfASplitLineIsPassedOver() {
        feed("rest of a line\n" + TIME + " next\n");
        assertThat(lines.times).containsExactly(Instant.parse(TIME));
        assertThat(lines.text.toString(StandardCharsets.UTF_8)).isEqualTo("next\n");
        assertThat(parser.beganUnprefixed()).isTrue();
        assertThat(lines.foreign).isZero();
    }

    @Test
    void textWithoutTimestampBetweenLinesIsReported() {
        feed(TIME + " one\nrpc error: code = Unavailable\n" + TIME + " two\n");
        assertThat(lines.text.toString(StandardCharsets.UTF_8)).isEqualTo("one\ntwo\n");
        assertThat(lines.foreign).isEqualTo(1);
        assertThat(parser.beganUnprefixed()).isFalse();
    }

    @Test
    void anAnswerThatEndsInATimestampSaysSo() {
        feed(TIME + " one\n2026-11-2");
        assertThat(parser.isInsidePrefix()).isTrue();
        assertThat(parser.lines()).isEqualTo(1);
    }

    @Test
    void whatIsNoTimestampIsNotTakenForOne() {
        for (String text : List.of(
                "2026-11-20T10:00:00.123456789",
                "2026-13-20T10:00:00.123456789Z",
                "2026-02-29T10:00:00Z",
                "2026-11-20T24:00:00Z",
                "2026-11-20T10:00:00.Z",
                "2026-11-20T10:00:00.1234567890Z",
                "2026-11-20T10:00:00+1:00",
                "2026-11-20 10:00:00Z",
                "2026-11-20T10:00:00z",
                "2026/11/20T10:00:00Z",
                "")) {
            byte[] bytes = Arrays.copyOf(text.getBytes(StandardCharsets.US_ASCII), 36);
            assertThat(Timestamps.parse(bytes, text.length())).as(text).isNull();
        }
    }

    @Test
    void timestampsAreReadAsTheJdkReadsThem() {
        for (String text : List.of(
                "2024-02-29T23:59:59Z",
                "1969-12-31T23:59:59.5Z",
                "2000-03-01T00:00:00.000000001Z",
                "0001-01-01T00:00:00Z",
                "9999-12-31T23:59:59.999999999Z",
                TIME)) {
            byte[] bytes = text.getBytes(StandardCharsets.US_ASCII);
            assertThat(Timestamps.parse(bytes, bytes.length)).as(text).isEqualTo(Instant.parse(text));
        }
        byte[] zoned = "2026-11-20T10:00:00.5-03:30".getBytes(StandardCharsets.US_ASCII);
        assertThat(Timestamps.parse(zoned, zoned.length)).isEqualTo(Instant.parse("2026-11-20T13:30:00.5Z"));
    }
}

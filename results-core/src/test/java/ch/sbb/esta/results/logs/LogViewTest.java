package ch.sbb.esta.results.logs;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ch.sbb.esta.results.ContainerLogId;
import ch.sbb.esta.results.LogAnnotation;
import ch.sbb.esta.results.LogDefect.Reason;
import ch.sbb.esta.results.LogSelection;
import ch.sbb.esta.results.ResultsException;
import ch.sbb.esta.results.memory.InMemoryBlobStore;
import ch.sbb.esta.results.spi.LogWriter;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.EnumSet;
import java.util.Locale;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class LogViewTest {

    private static final ContainerLogId ID = new ContainerLogId("ci", "run-1", "pod-1", "step-build", 0);
    private static final Instant T0 = Instant.parse("2026-03-01T10:00:00.5Z");
    private static final DateTimeFormatter NINE_DIGITS = DateTimeFormatter.ofPattern(
                    "uuuu-MM-dd'T'HH:mm:ss.nnnnnnnnn'Z '", Locale.ROOT)
            .withZone(ZoneOffset.UTC);
    private static final Set<LogAnnotation> PLAIN = EnumSet.noneOf(LogAnnotation.class);
    private static final Set<LogAnnotation> TIMES = EnumSet.of(LogAnnotation.TIMESTAMPS);
    private static final Set<LogAnnotation> MARKERS = EnumSet.of(LogAnnotation.MARKERS);
    private static final Set<LogAnnotation> BOTH = EnumSet.allOf(LogAnnotation.class);

    @TempDir
    Path spool;

    @SuppressWarnings("NullAway.Init") // set before each test
    private SegmentedLogs logs;

    @SuppressWarnings("NullAway.Init") // set before each test
    private LogView view;

    @BeforeEach
    void open() {
        logs = new SegmentedLogs(
                new InMemoryBlobStore(),
                LogStoreConfig.builder()
                        .spoolDirectory(spool)
                        .segmentAge(Duration.ofHours(1))
                        .build());
        view = new LogView(logs, Duration.ofMillis(10));
    }

    @AfterEach
    void close() {
        logs.close();
    }

    private static void line(LogWriter writer, int second, String text) {
        writer.beginLine(T0.plusSeconds(second));
        byte[] bytes = text.getBytes(UTF_8);
        writer.append(bytes, 0, bytes.length);
    }

    private String show(LogSelection selection, Set<LogAnnotation> annotations) throws IOException {
        try (InputStream in = view.open(ID, selection, annotations)) {
            return new String(in.readAllBytes(), UTF_8);
        }
    }

    @Test
    void timesAndMarkersArePutInWhereTheyBelong() throws IOException {
        LogWriter writer = logs.open(ID);
        writer.defect(Reason.HEAD_UNPROVEN, "opened late");
        line(writer, 0, "first\n");
        line(writer, 1, "second goes");
        writer.defect(Reason.ANCHOR_LOST, "a \"quote\"\nand a line");
        line(writer, 2, "third\n");
        writer.defect(Reason.POD_VANISHED, "gone");
        writer.flush();
        for (int round = 0; round < 2; round++) {
            assertThat(show(LogSelection.all(), PLAIN)).isEqualTo("first\nsecond goesthird\n");
            assertThat(show(LogSelection.all(), TIMES)).isEqualTo("""
                    2026-03-01T10:00:00.500000000Z first
                    2026-03-01T10:00:01.500000000Z second goes2026-03-01T10:00:02.500000000Z third
                    """);
            assertThat(show(LogSelection.all(), BOTH)).isEqualTo("""
                    ==> HEAD_UNPROVEN: "opened late" <==
                    2026-03-01T10:00:00.500000000Z first
                    2026-03-01T10:00:01.500000000Z second goes
                    ==> ANCHOR_LOST: "a \\"quote\\"\\u000aand a line" <==
                    2026-03-01T10:00:02.500000000Z third
                    ==> POD_VANISHED: "gone" <==
                    """);
            assertThat(show(LogSelection.lines(1, 1), MARKERS)).isEqualTo("second goes");
            assertThat(show(LogSelection.last(1), BOTH)).isEqualTo("""
                    ==> ANCHOR_LOST: "a \\"quote\\"\\u000aand a line" <==
                    2026-03-01T10:00:02.500000000Z third
                    ==> POD_VANISHED: "gone" <==
                    """);
            assertThat(show(LogSelection.since(T0.plusSeconds(2)), TIMES))
                    .isEqualTo("2026-03-01T10:00:02.500000000Z third\n");
            writer.seal();
        }
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
    void timesAreWhatTheKubeletPutBeforeTheLines(long seed) throws IOException {
        Random random = new Random(seed);
        StringBuilder plain = new StringBuilder();
        StringBuilder timed = new StringBuilder();
        LogWriter writer = logs.open(ID);
        Instant time = T0;
        for (int i = 0; i < 300; i++) {
            time = time.plusNanos(random.nextInt(2_000_000_000) - 500_000_000);
            String text = "x".repeat(random.nextInt(200)) + i + "\n";
            writer.beginLine(time);
            writer.append(text.getBytes(UTF_8), 0, text.length());
            plain.append(text);
            timed.append(NINE_DIGITS.format(time)).append(text);
            if (random.nextInt(20) == 0) {
                writer.flush();
            }
        }
        writer.seal();
        assertThat(show(LogSelection.all(), TIMES)).isEqualTo(timed.toString());
        assertThat(show(LogSelection.all(), PLAIN)).isEqualTo(plain.toString());
        int first = random.nextInt(300);
        int count = random.nextInt(50);
        assertThat(show(LogSelection.lines(first, count), TIMES))
                .isEqualTo(timed.toString()
                        .lines()
                        .skip(first)
                        .limit(count)
                        .map(line -> line + "\n")
                        .collect(java.util.stream.Collectors.joining()));
    }

    @Test
    void whatIsFollowedComesAtOnceUntilTheLogIsSealed() throws Exception {
        LogWriter writer = logs.open(ID);
        line(writer, 0, "first\n");
        writer.flush();
        AtomicReference<String> seen = new AtomicReference<>("");
        CompletableFuture<Void> reading;
        InputStream in = view.follow(ID, LogSelection.all(), BOTH);
        reading = CompletableFuture.runAsync(() -> {
            byte[] buffer = new byte[100];
            try (in) {
                for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
                    String piece = new String(buffer, 0, n, UTF_8);
                    seen.accumulateAndGet(piece, String::concat);
                }
            } catch (IOException e) {
                throw new IllegalStateException(e);
            }
        });
        awaitSeen(seen, "first\n");
        // Nobody flushes: the segment would wait for an hour.
        line(writer, 1, "second\n");
        awaitSeen(seen, "second\n");
        assertThat(reading).isNotDone();
        writer.defect(Reason.POD_VANISHED, "gone");
        writer.seal();
        reading.get(60, TimeUnit.SECONDS);
        assertThat(seen.get()).isEqualTo("""
                2026-03-01T10:00:00.500000000Z first
                2026-03-01T10:00:01.500000000Z second
                ==> POD_VANISHED: "gone" <==
                """);
    }

    private static void awaitSeen(AtomicReference<String> seen, String end) {
        Awaitility.await().atMost(Duration.ofSeconds(60)).until(() -> seen.get().endsWith(end));
    }

    @Test
    void closingEndsAFollow() throws Exception {
        LogWriter writer = logs.open(ID);
        line(writer, 0, "first\n");
        writer.flush();
        InputStream in = view.follow(ID, LogSelection.last(0), PLAIN);
        CompletableFuture<Integer> reading = CompletableFuture.supplyAsync(() -> {
            try {
                return in.read();
            } catch (IOException e) {
                throw new IllegalStateException(e.getMessage());
            }
        });
        in.close();
        assertThatThrownBy(() -> reading.get(60, TimeUnit.SECONDS)).hasMessageContaining("closed");
    }

    @Test
    void whatIsNotThereCannotBeShown() {
        assertThatThrownBy(() -> view.open(ID, LogSelection.all(), PLAIN))
                .isInstanceOfSatisfying(
                        ResultsException.class, e -> assertThat(e.code()).isEqualTo(ResultsException.Code.NOT_FOUND));
        assertThatThrownBy(() -> new LogView(logs, Duration.ZERO)).hasMessageContaining("10 milliseconds");
        assertThatThrownBy(() -> LogSelection.last(-1)).hasMessageContaining("negative");
        assertThatThrownBy(() -> LogSelection.lines(-1, 1)).hasMessageContaining("negative");
    }
}

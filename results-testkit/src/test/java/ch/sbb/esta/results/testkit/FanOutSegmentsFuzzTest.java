package ch.sbb.esta.results.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import ch.sbb.esta.results.ContainerLogId;
import ch.sbb.esta.results.LogDefect.Reason;
import ch.sbb.esta.results.LogInfo;
import ch.sbb.esta.results.LogLine;
import ch.sbb.esta.results.logs.FanOutConfig;
import ch.sbb.esta.results.logs.FanOutLogs;
import ch.sbb.esta.results.logs.LogStoreConfig;
import ch.sbb.esta.results.logs.SegmentedLogs;
import ch.sbb.esta.results.logs.UncopiedLog;
import ch.sbb.esta.results.memory.InMemoryBlobStore;
import ch.sbb.esta.results.spi.BlobStore;
import ch.sbb.esta.results.spi.LogLines;
import ch.sbb.esta.results.spi.LogSource;
import ch.sbb.esta.results.spi.LogWriter;
import ch.sbb.esta.results.testkit.fault.FaultyBlobStore;
import ch.sbb.esta.results.testkit.fault.FaultyBlobStore.Moment;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * A container writes through a fan-out over two blob stores; the secondary's goes away and comes back, and the process dies at random,
 * with the two durable at different bytes. The container emits the same whenever it is asked again.
 */
class FanOutSegmentsFuzzTest {

    private static final ContainerLogId ID = new ContainerLogId("ci", "run-1", "pod-1", "step-build", 0);
    private static final Instant T0 = Instant.parse("2026-03-01T10:00:00Z");
    private static final List<Reason> REASONS = List.of(Reason.values());

    @TempDir
    @SuppressWarnings("NullAway.Init") // set by JUnit
    Path directory;

    private final BlobStore primaryBlobs = new InMemoryBlobStore();
    private final BlobStore secondaryBlobs = new InMemoryBlobStore();
    private final List<byte[]> lines = new ArrayList<>();

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16})
    void inTheEndBothHaveTheSameOrItIsNamed(long seed) throws IOException {
        Random random = new Random(seed);
        for (int i = 0; i < 300; i++) {
            byte[] line = new byte[1 + random.nextInt(random.nextInt(20) == 0 ? 9000 : 120)];
            random.nextBytes(line);
            lines.add(line);
        }
        int processes = 0;
        while (!process(random)) {
            processes++;
        }
        try (SegmentedLogs primary = open(new FaultyBlobStore(primaryBlobs), random);
                SegmentedLogs secondary = open(new FaultyBlobStore(secondaryBlobs), random)) {
            FanOutLogs logs = new FanOutLogs(primary, primary, secondary, config(random));
            LogInfo sealed = logs.open(ID).seal();
            logs.close();

            String place = "seed " + seed + " after " + processes + " deaths: " + logs.uncopied();
            assertThat(text(primary)).as(place).isEqualTo(whole());
            assertThat(text(secondary)).as(place).isEqualTo(whole());
            assertThat(lines(secondary)).as(place).isEqualTo(lines(primary));
            LogInfo copy = secondary.find(ID).orElseThrow();
            assertThat(copy.extent()).as(place).isEqualTo(sealed.extent());
            assertThat(copy.isSealed()).as(place).isTrue();
            assertThat(copy.equals(sealed) || isNamed(logs)).as(place).isTrue();
        }
    }

    private static boolean isNamed(FanOutLogs logs) {
        return logs.uncopied().stream().anyMatch(log -> log.reason() == UncopiedLog.Reason.LABEL_DIFFERS);
    }

    /** One process until its death; true when it has sealed the log before. */
    private boolean process(Random random) {
        FaultyBlobStore primaryWire = new FaultyBlobStore(primaryBlobs);
        FaultyBlobStore secondaryWire = new FaultyBlobStore(secondaryBlobs);
        SegmentedLogs primary = open(primaryWire, random);
        SegmentedLogs secondary = open(secondaryWire, random);
        FanOutLogs logs = new FanOutLogs(primary, primary, secondary, config(random));
        if (random.nextInt(4) == 0) {
            secondaryWire.stop();
        }
        LogWriter writer = logs.open(ID);
        int line = resume(writer);
        int life = random.nextInt(400);
        for (int step = 0; step < life && !writer.info().isSealed(); step++) {
            switch (random.nextInt(30)) {
                case 0 -> writer.flush();
                case 1 -> secondaryWire.stop();
                case 2 -> secondaryWire.start();
                case 3 -> secondaryWire.failCall(1 + random.nextInt(5), Moment.AFTER);
                case 4 -> {
                    writer.close();
                    writer = logs.open(ID);
                }
                default -> line = write(line, random, writer);
            }
        }
        boolean sealed = writer.info().isSealed();
        primaryWire.stop();
        secondaryWire.stop();
        logs.close();
        assertThat(logs.uncopied())
                .as("the text is always the same")
                .extracting(UncopiedLog::reason)
                .doesNotContain(UncopiedLog.Reason.TEXT_DIFFERS);
        primary.close();
        secondary.close();
        return sealed;
    }

    private int write(int line, Random random, LogWriter writer) {
        if (line == lines.size()) {
            writer.seal();
            return line;
        }
        if (line % 50 == 7) {
            writer.defect(REASONS.get(line % REASONS.size()), "before line " + line);
        }
        byte[] bytes = lines.get(line);
        writer.beginLine(T0.plusMillis(line));
        int cut = random.nextInt(bytes.length);
        writer.append(bytes, 0, cut);
        writer.append(bytes, cut, bytes.length - cut);
        return line + 1;
    }

    private int resume(LogWriter writer) {
        if (writer.info().isSealed()) {
            return lines.size();
        }
        long rest = writer.info().extent().bytes();
        int line = 0;
        while (line < lines.size() && lines.get(line).length <= rest) {
            rest -= lines.get(line).length;
            line++;
        }
        if (rest > 0) {
            byte[] bytes = lines.get(line);
            writer.append(bytes, (int) rest, bytes.length - (int) rest);
            line++;
        }
        return line;
    }

    private byte[] whole() {
        ByteArrayOutputStream whole = new ByteArrayOutputStream();
        lines.forEach(whole::writeBytes);
        return whole.toByteArray();
    }

    private SegmentedLogs open(FaultyBlobStore wire, Random random) {
        return new SegmentedLogs(
                wire,
                LogStoreConfig.builder()
                        .segmentBytes(200 + random.nextInt(8000))
                        .segmentAge(Duration.ofMillis(20))
                        .spoolDirectory(directory.resolve("spool"))
                        .build());
    }

    private static FanOutConfig config(Random random) {
        return FanOutConfig.builder()
                .windowBytes(random.nextInt(20_000))
                .minPause(Duration.ofMillis(1))
                .maxPause(Duration.ofMillis(20))
                .build();
    }

    private static byte[] text(LogSource source) throws IOException {
        try (InputStream in = source.read(ID, 0, Long.MAX_VALUE)) {
            return in.readAllBytes();
        }
    }

    private static List<LogLine> lines(LogSource source) throws IOException {
        List<LogLine> all = new ArrayList<>();
        try (LogLines lines = source.lines(ID, 0)) {
            for (LogLine line = lines.next(); line != null; line = lines.next()) {
                all.add(line);
            }
        }
        return all;
    }
}

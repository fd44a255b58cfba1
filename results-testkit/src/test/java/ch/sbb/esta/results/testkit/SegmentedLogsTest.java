package ch.sbb.esta.results.testkit;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;
import static org.awaitility.Durations.ONE_MINUTE;

import ch.sbb.esta.results.ContainerLogId;
import ch.sbb.esta.results.LogDefect.Reason;
import ch.sbb.esta.results.LogInfo;
import ch.sbb.esta.results.LogState;
import ch.sbb.esta.results.ResultsException;
import ch.sbb.esta.results.ResultsException.Code;
import ch.sbb.esta.results.logs.LogStoreConfig;
import ch.sbb.esta.results.logs.LogStoreStats;
import ch.sbb.esta.results.logs.SegmentedLogs;
import ch.sbb.esta.results.memory.InMemoryBlobStore;
import ch.sbb.esta.results.spi.BlobStore;
import ch.sbb.esta.results.spi.BlobStore.Blob;
import ch.sbb.esta.results.spi.BlobStore.Content;
import ch.sbb.esta.results.spi.LogWriter;
import ch.sbb.esta.results.testkit.fault.FaultyBlobStore;
import ch.sbb.esta.results.testkit.fault.FaultyBlobStore.Moment;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.lang.reflect.Proxy;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import java.util.zip.GZIPInputStream;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What is particular to segments: layout, faults at every call, the spool, the background. */
class SegmentedLogsTest {

    private static final ContainerLogId ID = new ContainerLogId("ci", "run-1", "pod-1", "step-build", 0);
    private static final Instant T0 = Instant.parse("2026-03-01T10:00:00Z");

    @TempDir
    @SuppressWarnings("NullAway.Init") // set by JUnit
    Path directory;

    private final List<SegmentedLogs> opened = new ArrayList<>();
    private final InMemoryBlobStore blobs = new InMemoryBlobStore();

    @AfterEach
    void close() {
        opened.forEach(SegmentedLogs::close);
    }

    @Test
    void aLiveLogIsARowOfSegmentsNamedByOffset() {
        LogWriter writer = logs(blobs).open(ID);
        write(writer, 0, 10);
        writer.flush();
        write(writer, 10, 20);
        writer.flush();

        assertThat(names(blobs)).containsExactly("00000000000000000000.log.gz", "00000000000000000180.log.gz");
    }

    @Test
    void aSealedLogIsOneObjectNamedByItsChecksum() throws Exception {
        SegmentedLogs logs = logs(blobs);
        LogWriter writer = logs.open(ID);
        write(writer, 0, 10);
        writer.flush();
        write(writer, 10, 20);
        writer.seal();

        List<String> names = names(blobs);
        assertThat(names).hasSize(4).contains("00000000000000000360.log.gz", "manifest.json");
        String text = names.stream()
                .filter(name -> name.matches("[0-9a-f]{64}\\.log\\.gz"))
                .findFirst()
                .orElseThrow();
        assertThat(names).anyMatch(name -> name.matches("[0-9a-f]{64}\\.index\\.gz"));
        byte[] object = all(blobs, ID.path() + "/" + text);
        assertThat(text)
                .startsWith(java.util.HexFormat.of()
                        .formatHex(java.security.MessageDigest.getInstance("SHA-256")
                                .digest(object)));
        assertThat(gunzip(object)).isEqualTo(expected(0, 20));
        assertThat(new String(all(blobs, ID.path() + "/manifest.json"), ISO_8859_1))
                .contains("\"state\" : \"COMPLETE\"", text);
    }

    @Test
    void anyGzipProgramReadsSegmentsAndTheirConcatenation() throws IOException {
        SegmentedLogs logs = logs(blobs);
        LogWriter writer = logs.open(ID);
        byte[] noise = new byte[700_000];
        new Random(3).nextBytes(noise);
        ByteArrayOutputStream expected = new ByteArrayOutputStream();
        ByteArrayOutputStream stored = new ByteArrayOutputStream();
        for (int i = 0; i < 3; i++) {
            writer.beginLine(T0);
            writer.append(noise, i, noise.length - i);
            expected.write(noise, i, noise.length - i);
            writer.flush();
        }
        for (String name : names(blobs)) {
            stored.write(all(blobs, ID.path() + "/" + name));
        }

        assertThat(gunzip(stored.toByteArray())).isEqualTo(expected.toByteArray());

        logs.open(ID).seal();
        for (String name : names(blobs)) {
            if (name.length() > 64 && name.endsWith(".log.gz")) {
                assertThat(gunzip(all(blobs, ID.path() + "/" + name))).isEqualTo(expected.toByteArray());
            }
        }
    }

    /** As a socket may do: never says that there is more, and gives a few bytes at a time. */
    private static InputStream dribbling(InputStream in) {
        return new FilterInputStream(in) {
            @Override
            public int available() {
                return 0;
            }

            @Override
            public int read(byte[] buffer, int offset, int length) throws IOException {
                return super.read(buffer, offset, Math.min(length, 5));
            }
        };
    }

    @Test
    void everyMemberIsReadWhateverTheStreamSaysIsAvailable() throws IOException {
        BlobStore slow = (BlobStore) Proxy.newProxyInstance(
                BlobStore.class.getClassLoader(), new Class<?>[] {BlobStore.class}, (proxy, method, arguments) -> {
                    Object answer = method.invoke(blobs, arguments);
                    return answer instanceof InputStream in ? dribbling(in) : answer;
                });
        LogWriter writer = logs(blobs).open(ID);
        write(writer, 0, 10);
        writer.flush();
        write(writer, 10, 20);
        SegmentedLogs reading = logs(slow);
        writer.flush();
        for (int round = 0; round < 2; round++) {
            try (InputStream in = reading.read(ID, 0, Long.MAX_VALUE)) {
                assertThat(in.readAllBytes()).isEqualTo(expected(0, 20));
            }
            writer.seal();
        }
    }

    @Test
    void whatADeadProcessLeftBehindOfSealedLogsIsRemoved() throws IOException {
        LogWriter writer = logs(blobs).open(ID);
        write(writer, 0, 10);
        writer.flush();
        Map<String, byte[]> segments = new HashMap<>();
        for (String name : names(blobs)) {
            segments.put(name, all(blobs, ID.path() + "/" + name));
        }
        writer.seal();
        List<String> sealed = names(blobs);
        segments.forEach((name, bytes) -> blobs.putIfAbsent(ID.path() + "/" + name, BlobStore.Content.of(bytes)));
        ContainerLogId live = new ContainerLogId("ci", "other", "pod", "step-a", 0);
        LogWriter other = logs(blobs).open(live);
        write(other, 0, 5);
        other.flush();
        write(other, 5, 10);
        other.flush();
        assertThat(names(blobs)).hasSizeGreaterThan(sealed.size());

        assertThat(logs(blobs).removeOrphans(ID.namespace())).isEqualTo(1);

        assertThat(names(blobs)).isEqualTo(sealed);
        assertThat(logs(blobs).removeOrphans(ID.namespace())).isZero();
        assertThat(other.seal().extent().lines()).isEqualTo(10);
        try (InputStream in = logs(blobs).read(ID, 0, Long.MAX_VALUE)) {
            assertThat(in.readAllBytes()).isEqualTo(expected(0, 10));
        }
    }

    @Test
    void anEmptySealedLogIsAValidGzipFile() throws IOException {
        logs(blobs).open(ID).seal();

        String text = names(blobs).stream()
                .filter(name -> name.matches("[0-9a-f]{64}\\.log\\.gz"))
                .findFirst()
                .orElseThrow();
        assertThat(gunzip(all(blobs, ID.path() + "/" + text))).isEmpty();
    }

    @Test
    void aLogThatBeginsWhileTheBlobStoreIsAwayIsStoredWhenItIsBack() throws IOException {
        FaultyBlobStore wire = new FaultyBlobStore(blobs);
        SegmentedLogs logs = logs(wire);
        wire.stop();

        LogWriter writer = logs.open(ID);
        write(writer, 0, 10);
        assertThatThrownBy(writer::flush)
                .isInstanceOfSatisfying(
                        ResultsException.class, e -> assertThat(e.isRetryable()).isTrue());
        wire.start();
        writer.seal();

        assertThat(read(logs, 0, Long.MAX_VALUE)).isEqualTo(expected(0, 10));
    }

    @Test
    void aWriterThatWasOpenedBlindYieldsToWhatIsStored() throws IOException {
        LogWriter before = logs(blobs).open(ID);
        write(before, 0, 10);
        before.close();
        FaultyBlobStore wire = new FaultyBlobStore(blobs);
        SegmentedLogs logs = logs(wire);
        wire.stop();
        LogWriter blind = logs.open(ID);
        write(blind, 5, 20);
        wire.start();

        assertThatThrownBy(blind::flush)
                .isInstanceOfSatisfying(
                        ResultsException.class, e -> assertThat(e.code()).isEqualTo(ResultsException.Code.CONFLICT));

        LogWriter after = logs.open(ID);
        write(after, 10, 20);
        after.seal();
        assertThat(read(logs, 0, Long.MAX_VALUE)).isEqualTo(expected(0, 20));
    }

    @Test
    void streamsThatGiveLittleAtATimeAreReadToTheEnd() throws IOException {
        LogWriter writer = logs(blobs).open(ID);
        write(writer, 0, 40_000);
        writer.flush();
        BlobStore slow = new Dripping(blobs);

        assertThat(read(logs(slow), 0, Long.MAX_VALUE)).isEqualTo(expected(0, 40_000));
        logs(slow).open(ID).seal();
        assertThat(read(logs(slow), 0, Long.MAX_VALUE)).isEqualTo(expected(0, 40_000));
    }

    @ParameterizedTest
    @EnumSource(Moment.class)
    void whicheverCallFailsTheSameCallsAgainComplete(Moment moment) throws IOException {
        boolean failed = true;
        for (int n = 1; failed; n++) {
            InMemoryBlobStore store = new InMemoryBlobStore();
            FaultyBlobStore wire = new FaultyBlobStore(store);
            SegmentedLogs logs = logs(wire);
            wire.failCall(n, moment);

            int faults = 0;
            LogWriter[] writer = new LogWriter[1];
            faults += again(() -> writer[0] = logs.open(ID));
            write(writer[0], 0, 10);
            faults += again(() -> writer[0].flush());
            writer[0].defect(Reason.READER_LAGGED, "slow");
            faults += again(() -> writer[0].flush());
            write(writer[0], 10, 20);
            faults += again(() -> writer[0].flush());
            write(writer[0], 20, 30);
            faults += again(() -> writer[0].seal());
            failed = faults > 0 || wire.calls() > n;

            SegmentedLogs other = logs(store);
            assertThat(other.find(ID)).as("call %d", n).hasValueSatisfying(info -> {
                assertThat(info.state()).isEqualTo(LogState.GAPPED);
                assertThat(info.extent().lines()).isEqualTo(30);
                assertThat(info.defects()).hasSize(1);
            });
            assertThat(read(other, 0, Long.MAX_VALUE)).as("call %d", n).isEqualTo(expected(0, 30));
            other.open(ID);
            assertThat(names(store)).as("call %d", n).hasSize(4);
            assertThat(n).isLessThan(100);
        }
    }

    @ParameterizedTest
    @EnumSource(Moment.class)
    void whereverTheProcessDiesTheNextOneCompletes(Moment moment) throws IOException {
        boolean died = true;
        for (int n = 1; died; n++) {
            InMemoryBlobStore store = new InMemoryBlobStore();
            FaultyBlobStore wire = new FaultyBlobStore(store);
            wire.failCall(n, moment);
            died = dies(wire);

            SegmentedLogs next = logs(store);
            LogWriter writer = next.open(ID);
            int lines = (int) writer.info().extent().lines();
            assertThat(writer.info().extent().bytes()).as("call %d", n).isEqualTo(lines * 18L);
            if (!writer.info().isSealed()) {
                write(writer, lines, 30);
            }
            LogInfo sealed = writer.seal();

            assertThat(sealed.state()).as("call %d", n).isEqualTo(LogState.COMPLETE);
            assertThat(sealed.extent().lines()).as("call %d", n).isEqualTo(30);
            assertThat(read(next, 0, Long.MAX_VALUE)).as("call %d", n).isEqualTo(expected(0, 30));
            next.open(ID);
            assertThat(names(store)).as("call %d", n).hasSize(4);
            assertThat(n).isLessThan(100);
        }
    }

    /** Writes a log; at the first failure the process is gone. */
    private boolean dies(FaultyBlobStore wire) {
        try {
            LogWriter writer = logs(wire).open(ID);
            for (int i = 0; i < 3; i++) {
                write(writer, 10 * i, 10 * (i + 1));
                writer.flush();
            }
            writer.seal();
            return wire.puts() == 0;
        } catch (ResultsException e) {
            assertThat(e.code()).isEqualTo(Code.UNAVAILABLE);
            return true;
        } finally {
            wire.stop();
        }
    }

    @Test
    void aFullSpoolTakesNothingAndLosesNothing() throws IOException {
        FaultyBlobStore wire = new FaultyBlobStore(blobs);
        SegmentedLogs logs = open(wire, config().spoolBytes(64 << 10).segmentBytes(16 << 10));
        LogWriter writer = logs.open(ID);
        wire.stop();
        byte[] piece = new byte[1000];
        int taken = 0;
        ResultsException refused = null;
        while (refused == null) {
            long before = writer.info().extent().bytes();
            try {
                writer.beginLine(T0);
                java.util.Arrays.fill(piece, (byte) ('a' + taken % 26));
                writer.append(piece, 0, piece.length);
                taken++;
            } catch (ResultsException e) {
                refused = e;
                assertThat(writer.info().extent().bytes()).isEqualTo(before);
            }
            assertThat(taken).isLessThan(66);
        }
        assertThat(refused.code()).isEqualTo(Code.UNAVAILABLE);
        assertThat(refused).hasMessageContaining("spool");
        assertThat(taken).isGreaterThan(55);
        assertCode(Code.UNAVAILABLE, writer::flush);

        wire.start();
        writer.flush();
        int more = taken + 40;
        while (taken < more) {
            java.util.Arrays.fill(piece, (byte) ('a' + taken % 26));
            int next = taken;
            again(() -> {
                if (next == taken(writer)) {
                    writer.beginLine(T0);
                    writer.append(piece, 0, piece.length);
                }
            });
            taken++;
        }
        writer.seal();
        byte[] text = read(logs, 0, Long.MAX_VALUE);
        assertThat(text).hasSize(more * 1000);
        for (int i = 0; i < more; i++) {
            assertThat(text[i * 1000 + 999]).isEqualTo((byte) ('a' + i % 26));
        }
    }

    private static int taken(LogWriter writer) {
        return (int) (writer.info().extent().bytes() / 1000);
    }

    @Test
    void whatDoesNotWorkIsToldSinceWhenAndWhyUntilItWorksAgain() {
        FaultyBlobStore wire = new FaultyBlobStore(blobs);
        ManualClock clock = new ManualClock(T0);
        SegmentedLogs logs = open(wire, config().clock(clock));
        LogWriter writer = logs.open(ID);
        write(writer, 0, 10);
        writer.flush();
        LogStoreStats fine = logs.stats();
        assertThat(fine).isEqualTo(new LogStoreStats(1, 0, 1L << 30, 1, 0, null, null));
        assertThat(fine.isHealthy()).isTrue();

        wire.stop();
        write(writer, 10, 20);
        clock.advance(Duration.ofSeconds(1));
        assertCode(Code.UNAVAILABLE, writer::flush);
        clock.advance(Duration.ofSeconds(1));
        assertCode(Code.UNAVAILABLE, writer::flush);
        logs.open(new ContainerLogId("ci", "run-2", "pod-2", "step-a", 0));
        LogStoreStats failing = logs.stats();
        assertThat(failing.isHealthy()).isFalse();
        assertThat(failing.failingSince()).isEqualTo(T0.plusSeconds(1));
        assertThat(failing.lastError()).contains("made to fail");
        assertThat(failing.failures()).isEqualTo(3);
        assertThat(failing.writers()).isEqualTo(2);
        assertThat(failing.spoolBytes()).isBetween(180L, 2_000L);

        wire.start();
        writer.seal();
        LogStoreStats healed = logs.stats();
        assertThat(healed.isHealthy()).isTrue();
        assertThat(healed.lastError()).isNull();
        assertThat(healed.segments()).isEqualTo(2);
        assertThat(healed.failures()).isEqualTo(3);
        assertThat(healed.spoolBytes()).isZero();
    }

    @Test
    void aFailureToSealIsToldToo() {
        FaultyBlobStore wire = new FaultyBlobStore(blobs);
        SegmentedLogs logs = logs(wire);
        LogWriter writer = logs.open(ID);
        wire.stop();
        assertCode(Code.UNAVAILABLE, writer::seal);
        assertThat(logs.stats().isHealthy()).isFalse();
        wire.start();
        writer.seal();
        assertThat(logs.stats().isHealthy()).isTrue();
    }

    /** What does not fit on the disk is refused; what lies in memory goes to the blob store, and the next piece takes its place there. */
    @Test
    void aFullDiskTakesNothingThatItCannotKeepAndIsTold() throws IOException {
        SegmentedLogs logs = logs(blobs);
        Path own;
        try (Stream<Path> directories = Files.list(directory.resolve("spool"))) {
            own = directories.findFirst().orElseThrow();
        }
        List<Path> links = new ArrayList<>();
        for (int name = 1; name < 1_000; name++) {
            links.add(Files.createSymbolicLink(own.resolve(Integer.toString(name)), Path.of("/dev/full")));
        }
        LogWriter writer = logs.open(ID);
        int refused = 0;
        for (int i = 0; i < 5_000; i++) {
            byte[] line = line(i);
            long before = writer.info().extent().bytes();
            writer.beginLine(T0.plusMillis(i));
            try {
                writer.append(line, 0, line.length);
            } catch (ResultsException e) {
                refused++;
                assertThat(e.code()).isEqualTo(Code.UNAVAILABLE);
                assertThat(e).hasMessageContaining("spool").hasMessageContaining("make room");
                assertThat(writer.info().extent().bytes()).isEqualTo(before);
                assertThat(logs.stats().isHealthy()).isFalse();
                assertThat(logs.stats().lastError()).isNotBlank();
                writer.flush();
                writer.append(line, 0, line.length);
            }
        }
        assertThat(refused).isGreaterThan(3);
        for (Path link : links) {
            Files.deleteIfExists(link);
        }
        assertThat(writer.seal().state()).isEqualTo(LogState.COMPLETE);
        assertThat(logs.stats().isHealthy()).isTrue();
        assertThat(read(logs, 0, Long.MAX_VALUE)).isEqualTo(expected(0, 5_000));
    }

    @Test
    void moreThanTheSpoolHoldsAtOnceIsInvalid() {
        LogWriter writer =
                open(blobs, config().spoolBytes(64 << 10).segmentBytes(1000)).open(ID);

        assertCode(Code.INVALID, () -> writer.append(new byte[65 << 10], 0, 65 << 10));
    }

    @Test
    void whileTheStoreIsDownTheLogWaitsInTheSpool() throws IOException {
        FaultyBlobStore wire = new FaultyBlobStore(blobs);
        SegmentedLogs logs = open(wire, config().segmentBytes(5_000));
        LogWriter writer = logs.open(ID);
        wire.stop();
        write(writer, 0, 20_000);
        assertCode(Code.UNAVAILABLE, writer::flush);
        assertCode(Code.UNAVAILABLE, writer::seal);
        assertThat(names(blobs)).isEmpty();
        wire.start();

        assertThat(writer.seal().extent().lines()).isEqualTo(20_000);

        assertThat(read(logs, 0, Long.MAX_VALUE)).isEqualTo(expected(0, 20_000));
    }

    @Test
    void whatWaitsForTheStoreIsCutIntoSegmentsOfAtMostTwiceTheSize() throws IOException {
        FaultyBlobStore wire = new FaultyBlobStore(blobs);
        SegmentedLogs logs = open(wire, config().segmentBytes(600_000));
        LogWriter writer = logs.open(ID);
        wire.stop();
        write(writer, 0, 200_000);
        assertCode(Code.UNAVAILABLE, writer::flush);
        wire.start();
        writer.flush();

        long place = 0;
        for (String name : names(blobs)) {
            long offset = Long.parseLong(name.substring(0, 20));
            assertThat(offset - place).isLessThanOrEqualTo(1_200_000);
            place = offset;
        }
        assertThat(expected(0, 200_000).length - place).isLessThanOrEqualTo(1_200_000);
        assertThat(names(blobs).size()).isLessThan(10);
        assertThat(writer.seal().extent().lines()).isEqualTo(200_000);
        assertThat(read(logs, 0, Long.MAX_VALUE)).isEqualTo(expected(0, 200_000));
    }

    @Test
    void whenTheStoreIsBackTheBackgroundGoesOn() {
        FaultyBlobStore wire = new FaultyBlobStore(blobs);
        ManualClock clock = new ManualClock(T0);
        LogWriter writer = open(wire, config().segmentBytes(1_000).clock(clock)).open(ID);
        wire.stop();
        write(writer, 0, 1_000);
        await().atMost(ONE_MINUTE).until(() -> wire.puts() > 0);
        wire.start();

        await().atMost(ONE_MINUTE).until(() -> {
            clock.advance(Duration.ofSeconds(1));
            return !names(blobs).isEmpty();
        });
    }

    @Test
    void oldTextBecomesDurableByItself() throws IOException {
        ManualClock clock = new ManualClock(T0);
        SegmentedLogs logs =
                open(blobs, config().segmentAge(Duration.ofSeconds(10)).clock(clock));
        LogWriter writer = logs.open(ID);
        write(writer, 0, 5);
        clock.advance(Duration.ofMillis(9_999));
        LogWriter other = logs.open(new ContainerLogId("ci", "run-2", "pod-2", "step-a", 0));
        other.defect(Reason.HEAD_UNPROVEN, "opened late");
        assertThat(logs.find(ID)).isEmpty();

        clock.advance(Duration.ofMillis(1));
        await().atMost(ONE_MINUTE).until(() -> logs.find(ID).isPresent());
        assertThat(read(logs, 0, Long.MAX_VALUE)).isEqualTo(expected(0, 5));
        assertThat(logs.find(other.info().id())).isEmpty();

        clock.advance(Duration.ofSeconds(10));
        await().atMost(ONE_MINUTE).until(() -> logs.find(other.info().id()).isPresent());
    }

    @Test
    void muchTextBecomesDurableByItself() {
        SegmentedLogs logs = open(blobs, config().segmentBytes(1_000));
        LogWriter writer = logs.open(ID);
        write(writer, 0, 100);

        await().atMost(ONE_MINUTE).until(() -> logs.find(ID).isPresent());
    }

    @Test
    void aReaderGoesOnWhileTheLogIsSealed() throws IOException {
        SegmentedLogs logs = logs(blobs);
        LogWriter writer = logs.open(ID);
        for (int i = 0; i < 5; i++) {
            write(writer, 10 * i, 10 * (i + 1));
            writer.flush();
        }
        try (InputStream in = logs(blobs).read(ID, 0, Long.MAX_VALUE)) {
            byte[] head = in.readNBytes(200);
            writer.seal();
            ByteArrayOutputStream text = new ByteArrayOutputStream();
            text.writeBytes(head);
            in.transferTo(text);
            assertThat(text.toByteArray()).isEqualTo(expected(0, 50));
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"text", "index", "manifest", "segment"})
    void damagedBytesAreNeverPassedOn(String what) throws IOException {
        LogWriter writer = logs(blobs).open(ID);
        write(writer, 0, 5_000);
        writer.flush();
        if (!what.equals("segment")) {
            writer.seal();
        }
        String name = names(blobs).stream()
                .filter(each -> each.matches(
                        switch (what) {
                            case "text" -> "[0-9a-f]{64}\\.log\\.gz";
                            case "index" -> ".*index.gz";
                            case "manifest" -> "manifest.json";
                            default -> "0{20}\\.log\\.gz";
                        }))
                .findFirst()
                .orElseThrow();
        String key = ID.path() + "/" + name;
        byte[] good = all(blobs, key);
        SegmentedLogs logs = logs(blobs);
        byte[] expected = expected(0, 5_000);
        int found = 0;
        for (int at = 0; at < good.length; at += Math.max(1, good.length / 100)) {
            byte[] bad = good.clone();
            bad[at] ^= 0x10;
            replace(key, bad);
            try {
                byte[] text = read(logs, 1_000, 70_000);
                assertThat(text)
                        .as("byte %d of %s", at, name)
                        .isEqualTo(java.util.Arrays.copyOfRange(expected, 1_000, 71_000));
            } catch (ResultsException e) {
                assertThat(e.code()).as("byte %d of %s", at, name).isIn(Code.INTERNAL, Code.NOT_FOUND);
                found++;
            } catch (EOFException e) {
                found++;
            }
        }
        assertThat(found).isPositive();
        replace(key, java.util.Arrays.copyOf(good, good.length / 2));
        assertThatThrownBy(() -> read(logs, 1_000, 70_000)).isInstanceOfAny(IOException.class, ResultsException.class);
    }

    @Test
    void randomAccessFetchesOnlyWhatItNeeds() throws IOException {
        SegmentedLogs logs = open(blobs, config().segmentBytes(1 << 20));
        LogWriter writer = logs.open(ID);
        Random random = new Random(5);
        for (int i = 0; i < 100; i++) {
            byte[] line = new byte[100_000];
            random.nextBytes(line);
            writer.beginLine(T0.plusSeconds(i));
            writer.append(line, 0, line.length);
        }
        LogInfo info = writer.seal();
        Counting counting = new Counting(blobs);

        byte[] end = read(logs(counting), info.extent().bytes() - 1_000, 1_000);

        assertThat(end).hasSize(1_000);
        assertThat(counting.bytes).isLessThan(600_000).isGreaterThan(1_000);
    }

    @Test
    void defectsAreBoundedButTheWorstOneCounts() {
        LogWriter writer = logs(blobs).open(ID);
        for (int i = 0; i < 1_000; i++) {
            writer.defect(Reason.HEAD_UNPROVEN, "x".repeat(10_000) + i);
            write(writer, i, i + 1);
        }
        writer.defect(Reason.ANCHOR_LOST, "\uD83D");

        LogInfo sealed = writer.seal();

        assertThat(sealed.state()).isEqualTo(LogState.GAPPED);
        assertThat(sealed.defects())
                .hasSizeLessThan(80)
                .anySatisfy(defect -> assertThat(defect.detail()).contains("" + 999 * 18));
    }

    @Test
    void whatADeadProcessLeftInTheSpoolIsRemoved() throws IOException {
        Path spool = directory.resolve("spool");
        Path dead = Files.createDirectories(spool.resolve("logs-dead"));
        Files.writeString(dead.resolve("lock"), "");
        Files.writeString(dead.resolve("7"), "left over");
        SegmentedLogs alive = logs(blobs);
        LogWriter writer = alive.open(ID);
        write(writer, 0, 5_000);

        logs(blobs);

        assertThat(dead).doesNotExist();
        writer.flush();
        assertThat(read(alive, 0, Long.MAX_VALUE)).isEqualTo(expected(0, 5_000));
    }

    @Test
    void allMistakesOfAConfigurationAreTold() {
        assertThatThrownBy(() -> LogStoreConfig.builder()
                        .segmentBytes(0)
                        .segmentAge(Duration.ZERO)
                        .spoolBytes(1)
                        .build())
                .isInstanceOf(ResultsException.class)
                .hasMessageContainingAll("segmentBytes 0", "segmentAge PT0S", "spoolBytes 1");
    }

    private static int again(ThrowingCallable call) {
        int faults = 0;
        while (true) {
            try {
                call.call();
                return faults;
            } catch (ResultsException e) {
                assertThat(e.code()).isEqualTo(Code.UNAVAILABLE);
                assertThat(++faults).isLessThan(1000);
            } catch (Throwable e) {
                throw new AssertionError("not the kind of failure that was made", e);
            }
        }
    }

    private static void write(LogWriter writer, int from, int to) {
        for (int i = from; i < to; i++) {
            byte[] line = line(i);
            writer.beginLine(T0.plusMillis(i));
            writer.append(line, 0, line.length);
        }
    }

    private static byte[] line(int i) {
        return String.format("line %012d\n", i).getBytes(ISO_8859_1);
    }

    private static byte[] expected(int from, int to) {
        ByteArrayOutputStream text = new ByteArrayOutputStream();
        for (int i = from; i < to; i++) {
            text.writeBytes(line(i));
        }
        return text.toByteArray();
    }

    private static byte[] read(SegmentedLogs logs, long offset, long length) throws IOException {
        try (InputStream in = logs.read(ID, offset, length)) {
            return in.readAllBytes();
        }
    }

    private static byte[] gunzip(byte[] members) throws IOException {
        // From an array, whose stream says what is left, the JDK's own reader goes on behind a member.
        try (InputStream in = new GZIPInputStream(new ByteArrayInputStream(members))) {
            return in.readAllBytes();
        }
    }

    private static List<String> names(BlobStore store) {
        String prefix = ID.path() + "/";
        return store.list(prefix, "").items().stream()
                .map(blob -> blob.key().substring(prefix.length()))
                .toList();
    }

    private static byte[] all(BlobStore store, String key) throws IOException {
        try (InputStream in = store.get(key)) {
            return in.readAllBytes();
        }
    }

    private void replace(String key, byte[] bytes) {
        blobs.delete(key);
        blobs.putIfAbsent(key, Content.of(bytes));
    }

    private static void assertCode(Code code, ThrowingCallable call) {
        assertThatThrownBy(call)
                .isInstanceOfSatisfying(
                        ResultsException.class, e -> assertThat(e.code()).isEqualTo(code));
    }

    private LogStoreConfig.Builder config() {
        return LogStoreConfig.builder().segmentAge(Duration.ofHours(1)).spoolDirectory(directory.resolve("spool"));
    }

    private SegmentedLogs logs(BlobStore store) {
        return open(store, config());
    }

    private SegmentedLogs open(BlobStore store, LogStoreConfig.Builder config) {
        SegmentedLogs logs = new SegmentedLogs(store, config.build());
        opened.add(logs);
        return logs;
    }

    /** Passes everything on; subclasses change how bytes are read. */
    private abstract static class Passing implements BlobStore {

        private final BlobStore store;

        Passing(BlobStore store) {
            this.store = store;
        }

        abstract InputStream wrap(InputStream in);

        @Override
        public Put putIfAbsent(String key, Content content) {
            return store.putIfAbsent(key, content);
        }

        @Override
        public InputStream get(String key) {
            return wrap(store.get(key));
        }

        @Override
        public InputStream getRange(String key, long offset, long length) {
            return wrap(store.getRange(key, offset, length));
        }

        @Override
        public java.util.Optional<Blob> find(String key) {
            return store.find(key);
        }

        @Override
        public ch.sbb.esta.results.Page<Blob> list(String prefix, String afterKey) {
            return store.list(prefix, afterKey);
        }

        @Override
        public void delete(String key) {
            store.delete(key);
        }
    }

    /** A few bytes a call and never a promise of more, as sockets do. */
    private static final class Dripping extends Passing {

        Dripping(BlobStore store) {
            super(store);
        }

        @Override
        InputStream wrap(InputStream in) {
            return new InputStream() {
                @Override
                public int read() throws IOException {
                    return in.read();
                }

                @Override
                public int read(byte[] buffer, int offset, int length) throws IOException {
                    return in.read(buffer, offset, Math.min(length, 7));
                }
            };
        }
    }

    private static final class Counting extends Passing {

        private long bytes;

        Counting(BlobStore store) {
            super(store);
        }

        @Override
        InputStream wrap(InputStream in) {
            return new InputStream() {
                @Override
                public int read() throws IOException {
                    int b = in.read();
                    bytes += b < 0 ? 0 : 1;
                    return b;
                }

                @Override
                public int read(byte[] buffer, int offset, int length) throws IOException {
                    int n = in.read(buffer, offset, length);
                    bytes += Math.max(n, 0);
                    return n;
                }
            };
        }
    }
}

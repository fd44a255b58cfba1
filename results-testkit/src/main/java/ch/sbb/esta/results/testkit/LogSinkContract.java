package ch.sbb.esta.results.testkit;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ch.sbb.esta.results.ContainerLogId;
import ch.sbb.esta.results.LogDefect;
import ch.sbb.esta.results.LogDefect.Reason;
import ch.sbb.esta.results.LogInfo;
import ch.sbb.esta.results.LogLine;
import ch.sbb.esta.results.LogSelection;
import ch.sbb.esta.results.LogSpan;
import ch.sbb.esta.results.LogState;
import ch.sbb.esta.results.ResultsException;
import ch.sbb.esta.results.ResultsException.Code;
import ch.sbb.esta.results.spi.LogLines;
import ch.sbb.esta.results.spi.LogSink;
import ch.sbb.esta.results.spi.LogSource;
import ch.sbb.esta.results.spi.LogWriter;
import ch.sbb.esta.results.spi.LogWriter.LineMark;
import ch.sbb.esta.results.spi.RedactedLog;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.zip.GZIPInputStream;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * What every pair of {@link LogSink} and {@link LogSource} must do. A provider's test extends this class. A sink stands for a process:
 * sinks that are opened one after the other share what is stored, and nothing else.
 */
public abstract class LogSinkContract {

    private static final ContainerLogId ID = new ContainerLogId("ci", "run-1", "pod-1", "step-build", 0);
    private static final Instant T0 = Instant.parse("2026-03-01T10:00:00.123456789Z");

    @SuppressWarnings("NullAway.Init") // set before each test
    private LogSink sink;

    @SuppressWarnings("NullAway.Init") // set before each test
    private LogSource source;

    /** For subclasses. */
    protected LogSinkContract() {}

    /**
     * Makes a storage without logs, which the next calls go to.
     *
     * @throws Exception when the backend cannot be had; the test fails
     */
    protected abstract void newStorage() throws Exception;

    /**
     * Opens a sink on the storage, as one more process would.
     *
     * @return a new sink
     */
    protected abstract LogSink openSink();

    /**
     * Lets a sink end as a killed process does: nothing that it holds reaches the storage any more.
     *
     * @param killed a sink of {@link #openSink}
     */
    protected abstract void kill(LogSink killed);

    /**
     * Opens a source on the storage, as one more process would.
     *
     * @return a new source
     */
    protected abstract LogSource openSource();

    @BeforeEach
    final void open() throws Exception {
        newStorage();
        sink = openSink();
        source = openSource();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "a line\n",
                "no newline at the end",
                "\n",
                "\n\n\n",
                "progress 10%\rprogress 20%\r\n",
                "NUL \0 in the middle\n\0",
                "not UTF-8 \u00ff\u00fe\u0080\u00c0\n",
                "Grüezi \u00f0\u009f\u0098\u0080\n"
            })
    final void bytesComeBackAsTheyWentIn(String latin) throws IOException {
        LogWriter writer = sink.open(ID);
        line(writer, T0, latin);

        LogInfo sealed = writer.seal();

        assertThat(text()).isEqualTo(latin);
        assertThat(sealed)
                .isEqualTo(
                        new LogInfo(ID, LogState.COMPLETE, new LogInfo.Extent(latin.length(), 1, T0, T0), List.of()));
        assertThat(source.find(ID)).contains(sealed);
    }

    @Test
    final void oneLineOfTwentyMegabytesComesBack() throws IOException {
        byte[] chunk = new byte[64 * 1024];
        new Random(20).nextBytes(chunk);
        LogWriter writer = sink.open(ID);
        writer.beginLine(T0);
        for (int i = 0; i < 320; i++) {
            writer.append(chunk, 0, chunk.length);
        }

        LogInfo info = writer.seal();

        assertThat(info.extent()).isEqualTo(new LogInfo.Extent(320L * chunk.length, 1, T0, T0));
        try (InputStream in = source.read(ID, 0, Long.MAX_VALUE)) {
            for (int i = 0; i < 320; i++) {
                assertThat(in.readNBytes(chunk.length)).isEqualTo(chunk);
            }
            assertThat(in.read()).isEqualTo(-1);
        }
    }

    @Test
    final void anEmptyLogIsALog() throws IOException {
        LogInfo info = sink.open(ID).seal();

        assertThat(info).isEqualTo(new LogInfo(ID, LogState.COMPLETE, LogInfo.Extent.EMPTY, List.of()));
        assertThat(source.find(ID)).contains(info);
        assertThat(text()).isEmpty();
        assertThat(sink.open(ID).lastLines()).isEmpty();
    }

    @Test
    final void whatNobodyWroteIsNotThere() {
        sink.open(ID);

        assertThat(source.find(ID)).isEmpty();
        assertThat(source.list("ci", "run-1")).isEmpty();
        assertCode(Code.NOT_FOUND, () -> source.read(ID, 0, 1));
    }

    @Test
    final void aLiveLogIsReadAsFarAsItIsFlushed() throws IOException {
        LogWriter writer = sink.open(ID);
        line(writer, T0, "first\n");
        writer.flush();
        line(writer, T0.plusSeconds(1), "second\n");

        assertThat(text()).isEqualTo("first\n");
        assertThat(source.find(ID))
                .contains(new LogInfo(ID, LogState.LIVE, new LogInfo.Extent(6, 1, T0, T0), List.of()));

        writer.flush();

        assertThat(text()).isEqualTo("first\nsecond\n");
        assertThat(source.find(ID)).contains(writer.info());
        assertThat(writer.info().isSealed()).isFalse();
    }

    @Test
    final void closingMakesDurableButDoesNotSeal() throws IOException {
        LogWriter writer = sink.open(ID);
        line(writer, T0, "first\n");
        writer.close();
        writer.close();

        assertThat(text()).isEqualTo("first\n");
        assertThat(source.find(ID))
                .hasValueSatisfying(info -> assertThat(info.isSealed()).isFalse());
    }

    @Test
    final void aKilledWritersLogGoesOnBehindWhatIsDurable() throws IOException {
        LogWriter killed = sink.open(ID);
        for (int i = 0; i < 100; i++) {
            line(killed, T0.plusMillis(i), "line " + i + "\n");
        }
        killed.flush();
        LogInfo durable = killed.info();
        List<LineMark> marks = killed.lastLines();
        line(killed, T0.plusSeconds(60), "lost\n");
        kill(sink);

        LogWriter next = openSink().open(ID);

        assertThat(next.info()).isEqualTo(durable);
        assertThat(next.lastLines()).isEqualTo(marks).hasSize(LineMark.KEPT);
        assertThat(next.lastLines().get(63)).isEqualTo(mark(T0.plusMillis(99), "line 99\n"));
        line(next, T0.plusSeconds(61), "after\n");
        assertThat(next.seal().extent().lines()).isEqualTo(101);
        assertThat(text()).endsWith("line 98\nline 99\nafter\n").doesNotContain("lost");
    }

    @Test
    final void anUnfinishedLineGoesOnAfterAKill() throws IOException {
        LogWriter killed = sink.open(ID);
        line(killed, T0, "whole\n");
        line(killed, T0.plusSeconds(1), "begun, ");
        killed.flush();
        kill(sink);

        LogWriter next = openSink().open(ID);
        assertThat(next.lastLines()).containsExactly(mark(T0, "whole\n"), mark(T0.plusSeconds(1), "begun, "));
        append(next, "continued\n");

        assertThat(next.lastLines())
                .containsExactly(mark(T0, "whole\n"), mark(T0.plusSeconds(1), "begun, continued\n"));
        line(next, T0.plusSeconds(2), "last\n");
        assertThat(next.seal().extent().lines()).isEqualTo(3);
        assertThat(text()).isEqualTo("whole\nbegun, continued\nlast\n");
    }

    @Test
    final void ofTwoWritersOneGoesOn() throws IOException {
        LogWriter one = sink.open(ID);
        LogWriter two = openSink().open(ID);
        line(one, T0, "of one\n");
        line(two, T0, "of two\n");
        one.flush();

        assertCode(Code.CONFLICT, two::flush);
        assertCode(Code.CONFLICT, two::flush);
        assertCode(Code.CONFLICT, two::seal);
        two.close();

        line(one, T0.plusSeconds(1), "of one again\n");
        one.seal();
        assertThat(text()).isEqualTo("of one\nof one again\n");
    }

    @Test
    final void aWriterWhoWasOvertakenChangesNothing() throws IOException {
        LogWriter slow = sink.open(ID);
        line(slow, T0, "first\n");
        slow.flush();
        LogWriter fast = openSink().open(ID);
        line(fast, T0.plusSeconds(1), "second\n");
        fast.flush();
        line(slow, T0.plusSeconds(1), "another second\n");

        assertCode(Code.CONFLICT, slow::seal);

        line(fast, T0.plusSeconds(2), "third\n");
        fast.seal();
        assertThat(text()).isEqualTo("first\nsecond\nthird\n");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "first\n", "first\nsecond\n"})
    final void aPausedWriterThatWakesAfterTheSealingChangesNothing(String seen) throws IOException {
        LogWriter early = sink.open(ID);
        LogWriter paused = early;
        if (!seen.isEmpty()) {
            line(early, T0, seen);
            early.flush();
            paused = openSink().open(ID);
        }
        LogWriter sealer = openSink().open(ID);
        line(sealer, T0.plusSeconds(1), "more\n");
        sealer.flush();
        line(sealer, T0.plusSeconds(2), "and more\n");
        LogInfo sealed = sealer.seal();
        LogWriter waking = paused;

        append(waking, "late");
        waking.defect(Reason.READER_LAGGED, "late");
        assertCode(Code.CONFLICT, waking::flush);
        assertCode(Code.CONFLICT, waking::seal);
        waking.close();

        assertThat(source.find(ID)).contains(sealed);
        assertThat(text()).isEqualTo(seen + "more\nand more\n");
        assertThat(openSink().open(ID).info()).isEqualTo(sealed);
    }

    @Test
    final void aPausedWriterThatSealsAfterTheSealingChangesNothing() throws IOException {
        LogWriter paused = sink.open(ID);
        LogWriter sealer = openSink().open(ID);
        line(sealer, T0, "text\n");
        sealer.defect(Reason.POD_VANISHED, "gone");
        LogInfo sealed = sealer.seal();

        assertCode(Code.CONFLICT, paused::seal);

        assertThat(source.find(ID)).contains(sealed);
        assertThat(text()).isEqualTo("text\n");
    }

    @Test
    final void ofTwoWhoSealAnEmptyLogOneWins() {
        LogWriter one = sink.open(ID);
        LogWriter two = openSink().open(ID);
        two.defect(Reason.NOT_READABLE, "nothing could be opened");
        LogInfo sealed = one.seal();

        assertCode(Code.CONFLICT, two::seal);

        assertThat(source.find(ID)).contains(sealed);
    }

    @Test
    final void sealingTwiceChangesNothing() throws IOException {
        LogWriter writer = sink.open(ID);
        line(writer, T0, "text\n");
        LogInfo sealed = writer.seal();

        assertThat(writer.seal()).isEqualTo(sealed);
        assertThat(writer.info()).isEqualTo(sealed);
        LogWriter again = openSink().open(ID);
        assertThat(again.info()).isEqualTo(sealed);
        assertThat(again.seal()).isEqualTo(sealed);
        again.flush();
        assertThat(again.lastLines()).containsExactly(mark(T0, "text\n"));
        assertThat(text()).isEqualTo("text\n");
    }

    @Test
    final void aSealedLogTakesNothing() {
        LogWriter writer = sink.open(ID);
        line(writer, T0, "text\n");
        writer.seal();
        LogWriter again = openSink().open(ID);

        for (LogWriter each : List.of(writer, again)) {
            assertCode(Code.CONFLICT, () -> each.beginLine(T0));
            assertCode(Code.CONFLICT, () -> append(each, "more"));
            assertCode(Code.CONFLICT, () -> each.defect(Reason.ABANDONED, "late"));
        }
    }

    @Test
    final void aDefectHasItsPlaceAndDecidesTheState() {
        LogWriter writer = sink.open(ID);
        writer.defect(Reason.HEAD_UNPROVEN, "opened late");
        line(writer, T0, "text\n");
        assertThat(writer.info().defects()).containsExactly(new LogDefect(Reason.HEAD_UNPROVEN, 0, "opened late"));
        writer.defect(Reason.POD_VANISHED, "deleted: \"x\" \u00e4");

        LogInfo sealed = writer.seal();

        assertThat(sealed.state()).isEqualTo(LogState.PARTIAL);
        assertThat(sealed.defects())
                .containsExactly(
                        new LogDefect(Reason.HEAD_UNPROVEN, 0, "opened late"),
                        new LogDefect(Reason.POD_VANISHED, 5, "deleted: \"x\" \u00e4"));
        assertThat(source.find(ID)).contains(sealed);
    }

    @Test
    final void aGapMakesALogGapped() {
        LogWriter writer = sink.open(ID);
        line(writer, T0, "text\n");
        writer.defect(Reason.ANCHOR_LOST, "the lines before the cut did not come back");
        line(writer, T0.plusSeconds(9), "text\n");
        writer.defect(Reason.POD_VANISHED, "");

        assertThat(writer.seal().state()).isEqualTo(LogState.GAPPED);
    }

    @Test
    final void aFlushedDefectWithoutBytesBehindItSurvivesAKill() {
        LogWriter killed = sink.open(ID);
        killed.defect(Reason.HEAD_UNPROVEN, "opened late");
        killed.flush();
        kill(sink);

        LogSink second = openSink();
        LogWriter next = second.open(ID);
        assertThat(next.info().defects()).containsExactly(new LogDefect(Reason.HEAD_UNPROVEN, 0, "opened late"));
        line(next, T0, "text\n");
        next.flush();
        next.defect(Reason.ANCHOR_LOST, "cut");
        next.flush();
        next.defect(Reason.READER_LAGGED, "slow");
        next.flush();
        kill(second);

        LogInfo sealed = openSink().open(ID).seal();
        assertThat(sealed.state()).isEqualTo(LogState.GAPPED);
        assertThat(sealed.defects())
                .extracting(LogDefect::reason)
                .containsExactly(Reason.HEAD_UNPROVEN, Reason.ANCHOR_LOST, Reason.READER_LAGGED);
        assertThat(sealed.defects()).extracting(LogDefect::offset).containsExactly(0L, 5L, 5L);
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    final void aRedactionIsRemembered(boolean withText) {
        LogWriter writer = sink.open(ID);
        if (!(writer instanceof RedactedLog log)) {
            return;
        }
        assertThat(writer.info().redactedBy()).isEmpty();
        log.redactedBy("platform secrets");
        if (withText) {
            line(writer, T0, "login *****\n");
            writer.flush();
            kill(sink);
            sink = openSink();
            writer = sink.open(ID);
            assertThat(writer.info().redactedBy()).contains("platform secrets");
        }
        LogInfo sealed = writer.seal();
        assertThat(sealed.redactedBy()).contains("platform secrets");
        assertThat(source.find(ID)).contains(sealed);
        assertCode(
                Code.INVALID,
                () -> ((RedactedLog) sink.open(new ContainerLogId("ci", "run-2", "p", "c", 0))).redactedBy(""));
    }

    @Test
    final void aLineWithoutBytesWasNeverThere() {
        LogWriter writer = sink.open(ID);
        writer.beginLine(T0);
        writer.beginLine(T0.plusSeconds(1));
        append(writer, "");
        append(writer, "text\n");
        writer.beginLine(T0.plusSeconds(2));

        assertThat(writer.lastLines()).containsExactly(mark(T0.plusSeconds(1), "text\n"));
        assertThat(writer.seal().extent()).isEqualTo(new LogInfo.Extent(5, 1, T0.plusSeconds(1), T0.plusSeconds(1)));
    }

    @Test
    final void timesMayStepBackAndBeStrange() {
        Instant zero = Instant.parse("0001-01-01T00:00:00Z");
        LogWriter writer = sink.open(ID);
        for (Instant time : List.of(T0, zero, T0.plusSeconds(5), T0.minusSeconds(5), T0, T0)) {
            line(writer, time, "x\n");
        }
        writer.flush();
        kill(sink);

        LogWriter next = openSink().open(ID);
        assertThat(next.lastLines()).extracting(LineMark::time).containsSubsequence(T0, zero, T0.plusSeconds(5));
        assertThat(next.seal().extent()).isEqualTo(new LogInfo.Extent(12, 6, T0, T0.plusSeconds(5)));
    }

    @Test
    final void rangesGiveWhatIsThere() throws IOException {
        LogWriter writer = sink.open(ID);
        line(writer, T0, "0123");
        writer.flush();
        append(writer, "456");
        writer.flush();
        append(writer, "789");
        writer.flush();
        for (int round = 0; round < 2; round++) {
            assertThat(range(0, 10)).isEqualTo("0123456789");
            assertThat(range(2, 1)).isEqualTo("2");
            assertThat(range(3, 5)).isEqualTo("34567");
            assertThat(range(4, 3)).isEqualTo("456");
            assertThat(range(7, Long.MAX_VALUE)).isEqualTo("789");
            assertThat(range(9, 100)).isEqualTo("9");
            assertThat(range(10, 1)).isEmpty();
            assertThat(range(Long.MAX_VALUE, Long.MAX_VALUE)).isEmpty();
            assertThat(range(5, 0)).isEmpty();
            assertCode(Code.INVALID, () -> source.read(ID, -1, 1));
            assertCode(Code.INVALID, () -> source.read(ID, 0, -1));
            writer.seal();
        }
    }

    @Test
    final void linesAreFoundByNumberAndByTime() throws IOException {
        LogWriter writer = sink.open(ID);
        for (int round = 0; round < 4; round++) {
            line(writer, T0.plusSeconds(10L * round), "line " + round);
            append(writer, " goes on\n");
            writer.flush();
        }
        line(writer, T0.plusSeconds(5), "older\n");
        writer.flush();
        for (int round = 0; round < 2; round++) {
            assertThat(source.locate(ID, LogSelection.all())).isEqualTo(new LogSpan(0, 66, 0, 5));
            assertThat(source.locate(ID, LogSelection.lines(1, 2))).isEqualTo(new LogSpan(15, 30, 1, 2));
            assertThat(source.locate(ID, LogSelection.lines(4, 100))).isEqualTo(new LogSpan(60, 6, 4, 1));
            assertThat(source.locate(ID, LogSelection.lines(5, 1))).isEqualTo(new LogSpan(66, 0, 5, 0));
            assertThat(source.locate(ID, LogSelection.lines(2, 0))).isEqualTo(new LogSpan(30, 0, 2, 0));
            assertThat(source.locate(ID, LogSelection.last(2))).isEqualTo(new LogSpan(45, 21, 3, 2));
            assertThat(source.locate(ID, LogSelection.last(Long.MAX_VALUE))).isEqualTo(new LogSpan(0, 66, 0, 5));
            assertThat(source.locate(ID, LogSelection.since(T0))).isEqualTo(new LogSpan(0, 66, 0, 5));
            assertThat(source.locate(ID, LogSelection.since(T0.plusNanos(1)))).isEqualTo(new LogSpan(15, 51, 1, 4));
            assertThat(source.locate(ID, LogSelection.since(T0.plusSeconds(30))))
                    .isEqualTo(new LogSpan(45, 21, 3, 2));
            assertThat(source.locate(ID, LogSelection.since(T0.plusSeconds(31))))
                    .isEqualTo(new LogSpan(66, 0, 5, 0));
            assertThat(linesFrom(16))
                    .containsExactly(
                            new LogLine(30, T0.plusSeconds(20)),
                            new LogLine(45, T0.plusSeconds(30)),
                            new LogLine(60, T0.plusSeconds(5)));
            assertThat(linesFrom(66)).isEmpty();
            assertCode(Code.INVALID, () -> source.lines(ID, -1));
            writer.seal();
        }
    }

    @Test
    final void anEmptyLogHasNoLines() throws IOException {
        sink.open(ID).seal();

        LogSpan nothing = new LogSpan(0, 0, 0, 0);
        assertThat(source.locate(ID, LogSelection.all())).isEqualTo(nothing);
        assertThat(source.locate(ID, LogSelection.last(10))).isEqualTo(nothing);
        assertThat(source.locate(ID, LogSelection.since(T0))).isEqualTo(nothing);
        assertThat(linesFrom(0)).isEmpty();
        assertThat(unpacked()).isEmpty();
    }

    @Test
    final void linesThatAreReadWhileTheLogIsSealedGoOn() throws IOException {
        LogWriter writer = sink.open(ID);
        List<LogLine> expected = new ArrayList<>();
        for (int i = 0; i < 5; i++) {
            line(writer, T0.plusSeconds(i), "line " + i + "\n");
            writer.flush();
            expected.add(new LogLine(7L * i, T0.plusSeconds(i)));
        }
        List<LogLine> read = new ArrayList<>();
        try (LogLines lines = source.lines(ID, 0)) {
            read.add(lines.next());
            writer.seal();
            for (LogLine line = lines.next(); line != null; line = lines.next()) {
                read.add(line);
            }
        }
        assertThat(read).isEqualTo(expected);
    }

    @Test
    final void theTextCanBeHadAsAGzipFile() throws IOException {
        LogWriter writer = sink.open(ID);
        line(writer, T0, "first\n");
        writer.flush();
        line(writer, T0, "second \u00ff\n");
        writer.flush();
        assertThat(unpacked()).isEqualTo("first\nsecond \u00ff\n");
        writer.seal();
        assertThat(unpacked()).isEqualTo("first\nsecond \u00ff\n");
    }

    @Test
    final void ofWhatIsNotThereNothingIsRead() {
        assertCode(Code.NOT_FOUND, () -> source.locate(ID, LogSelection.all()));
        assertCode(Code.NOT_FOUND, () -> source.lines(ID, 0));
        assertCode(Code.NOT_FOUND, () -> source.openGzip(ID));
        assertCode(Code.NOT_FOUND, () -> source.link(ID, Duration.ofMinutes(1)));
    }

    @Test
    final void aLiveLogHasNoLink() {
        LogWriter writer = sink.open(ID);
        line(writer, T0, "first\n");
        writer.flush();

        assertThat(source.link(ID, Duration.ofMinutes(1))).isEmpty();
    }

    private List<LogLine> linesFrom(long offset) throws IOException {
        List<LogLine> found = new ArrayList<>();
        try (LogLines lines = source.lines(ID, offset)) {
            for (LogLine line = lines.next(); line != null; line = lines.next()) {
                found.add(line);
            }
        }
        return found;
    }

    private String unpacked() throws IOException {
        byte[] file;
        try (InputStream in = source.openGzip(ID)) {
            file = in.readAllBytes();
        }
        try (InputStream text = new GZIPInputStream(new ByteArrayInputStream(file))) {
            return new String(text.readAllBytes(), ISO_8859_1);
        }
    }

    @Test
    final void aTaskRunsLogsAreListedByPath() {
        List<ContainerLogId> ids = List.of(
                new ContainerLogId("ci", "run-1", "pod-1", "prepare", 0),
                new ContainerLogId("ci", "run-1", "pod-1", "step-a", 0),
                new ContainerLogId("ci", "run-1", "pod-1", "step-a", 1),
                new ContainerLogId("ci", "run-1", "pod-2", "step-a", 0));
        List<ContainerLogId> others = List.of(
                new ContainerLogId("ci", "run-10", "pod-1", "step-a", 0),
                new ContainerLogId("ci", "run", "pod-1", "step-a", 0),
                new ContainerLogId("ci-2", "run-1", "pod-1", "step-a", 0));
        List<LogInfo> expected = new ArrayList<>();
        for (ContainerLogId id : ids) {
            LogWriter writer = sink.open(id);
            line(writer, T0, id.path());
            if (id.restart() == 1) {
                writer.flush();
                expected.add(writer.info());
            } else {
                expected.add(writer.seal());
            }
        }
        others.forEach(id -> sink.open(id).seal());

        assertThat(source.list("ci", "run-1")).isEqualTo(expected);
        assertThat(source.list("ci", "run-2")).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "..", "a/b", "A b", "-"})
    final void hostileNamesAreInvalid(String name) {
        assertCode(Code.INVALID, () -> source.list(name, "run-1"));
        assertCode(Code.INVALID, () -> source.list("ci", name));
    }

    @Test
    final void manyLogsAreWrittenAtOnce() throws Exception {
        ExecutorService pool = Executors.newFixedThreadPool(8);
        try {
            List<Future<String>> work = new ArrayList<>();
            for (int i = 0; i < 24; i++) {
                ContainerLogId id = new ContainerLogId("ci", "run-" + i, "pod-1", "step-a", 0);
                Random random = new Random(i);
                work.add(pool.submit(() -> {
                    StringBuilder expected = new StringBuilder();
                    LogWriter writer = sink.open(id);
                    for (int n = 0; n < 400; n++) {
                        String text = id + " " + n + " " + Long.toHexString(random.nextLong()) + "\n";
                        line(writer, T0.plusMillis(n), text);
                        expected.append(text);
                    }
                    writer.seal();
                    try (InputStream in = source.read(id, 0, Long.MAX_VALUE)) {
                        assertThat(new String(in.readAllBytes(), ISO_8859_1)).isEqualTo(expected.toString());
                    }
                    return id.path();
                }));
            }
            for (Future<String> each : work) {
                assertThat(each.get(60, TimeUnit.SECONDS)).startsWith("ci/");
            }
        } finally {
            pool.shutdownNow();
        }
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10})
    final void whateverHappensTheLogIsWhatTheModelSays(long seed) throws IOException {
        new LogSinkFuzz(seed, ID, this::openSink, this::kill, source).run();
    }

    private String text() throws IOException {
        return range(0, Long.MAX_VALUE);
    }

    private String range(long offset, long length) throws IOException {
        try (InputStream in = source.read(ID, offset, length)) {
            return new String(in.readAllBytes(), ISO_8859_1);
        }
    }

    static void line(LogWriter writer, Instant time, String latin) {
        writer.beginLine(time);
        append(writer, latin);
    }

    static void append(LogWriter writer, String latin) {
        byte[] bytes = ("<<" + latin + ">>").getBytes(ISO_8859_1);
        writer.append(bytes, 2, bytes.length - 4);
        Arrays.fill(bytes, (byte) '!');
    }

    static LineMark mark(Instant time, String latin) {
        return mark(time, latin.getBytes(ISO_8859_1));
    }

    static LineMark mark(Instant time, byte[] line) {
        try {
            MessageDigest digest = MessageDigest.getInstance("SHA-256");
            return new LineMark(
                    time, line.length, ByteBuffer.wrap(digest.digest(line)).getLong());
        } catch (java.security.NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has SHA-256", e);
        }
    }

    private static void assertCode(Code code, ThrowingCallable call) {
        assertThatThrownBy(call)
                .isInstanceOfSatisfying(
                        ResultsException.class, e -> assertThat(e.code()).isEqualTo(code));
    }
}

package ch.sbb.esta.results.logs;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;
import static org.awaitility.Durations.ONE_MINUTE;

import ch.sbb.esta.results.ContainerLogId;
import ch.sbb.esta.results.LogDefect;
import ch.sbb.esta.results.LogDefect.Reason;
import ch.sbb.esta.results.LogInfo;
import ch.sbb.esta.results.LogLine;
import ch.sbb.esta.results.LogState;
import ch.sbb.esta.results.ResultsException;
import ch.sbb.esta.results.ResultsException.Code;
import ch.sbb.esta.results.logs.WaywardSink.Call;
import ch.sbb.esta.results.memory.InMemoryLogs;
import ch.sbb.esta.results.spi.LogLines;
import ch.sbb.esta.results.spi.LogSource;
import ch.sbb.esta.results.spi.LogWriter;
import java.io.IOException;
import java.io.InputStream;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class FanOutLogsTest {

    private static final ContainerLogId ID = new ContainerLogId("ci", "run-1", "pod-1", "step-build", 0);
    private static final Instant T0 = Instant.parse("2026-03-01T10:00:00.123456789Z");

    private final InMemoryLogs primary = new InMemoryLogs();
    private final InMemoryLogs copies = new InMemoryLogs();
    private final WaywardSink secondary = new WaywardSink(copies);
    private final List<FanOutLogs> opened = new ArrayList<>();

    @AfterEach
    void close() {
        secondary.behave();
        opened.forEach(FanOutLogs::close);
    }

    @Test
    void bothGetTheSame() throws IOException {
        FanOutLogs logs = logs();
        LogWriter writer = logs.open(ID);
        writer.defect(Reason.HEAD_UNPROVEN, "opened late");
        line(writer, 0, "first\n");
        line(writer, 1, "second, ");
        append(writer, "in two parts\n");
        writer.defect(Reason.ANCHOR_LOST, "cut");
        line(writer, 2, "not UTF-8 \u00ff, no newline");
        LogInfo sealed = writer.seal();

        awaitCopied(logs, 1);

        assertThat(copies.find(ID)).contains(sealed);
        assertThat(sealed.state()).isEqualTo(LogState.GAPPED);
        assertEqualTexts();
        assertThat(logs.uncopied()).isEmpty();
        assertThat(logs.stats()).isEqualTo(new FanOutStats(0, 0, 0, 1, 0, 0, 0, null, null));
    }

    @Test
    void whatIsFlushedIsFlushedInBoth() {
        FanOutLogs logs = logs();
        LogWriter writer = logs.open(ID);
        line(writer, 0, "first\n");
        writer.flush();

        await().atMost(ONE_MINUTE).until(() -> copies.find(ID).equals(primary.find(ID)));
        assertThat(logs.stats().inStep()).isEqualTo(1);
        assertThat(logs.stats().behind()).isZero();
    }

    @Test
    void aDefectThatComesWhileAnotherOneIsCopiedKeepsItsPlace() throws IOException {
        FanOutLogs logs = logs();
        LogWriter writer = logs.open(ID);
        AtomicInteger noted = new AtomicInteger();
        secondary.before(call -> {
            if (call == Call.DEFECT && noted.incrementAndGet() == 1) {
                writer.defect(Reason.ANCHOR_LOST, "cut");
                line(writer, 0, "text\n");
            }
        });
        writer.defect(Reason.HEAD_UNPROVEN, "opened late");
        await().atMost(ONE_MINUTE).until(() -> secondary.calls(Call.APPEND) > 0);
        LogInfo sealed = writer.seal();

        awaitCopied(logs, 1);

        assertThat(copies.find(ID)).contains(sealed);
        assertEqualTexts();
        assertThat(logs.uncopied()).isEmpty();
    }

    @Test
    void whatIsNotFlushedGoesOverAfterAMomentAndTheMemoryIsGivenBack() {
        FanOutLogs logs = logs();
        LogWriter writer = logs.open(ID);
        line(writer, 0, "first\n");

        await().atMost(ONE_MINUTE)
                .until(() -> secondary.calls(Call.APPEND) == 1 && logs.stats().bufferedBytes() == 0);
    }

    @ParameterizedTest
    @EnumSource(value = Call.class, mode = EnumSource.Mode.EXCLUDE, names = "CLOSE")
    void aSecondaryThatThrowsAtACallDoesNotHurtThePrimaryAndCatchesUp(Call broken) throws IOException {
        // So that it is opened behind something and its last lines are asked for.
        LogWriter before = copies.open(ID);
        line(before, 0, "first\n");
        before.close();
        AtomicInteger thrown = new AtomicInteger();
        secondary.before(call -> {
            if (call == broken) {
                thrown.incrementAndGet();
                throw new IllegalArgumentException("thrown by the test at " + call);
            }
        });
        FanOutLogs logs = logs();
        LogWriter writer = logs.open(ID);
        line(writer, 0, "first\n");
        writer.flush();
        writer.defect(Reason.READER_LAGGED, "slow");
        line(writer, 1, "second\n");
        line(writer, 2, "third\n");
        writer.flush();
        if (broken != Call.SEAL) {
            awaitOutage(logs, broken, thrown);
        }
        LogInfo sealed = writer.seal();
        assertThat(primary.find(ID)).contains(sealed);
        assertThat(text(primary)).isEqualTo("first\nsecond\nthird\n");
        if (broken == Call.SEAL) {
            awaitOutage(logs, broken, thrown);
        }
        secondary.behave();

        await().atMost(ONE_MINUTE)
                .until(() -> logs.stats().copied() > 0 && logs.stats().failingSince() == null);
        assertThat(copies.find(ID)).contains(sealed);
        assertEqualTexts();
        assertThat(logs.uncopied()).isEmpty();
    }

    private static void awaitOutage(FanOutLogs logs, Call broken, AtomicInteger thrown) {
        await().atMost(ONE_MINUTE).until(() -> thrown.get() > 2);
        await().atMost(ONE_MINUTE).until(() -> logs.stats().failingSince() != null);
        assertThat(logs.stats().lastError()).contains("thrown by the test at " + broken);
        assertThat(logs.stats().copied()).isZero();
        assertThat(logs.stats().behind()).isEqualTo(1);
    }

    @Test
    void aSecondarysWriterThatCannotBeClosedIsOpenedAgain() throws IOException {
        AtomicInteger thrown = new AtomicInteger();
        secondary.before(call -> {
            if (call == Call.CLOSE && thrown.getAndIncrement() < 3) {
                throw new IllegalArgumentException("thrown by the test");
            }
        });
        FanOutLogs logs = logs();
        LogWriter writer = logs.open(ID);
        line(writer, 0, "first\n");
        writer.close();

        await().atMost(ONE_MINUTE).until(() -> copies.find(ID).isPresent());
        assertThat(copies.find(ID)).isEqualTo(primary.find(ID));
        logs.open(ID).seal();
        awaitCopied(logs, 1);
        assertThat(copies.find(ID)).isEqualTo(primary.find(ID));
        assertEqualTexts();
    }

    @ParameterizedTest
    @EnumSource(Call.class)
    void aSecondaryThatHangsAtACallIsWaitedForByNobody(Call broken) throws IOException {
        LogWriter before = copies.open(ID);
        line(before, 0, "first\n");
        before.close();
        CountDownLatch release = new CountDownLatch(1);
        CountDownLatch hanging = new CountDownLatch(1);
        secondary.before(call -> {
            if (call == broken) {
                hanging.countDown();
                WaywardSink.hang(release);
            }
        });
        FanOutLogs logs = new FanOutLogs(
                primary,
                primary,
                secondary,
                config().stallAfter(Duration.ofNanos(1)).build());
        opened.add(logs);
        LogWriter writer = logs.open(ID);
        line(writer, 0, "first\n");
        writer.defect(Reason.READER_LAGGED, "slow");
        line(writer, 1, "second\n");
        // Comes back although nothing has released the secondary: nobody does before these calls have returned.
        writer.flush();
        if (broken == Call.FLUSH) {
            await().atMost(ONE_MINUTE).until(() -> hanging.getCount() == 0);
        }
        LogInfo sealed = writer.seal();
        await().atMost(ONE_MINUTE).until(() -> hanging.getCount() == 0);
        writer.close();
        LogWriter again = logs.open(ID);
        assertThat(again.info()).isEqualTo(sealed);
        again.close();
        await().atMost(ONE_MINUTE).until(() -> logs.stats().failingSince() != null);
        assertThat(logs.stats().lastError()).contains("has not returned since");
        secondary.behave();
        release.countDown();

        await().atMost(ONE_MINUTE)
                .until(() -> logs.stats().copied() > 0 && logs.stats().failingSince() == null);
        assertThat(copies.find(ID)).contains(sealed);
        assertEqualTexts();
    }

    @Test
    void ofALogThatIsBehindMemoryHoldsNoMoreThanItsWindow() throws IOException {
        CountDownLatch release = new CountDownLatch(1);
        secondary.before(call -> WaywardSink.hang(release));
        FanOutLogs logs = new FanOutLogs(
                primary, primary, secondary, config().windowBytes(4096).build());
        opened.add(logs);
        LogWriter writer = logs.open(ID);
        for (int i = 0; i < 10_000; i++) {
            line(writer, i, "line " + i + "\n");
            assertThat(logs.stats().bufferedBytes()).isBetween(0L, 4096L);
        }
        writer.append(new byte[100_000], 0, 100_000);
        assertThat(logs.stats().bufferedBytes()).isZero();
        assertThat(logs.stats().behind()).isEqualTo(1);
        LogInfo sealed = writer.seal();
        release.countDown();

        awaitCopied(logs, 1);
        assertThat(copies.find(ID)).contains(sealed);
        assertEqualTexts();
    }

    @Test
    void allLogsTogetherHoldNoMoreThanTheBound() {
        CountDownLatch release = new CountDownLatch(1);
        secondary.before(call -> WaywardSink.hang(release));
        FanOutLogs logs = new FanOutLogs(
                primary, primary, secondary, config().bufferBytes(10_000).build());
        opened.add(logs);
        List<LogWriter> writers = new ArrayList<>();
        for (int log = 0; log < 10; log++) {
            LogWriter writer = logs.open(id(log));
            writers.add(writer);
            for (int i = 0; i < 50; i++) {
                line(writer, i, "line " + i + "\n");
                assertThat(logs.stats().bufferedBytes()).isBetween(0L, 10_000L);
            }
        }
        writers.forEach(LogWriter::seal);
        release.countDown();

        awaitCopied(logs, 10);
        assertThat(logs.stats().bufferedBytes()).isZero();
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 300, 48 << 10})
    void aLiveLogThatFellBehindRejoins(int window) throws IOException {
        FanOutLogs logs = new FanOutLogs(
                primary, primary, secondary, config().windowBytes(window).build());
        opened.add(logs);
        secondary.before(call -> {
            throw new ResultsException(Code.UNAVAILABLE, "away");
        });
        LogWriter writer = logs.open(ID);
        for (int i = 0; i < 1000; i++) {
            line(writer, i, "line " + i + "\n");
        }
        await().atMost(ONE_MINUTE).until(() -> logs.stats().failures() > 2);
        assertThat(logs.stats().behind()).isEqualTo(1);
        secondary.behave();
        writer.flush();
        await().atMost(ONE_MINUTE).until(() -> copies.find(ID).equals(primary.find(ID)));
        line(writer, 1000, "more\n");
        writer.flush();
        await().atMost(ONE_MINUTE).until(() -> copies.find(ID).equals(primary.find(ID)));
        await().atMost(ONE_MINUTE).until(() -> logs.stats().inStep() == 1);
        LogInfo sealed = writer.seal();

        awaitCopied(logs, 1);
        assertThat(copies.find(ID)).contains(sealed);
        assertEqualTexts();
    }

    @Test
    void whenEveryThreadHangsAThousandLogsArePrimarysAloneAndComeLater() {
        CountDownLatch release = new CountDownLatch(1);
        secondary.before(call -> WaywardSink.hang(release));
        FanOutLogs logs = logs();
        for (int i = 0; i < 1000; i++) {
            LogWriter writer = logs.open(id(i));
            line(writer, i, "text of " + i + "\n");
            writer.seal();
            writer.close();
        }
        assertThat(logs.stats().behind()).isEqualTo(1000);
        release.countDown();

        awaitCopied(logs, 1000);
        for (int i = 0; i < 1000; i++) {
            assertThat(copies.find(id(i))).isEqualTo(primary.find(id(i)));
        }
    }

    @Test
    void aSecondaryThatIsAheadGetsNothingTwice() throws IOException {
        write(copies, "first\n", "second\n", "thi");
        write(primary, "first\n");
        FanOutLogs logs = logs();
        LogWriter writer = logs.open(ID);
        assertThat(writer.info().extent().bytes()).isEqualTo(6);
        line(writer, 1, "second\n");
        writer.flush();
        line(writer, 2, "third\n");
        writer.flush();
        await().atMost(ONE_MINUTE).until(() -> copies.find(ID).equals(primary.find(ID)));
        LogInfo sealed = writer.seal();

        awaitCopied(logs, 1);
        assertThat(copies.find(ID)).contains(sealed);
        assertEqualTexts();
    }

    @Test
    void aSecondaryThatIsBehindGetsWhatItLacks() throws IOException {
        write(copies, "first\n", "sec");
        write(primary, "first\n", "second\n", "thi");
        FanOutLogs logs = logs();
        LogWriter writer = logs.open(ID);
        append(writer, "rd\n");
        LogInfo sealed = writer.seal();

        awaitCopied(logs, 1);
        assertThat(copies.find(ID)).contains(sealed);
        assertThat(text(copies)).isEqualTo("first\nsecond\nthird\n");
        assertEqualTexts();
    }

    @ParameterizedTest
    @ValueSource(strings = {"other\n", "first\nother!\n", "first\nsecond\nand more\n"})
    void aSecondaryWithOtherTextIsReportedAndLeft(String other) throws IOException {
        LogWriter before = copies.open(ID);
        line(before, 0, other);
        before.close();
        LogInfo there = copies.find(ID).orElseThrow();
        List<UncopiedLog> told = new CopyOnWriteArrayList<>();
        FanOutLogs logs = logs();
        logs.addListener(told::add);
        logs.addListener(log -> {
            throw new IllegalStateException("a listener's fault");
        });
        LogWriter writer = logs.open(ID);
        line(writer, 0, "first\n");
        line(writer, 1, "second\n");
        LogInfo sealed = writer.seal();

        await().atMost(ONE_MINUTE).until(() -> logs.stats().uncopied() == 1);
        assertThat(primary.find(ID)).contains(sealed);
        assertThat(copies.find(ID)).contains(there);
        assertThat(text(copies)).isEqualTo(other);
        await().atMost(ONE_MINUTE).until(() -> !told.isEmpty());
        assertThat(logs.uncopied()).hasSize(1);
        assertThat(logs.uncopied().get(0).id()).isEqualTo(ID);
        assertThat(logs.uncopied().get(0).reason()).isEqualTo(UncopiedLog.Reason.TEXT_DIFFERS);
    }

    @Test
    void aSecondaryWithOtherTimesIsReported() {
        LogWriter before = copies.open(ID);
        line(before, 7, "first\n");
        before.close();
        FanOutLogs logs = logs();
        LogWriter writer = logs.open(ID);
        line(writer, 0, "first\n");
        writer.seal();

        await().atMost(ONE_MINUTE).until(() -> logs.stats().uncopied() == 1);
        assertThat(logs.uncopied().get(0).reason()).isEqualTo(UncopiedLog.Reason.TEXT_DIFFERS);
    }

    @Test
    void aDefectThatOnlyTheSecondaryHasIsReported() {
        LogWriter before = copies.open(ID);
        before.defect(Reason.HEAD_UNPROVEN, "of a process that died");
        before.close();
        FanOutLogs logs = logs();
        LogWriter writer = logs.open(ID);
        line(writer, 0, "first\n");
        writer.seal();

        await().atMost(ONE_MINUTE).until(() -> logs.stats().uncopied() == 1);
        assertThat(logs.uncopied().get(0).reason()).isEqualTo(UncopiedLog.Reason.LABEL_DIFFERS);
        assertThat(copies.find(ID).orElseThrow().state()).isEqualTo(LogState.PARTIAL);
        assertThat(primary.find(ID).orElseThrow().state()).isEqualTo(LogState.COMPLETE);
    }

    @Test
    void aDefectWhosePlaceHasPassedInTheSecondaryIsNotLost() {
        write(copies, "first\n", "second\n");
        FanOutLogs logs = logs();
        LogWriter writer = logs.open(ID);
        line(writer, 0, "first\n");
        writer.defect(Reason.ANCHOR_LOST, "cut");
        line(writer, 1, "second\n");
        writer.flush();
        await().atMost(ONE_MINUTE)
                .until(() -> copies.find(ID).orElseThrow().defects().size() == 1);
        // The next process finds that it is noted.
        logs.close();
        logs = logs();
        writer = logs.open(ID);
        writer.seal();

        await().atMost(ONE_MINUTE).until(() -> copies.find(ID).orElseThrow().isSealed());
        logs.close();
        assertThat(logs.uncopied()).extracting(UncopiedLog::reason).containsExactly(UncopiedLog.Reason.LABEL_DIFFERS);
        LogInfo copy = copies.find(ID).orElseThrow();
        assertThat(copy.state()).isEqualTo(LogState.GAPPED);
        assertThat(copy.defects()).containsExactly(new LogDefect(Reason.ANCHOR_LOST, 13, "before byte 6: cut"));
    }

    @Test
    void aLogThatSomebodyElseWritesIsLeftToHimAndTriedAgainWhenItIsSealed() throws IOException {
        FanOutLogs logs = logs();
        secondary.before(call -> {
            if (call == Call.APPEND) {
                throw new ResultsException(Code.CONFLICT, "another writer has it");
            }
        });
        LogWriter writer = logs.open(ID);
        line(writer, 0, "first\n");
        writer.flush();
        await().atMost(ONE_MINUTE).until(() -> logs.stats().left() == 1);
        int tried = secondary.calls(Call.APPEND);
        assertThat(tried).isEqualTo(2);
        line(writer, 1, "second\n");
        writer.flush();
        assertThat(logs.stats().failingSince()).isNull();
        assertThat(logs.stats().failures()).isZero();
        secondary.behave();
        LogInfo sealed = writer.seal();

        awaitCopied(logs, 1);
        assertThat(copies.find(ID)).contains(sealed);
        assertEqualTexts();
        assertThat(logs.stats().left()).isZero();
    }

    @Test
    void aSealedLogThatSomebodyElseKeepsWritingIsNamed() {
        FanOutLogs logs = logs();
        secondary.before(call -> {
            if (call == Call.SEAL) {
                throw new ResultsException(Code.CONFLICT, "another writer has it");
            }
        });
        logs.open(ID).seal();

        await().atMost(ONE_MINUTE).until(() -> logs.stats().uncopied() == 1);
        assertThat(logs.uncopied().get(0).reason()).isEqualTo(UncopiedLog.Reason.CONFLICT);
        secondary.behave();
        logs.repair(ID);

        awaitCopied(logs, 1);
        assertThat(logs.uncopied()).isEmpty();
    }

    @Test
    void whatThePrimaryThrowsIsThrownAndNotCopied() throws IOException {
        WaywardSink refusing = new WaywardSink(primary);
        FanOutLogs logs = new FanOutLogs(refusing, primary, secondary, config().build());
        opened.add(logs);
        LogWriter writer = logs.open(ID);
        line(writer, 0, "first\n");
        ResultsException refusal = new ResultsException(Code.UNAVAILABLE, "full");
        refusing.before(call -> {
            if (call != Call.INFO) {
                throw refusal;
            }
        });
        assertThatThrownBy(() -> append(writer, "refused\n")).isSameAs(refusal);
        assertThatThrownBy(() -> writer.beginLine(T0)).isSameAs(refusal);
        assertThatThrownBy(() -> writer.defect(Reason.ANCHOR_LOST, "")).isSameAs(refusal);
        assertThatThrownBy(writer::flush).isSameAs(refusal);
        assertThatThrownBy(writer::seal).isSameAs(refusal);
        assertThatThrownBy(() -> logs.open(id(2))).isSameAs(refusal);
        refusing.behave();
        line(writer, 1, "second\n");
        LogInfo sealed = writer.seal();

        awaitCopied(logs, 1);
        assertThat(sealed.extent().bytes()).isEqualTo(13);
        assertThat(copies.find(ID)).contains(sealed);
        assertEqualTexts();
    }

    @Test
    void bytesOfAPrimaryThatFailedAfterTakingThemAreCopiedOnce() throws IOException {
        AtomicInteger failures = new AtomicInteger(1);
        FanOutLogs logs =
                new FanOutLogs(new FailingAfterwards(primary, failures), primary, secondary, config().build());
        opened.add(logs);
        LogWriter writer = logs.open(ID);
        writer.beginLine(T0);
        assertThatThrownBy(() -> append(writer, "first\n")).hasMessage("failed afterwards");
        line(writer, 1, "second\n");
        LogInfo sealed = writer.seal();

        awaitCopied(logs, 1);
        assertThat(sealed.extent().bytes()).isEqualTo(13);
        assertThat(copies.find(ID)).contains(sealed);
        assertEqualTexts();
    }

    @Test
    void aLogThatIsSealedInThePrimaryOnlyIsCopiedWhenItIsOpened() throws IOException {
        LogWriter before = primary.open(ID);
        line(before, 0, "first\n");
        before.defect(Reason.POD_VANISHED, "gone");
        LogInfo sealed = before.seal();
        FanOutLogs logs = logs();

        LogWriter writer = logs.open(ID);

        assertThat(writer.info()).isEqualTo(sealed);
        awaitCopied(logs, 1);
        assertThat(copies.find(ID)).contains(sealed);
        assertEqualTexts();
    }

    @Test
    void aLogThatIsSealedInThePrimaryOnlyCanBeRepaired() throws IOException {
        LogWriter before = primary.open(ID);
        line(before, 0, "first\n");
        line(before, 1, "second\n");
        LogInfo sealed = before.seal();
        LogWriter live = primary.open(id(2));
        line(live, 0, "first\n");
        live.flush();
        FanOutLogs logs = logs();

        assertThatThrownBy(() -> logs.repair(id(1)))
                .isInstanceOfSatisfying(
                        ResultsException.class, e -> assertThat(e.code()).isEqualTo(Code.NOT_FOUND));
        assertThatThrownBy(() -> logs.repair(id(2)))
                .isInstanceOfSatisfying(
                        ResultsException.class, e -> assertThat(e.code()).isEqualTo(Code.INVALID));
        logs.repair(ID);
        awaitCopied(logs, 1);
        logs.repair(ID);
        awaitCopied(logs, 2);

        assertThat(copies.find(ID)).contains(sealed);
        assertEqualTexts();
    }

    @Test
    void moreLogsThanMayBeInWorkAreNamed() {
        CountDownLatch release = new CountDownLatch(1);
        secondary.before(call -> WaywardSink.hang(release));
        FanOutLogs logs =
                new FanOutLogs(primary, primary, secondary, config().maxLogs(2).build());
        opened.add(logs);
        for (int i = 0; i < 3; i++) {
            LogWriter writer = logs.open(id(i));
            line(writer, 0, "text\n");
            writer.seal();
        }
        assertThat(logs.uncopied()).extracting(UncopiedLog::id).containsExactly(id(2));
        assertThat(logs.uncopied()).extracting(UncopiedLog::reason).containsExactly(UncopiedLog.Reason.TOO_MANY);
        assertThat(primary.find(id(2)).orElseThrow().isSealed()).isTrue();
        release.countDown();
        awaitCopied(logs, 2);
        logs.repair(id(2));

        awaitCopied(logs, 3);
        assertThat(logs.uncopied()).isEmpty();
    }

    @Test
    void closingWaitsForTheSecondary() throws IOException {
        CountDownLatch release = new CountDownLatch(1);
        secondary.before(call -> WaywardSink.hang(release));
        FanOutLogs logs = logs();
        LogWriter sealing = logs.open(ID);
        line(sealing, 0, "first\n");
        sealing.seal();
        LogWriter live = logs.open(id(1));
        line(live, 0, "live\n");
        // Let go while closing is under way: the primary's writer is closed before the secondary is waited for.
        Thread releasing = new Thread(() -> {
            await().atMost(ONE_MINUTE).until(() -> primary.find(id(1)).isPresent());
            release.countDown();
        });
        releasing.start();
        logs.close();
        logs.close();

        assertThat(copies.find(ID)).isEqualTo(primary.find(ID));
        assertThat(copies.find(id(1))).isPresent().isEqualTo(primary.find(id(1)));
        assertThat(logs.uncopied()).isEmpty();
        assertThatThrownBy(() -> logs.open(ID)).isInstanceOf(IllegalStateException.class);
        assertThatThrownBy(() -> logs.repair(ID)).isInstanceOf(IllegalStateException.class);
        assertEqualTexts();
    }

    @Test
    void closingTriesOnceMoreAndNamesWhatIsBehind() {
        secondary.before(call -> {
            throw new ResultsException(Code.UNAVAILABLE, "away");
        });
        FanOutLogs logs = new FanOutLogs(
                primary,
                primary,
                secondary,
                config().minPause(Duration.ofMinutes(10))
                        .maxPause(Duration.ofMinutes(10))
                        .closeLimit(Duration.ofMinutes(10))
                        .build());
        logs.open(ID).seal();
        await().atMost(ONE_MINUTE).until(() -> logs.stats().failures() >= 1);

        logs.close();

        assertThat(logs.uncopied()).extracting(UncopiedLog::id).containsExactly(ID);
        assertThat(logs.uncopied()).extracting(UncopiedLog::reason).containsExactly(UncopiedLog.Reason.BEHIND);
    }

    @Test
    void closingDoesNotWaitForAHangingSecondaryForEver() {
        CountDownLatch release = new CountDownLatch(1);
        AtomicReference<Thread> hanging = new AtomicReference<>();
        secondary.before(call -> {
            hanging.set(Thread.currentThread());
            WaywardSink.hang(release);
        });
        FanOutLogs logs = new FanOutLogs(
                primary,
                primary,
                secondary,
                config().closeLimit(Duration.ofMillis(20)).build());
        LogWriter writer = logs.open(ID);
        line(writer, 0, "first\n");
        writer.seal();
        await().atMost(ONE_MINUTE).until(() -> hanging.get() != null);

        logs.close();

        assertThat(logs.uncopied()).extracting(UncopiedLog::id).containsExactly(ID);
        release.countDown();
        await().atMost(ONE_MINUTE).until(() -> !hanging.get().isAlive());
        // Nothing is begun any more after the call that hung.
        assertThat(secondary.calls(Call.APPEND)).isZero();
    }

    @Test
    void twoWritersOfOneLogInOneProcessLeaveOneWhole() throws IOException {
        FanOutLogs logs = logs();
        LogWriter one = logs.open(ID);
        LogWriter two = logs.open(ID);
        line(one, 0, "of one\n");
        line(two, 0, "of one\n");
        one.flush();
        assertThatThrownBy(two::flush).isInstanceOf(ResultsException.class);
        two.close();
        line(one, 1, "of one again\n");
        one.seal();

        awaitCopied(logs, 1);
        assertEqualTexts();
    }

    private FanOutLogs logs() {
        FanOutLogs logs = new FanOutLogs(primary, primary, secondary, config().build());
        opened.add(logs);
        return logs;
    }

    private static FanOutConfig.Builder config() {
        return FanOutConfig.builder().minPause(Duration.ofMillis(1)).maxPause(Duration.ofMillis(20));
    }

    private static void awaitCopied(FanOutLogs logs, long count) {
        await().atMost(ONE_MINUTE)
                .until(() -> logs.stats().copied() == count && logs.stats().behind() == 0);
    }

    private static ContainerLogId id(int number) {
        return new ContainerLogId("ci", "run-1", "pod-" + number, "step-a", 0);
    }

    private static void write(InMemoryLogs logs, String... lines) {
        LogWriter writer = logs.open(ID);
        for (int i = 0; i < lines.length; i++) {
            line(writer, i, lines[i]);
        }
        writer.close();
    }

    private static void line(LogWriter writer, int second, String latin) {
        writer.beginLine(T0.plusSeconds(second));
        append(writer, latin);
    }

    private static void append(LogWriter writer, String latin) {
        byte[] bytes = latin.getBytes(ISO_8859_1);
        writer.append(bytes, 0, bytes.length);
        // What was handed in is the caller's again.
        java.util.Arrays.fill(bytes, (byte) '!');
    }

    private void assertEqualTexts() throws IOException {
        assertThat(text(copies)).isEqualTo(text(primary));
        assertThat(lines(copies)).isEqualTo(lines(primary));
    }

    private static String text(LogSource source) throws IOException {
        try (InputStream in = source.read(ID, 0, Long.MAX_VALUE)) {
            return new String(in.readAllBytes(), ISO_8859_1);
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

package ch.sbb.esta.results.logs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ch.sbb.esta.results.LogDefect.Reason;
import ch.sbb.esta.results.LogInfo;
import ch.sbb.esta.results.LogState;
import ch.sbb.esta.results.PodSnapshot;
import ch.sbb.esta.results.PodSnapshot.State;
import ch.sbb.esta.results.ResultsException.Code;
import ch.sbb.esta.results.memory.InMemoryContainerLogs.Address;
import ch.sbb.esta.results.memory.InMemoryLogs;
import ch.sbb.esta.results.memory.LogFault;
import ch.sbb.esta.results.spi.RunWatcher;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.ZoneOffset;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

class LogCollectorTest {

    @Test
    void aLogThatIsFollowedToItsEndIsComplete() {
        try (Scene scene = new Scene().start()) {
            List<LogInfo> told = new CopyOnWriteArrayList<>();
            scene.collector.addListener(told::add);
            scene.emit(0, 100);
            scene.awaitStored();
            scene.emit(100, 200);
            scene.terminate();
            scene.assertComplete();
            assertThat(told).extracting(LogInfo::id).containsExactly(Scene.LOG);
            LogCollectorStats stats = scene.collector.stats();
            assertThat(stats.complete()).isEqualTo(1);
            assertThat(stats.lines()).isEqualTo(200);
            assertThat(stats.bytes()).isEqualTo(scene.emitted.length());
            assertThat(stats.lastPodEvent()).isNotNull();
        }
    }

    @Test
    void aContainerThatWroteNothingHasACompleteLog() {
        try (Scene scene = new Scene().start()) {
            scene.terminate();
            scene.assertComplete();
        }
    }

    @Test
    void aContainerThatEndedBeforeAnybodyLookedIsRead() {
        try (Scene scene = new Scene()) {
            scene.cluster.addPod(Scene.pod(State.WAITING));
            scene.cluster.setState(Scene.STEP, State.RUNNING);
            scene.emit(0, 50);
            scene.terminate();
            scene.pass(Duration.ofHours(1));
            scene.collector.start();
            scene.assertComplete();
        }
    }

    @Test
    void everyRunOfARestartedContainerHasItsOwnLog() {
        try (Scene scene = new Scene().start()) {
            scene.emit("first run");
            scene.terminate();
            scene.assertComplete();
            scene.cluster.setState(Scene.STEP, State.RUNNING);
            scene.cluster.append(Scene.STEP, "second run", scene.now.get());
            scene.terminate();
            scene.assertComplete();
            assertThat(scene.sink.all().values()).extracting(LogInfo::state).containsOnly(LogState.COMPLETE);
            assertThat(scene.sink.all().keySet()).extracting(id -> id.restart()).containsExactly(0, 1);
        }
    }

    @Test
    void theRunBeforeTheCurrentOneIsReadWhenItsEndWasMissed() {
        try (Scene scene = new Scene().start()) {
            scene.emit("first run");
            scene.awaitStored();
            scene.collector.close();
            scene.emit("its last words");
            scene.terminate();
            scene.cluster.setState(Scene.STEP, State.RUNNING);
            scene.restart();
            Scene.await(() -> scene.sink.info(Scene.LOG).isSealed());
            scene.terminate();
            scene.assertComplete();
        }
    }

    @Test
    void aRunThatIsOutOfReachIsLabelled() {
        try (Scene scene = new Scene().start()) {
            scene.emit("first run");
            scene.awaitStored();
            scene.collector.close();
            scene.terminate();
            scene.cluster.setState(Scene.STEP, State.RUNNING);
            scene.terminate();
            scene.cluster.setState(Scene.STEP, State.RUNNING);
            scene.terminate();
            scene.restart();
            scene.assertDefects(Reason.POD_VANISHED);
            assertThat(scene.sink.all()).hasSize(3);
        }
    }

    @Test
    void aCutAnywhereInALineLosesNothing() {
        for (int after = 1; after < 120; after += 3) {
            try (Scene scene = new Scene()) {
                scene.cluster.addPod(Scene.pod(State.WAITING));
                scene.cluster.fault(Scene.STEP, LogFault.endAfter(after));
                scene.cluster.fault(Scene.STEP, LogFault.breakAfter(after + 20));
                scene.cluster.fault(Scene.STEP, LogFault.endAfter(after + 40));
                scene.collector.start();
                scene.cluster.setState(Scene.STEP, State.RUNNING);
                scene.emit(0, 20);
                scene.terminate();
                scene.assertComplete();
            }
        }
    }

    @Test
    void aCutWhileTheContainerWritesLosesNothing() {
        try (Scene scene = new Scene().start()) {
            for (int i = 0; i < 50; i++) {
                scene.emit(i * 10, i * 10 + 10);
                scene.awaitStored();
                scene.cluster.cut(Scene.STEP);
            }
            scene.terminate();
            scene.assertComplete();
            assertThat(scene.collector.stats().reconnects()).isGreaterThanOrEqualTo(50);
        }
    }

    @Test
    void tenThousandEqualLinesOfOneTimestampAreNeitherLostNorDoubled() {
        try (Scene scene = new Scene().start()) {
            scene.emit("before");
            scene.pass(Duration.ofMillis(1));
            for (int i = 0; i < 10_000; i++) {
                scene.emitSilently("the same");
                if (i % 1_000 == 999) {
                    scene.awaitStored();
                    scene.cluster.cut(Scene.STEP);
                }
            }
            scene.terminate();
            scene.assertComplete();
        }
    }

    @Test
    void aNewProcessFindsItsPlaceAmongEqualLinesOfOneTimestamp() {
        try (Scene scene = new Scene().start()) {
            scene.emit("before");
            for (int i = 0; i < 1_000; i++) {
                scene.emitSilently("the same");
            }
            scene.awaitStored();
            scene.restart();
            for (int i = 0; i < 1_000; i++) {
                scene.emitSilently("the same");
            }
            scene.terminate();
            scene.assertComplete();
        }
    }

    @Test
    void aClockThatIsSetBackLosesNothing() {
        try (Scene scene = new Scene().start()) {
            scene.emit(0, 20);
            scene.awaitStored();
            scene.cluster.cut(Scene.STEP);
            scene.pass(Duration.ofSeconds(-90));
            scene.emit(20, 40);
            scene.awaitStored();
            scene.cluster.cut(Scene.STEP);
            scene.emit(40, 60);
            scene.terminate();
            scene.assertComplete();
        }
    }

    @Test
    void aRotationDuringACutIsNamed() {
        try (Scene scene = new Scene().start()) {
            scene.emit(0, 20);
            scene.awaitStored();
            scene.cluster.fault(Scene.STEP, LogFault.stallAfter(0));
            scene.cluster.cut(Scene.STEP);
            scene.emitLost("lost");
            scene.cluster.rotate(Scene.STEP);
            int place = scene.emitted.length();
            scene.emit(20, 40);
            scene.terminate();
            scene.letTimePass();
            LogInfo info = scene.sealed();
            assertThat(scene.stored()).isEqualTo(scene.emitted.toString());
            assertThat(info.state()).isEqualTo(LogState.GAPPED);
            assertThat(info.defects()).singleElement().satisfies(defect -> {
                assertThat(defect.reason()).isEqualTo(Reason.ANCHOR_LOST);
                assertThat(defect.offset()).isEqualTo(place);
            });
        }
    }

    @Test
    void aLogWhoseEndWasRotatedAwayIsGapped() {
        try (Scene scene = new Scene().start()) {
            scene.emit(0, 20);
            scene.awaitStored();
            scene.cluster.fault(Scene.STEP, LogFault.stallAfter(0));
            scene.cluster.cut(Scene.STEP);
            scene.emitLost("lost");
            scene.cluster.rotate(Scene.STEP);
            scene.terminate();
            scene.letTimePass();
            scene.assertDefects(Reason.ANCHOR_LOST);
        }
    }

    @Test
    void aRotationWhileTheReaderKeepsUpIsNotNoticed() {
        try (Scene scene = new Scene().start()) {
            for (int i = 0; i < 10; i++) {
                scene.emit(i * 10, i * 10 + 10);
                scene.awaitStored();
                scene.cluster.rotate(Scene.STEP);
            }
            scene.emit("last");
            scene.terminate();
            scene.assertComplete();
        }
    }

    @Test
    void aHeadThatMayBeRotatedAwayIsNotCalledComplete() {
        try (Scene scene = new Scene()) {
            scene.cluster.addPod(Scene.pod(State.WAITING));
            scene.cluster.setState(Scene.STEP, State.RUNNING);
            scene.emitLost("lost");
            scene.pass(Duration.ofMinutes(1));
            scene.cluster.rotate(Scene.STEP);
            scene.collector.start();
            scene.emit("seen");
            scene.terminate();
            scene.assertDefects(Reason.HEAD_UNPROVEN);
            assertThat(scene.stored()).isEqualTo("seen\n");
        }
    }

    @Test
    void anEmptyFileOfAContainerThatRanLongIsNotCalledComplete() {
        try (Scene scene = new Scene()) {
            scene.cluster.addPod(Scene.pod(State.WAITING));
            scene.cluster.setState(Scene.STEP, State.RUNNING);
            scene.emitLost("lost");
            scene.pass(Duration.ofMinutes(1));
            scene.cluster.rotate(Scene.STEP);
            scene.terminate();
            scene.collector.start();
            scene.assertDefects(Reason.HEAD_UNPROVEN);
        }
    }

    @Test
    void aStepThatIsSilentForLongIsComplete() {
        try (Scene scene = new Scene().start()) {
            scene.awaitFollowing();
            scene.passQuietly(Duration.ofMinutes(4));
            scene.emit("at last");
            scene.awaitStored();
            scene.terminate();
            scene.assertComplete();
        }
    }

    @Test
    void aStepThatIsSilentOverCutsIsComplete() {
        try (Scene scene = new Scene().start()) {
            scene.awaitFollowing();
            for (int i = 0; i < 4; i++) {
                scene.passQuietly(Duration.ofMinutes(1));
                scene.cluster.cut(Scene.STEP);
                scene.awaitReconnects(i + 1);
            }
            scene.emit("at last");
            scene.awaitStored();
            scene.terminate();
            scene.assertComplete();
        }
    }

    @Test
    void aSilentStreamThatWasDeadProvesNothing() {
        try (Scene scene = new Scene()) {
            scene.start().followDeadStream();
            scene.passQuietly(Duration.ofSeconds(8));
            scene.emitLost("lost");
            scene.pass(Duration.ofSeconds(11));
            scene.cluster.rotate(Scene.STEP);
            scene.cluster.cut(Scene.STEP);
            scene.awaitReconnects(2);
            scene.emit("seen");
            scene.awaitStored();
            scene.terminate();
            scene.assertDefects(Reason.HEAD_UNPROVEN);
        }
    }

    @Test
    void aDeadStreamIsFoundOutByTheTextThatItDoesNotDeliver() {
        try (Scene scene = new Scene()) {
            scene.start().followDeadStream();
            scene.passQuietly(Duration.ofSeconds(4));
            scene.emit("not delivered by the first stream");
            scene.passQuietly(Duration.ofSeconds(8));
            scene.awaitStored();
            scene.terminate();
            scene.assertComplete();
        }
    }

    @Test
    void aStepThatWaitsForTheOneBeforeIsCompleteAndNotAskedFor() {
        try (Scene scene = new Scene()) {
            Address before = new Address("ci", "build-pod", "step-before");
            scene.cluster.addPod(new PodSnapshot(
                    "ci",
                    "build-pod",
                    "pod-uid",
                    "taskrun",
                    false,
                    List.of(
                            new PodSnapshot.Container(
                                    "step-before", PodSnapshot.Role.STEP, State.WAITING, 0, null, null),
                            new PodSnapshot.Container(
                                    "step-build",
                                    PodSnapshot.Role.STEP,
                                    State.WAITING,
                                    0,
                                    null,
                                    null,
                                    "step-before"))));
            scene.collector.start();
            scene.cluster.setState(before, State.RUNNING);
            scene.cluster.setState(Scene.STEP, State.RUNNING);
            Scene.await(() -> scene.cluster.openStreams() == 2);
            scene.cluster.append(before, "busy", scene.now.get());
            Scene.await(() -> scene.collector.stats().lines() == 1);
            // A look at the step before may have begun just before its line came.
            scene.pass(Duration.ofMinutes(5));
            long probes = scene.collector.stats().probes();
            scene.pass(Duration.ofMinutes(5));
            scene.cluster.cut(Scene.STEP);
            Scene.await(() -> scene.cluster.openStreams() == 2);
            scene.pass(Duration.ofMinutes(5));
            scene.cluster.setState(before, State.TERMINATED);
            scene.emit("my turn");
            scene.awaitStored();
            assertThat(scene.collector.stats().probes()).isEqualTo(probes);
            scene.terminate();
            scene.assertComplete();
        }
    }

    @Test
    void aPodThatVanishesLeavesAPartialLog() {
        try (Scene scene = new Scene().start()) {
            scene.emit(0, 20);
            scene.awaitStored();
            scene.cluster.deletePod("ci", "build-pod");
            scene.assertDefects(Reason.POD_VANISHED);
            assertThat(scene.stored()).isEqualTo(scene.emitted.toString());
        }
    }

    @Test
    void aPodThatVanishesWithoutAnEventLeavesAPartialLog() {
        try (Scene scene = new Scene().start()) {
            scene.emit(0, 20);
            scene.awaitStored();
            scene.cluster.vanishPod("ci", "build-pod");
            scene.assertDefects(Reason.POD_VANISHED);
        }
    }

    @Test
    void aPodThatIsDeletedWithGraceIsDrained() {
        try (Scene scene = new Scene().start()) {
            scene.emit(0, 20);
            scene.cluster.beginDeletion("ci", "build-pod");
            scene.emit(20, 40);
            scene.terminate();
            Scene.await(() -> scene.sink.info(Scene.LOG).isSealed());
            scene.cluster.deletePod("ci", "build-pod");
            scene.assertComplete();
        }
    }

    @Test
    void anotherPodOfTheSameNameIsNotMistaken() {
        try (Scene scene = new Scene().start()) {
            scene.emit(0, 20);
            scene.awaitStored();
            scene.cluster.addPod(new PodSnapshot(
                    "ci",
                    "build-pod",
                    "another",
                    "taskrun",
                    false,
                    Scene.pod(State.RUNNING).containers()));
            scene.cluster.append(Scene.STEP, "not mine", scene.now.get());
            Scene.await(() -> scene.sink.info(Scene.LOG).isSealed());
            assertThat(scene.stored()).isEqualTo(scene.emitted.toString());
            assertThat(scene.sink.info(Scene.LOG).state()).isEqualTo(LogState.PARTIAL);
        }
    }

    @Test
    void aSentenceInsteadOfALogIsNeverStored() {
        try (Scene scene = new Scene()) {
            scene.cluster.addPod(Scene.pod(State.WAITING));
            String sentence = "unable to retrieve container logs for containerd://0123";
            for (int i = 0; i < 3; i++) {
                scene.cluster.fault(Scene.STEP, LogFault.sentence(sentence));
            }
            scene.collector.start();
            scene.cluster.setState(Scene.STEP, State.RUNNING);
            scene.emit(0, 20);
            scene.terminate();
            scene.assertComplete();
            assertThat(scene.collector.stats().failures()).isEqualTo(3);
        }
    }

    @Test
    void aLogThatStaysUnreadableIsGivenUpAndNamed() {
        try (Scene scene = new Scene()) {
            scene.cluster.addPod(Scene.pod(State.WAITING));
            for (int i = 0; i < 1_000; i++) {
                scene.cluster.fault(
                        Scene.STEP,
                        LogFault.sentence("failed to try resolving symlinks in path \"/var/log\": no such file"));
            }
            scene.cluster.setState(Scene.STEP, State.RUNNING);
            scene.terminate();
            scene.collector.start();
            Scene.await(() -> scene.collector.stats().failures() > 1);
            scene.pass(Duration.ofHours(1));
            scene.assertDefects(Reason.NOT_READABLE);
            assertThat(scene.stored()).isEmpty();
        }
    }

    @Test
    void theRestOfASplitLineIsNotMistaken() {
        try (Scene scene = new Scene().start()) {
            scene.emit(0, 20);
            scene.awaitStored();
            scene.cluster.fault(
                    Scene.STEP, LogFault.fragment("unable to retrieve container logs for what it is worth\n"));
            scene.cluster.cut(Scene.STEP);
            scene.emit(20, 40);
            scene.terminate();
            scene.assertComplete();
        }
    }

    @Test
    void aStreamThatStallsIsClosedWhenTheContainerHasEnded() {
        try (Scene scene = new Scene()) {
            scene.cluster.addPod(Scene.pod(State.WAITING));
            scene.cluster.fault(Scene.STEP, LogFault.stallAfter(200));
            scene.collector.start();
            scene.cluster.setState(Scene.STEP, State.RUNNING);
            scene.emit(0, 20);
            Scene.await(() -> !scene.stored().isEmpty());
            scene.terminate();
            scene.pass(Duration.ofSeconds(2));
            scene.assertComplete();
        }
    }

    @Test
    void aStreamThatStallsIsOpenedAgainAfterTheSilenceLimit() {
        try (Scene scene = new Scene()) {
            scene.cluster.addPod(Scene.pod(State.WAITING));
            scene.cluster.fault(Scene.STEP, LogFault.stallAfter(200));
            scene.collector.start();
            scene.cluster.setState(Scene.STEP, State.RUNNING);
            scene.emit(0, 20);
            Scene.await(() -> !scene.stored().isEmpty());
            scene.pass(Duration.ofMinutes(11));
            scene.awaitStored();
            scene.terminate();
            scene.assertComplete();
        }
    }

    @Test
    void aReaderThatWasBehindOpensAgainAndFindsThatNothingWasLost() {
        try (Scene scene = new Scene().start()) {
            scene.emit(0, 20);
            scene.awaitStored();
            scene.sink.refuse(Code.UNAVAILABLE, 20);
            scene.emit(20, 2_000);
            scene.pass(Duration.ofMinutes(1));
            scene.emit(2_000, 2_010);
            scene.terminate();
            scene.assertComplete();
        }
    }

    @Test
    void aSinkThatRefusesForAWhileGetsEverythingOnce() {
        try (Scene scene = new Scene().start()) {
            scene.emit(0, 20);
            scene.awaitStored();
            scene.sink.refuse(Code.UNAVAILABLE, 7);
            scene.emit(20, 40);
            scene.awaitStored();
            scene.terminate();
            scene.assertComplete();
        }
    }

    @Test
    void aSinkThatFailsIsOpenedAgain() {
        try (Scene scene = new Scene().start()) {
            scene.emit(0, 20);
            scene.awaitStored();
            scene.sink.refuse(Code.INTERNAL, 2);
            scene.emit(20, 40);
            scene.terminate();
            scene.assertComplete();
        }
    }

    @Test
    void aLogThatSomebodyOpenedAndDoesNotWriteIsTakenBackOnce() {
        try (Scene scene = new Scene().start()) {
            scene.emit(0, 20);
            scene.awaitStored();
            scene.sink.open(Scene.LOG);
            scene.emit(20, 40);
            scene.terminate();
            scene.assertComplete();
        }
    }

    @Test
    void aLogThatAnotherCollectorKeepsIsLeftToItUntilThatOneDoesNotGoOn() {
        try (Scene scene = new Scene().start()) {
            scene.emit(0, 20);
            scene.awaitStored();
            scene.sink.refuse(Code.CONFLICT, 2);
            scene.emit(20, 40);
            scene.terminate();
            scene.assertComplete();
            assertThat(scene.collector.stats().conflicts()).isEqualTo(1);
        }
    }

    @Test
    void aPodThatVanishedIsNotLabelledWhileAnotherCollectorMayHoldTheRest() {
        try (Scene scene = new Scene().start()) {
            scene.emit(0, 20);
            scene.awaitStored();
            scene.sink.refuse(Code.CONFLICT, 1_000_000);
            scene.emitLost("held by the other one");
            Scene.await(() -> scene.collector.stats().conflicts() == 1);
            scene.cluster.deletePod("ci", "build-pod");
            AtomicInteger before = new AtomicInteger();
            Awaitility.await("nothing is tried any more")
                    .atMost(Duration.ofSeconds(60))
                    .pollInterval(Duration.ofMillis(200))
                    .until(() -> before.getAndSet(scene.sink.refusals.get()) == scene.sink.refusals.get());
            scene.sink.refuse(Code.CONFLICT, 0);
            scene.pass(Duration.ofMinutes(16));
            scene.assertDefects(Reason.POD_VANISHED);
        }
    }

    @Test
    void closingLeavesTheLogToTheNextProcess() {
        try (Scene scene = new Scene().start()) {
            scene.emit(0, 20);
            scene.awaitStored();
            scene.collector.close();
            scene.collector.close();
            assertThat(scene.collector.openLogs()).containsExactly(Scene.LOG);
            assertThat(scene.sink.info(Scene.LOG).state()).isEqualTo(LogState.LIVE);
            scene.emit(20, 40);
            scene.restart();
            scene.awaitStored();
            scene.terminate();
            scene.assertComplete();
            assertThat(scene.collector.openLogs()).isEmpty();
        }
    }

    @Test
    void secretsAreMaskedOverCutsAnywhere() {
        for (int cut = 0; cut < 120; cut += 3) {
            try (Scene scene = new Scene()) {
                scene.redactInto(new InMemoryLogs(), "hunter2");
                scene.cluster.addPod(Scene.pod(State.WAITING));
                scene.cluster.fault(Scene.STEP, LogFault.breakAfter(cut));
                scene.collector.start();
                scene.cluster.setState(Scene.STEP, State.RUNNING);
                scene.cluster.append(Scene.STEP, "login with hunter2", scene.now.get());
                scene.cluster.append(Scene.STEP, "hunter2 and hunter", scene.now.get());
                scene.cluster.appendPart(Scene.STEP, "hunter2hunt".getBytes(StandardCharsets.UTF_8), scene.now.get());
                scene.terminate();
                LogInfo info = scene.redacted();
                assertThat(info.redactedBy()).contains("test");
                assertThat(info.state()).isEqualTo(LogState.COMPLETE);
                assertThat(scene.redactedText())
                        .as("cut after %d bytes", cut)
                        .isEqualTo("login with *****\n***** and hunter\n*****hunt");
            }
        }
    }

    @Test
    void aStaleEventChangesNothing() {
        try (Scene scene = new Scene().start()) {
            scene.emit(0, 20);
            scene.awaitStored();
            scene.cluster.deliver(RunWatcher.Event.Type.SEEN, Scene.pod(State.TERMINATED));
            scene.cluster.deliver(RunWatcher.Event.Type.SEEN, Scene.pod(State.WAITING));
            scene.emit(20, 40);
            scene.awaitStored();
            scene.terminate();
            scene.assertComplete();
            scene.cluster.deliver(RunWatcher.Event.Type.SEEN, Scene.pod(State.RUNNING));
            scene.assertComplete();
        }
    }

    @Test
    void aLineOfTwentyMegabytesPassesOverCutsAnywhere() {
        try (Scene scene = new Scene().start()) {
            byte[] part = new byte[16 * 1024];
            Arrays.fill(part, (byte) 'x');
            for (int i = 0; i < 1_280; i++) {
                scene.cluster.appendPart(Scene.STEP, part, scene.now.get());
                scene.emitted.append("x".repeat(part.length));
                if (i % 300 == 299) {
                    scene.awaitStored();
                    scene.cluster.cut(Scene.STEP);
                }
            }
            scene.cluster.appendPart(Scene.STEP, new byte[] {'\n'}, scene.now.get());
            scene.emitted.append('\n');
            scene.emit("behind it");
            scene.terminate();
            scene.assertComplete();
            assertThat(scene.sink.info(Scene.LOG).extent().lines()).isEqualTo(2);
        }
    }

    @Test
    void bytesOfAnyKindPassInAnyZone() {
        try (Scene scene = new Scene()) {
            scene.cluster.zone(ZoneOffset.ofHoursMinutes(5, 45));
            scene.start();
            byte[] line = new byte[256];
            for (int i = 0; i < line.length; i++) {
                line[i] = i == '\n' ? (byte) '\r' : (byte) i;
            }
            scene.cluster.append(Scene.STEP, line, scene.now.get());
            scene.cluster.append(Scene.STEP, "", scene.now.get());
            scene.cluster.appendPart(Scene.STEP, "no newline".getBytes(StandardCharsets.UTF_8), scene.now.get());
            scene.terminate();
            LogInfo info = scene.sealed();
            assertThat(info.state()).isEqualTo(LogState.COMPLETE);
            assertThat(info.extent().lines()).isEqualTo(3);
            byte[] stored = scene.sink.bytes(Scene.LOG);
            assertThat(Arrays.copyOf(stored, 256)).isEqualTo(line);
            assertThat(new String(stored, 256, stored.length - 256, StandardCharsets.UTF_8))
                    .isEqualTo("\n\nno newline");
        }
    }

    @Test
    void moreContainersThanStreamsAreAllCollected() throws InterruptedException {
        try (Scene scene = new Scene()) {
            LogCollectorConfig two = LogCollectorConfig.builder()
                    .maxStreams(2)
                    .minBackoff(Duration.ofMillis(1))
                    .build();
            scene.collector = new LogCollector(scene.cluster, scene.sink, two, scene.now::get);
            scene.collector.start();
            for (int i = 0; i < 20; i++) {
                String name = "pod-" + i;
                scene.cluster.addPod(new PodSnapshot(
                        i % 2 == 0 ? "ci" : "qa",
                        name,
                        name,
                        "taskrun",
                        false,
                        Scene.pod(State.WAITING).containers()));
                var step = new Address(i % 2 == 0 ? "ci" : "qa", name, "step-build");
                scene.cluster.setState(step, State.RUNNING);
                scene.cluster.append(step, "hello", scene.now.get());
                if (i >= 2) {
                    scene.cluster.setState(step, State.TERMINATED);
                }
            }
            Scene.await(() -> {
                scene.pass(Duration.ofMillis(100));
                return scene.collector.openLogs().size() == 2;
            });
            assertThat(scene.collector.stats().open()).isLessThanOrEqualTo(2);
            assertThat(scene.collector.stats().complete()).isEqualTo(18);
        }
    }

    @Test
    void aCollectorIsStartedOnce() {
        try (Scene scene = new Scene().start()) {
            assertThatThrownBy(scene.collector::start).isInstanceOf(IllegalStateException.class);
        }
    }
}

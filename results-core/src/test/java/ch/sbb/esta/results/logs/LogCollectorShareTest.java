package ch.sbb.esta.results.logs;

import static org.assertj.core.api.Assertions.assertThat;

import ch.sbb.esta.results.LogInfo;
import ch.sbb.esta.results.LogState;
import ch.sbb.esta.results.PodSnapshot.State;
import ch.sbb.esta.results.ResultsException;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** Logs that collectors hand over to each other. */
class LogCollectorShareTest {

    @Test
    void aLogIsHandedOverWithoutBeingSealedAndGoesOnElsewhere() {
        try (Scene scene = new Scene().start();
                LogCollector other = other(scene)) {
            other.share(taskRun -> false);
            other.start();
            scene.emit(0, 50);
            scene.awaitStored();
            scene.collector.share(taskRun -> false);
            Scene.await(() -> scene.cluster.openStreams() == 0);
            assertThat(scene.sink.info(Scene.LOG).state()).isEqualTo(LogState.LIVE);
            assertThat(scene.collector.openLogs()).isEmpty();
            scene.emit(50, 100);
            other.share(taskRun -> true);
            scene.awaitStored();
            scene.emit(100, 150);
            scene.terminate();
            Scene.await(() -> scene.sink.info(Scene.LOG).isSealed());
            scene.assertComplete();
            assertThat(scene.collector.stats().complete()).isZero();
            assertThat(other.stats().complete()).isEqualTo(1);
        }
    }

    private static LogCollector other(Scene scene) {
        return new LogCollector(scene.cluster, scene.sink, scene.config, scene.now::get);
    }

    @Test
    void aLogThatGoesToAndFroLosesNothing() {
        try (Scene scene = new Scene().start();
                LogCollector other = other(scene)) {
            other.share(taskRun -> false);
            other.start();
            for (int round = 0; round < 40; round++) {
                boolean here = round % 2 == 0;
                scene.emit(round * 10, round * 10 + 5);
                // Sometimes both have it for a moment, sometimes nobody.
                if (round % 3 == 0) {
                    other.share(taskRun -> !here);
                    scene.collector.share(taskRun -> here);
                } else {
                    scene.collector.share(taskRun -> here);
                    other.share(taskRun -> !here);
                }
                scene.emit(round * 10 + 5, round * 10 + 10);
            }
            scene.terminate();
            Scene.await(() -> scene.sink.info(Scene.LOG).isSealed());
            LogInfo info = scene.sink.info(Scene.LOG);
            assertThat(scene.stored()).isEqualTo(scene.emitted.toString());
            assertThat(info.defects()).isEmpty();
        }
    }

    @Test
    void whatAppearsElsewhereIsNotCollected() {
        try (Scene scene = new Scene()) {
            scene.collector.share(taskRun -> !taskRun.equals("taskrun"));
            scene.start();
            scene.emit(0, 10);
            scene.terminate();
            assertThat(scene.collector.openLogs()).isEmpty();
            assertThat(scene.collector.hasSeen("pod-uid")).isFalse();
            assertThat(scene.sink.all()).isEmpty();
            scene.collector.share(taskRun -> true);
            scene.assertComplete();
        }
    }

    @Test
    void theQuestionIsAskedByTheUidOfTheTaskRun() {
        AtomicInteger asked = new AtomicInteger();
        try (Scene scene = new Scene()) {
            scene.collector.share(taskRun -> {
                assertThat(taskRun).isEqualTo("taskrun");
                return asked.incrementAndGet() > 0;
            });
            scene.cluster.addPod(Scene.pod(State.WAITING));
            scene.collector.start();
            assertThat(asked).hasPositiveValue();
        }
    }

    @Test
    void aSinkThatTakesNothingForNowDoesNotHoldUpTheHandingOver() {
        try (Scene scene = new Scene().start()) {
            scene.emit(0, 5);
            scene.awaitStored();
            scene.sink.refuse(ResultsException.Code.UNAVAILABLE, 1_000_000);
            scene.emit(5, 10);
            scene.collector.share(taskRun -> false);
            Scene.await(() -> scene.cluster.openStreams() == 0);
            scene.sink.refusals.set(0);
            scene.pass(Duration.ofSeconds(1));
            scene.collector.share(taskRun -> true);
            scene.terminate();
            scene.assertComplete();
        }
    }
}

package ch.sbb.esta.results.logs;

import static org.assertj.core.api.Assertions.assertThat;

import ch.sbb.esta.results.LogDefect;
import ch.sbb.esta.results.LogInfo;
import ch.sbb.esta.results.LogState;
import ch.sbb.esta.results.PodSnapshot.State;
import ch.sbb.esta.results.ResultsException.Code;
import ch.sbb.esta.results.memory.LogFault;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * Mixes everything that happens to logs and looks for a label COMPLETE over a loss, a line that is doubled or out of order, and a gap
 * that no defect names. The seed of a run that fails is in its message; threads make it differ a little from time to time.
 */
class LogCollectorFuzzTest {

    @Test
    void completeIsNeverSaidOverALossAndNothingIsDoubled() {
        long first = System.nanoTime();
        Map<LogState, Integer> labels = new HashMap<>();
        for (long seed = first; seed < first + 100; seed++) {
            run(new Story(seed), labels);
        }
        // Were everything labelled as a loss, or nothing lost, nothing would be shown.
        assertThat(labels.getOrDefault(LogState.COMPLETE, 0))
                .as("labels %s", labels)
                .isBetween(10, 99);
    }

    @Test
    @Tag("long")
    void completeIsNeverSaidOverALossInManyRuns() {
        long first = System.nanoTime();
        Map<LogState, Integer> labels = new HashMap<>();
        for (long seed = first; seed < first + 5_000; seed++) {
            run(new Story(seed), labels);
        }
        assertThat(labels.get(LogState.COMPLETE)).as("labels %s", labels).isGreaterThan(500);
    }

    private static void run(Story story, Map<LogState, Integer> labels) {
        story.play();
        labels.merge(story.check(), 1, Integer::sum);
    }

    /** One container's life with everything that happens to its log. */
    private static final class Story {
        private final long seed;
        private final Random random;
        private final Scene scene = new Scene();
        private final List<String> emitted = new ArrayList<>();
        private final StringBuilder did = new StringBuilder();
        private final boolean calm;
        private Instant filledSince = scene.now.get();
        private Duration nodeOffset = Duration.ZERO;
        private Instant lastRotation = Instant.EPOCH;
        private boolean endedEarly;
        private int line;

        Story(long seed) {
            this.seed = seed;
            this.random = new Random(seed);
            this.calm = random.nextBoolean();
        }

        void play() {
            scene.cluster.addPod(Scene.pod(State.WAITING));
            boolean late = random.nextInt(6) == 0;
            if (!late) {
                scene.collector.start();
            }
            scene.cluster.setState(Scene.STEP, State.RUNNING);
            if (late) {
                act("late");
                write(random.nextInt(30));
                scene.pass(Duration.ofSeconds(random.nextInt(20)));
                if (random.nextBoolean()) {
                    rotate();
                    write(random.nextInt(5));
                }
                scene.collector.start();
            }
            int acts = 5 + random.nextInt(30);
            for (int i = 0; i < acts; i++) {
                act();
            }
            boolean vanished = random.nextInt(8) == 0;
            if (vanished) {
                act("vanish");
                scene.cluster.deletePod("ci", "build-pod");
            } else {
                act("terminate");
                scene.terminate();
            }
            scene.letTimePass();
        }

        private void act(String what) {
            did.append(' ').append(what);
        }

        private void act() {
            int bytes = random.nextInt(2_000);
            switch (random.nextInt(calm ? 12 : 15)) {
                case 0, 1, 2 -> write(1 + random.nextInt(60));
                case 3 -> {
                    act("cut");
                    scene.cluster.cut(Scene.STEP);
                }
                case 4 -> endEarly(bytes);
                case 5 -> fault("break", LogFault.breakAfter(bytes));
                case 6 -> fault("sentence", LogFault.sentence("unable to retrieve container logs for containerd://1"));
                case 7 -> {
                    act("pass");
                    scene.pass(Duration.ofMillis(random.nextInt(3_000)));
                }
                case 8 -> {
                    act("back");
                    setBack(Duration.ofMillis(random.nextInt(60_000)));
                }
                case 9 -> {
                    act("restart");
                    scene.restart();
                }
                case 10 -> {
                    act("crash");
                    scene.collector.close();
                    scene.sink.crash(random);
                    scene.restart();
                }
                case 11 -> settle();
                case 12 -> rotate();
                case 13 -> {
                    act("refuse");
                    scene.sink.refuse(random.nextBoolean() ? Code.UNAVAILABLE : Code.INTERNAL, random.nextInt(4));
                }
                default -> fault("stall", LogFault.stallAfter(bytes));
            }
        }

        private void fault(String what, LogFault fault) {
            act(what);
            scene.cluster.fault(Scene.STEP, fault);
        }

        /** Once only: two closing reads that end cleanly at the same byte are what a log's end looks like. */
        private void endEarly(int bytes) {
            if (endedEarly) {
                fault("break", LogFault.breakAfter(bytes));
            } else {
                endedEarly = true;
                fault("end", LogFault.endAfter(bytes));
            }
        }

        private Instant nodeTime() {
            return scene.now.get().plus(nodeOffset);
        }

        /** A kubelet rotates what is full, and it takes a container some time to fill it, behind the start and behind a silence. */
        private void rotate() {
            act("rotate");
            passUntil(Duration.between(scene.now.get(), filledSince.plusSeconds(11)));
            passUntil(Duration.between(nodeTime(), filledSince.plusSeconds(11)));
            lastRotation = nodeTime();
            filledSince = scene.now.get();
            scene.pass(Duration.ofMillis(1));
            scene.cluster.rotate(Scene.STEP);
        }

        private void passUntil(Duration left) {
            scene.pass(left.isNegative() ? Duration.ZERO : left);
        }

        /** Sets the node's clock back, but not past a rotation: lines on both sides of one bear different times. */
        private void setBack(Duration by) {
            Duration most = Duration.between(lastRotation, nodeTime()).minusNanos(1);
            nodeOffset = nodeOffset.minus(by.compareTo(most) < 0 ? by : most);
        }

        /** Gives the collector the time to keep up, as it mostly does. */
        private void settle() {
            act("settle");
            long bytes = scene.collector.stats().bytes();
            long deadline = System.nanoTime() + 3_000_000;
            while (System.nanoTime() < deadline && scene.collector.stats().bytes() == bytes) {
                Thread.onSpinWait();
            }
        }

        private void write(int lines) {
            act("write" + lines);
            int how = random.nextInt(4);
            for (int i = 0; i < lines; i++) {
                if (how > 0) {
                    scene.pass(Duration.ofNanos(how == 1 ? 1_000_000_000 : 1 + random.nextInt(5_000_000)));
                }
                // Some lines are equal, some are parts that go on without a timestamp in front.
                String text = random.nextInt(4) == 0 ? "same\n" : "line " + line++ + "\n";
                Instant time = nodeTime();
                if (random.nextInt(10) == 0) {
                    scene.cluster.appendPart(Scene.STEP, "begun ".getBytes(StandardCharsets.UTF_8), time);
                    text = "begun " + text;
                    scene.cluster.appendPart(Scene.STEP, text.substring(6).getBytes(StandardCharsets.UTF_8), time);
                } else {
                    scene.cluster.appendPart(Scene.STEP, text.getBytes(StandardCharsets.UTF_8), time);
                }
                if (emitted.isEmpty()) {
                    filledSince = scene.now.get();
                }
                emitted.add(text);
            }
        }

        LogState check() {
            scene.close();
            LogInfo info = scene.sink.info(Scene.LOG);
            String stored = scene.stored();
            String all = String.join("", emitted);
            String story = "seed " + seed + ":" + did + "; " + info;
            if (info.state() == LogState.COMPLETE) {
                assertThat(stored).as(story).isEqualTo(all);
            }
            checkPieces(info, stored, story);
            return info.state();
        }

        /** Between two defects the stored text is one piece of what was emitted, and the pieces come in order. */
        private void checkPieces(LogInfo info, String stored, String story) {
            List<Integer> places = new ArrayList<>();
            places.add(0);
            info.defects().stream()
                    .filter(defect -> defect.reason().state() == LogState.GAPPED
                            || defect.reason() == LogDefect.Reason.HEAD_UNPROVEN)
                    .forEach(defect -> places.add((int) defect.offset()));
            places.add(stored.length());
            String all = String.join("", emitted);
            boolean head = info.defects().stream().noneMatch(d -> d.reason() == LogDefect.Reason.HEAD_UNPROVEN);
            if (head) {
                assertThat(all).as("head of %s", story).startsWith(stored.substring(0, places.get(1)));
            }
            int from = 0;
            for (int i = 0; i + 1 < places.size(); i++) {
                String piece = stored.substring(places.get(i), places.get(i + 1));
                int at = all.indexOf(piece, from);
                assertThat(at)
                        .as("piece %d of %s in order: <%s> behind %d of <%s>", i, story, piece, from, all)
                        .isNotNegative();
                from = at + piece.length();
            }
        }
    }
}

package ch.sbb.esta.results.k8s;

import static org.assertj.core.api.Assertions.assertThat;

import ch.sbb.esta.results.ContainerLogId;
import ch.sbb.esta.results.LogDefect.Reason;
import ch.sbb.esta.results.LogInfo;
import ch.sbb.esta.results.LogState;
import ch.sbb.esta.results.logs.LogCollector;
import ch.sbb.esta.results.logs.LogCollectorConfig;
import ch.sbb.esta.results.logs.LogStoreConfig;
import ch.sbb.esta.results.logs.SegmentedLogs;
import ch.sbb.esta.results.memory.InMemoryBlobStore;
import ch.sbb.esta.results.spi.ContainerLogs;
import ch.sbb.esta.results.testkit.ManualClock;
import ch.sbb.esta.results.testkit.PodDriver.Container;
import ch.sbb.esta.results.testkit.fault.FaultyBlobStore;
import ch.sbb.esta.results.testkit.kube.KubeApiServer;
import ch.sbb.esta.results.testkit.kube.LogFault;
import ch.sbb.esta.results.testkit.kube.NodeLog;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicReference;
import org.awaitility.Awaitility;

/** One container's life on a node, with everything that happens to its log on the way to a blob store; seeded. */
final class NodeStory {

    static final Instant START = Instant.parse("2026-11-20T10:00:00Z");

    private static final String NAMESPACE = "stories";
    private static final String STEP = "step-a";

    private final long seed;
    private final Random random;
    private final Stage stage;
    private final Container container;
    private final NodeLog node;
    private final TestPods pods;
    private final ContainerLogId id;
    private final InMemoryBlobStore blobs = new InMemoryBlobStore();
    private final ByteArrayOutputStream emitted = new ByteArrayOutputStream();
    private final StringBuilder did = new StringBuilder();
    private final boolean calm;

    private FaultyBlobStore wire;
    private SegmentedLogs sink;
    private LogCollector collector;
    private Instant filledSince = START;
    private Instant lastRotation = Instant.EPOCH;
    private boolean endedEarly;
    private int line;

    /**
     * Where the stories are played.
     *
     * @param nodeOffset how far the node's clock is from the collector's
     */
    record Stage(
            KubeApiServer server,
            ContainerLogs logs,
            ManualClock clock,
            AtomicReference<Duration> nodeOffset,
            Path spool) {}

    NodeStory(long seed, Stage stage) {
        this.seed = seed;
        this.random = new Random(seed);
        this.stage = stage;
        this.calm = random.nextBoolean();
        stage.clock.set(START);
        stage.nodeOffset.set(Duration.ZERO);
        pods = new TestPods(stage.server, stage.clock);
        String pod = "pod-" + Long.toHexString(seed);
        container = new Container(NAMESPACE, pod, STEP);
        id = new ContainerLogId(
                NAMESPACE,
                "taskrun",
                pods.create(NAMESPACE, pod, "taskrun", List.of(STEP)).uid(),
                STEP,
                0);
        node = stage.server.nodeLog(NAMESPACE, pod, STEP);
        wire = new FaultyBlobStore(blobs);
        sink = sink();
        collector = collector();
    }

    private SegmentedLogs sink() {
        return new SegmentedLogs(
                wire,
                LogStoreConfig.builder()
                        .segmentBytes(1 + random.nextInt(5_000))
                        .segmentAge(Duration.ofMillis(20))
                        .spoolBytes(64 << 20)
                        .spoolDirectory(stage.spool)
                        .build());
    }

    private LogCollector collector() {
        LogCollectorConfig config = LogCollectorConfig.builder()
                .minBackoff(Duration.ofMillis(1))
                .maxBackoff(Duration.ofMillis(20))
                .checkAfter(Duration.ofMillis(100))
                .build();
        return new LogCollector(stage.logs, sink, config, stage.clock);
    }

    /** Plays the story to its end; returns the label. */
    LogState play() throws IOException {
        boolean late = random.nextInt(6) == 0;
        if (!late) {
            collector.start();
        }
        pods.start(container);
        if (late) {
            act("late");
            write(random.nextInt(30));
            pass(random.nextInt(20_000));
            if (random.nextBoolean()) {
                rotate();
                write(random.nextInt(5));
            }
            collector.start();
        }
        int acts = 5 + random.nextInt(25);
        for (int i = 0; i < acts; i++) {
            act();
        }
        boolean vanishes = random.nextInt(8) == 0;
        if (vanishes) {
            act("vanish");
            pods.delete(NAMESPACE, container.pod());
        } else {
            act("terminate");
            pods.terminate(container);
        }
        Awaitility.await("seed " + seed + ":" + did)
                .atMost(Duration.ofSeconds(60))
                .pollInterval(Duration.ofMillis(2))
                .until(() -> {
                    pass(1_000);
                    if (vanishes) {
                        // A process that began when the pod was gone does not know of it.
                        collector.sealAbandoned(sink, NAMESPACE, "taskrun");
                    }
                    // One that died before it stored anything leaves no log at all.
                    return collector.openLogs().isEmpty()
                            && sink.find(id).map(LogInfo::isSealed).orElse(vanishes);
                });
        return check();
    }

    private void act(String what) {
        did.append(' ').append(what);
    }

    private void act() {
        int bytes = random.nextInt(2_000);
        switch (random.nextInt(calm ? 13 : 16)) {
            case 0, 1, 2 -> write(1 + random.nextInt(60));
            case 3 -> {
                act("end");
                node.endStreams();
            }
            case 4 -> {
                act("reset");
                node.resetStreams();
            }
            case 5 -> endEarly(bytes);
            case 6 -> fault("break", LogFault.resetAfter(bytes));
            case 7 -> fault("sentence", LogFault.sentence("unable to retrieve container logs for containerd://1"));
            case 8 -> {
                act("pass");
                pass(random.nextInt(3_000));
            }
            case 9 -> {
                act("back");
                setBack(Duration.ofMillis(random.nextInt(60_000)));
            }
            case 10 -> crash();
            case 11, 12 -> settle();
            case 13 -> rotate();
            case 14 -> fault("refuse", LogFault.refuse(random.nextBoolean() ? 500 : 502, "no kubelet"));
            default -> fault("stall", LogFault.stallAfter(bytes));
        }
    }

    private void fault(String what, LogFault fault) {
        act(what);
        node.fault(fault);
    }

    /** Once only: two closing reads that end cleanly at the same byte are what a log's end looks like. */
    private void endEarly(int bytes) {
        if (endedEarly) {
            fault("break", LogFault.resetAfter(bytes));
        } else {
            endedEarly = true;
            fault("end", LogFault.endAfter(bytes));
        }
    }

    /** The process dies; another one takes over. */
    private void crash() {
        act("crash");
        wire.stop();
        collector.close();
        sink.close();
        wire = new FaultyBlobStore(blobs);
        sink = sink();
        collector = collector();
        collector.start();
    }

    private Instant nodeTime() {
        return stage.clock.instant().plus(stage.nodeOffset.get());
    }

    private void pass(long millis) {
        stage.clock.advance(Duration.ofMillis(millis));
    }

    /** A kubelet rotates what is full, and it takes a container some time to fill it, behind the start and behind a silence. */
    private void rotate() {
        act("rotate");
        passUntil(Duration.between(stage.clock.instant(), filledSince.plusSeconds(11)));
        passUntil(Duration.between(nodeTime(), filledSince.plusSeconds(11)));
        lastRotation = nodeTime();
        filledSince = stage.clock.instant();
        pass(1);
        node.rotate();
    }

    private void passUntil(Duration left) {
        stage.clock.advance(left.isNegative() ? Duration.ZERO : left);
    }

    /** Sets the node's clock back, but not past a rotation: lines on both sides of one bear different times. */
    private void setBack(Duration by) {
        Duration most = Duration.between(lastRotation, nodeTime()).minusNanos(1);
        Duration step = by.compareTo(most) < 0 ? by : most;
        stage.nodeOffset.updateAndGet(offset -> offset.minus(step));
    }

    /** Gives the collector the time to keep up, as it mostly does. */
    private void settle() {
        act("settle");
        long bytes = collector.stats().bytes();
        long deadline = System.nanoTime() + Duration.ofMillis(20).toNanos();
        while (System.nanoTime() < deadline && collector.stats().bytes() == bytes) {
            Thread.onSpinWait();
        }
    }

    private void write(int lines) {
        act("write" + lines);
        int how = random.nextInt(4);
        for (int i = 0; i < lines; i++) {
            if (how > 0) {
                stage.clock.advance(Duration.ofNanos(how == 1 ? 1_000_000_000 : 1 + random.nextInt(5_000_000)));
            }
            if (emitted.size() == 0) {
                filledSince = stage.clock.instant();
            }
            byte[] text = line();
            emitted.writeBytes(text);
            node.append(text);
        }
    }

    /** Equal lines, progress bars, bytes that are no text, and lines that the runtime splits. */
    private byte[] line() {
        int number = line++;
        byte[] text = ("line " + number + "\n").getBytes(StandardCharsets.UTF_8);
        return switch (random.nextInt(12)) {
            case 0, 1, 2 -> "same\n".getBytes(StandardCharsets.UTF_8);
            case 3 -> ("10%\r20%\r" + number + "\r\n").getBytes(StandardCharsets.UTF_8);
            case 4 -> {
                text[1] = (byte) 0xff;
                text[2] = 0;
                yield text;
            }
            case 5 -> ("x".repeat(random.nextInt(70_000)) + number + "\n").getBytes(StandardCharsets.UTF_8);
            default -> text;
        };
    }

    private LogState check() throws IOException {
        collector.close();
        LogInfo info = sink.find(id).orElse(new LogInfo(id, LogState.PARTIAL, LogInfo.Extent.EMPTY, List.of()));
        String all = emitted.toString(StandardCharsets.ISO_8859_1);
        String stored = "";
        if (info.extent().bytes() > 0) {
            try (InputStream in = sink.read(id, 0, Long.MAX_VALUE)) {
                stored = new String(in.readAllBytes(), StandardCharsets.ISO_8859_1);
            }
        }
        sink.close();
        String story = "seed " + seed + ":" + did + "; " + info;
        if (info.state() == LogState.COMPLETE) {
            assertThat(stored.equals(all)).as("complete: " + story).isTrue();
        }
        checkPieces(info, stored, all, story);
        if (!did.toString().contains("vanish")) {
            pods.delete(NAMESPACE, container.pod());
        }
        return info.state();
    }

    /** Between two defects the stored text is one piece of what was emitted, and the pieces come in order. */
    private static void checkPieces(LogInfo info, String stored, String all, String story) {
        List<Integer> places = new ArrayList<>();
        places.add(0);
        info.defects().stream()
                .filter(defect -> defect.reason().state() == LogState.GAPPED || defect.reason() == Reason.HEAD_UNPROVEN)
                .forEach(defect -> places.add((int) defect.offset()));
        places.add(stored.length());
        if (info.defects().stream().noneMatch(defect -> defect.reason() == Reason.HEAD_UNPROVEN)) {
            assertThat(all.startsWith(stored.substring(0, places.get(1))))
                    .as("head of " + story)
                    .isTrue();
        }
        int from = 0;
        for (int i = 0; i + 1 < places.size(); i++) {
            String piece = stored.substring(places.get(i), places.get(i + 1));
            int at = all.indexOf(piece, from);
            assertThat(at).as("piece %d of %s in order", i, story).isNotNegative();
            from = at + piece.length();
        }
    }
}

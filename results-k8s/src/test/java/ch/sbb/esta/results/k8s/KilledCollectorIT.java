package ch.sbb.esta.results.k8s;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import ch.sbb.esta.results.logs.LogStoreConfig;
import ch.sbb.esta.results.logs.SegmentedLogs;
import ch.sbb.esta.results.testkit.kube.KubeApiServer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.SortedMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Collectors in processes of their own that are killed, doubled and paused while containers write. */
final class KilledCollectorIT {

    private static final int CONTAINERS = 20;
    private static final Duration PATIENCE = Duration.ofMinutes(2);

    /** What stays of a log: the END segment, the text, the index and the manifest. */
    private static final int BLOBS_OF_A_LOG = 4;

    @TempDir
    Path folder;

    private final List<AutoCloseable> open = new ArrayList<>();
    private final List<CollectorProcess> processes = new ArrayList<>();
    private final long seed = System.nanoTime();
    private final Random random = new Random(seed);
    private final KubeApiServer server = KubeApiServer.builder().start();
    private final BusyContainers containers = new BusyContainers(server, seed, CONTAINERS);

    @BeforeEach
    void writeKubeconfig() throws IOException {
        open.add(server);
        open.add(containers);
        Files.writeString(folder.resolve("kubeconfig"), server.kubeconfig());
    }

    @AfterEach
    void close() throws Exception {
        processes.forEach(CollectorProcess::close);
        for (int i = open.size() - 1; i >= 0; i--) {
            open.get(i).close();
        }
    }

    @Test
    void fiveKillsLoseAndDoubleNothing() throws Exception {
        kill(start(TestStore.Kind.S3), 5);
    }

    @ParameterizedTest
    @EnumSource
    @Tag("long")
    void fiftyKillsLoseAndDoubleNothing(TestStore.Kind kind) throws Exception {
        kill(start(kind), 50);
    }

    private void kill(TestStore store, int kills) throws Exception {
        containers.start();
        int whileAllWrite = kills * 4 / 10;
        int whileSomeEnd = kills * 7 / 10;
        int ended = 0;
        for (int i = 0; i < kills; i++) {
            CollectorProcess process = startProcess(store);
            if (random.nextInt(8) > 0) {
                process.awaitCollecting();
            }
            Duration half = Duration.ofMillis(random.nextInt(i < whileSomeEnd ? 1_250 : 500));
            process.outlives(half);
            int toEnd = i < whileAllWrite ? 0 : i < whileSomeEnd ? ended + random.nextInt(4) : CONTAINERS;
            for (; ended < Math.min(toEnd, CONTAINERS); ended++) {
                containers.end(ended);
            }
            process.outlives(half);
            process.kill();
        }
        CollectorProcess last = startProcess(store);
        last.awaitIdle();
        last.end();
        check(store, "killed " + kills + " times, seed " + seed);
        try (Stream<Path> left = Files.list(folder.resolve("spool"))) {
            assertThat(left).as("spool directories of dead processes").isEmpty();
        }
    }

    @Test
    void twoCollectorsOfTheSameContainersStoreEveryLineOnce() throws Exception {
        collectTwice(start(TestStore.Kind.S3));
    }

    @Test
    @Tag("long")
    void twoCollectorsOfTheSameContainersWriteEveryLineToFilesOnce() throws Exception {
        collectTwice(start(TestStore.Kind.FILES));
    }

    private void collectTwice(TestStore store) throws Exception {
        containers.start();
        CollectorProcess one = startProcess(store);
        CollectorProcess other = startProcess(store);
        one.awaitCollecting();
        other.awaitCollecting();
        other.outlives(Duration.ofSeconds(6));
        containers.endAll();
        one.awaitIdle();
        other.awaitIdle();
        assertThat(one.left() + other.left()).as("logs that were left").isPositive();
        one.end();
        other.end();
        check(store, "collected by two, seed " + seed);
    }

    @Test
    void whatACollectorHasLeftToAnotherItTakesOverWhenThatOneDies() throws Exception {
        TestStore store = start(TestStore.Kind.S3);
        containers.start();
        CollectorProcess one = startProcess(store);
        CollectorProcess other = startProcess(store);
        await().atMost(PATIENCE).until(() -> one.left() + other.left() >= CONTAINERS);
        one.kill();
        other.outlives(Duration.ofSeconds(1));
        containers.endAll();
        other.awaitIdle();
        other.end();
        check(store, "one of two killed, seed " + seed);
    }

    @Test
    void aPausedCollectorThatWakesBehindTheSealingChangesNothing() throws Exception {
        pauseOne(start(TestStore.Kind.S3));
    }

    @Test
    @Tag("long")
    void aPausedCollectorThatWakesBehindTheSealingChangesNoFile() throws Exception {
        pauseOne(start(TestStore.Kind.FILES));
    }

    private void pauseOne(TestStore store) throws Exception {
        containers.start();
        CollectorProcess paused = startProcess(store);
        paused.awaitCollecting();
        paused.outlives(Duration.ofMillis(2_000 + random.nextInt(2_000)));
        paused.pause();
        CollectorProcess other = startProcess(store);
        other.awaitCollecting();
        other.outlives(Duration.ofSeconds(2));
        containers.endAll();
        other.awaitIdle();
        other.end();
        check(store, "one paused, seed " + seed);
        SortedMap<String, String> before = store.content();

        paused.goOn();
        paused.awaitIdle();

        assertThat(store.content()).as("seed %d", seed).isEqualTo(before);
        paused.end();
        assertThat(store.content()).as("seed %d", seed).isEqualTo(before);
    }

    private TestStore start(TestStore.Kind kind) {
        TestStore store = TestStore.start(kind, folder.resolve("blobs"));
        open.add(store);
        return store;
    }

    private CollectorProcess startProcess(TestStore store) throws IOException {
        List<String> arguments = new ArrayList<>();
        arguments.add(folder.resolve("kubeconfig").toString());
        arguments.add(folder.resolve("spool").toString());
        arguments.addAll(store.arguments());
        CollectorProcess process = CollectorProcess.start(folder.resolve("printed-" + processes.size()), arguments);
        processes.add(process);
        return process;
    }

    private void check(TestStore store, String story) throws IOException {
        try (SegmentedLogs logs = new SegmentedLogs(
                store.blobs(),
                LogStoreConfig.builder()
                        .spoolDirectory(folder.resolve("reading"))
                        .build())) {
            await(story).atMost(PATIENCE).until(() -> containers.areSealed(logs));
            containers.assertComplete(logs, story);
        }
        assertThat(store.content().keySet()).as(story).hasSize(CONTAINERS * BLOBS_OF_A_LOG);
    }
}

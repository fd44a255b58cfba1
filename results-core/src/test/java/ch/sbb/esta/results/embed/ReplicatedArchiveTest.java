package ch.sbb.esta.results.embed;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import ch.sbb.esta.results.ContainerLogId;
import ch.sbb.esta.results.ListQuery;
import ch.sbb.esta.results.LogDefect;
import ch.sbb.esta.results.LogInfo;
import ch.sbb.esta.results.LogState;
import ch.sbb.esta.results.PodSnapshot;
import ch.sbb.esta.results.PodSnapshot.State;
import ch.sbb.esta.results.ReplicaView;
import ch.sbb.esta.results.ResultsException;
import ch.sbb.esta.results.logs.LogCollectorConfig;
import ch.sbb.esta.results.logs.LogRecords;
import ch.sbb.esta.results.memory.InMemoryClusterRuns;
import ch.sbb.esta.results.memory.InMemoryContainerLogs;
import ch.sbb.esta.results.memory.InMemoryContainerLogs.Address;
import ch.sbb.esta.results.memory.InMemoryLogs;
import ch.sbb.esta.results.memory.InMemoryReplicas;
import ch.sbb.esta.results.memory.InMemoryResultsStore;
import ch.sbb.esta.results.memory.InMemoryRunWatcher;
import ch.sbb.esta.results.prune.PrunerConfig;
import ch.sbb.esta.results.spi.LogWriter;
import ch.sbb.esta.results.spi.RunWatcher;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Several archives that do the work of one. */
class ReplicatedArchiveTest {

    private static final int PODS = 12;

    @TempDir
    Path directory;

    private final InMemoryReplicas group = new InMemoryReplicas(InstantSource.system());
    private final InMemoryClusterRuns cluster = new InMemoryClusterRuns();
    private final InMemoryContainerLogs pods = new InMemoryContainerLogs(InstantSource.system());
    private final InMemoryLogs logs = new InMemoryLogs();
    private final InMemoryResultsStore store = new InMemoryResultsStore(InstantSource.system());
    private final Map<String, ResultsArchive> archives = new LinkedHashMap<>();
    private final Map<String, StringBuilder> emitted = new LinkedHashMap<>();

    @AfterEach
    void close() {
        archives.values().forEach(ResultsArchive::close);
    }

    private ResultsArchive.Builder builder(String name) {
        return ResultsArchive.builder()
                .runs(new InMemoryRunWatcher(cluster))
                .store(store)
                .logs(pods, logs)
                .collector(LogCollectorConfig.builder()
                        .headWindow(Duration.ofMinutes(30))
                        .lagLimit(Duration.ofMinutes(30))
                        .minBackoff(Duration.ofMillis(1))
                        .maxBackoff(Duration.ofMillis(20))
                        .build())
                .settling(Duration.ofMillis(50))
                .relook(Duration.ofMillis(20))
                .replicas(group.replica(name))
                .workDirectory(directory.resolve(name));
    }

    private ResultsArchive start(String name) {
        ResultsArchive archive = builder(name).build();
        archives.put(name, archive);
        archive.start();
        return archive;
    }

    private ResultsArchive archive(String name) {
        return Objects.requireNonNull(archives.get(name));
    }

    private StringBuilder emittedBy(int pod) {
        return Objects.requireNonNull(emitted.get("pod-" + pod));
    }

    private static void until(Callable<Boolean> condition) {
        await().atMost(Duration.ofMinutes(1)).pollInterval(Duration.ofMillis(5)).until(condition);
    }

    private ReplicaView view(String name) {
        return archive(name).stats().replica().orElseThrow();
    }

    private long streams(String name) {
        return archive(name).stats().collector().orElseThrow().open();
    }

    private boolean watches(String name) {
        return archive(name).stats().lastHeard().isPresent();
    }

    private static Address step(int pod) {
        return new Address("ci", "pod-" + pod, "step-a");
    }

    private static ContainerLogId log(int pod) {
        return new ContainerLogId("ci", "task-" + pod, "uid-of-pod-" + pod, "step-a", 0);
    }

    private void beginPods() {
        for (int i = 0; i < PODS; i++) {
            pods.addPod(new PodSnapshot(
                    "ci",
                    "pod-" + i,
                    "uid-of-pod-" + i,
                    "task-" + i,
                    false,
                    List.of(new PodSnapshot.Container("step-a", PodSnapshot.Role.STEP, State.WAITING, 0, null, null))));
            pods.setState(step(i), State.RUNNING);
            emitted.put("pod-" + i, new StringBuilder());
        }
    }

    private void write(String text) {
        for (int i = 0; i < PODS; i++) {
            pods.append(step(i), text + " of " + i, Instant.now());
            emittedBy(i).append(text).append(" of ").append(i).append('\n');
        }
    }

    private void endPods() {
        for (int i = 0; i < PODS; i++) {
            pods.setState(step(i), State.TERMINATED);
        }
    }

    private boolean areSealed() {
        for (int i = 0; i < PODS; i++) {
            if (!logs.find(log(i)).map(LogInfo::isSealed).orElse(false)) {
                return false;
            }
        }
        return true;
    }

    private void assertComplete() throws IOException {
        for (int i = 0; i < PODS; i++) {
            LogInfo info = logs.find(log(i)).orElseThrow();
            assertThat(info.defects()).as("%s", info.id()).isEmpty();
            assertThat(info.state()).isEqualTo(LogState.COMPLETE);
            try (InputStream text = logs.read(log(i), 0, Long.MAX_VALUE)) {
                assertThat(new String(text.readAllBytes(), StandardCharsets.UTF_8))
                        .isEqualTo(emittedBy(i).toString());
            }
        }
    }

    private void taskRun(int number, String condition) {
        cluster.put("""
                {"apiVersion":"tekton.dev/v1","kind":"TaskRun",
                 "metadata":{"namespace":"ci","name":"t%1$d","uid":"task-%1$d"},
                 "status":{"podName":"pod-%1$d","startTime":"%3$s",
                           "conditions":[{"type":"Succeeded","status":"%2$s"}]}}
                """.formatted(number, condition, Instant.now()).getBytes(StandardCharsets.UTF_8));
    }

    private long stored(String type) {
        return store.listRecords(ListQuery.of("ci/results/-")).items().stream()
                .filter(record -> record.type().contains(type))
                .count();
    }

    @Test
    void theFirstLeadsAndTheOthersStandBy() throws Exception {
        start("a");
        start("b");
        assertThat(view("a").isLeader()).isTrue();
        until(() -> view("a").members().equals(List.of("a", "b")));
        assertThat(view("b").role()).isEqualTo(ReplicaView.Role.STANDBY);
        assertThat(watches("a")).isTrue();
        assertThat(watches("b")).isFalse();
        taskRun(1, "True");
        until(() -> stored("TaskRun") == 1);
        assertThat(archive("b").stats().archiver().admissions().values())
                .as("taken by the standby")
                .allMatch(count -> count == 0);
        assertThat(archive("b").awaitIdle(Duration.ofSeconds(60))).isTrue();
    }

    @Test
    void whoeverIsLeftFindsWhatHappenedMeanwhile() {
        start("a");
        start("b");
        start("c");
        archive("a").stop();
        taskRun(1, "True");
        until(() -> stored("TaskRun") == 1);
        until(() -> watches("b"));
        group.cutOff("b");
        until(() -> !watches("b"));
        taskRun(2, "True");
        until(() -> stored("TaskRun") == 2);
        assertThat(watches("c")).isTrue();
        assertThat(archive("a").stats().replica()).isEmpty();
        start("a");
        assertThat(view("a").isLeader()).isFalse();
    }

    @Test
    void theLogsAreSharedAndGoOnWhenReplicasComeAndGo() throws Exception {
        start("a");
        beginPods();
        write("with one");
        until(() -> streams("a") == PODS);
        start("b");
        start("c");
        until(() -> streams("a") + streams("b") + streams("c") == PODS && streams("b") > 0 && streams("c") > 0);
        write("with three");
        archive("b").stop();
        write("without b");
        until(() -> streams("a") + streams("c") == PODS);
        group.cutOff("c");
        write("c is cut off and goes on beside a");
        until(() -> view("a").members().equals(List.of("a")));
        write("with one and one that thinks that it is");
        endPods();
        until(this::areSealed);
        assertComplete();
    }

    @Test
    void aReplicaThatComesAndGoesAgainAndAgainCostsNothing() throws Exception {
        start("a");
        beginPods();
        for (int round = 0; round < 8; round++) {
            write("round " + round);
            start("b");
            write("with b in round " + round);
            archive("b").stop();
        }
        endPods();
        until(this::areSealed);
        assertComplete();
    }

    @Test
    void theLogRecordTellsOfLogsThatAnotherOneSealed() {
        ResultsArchive leader = builder("a").relook(Duration.ofSeconds(1)).build();
        archives.put("a", leader);
        leader.start();
        start("b");
        beginPods();
        write("text");
        until(() -> streams("a") + streams("b") == PODS && streams("b") > 0);
        for (int i = 0; i < PODS; i++) {
            taskRun(i, "True");
        }
        until(() -> stored("TaskRun") == PODS);
        endPods();
        until(() -> store.listRecords(ListQuery.of("ci/results/-").pageSize(100)).items().stream()
                        .filter(record -> record.type().equals(LogRecords.TYPE) && LogRecords.isStored(record))
                        .count()
                == PODS);
    }

    @Test
    void whatADeadReplicaLeftIsSealedWhenThePodIsGone() {
        start("a");
        start("b");
        try (LogWriter writer = logs.open(log(1))) {
            writer.beginLine(Instant.now());
            writer.append(new byte[] {'x', '\n'}, 0, 2);
        }
        taskRun(1, "True");
        until(() -> logs.find(log(1)).orElseThrow().isSealed());
        assertThat(logs.find(log(1)).orElseThrow().defects())
                .extracting(LogDefect::reason)
                .containsExactly(LogDefect.Reason.ABANDONED);
    }

    @Test
    void onlyTheLeaderPrunes() {
        for (String name : List.of("a", "b")) {
            ResultsArchive archive = builder(name)
                    .sweep(cluster)
                    .prune(PrunerConfig.builder()
                            .grace("-1s")
                            .interval(Duration.ofMillis(20))
                            .build())
                    .build();
            archives.put(name, archive);
            archive.start();
        }
        until(() -> pruned(0));
        assertThat(pruned(1)).isFalse();
        archive("a").stop();
        until(() -> pruned(1));
    }

    private boolean pruned(int archive) {
        return new ArrayList<>(archives.values())
                        .get(archive)
                        .stats()
                        .pruner()
                        .orElseThrow()
                        .lastEnded()
                != null;
    }

    @Test
    void aWatchThatCannotBeginIsTriedAgain() {
        AtomicInteger attempts = new AtomicInteger();
        RunWatcher late = handler -> {
            if (attempts.incrementAndGet() < 2) {
                throw new ResultsException(ResultsException.Code.UNAVAILABLE, "not yet");
            }
            return new InMemoryRunWatcher(cluster).watch(handler);
        };
        start("a");
        ResultsArchive heir = builder("b").runs(late).build();
        archives.put("b", heir);
        heir.start();
        archive("a").stop();
        until(() -> watches("b"));
        assertThat(attempts).hasValue(2);
        taskRun(1, "True");
        until(() -> stored("TaskRun") == 1);
    }

    @Test
    void startingAndStoppingTwiceIsHarmless() {
        ResultsArchive archive = start("a");
        archive.start();
        assertThat(view("a").members()).containsExactly("a");
        archive.stop();
        archive.stop();
        assertThat(archive.stats().replica()).isEmpty();
        archive.start();
        assertThat(view("a").isLeader()).isTrue();
    }
}

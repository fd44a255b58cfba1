package ch.sbb.esta.results.embed;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.awaitility.Durations.ONE_MINUTE;

import ch.sbb.esta.results.ContainerLogId;
import ch.sbb.esta.results.ListQuery;
import ch.sbb.esta.results.LogDefect;
import ch.sbb.esta.results.LogInfo;
import ch.sbb.esta.results.LogState;
import ch.sbb.esta.results.PodSnapshot;
import ch.sbb.esta.results.PodSnapshot.State;
import ch.sbb.esta.results.logs.LogCollectorConfig;
import ch.sbb.esta.results.logs.LogRecords;
import ch.sbb.esta.results.memory.InMemoryClusterRuns;
import ch.sbb.esta.results.memory.InMemoryContainerLogs;
import ch.sbb.esta.results.memory.InMemoryContainerLogs.Address;
import ch.sbb.esta.results.memory.InMemoryLogs;
import ch.sbb.esta.results.memory.InMemoryResultsStore;
import ch.sbb.esta.results.memory.InMemoryRunWatcher;
import ch.sbb.esta.results.spi.LogWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** An archive that ends in the middle of logs, and the next one on the same sink. */
class AbandonedLogsTest {

    private static final Address FIRST = new Address("ci", "pod-1", "step-a");
    private static final Address SECOND = new Address("ci", "pod-2", "step-a");

    @TempDir
    Path directory;

    private final InMemoryClusterRuns cluster = new InMemoryClusterRuns();
    private final InMemoryContainerLogs pods = new InMemoryContainerLogs(InstantSource.system());
    private final InMemoryLogs logs = new InMemoryLogs();
    private final InMemoryResultsStore store = new InMemoryResultsStore(InstantSource.system());

    @SuppressWarnings("NullAway.Init") // set before each test
    private ResultsArchive archive;

    @BeforeEach
    void begin() {
        archive = next();
        pods.addPod(pod("pod-1"));
        pods.setState(FIRST, State.RUNNING);
        pods.addPod(pod("pod-2"));
        pods.setState(SECOND, State.RUNNING);
        pods.append(FIRST, "from the first attempt", Instant.now());
        pods.append(SECOND, "from the second attempt", Instant.now());
        await().atMost(ONE_MINUTE)
                .until(() -> archive.stats().collector().orElseThrow().lines() == 2);
        archive.stop();
        assertThat(state("pod-1")).contains(LogState.LIVE);
        assertThat(state("pod-2")).contains(LogState.LIVE);
    }

    private ResultsArchive next() {
        ResultsArchive started = ResultsArchive.builder()
                .runs(new InMemoryRunWatcher(cluster))
                .store(store)
                .logs(pods, logs)
                .collector(LogCollectorConfig.builder()
                        .minBackoff(Duration.ofMillis(1))
                        .maxBackoff(Duration.ofMillis(10))
                        .build())
                .settling(Duration.ofMillis(20))
                .workDirectory(directory)
                .build();
        started.start();
        return started;
    }

    @AfterEach
    void stop() {
        archive.stop();
    }

    private static PodSnapshot pod(String name) {
        return new PodSnapshot(
                "ci",
                name,
                "uid-of-" + name,
                "t",
                false,
                List.of(new PodSnapshot.Container("step-a", PodSnapshot.Role.STEP, State.WAITING, 0, null, null)));
    }

    private static ContainerLogId log(String pod) {
        return new ContainerLogId("ci", "t", "uid-of-" + pod, "step-a", 0);
    }

    private Optional<LogState> state(String pod) {
        return logs.find(log(pod)).map(LogInfo::state);
    }

    private void taskRun(String condition) {
        cluster.put("""
                {"apiVersion":"tekton.dev/v1","kind":"TaskRun",
                 "metadata":{"namespace":"ci","name":"t","uid":"t"},
                 "status":{"podName":"pod-2","startTime":"2026-03-01T10:00:00Z","retriesStatus":[{"podName":"pod-1"}],
                           "conditions":[{"type":"Succeeded","status":"%s"}]}}
                """.formatted(condition).getBytes(StandardCharsets.UTF_8));
    }

    @Test
    void whatNobodyWillFinishIsSealed() {
        pods.vanishPod("ci", "pod-1");
        taskRun("False");
        archive = next();
        await().atMost(ONE_MINUTE).until(() -> state("pod-1").equals(Optional.of(LogState.PARTIAL)));
        assertThat(logs.find(log("pod-1")).orElseThrow().defects())
                .extracting(LogDefect::reason)
                .contains(LogDefect.Reason.ABANDONED);
        // The other pod is there: its log goes on.
        assertThat(state("pod-2")).contains(LogState.LIVE);
        pods.append(SECOND, "and more", Instant.now());
        pods.setState(SECOND, State.TERMINATED);
        await().atMost(ONE_MINUTE)
                .until(() -> logs.find(log("pod-2")).orElseThrow().isSealed());
        assertThat(logs.find(log("pod-2")).orElseThrow().extent().lines()).isEqualTo(2);
        assertThat(logs.find(log("pod-2")).orElseThrow().defects())
                .extracting(LogDefect::reason)
                .doesNotContain(LogDefect.Reason.ABANDONED);
        await().atMost(ONE_MINUTE).until(() -> logRecord().contains("\"isStored\":true"));
        assertThat(logRecord())
                .contains("\"size\":" + "from the first attempt\nfrom the second attempt\nand more\n".length())
                .contains("ABANDONED");
    }

    /** What Tekton Results' clients see. */
    private String logRecord() {
        return store.listRecords(ListQuery.of("ci/results/t")).items().stream()
                .filter(record -> record.type().equals(LogRecords.TYPE))
                .map(record -> new String(record.data(), StandardCharsets.UTF_8))
                .findFirst()
                .orElse("");
    }

    @Test
    void aTaskRunThatStillRunsIsLeftAlone() {
        pods.vanishPod("ci", "pod-1");
        taskRun("Unknown");
        archive = next();
        ContainerLogId other = new ContainerLogId("ci", "u", "gone", "step-a", 0);
        try (LogWriter writer = logs.open(other)) {
            writer.beginLine(Instant.now());
            writer.append(new byte[] {'x', '\n'}, 0, 2);
        }
        // Looked at after it: the rounds go in the order in which TaskRuns were archived.
        cluster.put("""
                {"apiVersion":"tekton.dev/v1","kind":"TaskRun","metadata":{"namespace":"ci","name":"u","uid":"u"},
                 "status":{"startTime":"2026-03-01T10:00:00Z","conditions":[{"type":"Succeeded","status":"True"}]}}
                """.getBytes(StandardCharsets.UTF_8));
        await().atMost(ONE_MINUTE).until(() -> logs.find(other).orElseThrow().isSealed());
        assertThat(state("pod-1")).contains(LogState.LIVE);
        taskRun("True");
        await().atMost(ONE_MINUTE).until(() -> state("pod-1").equals(Optional.of(LogState.PARTIAL)));
    }
}

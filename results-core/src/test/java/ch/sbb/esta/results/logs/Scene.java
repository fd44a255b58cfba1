package ch.sbb.esta.results.logs;

import static org.assertj.core.api.Assertions.assertThat;

import ch.sbb.esta.results.ContainerLogId;
import ch.sbb.esta.results.LogDefect;
import ch.sbb.esta.results.LogInfo;
import ch.sbb.esta.results.LogState;
import ch.sbb.esta.results.PodSnapshot;
import ch.sbb.esta.results.PodSnapshot.State;
import ch.sbb.esta.results.memory.InMemoryContainerLogs;
import ch.sbb.esta.results.memory.InMemoryContainerLogs.Address;
import ch.sbb.esta.results.memory.InMemoryLogs;
import ch.sbb.esta.results.memory.LogFault;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import org.awaitility.Awaitility;

/** A cluster, a sink and a collector, with one pod of one container to begin with. */
final class Scene implements AutoCloseable {

    static final Address STEP = new Address("ci", "build-pod", "step-build");
    static final ContainerLogId LOG = new ContainerLogId("ci", "taskrun", "pod-uid", "step-build", 0);

    final AtomicReference<Instant> now = new AtomicReference<>(Instant.parse("2026-11-20T10:00:00Z"));
    final InMemoryContainerLogs cluster = new InMemoryContainerLogs(now::get);
    final TruncatingSink sink = new TruncatingSink();
    final StringBuilder emitted = new StringBuilder();
    private InMemoryLogs redactedLogs = new InMemoryLogs();
    LogCollectorConfig config = LogCollectorConfig.builder()
            .minBackoff(Duration.ofMillis(1))
            .maxBackoff(Duration.ofMillis(10))
            .checkAfter(Duration.ofMillis(100))
            .build();
    LogCollector collector = new LogCollector(cluster, sink, config, now::get);

    Scene start() {
        cluster.addPod(pod(State.WAITING));
        collector.start();
        cluster.setState(STEP, State.RUNNING);
        return this;
    }

    /** A collector that masks a secret, with a sink that knows of such things. */
    void redactInto(InMemoryLogs logs, String secret) {
        redactedLogs = logs;
        LogCollectorConfig redacting = LogCollectorConfig.builder()
                .minBackoff(Duration.ofMillis(1))
                .maxBackoff(Duration.ofMillis(10))
                .redaction(new SecretRedaction("test", id -> List.of(secret)))
                .build();
        collector = new LogCollector(cluster, logs, redacting, now::get);
    }

    LogInfo redacted() {
        await(() -> redactedLogs.find(LOG).filter(LogInfo::isSealed).isPresent());
        return redactedLogs.find(LOG).orElseThrow();
    }

    String redactedText() {
        try (InputStream text = redactedLogs.read(LOG, 0, Long.MAX_VALUE)) {
            return new String(text.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Another collector instead of the one so far. */
    void restart() {
        collector.close();
        collector = new LogCollector(cluster, sink, config, now::get);
        collector.start();
    }

    static PodSnapshot pod(State state) {
        return new PodSnapshot(
                "ci",
                "build-pod",
                "pod-uid",
                "taskrun",
                false,
                List.of(new PodSnapshot.Container("step-build", PodSnapshot.Role.STEP, state, 0, null, null)));
    }

    void pass(Duration duration) {
        now.updateAndGet(instant -> instant.plus(duration));
    }

    /** A line, a millisecond after what came before. */
    void emit(String line) {
        pass(Duration.ofMillis(1));
        emitSilently(line);
    }

    /** A line at the time of the one before. */
    void emitSilently(String line) {
        cluster.append(STEP, line, now.get());
        emitted.append(line).append('\n');
    }

    void emit(int from, int to) {
        for (int i = from; i < to; i++) {
            emit("line " + i);
        }
    }

    /** A line that nobody will ever deliver. */
    void emitLost(String line) {
        pass(Duration.ofMillis(1));
        cluster.append(STEP, line, now.get());
    }

    String stored() {
        return new String(sink.bytes(LOG), StandardCharsets.UTF_8);
    }

    void awaitStored() {
        await(() -> stored().contentEquals(emitted));
    }

    void awaitFollowing() {
        await(() -> cluster.openStreams() == 1);
    }

    static void await(java.util.concurrent.Callable<Boolean> condition) {
        Awaitility.await()
                .atMost(Duration.ofSeconds(60))
                .pollInterval(Duration.ofMillis(2))
                .until(condition);
    }

    /** Second by second until every log is sealed: what stalls is found out, what was given up on is tried again. */
    void letTimePass() {
        await(() -> {
            pass(Duration.ofSeconds(1));
            return collector.openLogs().isEmpty();
        });
    }

    /** Time in which nothing is written and the collector gets to look. */
    void passQuietly(Duration duration) {
        for (Duration left = duration; left.compareTo(Duration.ZERO) > 0; left = left.minusSeconds(4)) {
            long probes = collector.stats().probes();
            pass(Duration.ofSeconds(4));
            await(() -> collector.stats().probes() > probes);
        }
    }

    /** From now on what is followed delivers nothing, without anybody being told. */
    void followDeadStream() {
        await(() -> collector.stats().probes() == 1 && cluster.openStreams() == 1);
        cluster.fault(STEP, LogFault.stallAfter(0));
        cluster.cut(STEP);
        awaitReconnects(1);
    }

    void awaitReconnects(int count) {
        await(() -> collector.stats().reconnects() >= count && cluster.openStreams() == 1);
    }

    void terminate() {
        cluster.setState(STEP, State.TERMINATED);
    }

    LogInfo sealed() {
        try {
            assertThat(collector.awaitIdle(Duration.ofSeconds(60)))
                    .as("idle; open are %s, stored %s", collector.openLogs(), sink.all())
                    .isTrue();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
        return sink.info(LOG);
    }

    void assertComplete() {
        LogInfo info = sealed();
        assertThat(stored()).isEqualTo(emitted.toString());
        assertThat(info.defects()).isEmpty();
        assertThat(info.state()).isEqualTo(LogState.COMPLETE);
    }

    void assertDefects(LogDefect.Reason... reasons) {
        assertThat(sealed().defects()).extracting(LogDefect::reason).containsExactly(reasons);
    }

    @Override
    public void close() {
        collector.close();
        assertThat(cluster.openStreams()).as("streams left open").isZero();
    }
}

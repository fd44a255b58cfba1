package ch.sbb.esta.results.embed;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;
import static org.awaitility.Durations.ONE_MINUTE;

import ch.sbb.esta.results.ContainerLogId;
import ch.sbb.esta.results.RunKind;
import ch.sbb.esta.results.RunSnapshot;
import ch.sbb.esta.results.memory.InMemoryClusterRuns;
import ch.sbb.esta.results.memory.InMemoryContainerLogs;
import ch.sbb.esta.results.memory.InMemoryLogs;
import ch.sbb.esta.results.memory.InMemoryResultsStore;
import ch.sbb.esta.results.memory.InMemoryRunWatcher;
import ch.sbb.esta.results.prune.FinalizerConfig;
import ch.sbb.esta.results.prune.PrunerConfig;
import ch.sbb.esta.results.prune.RunFinalizers;
import ch.sbb.esta.results.spi.ClusterRuns.RunKey;
import ch.sbb.esta.results.spi.LogSink;
import ch.sbb.esta.results.spi.LogWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PruningArchiveTest {

    @TempDir
    Path directory;

    private final InMemoryClusterRuns cluster = new InMemoryClusterRuns();
    private final InMemoryResultsStore store = new InMemoryResultsStore(InstantSource.system());

    private ResultsArchive.Builder builder() {
        return ResultsArchive.builder()
                .runs(new InMemoryRunWatcher(cluster))
                .store(store)
                .workDirectory(directory);
    }

    private static byte[] run(String finalizers, String status) {
        return """
                {"apiVersion":"tekton.dev/v1","kind":"PipelineRun",
                 "metadata":{"namespace":"ci","name":"build","finalizers":[%s]},
                 "status":{"conditions":[{"type":"Succeeded","status":"%s","reason":"R"}],"completionTime":"%s"}}
                """.formatted(finalizers, status, Instant.now()).getBytes(StandardCharsets.UTF_8);
    }

    @Test
    void aRunIsHeldStoredLetGoAndDeleted() {
        List<String> told = new CopyOnWriteArrayList<>();
        try (ResultsArchive archive = builder()
                .sweep(cluster)
                .finalizers(FinalizerConfig.defaults())
                .prune(PrunerConfig.builder()
                        .grace("-1s")
                        .interval(Duration.ofMillis(20))
                        .build())
                .namespaces(namespace -> false)
                .onReleased((run, cause, missing) -> told.add("released " + cause))
                .onPruned(run -> told.add("pruned"))
                .build()) {
            archive.start();
            RunSnapshot run = cluster.put(run("", "Unknown"));
            await().atMost(ONE_MINUTE)
                    .until(() -> new String(
                                    cluster.find(RunKey.of(run)).orElseThrow().json(), StandardCharsets.UTF_8)
                            .contains(RunFinalizers.FINALIZER));
            cluster.put(run("\"" + RunFinalizers.FINALIZER + "\"", "True"));
            await().atMost(ONE_MINUTE)
                    .until(() ->
                            cluster.list(RunKind.PIPELINE_RUN, "", "").items().isEmpty());
            await().atMost(ONE_MINUTE)
                    .untilAsserted(() -> assertThat(told).containsExactlyInAnyOrder("released SAFE", "pruned"));
            assertThat(archive.stats().pruner().orElseThrow().deleted()).isEqualTo(1);
            assertThat(archive.stats().finalizers().orElseThrow().added()).isEqualTo(1);
            archive.stop();
            archive.start();
        }
    }

    @Test
    void withoutAClusterOrASourceOfLogsNothingCanBeSafe() {
        assertThatThrownBy(() -> builder().prune(PrunerConfig.defaults()).build())
                .hasMessageContaining("sweep(");
        InMemoryContainerLogs pods = new InMemoryContainerLogs(InstantSource.system());
        InMemoryLogs logs = new InMemoryLogs();
        assertThatThrownBy(() -> builder()
                        .sweep(cluster)
                        .logs(pods, new SinkOnly(logs))
                        .finalizers(FinalizerConfig.defaults())
                        .build())
                .hasMessageContaining("LogSource");
        assertThat(builder().build().stats().pruner()).isEmpty();
    }

    /** A sink that cannot be asked. */
    private record SinkOnly(LogSink to) implements LogSink {

        @Override
        public LogWriter open(ContainerLogId id) {
            return to.open(id);
        }

        @Override
        public void close() {
            to.close();
        }
    }
}

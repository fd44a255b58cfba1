package ch.sbb.esta.results.metrics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.awaitility.Durations.ONE_MINUTE;

import ch.sbb.esta.results.ArchiveOutcome;
import ch.sbb.esta.results.ContainerLogId;
import ch.sbb.esta.results.LogInfo;
import ch.sbb.esta.results.LogState;
import ch.sbb.esta.results.ResultNaming;
import ch.sbb.esta.results.ResultsException.Code;
import ch.sbb.esta.results.RunPlacement;
import ch.sbb.esta.results.RunSnapshot;
import ch.sbb.esta.results.embed.ResultsArchive;
import ch.sbb.esta.results.memory.InMemoryClusterEvents;
import ch.sbb.esta.results.memory.InMemoryClusterRuns;
import ch.sbb.esta.results.memory.InMemoryContainerLogs;
import ch.sbb.esta.results.memory.InMemoryLogs;
import ch.sbb.esta.results.memory.InMemoryResultsStore;
import ch.sbb.esta.results.memory.InMemoryRunWatcher;
import ch.sbb.esta.results.prune.FinalizerListener.Cause;
import ch.sbb.esta.results.prune.PrunerConfig;
import ch.sbb.esta.results.prune.Safety;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ArchiveMetricsTest {

    private static final Instant END = Instant.parse("2026-03-01T12:00:00Z");
    private static final InstantSource NOW = InstantSource.fixed(END.plusSeconds(90));

    @TempDir
    private Path directory;

    private final SimpleMeterRegistry registry = new SimpleMeterRegistry();
    private final RunMeters runs = new RunMeters(registry, Tags.of("archive", "a"), NOW);

    private static RunPlacement run(String kind, String status, String reason) {
        return ResultNaming.defaults().place(RunSnapshot.parse("""
                {"apiVersion":"tekton.dev/v1","kind":"%s","metadata":{"namespace":"ci","name":"build",
                 "uid":"11111111-0000-4000-8000-000000000001"},
                 "status":{"conditions":[{"type":"Succeeded","status":"%s","reason":"%s"}],"completionTime":"%s"}}
                """.formatted(kind, status, reason, END)
                .getBytes(StandardCharsets.UTF_8)));
    }

    private double count(String name, String... tags) {
        return registry.get(name).tag("archive", "a").tags(tags).counter().count();
    }

    @Test
    void outcomesAreCountedByNamespaceAndKind() {
        RunPlacement run = run("TaskRun", "True", "Succeeded");
        runs.onArchived(run, ArchiveOutcome.archived(ArchiveOutcome.Status.CREATED, run.record()));
        runs.onArchived(run, ArchiveOutcome.archived(ArchiveOutcome.Status.UNCHANGED, run.record()));
        runs.onArchived(run, ArchiveOutcome.quarantined(Code.INVALID, "why"));

        for (String outcome : List.of("created", "unchanged", "quarantined")) {
            assertThat(count("esta.results.runs", "namespace", "ci", "kind", "TaskRun", "outcome", outcome))
                    .isEqualTo(1);
        }
        assertThat(registry.get("watcher.run.storage.latency")
                        .tags("namespace", "ci", "kind", "TaskRun")
                        .timer()
                        .totalTime(TimeUnit.SECONDS))
                .isEqualTo(90);
        assertThat(count("watcher.runs.not.stored.count", "cause", "quarantined"))
                .isEqualTo(1);
    }

    @Test
    void deletionsHaveUpstreamsNamesAndStates() {
        runs.onPruned(run("PipelineRun", "True", "Completed").run());
        runs.onPruned(run("PipelineRun", "False", "PipelineRunTimeout").run());
        runs.onPruned(run("PipelineRun", "False", "Cancelled").run());

        for (String status : List.of("success", "failed", "cancelled")) {
            assertThat(count("watcher.pipelinerun.delete.count", "namespace", "ci", "status", status))
                    .isEqualTo(1);
        }
        assertThat(registry.get("watcher.pipelinerun.delete.duration").timer().count())
                .isEqualTo(3);
    }

    @Test
    void onlyWhatIsLetGoUnsafeIsNotStored() {
        RunSnapshot run = run("TaskRun", "True", "Succeeded").run();
        runs.onReleased(run, Cause.SAFE, Safety.SAFE);
        runs.onReleased(run, Cause.NAMESPACE_TERMINATING, Safety.SAFE);
        runs.onReleased(run, Cause.DEADLINE, Safety.of(List.of("its log is live")));

        assertThat(count("esta.results.finalizers.released", "cause", "safe")).isEqualTo(1);
        assertThat(registry.get("watcher.runs.not.stored.count").counters())
                .singleElement()
                .satisfies(
                        counter -> assertThat(counter.getId().getTag("cause")).isEqualTo("deadline"));
    }

    @Test
    void logsAreCountedByState() {
        runs.onSealed(new LogInfo(
                new ContainerLogId("ci", "t", "p", "step-a", 0), LogState.GAPPED, LogInfo.Extent.EMPTY, List.of()));

        assertThat(count("esta.results.logs.sealed", "namespace", "ci", "state", "gapped"))
                .isEqualTo(1);
    }

    @Test
    void anArchiveShowsItsNumbersAndNoRuns() throws Exception {
        InMemoryClusterRuns cluster = new InMemoryClusterRuns();
        ResultsArchive.Builder builder = ResultsArchive.builder()
                .runs(new InMemoryRunWatcher(cluster))
                .sweep(cluster)
                .store(new InMemoryResultsStore(InstantSource.system()))
                .logs(new InMemoryContainerLogs(InstantSource.system()), new InMemoryLogs())
                .prune(PrunerConfig.defaults())
                .events(new InMemoryClusterEvents(InstantSource.system()))
                .workDirectory(directory);
        try (ResultsArchive archive = ArchiveMetrics.build(builder, registry, Tags.of("archive", "a"))) {
            assertThat(gauge("watch.age")).isNaN();
            archive.start();
            RunSnapshot run =
                    cluster.put(run("PipelineRun", "True", "Succeeded").run().json());
            await().atMost(ONE_MINUTE)
                    .until(() -> registry.find("esta.results.runs").counter() != null);
            assertThat(archive.awaitIdle(Duration.ofSeconds(60))).isTrue();

            assertThat(count("esta.results.runs", "outcome", "created")).isEqualTo(1);
            assertThat(gauge("healthy")).isEqualTo(1);
            assertThat(gauge("queue.runs")).isZero();
            assertThat(gauge("unsafe.oldest.age")).isZero();
            assertThat(gauge("store.failing.age")).isZero();
            assertThat(gauge("watch.age")).isGreaterThanOrEqualTo(0);
            assertThat(gauge("events.age")).isGreaterThanOrEqualTo(0);
            assertThat(gauge("events.waiting")).isZero();
            assertThat(registry.getMeters())
                    .allSatisfy(
                            meter -> assertThat(meter.getId().getDescription()).isNotBlank())
                    .extracting(Meter::getId)
                    .allSatisfy(id -> assertThat(id.toString()).doesNotContain(run.uid(), run.name()));
        }
    }

    private double gauge(String name) {
        return registry.get("esta.results." + name).tag("archive", "a").gauge().value();
    }
}

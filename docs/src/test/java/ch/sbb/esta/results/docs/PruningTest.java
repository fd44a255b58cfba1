package ch.sbb.esta.results.docs;

import static org.assertj.core.api.Assertions.assertThat;

import ch.sbb.esta.results.ResultNaming;
import ch.sbb.esta.results.RunSnapshot;
import ch.sbb.esta.results.SummaryStatus;
import ch.sbb.esta.results.embed.ResultsArchive;
import ch.sbb.esta.results.memory.InMemoryClusterRuns;
import ch.sbb.esta.results.memory.InMemoryContainerLogs;
import ch.sbb.esta.results.memory.InMemoryLogs;
import ch.sbb.esta.results.memory.InMemoryResultsStore;
import ch.sbb.esta.results.memory.InMemoryRunWatcher;
import ch.sbb.esta.results.prune.FinalizerConfig;
import ch.sbb.esta.results.prune.FinalizerListener.Cause;
import ch.sbb.esta.results.prune.LabelSelector;
import ch.sbb.esta.results.prune.PruneReport;
import ch.sbb.esta.results.prune.PruneReport.Outcome;
import ch.sbb.esta.results.prune.Pruner;
import ch.sbb.esta.results.prune.PrunerConfig;
import ch.sbb.esta.results.prune.RunFinalizers;
import ch.sbb.esta.results.prune.RunSafety;
import ch.sbb.esta.results.spi.Namespaces;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The programs of the chapter on pruning. */
class PruningTest {

    private static final String RUN = """
            {"apiVersion": "tekton.dev/v1", "kind": "PipelineRun",
             "metadata": {"name": "build-1", "namespace": "ci", "finalizers": [%s]},
             "status": {"conditions": [{"type": "Succeeded", "status": "True", "reason": "Succeeded"}],
              "completionTime": "2026-01-01T00:00:00Z"}}
            """;

    @TempDir
    private Path workDirectory;

    private final InMemoryClusterRuns cluster = new InMemoryClusterRuns();
    private final InMemoryResultsStore store = new InMemoryResultsStore(InstantSource.system());
    private final InMemoryLogs logs = new InMemoryLogs();
    private final InMemoryContainerLogs containerLogs = new InMemoryContainerLogs(InstantSource.system());

    private void put(String finalizers) {
        RunSnapshot run = cluster.put(RUN.formatted(finalizers).getBytes(StandardCharsets.UTF_8));
        assertThat(store.archive(List.of(ResultNaming.defaults().place(run)))).hasSize(1);
    }

    @Test
    void theArchivePrunes() {
        Namespaces namespaces = namespace -> false;
        List<String> alarms = new ArrayList<>();
        // snippet: archive
        ResultsArchive archive = ResultsArchive.builder()
                .runs(new InMemoryRunWatcher(cluster))
                .sweep(cluster)
                .store(store)
                .logs(containerLogs, logs)
                .workDirectory(workDirectory)
                .prune(PrunerConfig.builder()
                        .grace("120h")
                        .keepLast(SummaryStatus.FAILURE, 3)
                        .selector(LabelSelector.parse("team in (a,b),!debug"))
                        .build())
                .finalizers(FinalizerConfig.defaults())
                .namespaces(namespaces)
                .onReleased((run, cause, missing) -> {
                    if (cause == Cause.DEADLINE) {
                        alarms.add(run + " was let go: " + missing);
                    }
                })
                .build();
        // end snippet
        archive.start();
        archive.close();
        assertThat(archive.stats().pruner()).isPresent();
        assertThat(alarms).isEmpty();
    }

    @Test
    void aPreviewSaysWhatWouldBeDone() {
        put("");
        // snippet: preview
        RunSafety safety =
                RunSafety.builder(store, cluster).logs(logs).pods(containerLogs).build();
        Pruner pruner = Pruner.builder(safety, PrunerConfig.defaults()).build();

        PruneReport would = pruner.preview();
        PruneReport did = pruner.run();
        // end snippet
        assertThat(would.count(Outcome.WOULD_BE_DELETED)).isEqualTo(1);
        assertThat(did.count(Outcome.DELETED)).isEqualTo(1);
    }

    @Test
    void finalizersAreTakenOff() {
        put("\"" + RunFinalizers.FINALIZER + "\"");
        // snippet: uninstall
        RunFinalizers.Removal removal = RunFinalizers.removeAll(cluster, Set.of(RunFinalizers.FINALIZER));
        // end snippet
        assertThat(removal.removed()).isEqualTo(1);
        assertThat(removal.failures()).isEmpty();
    }
}

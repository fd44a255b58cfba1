package ch.sbb.esta.results.docs;

import static org.assertj.core.api.Assertions.assertThat;

import ch.sbb.esta.results.Result;
import ch.sbb.esta.results.ResultName;
import ch.sbb.esta.results.ResultNaming;
import ch.sbb.esta.results.RunSnapshot;
import ch.sbb.esta.results.embed.ResultsArchive;
import ch.sbb.esta.results.logs.SegmentedLogs;
import ch.sbb.esta.results.memory.InMemoryBlobStore;
import ch.sbb.esta.results.memory.InMemoryClusterRuns;
import ch.sbb.esta.results.memory.InMemoryResultsStore;
import ch.sbb.esta.results.memory.InMemoryRunWatcher;
import ch.sbb.esta.results.retention.Retention;
import ch.sbb.esta.results.retention.RetentionPolicy;
import ch.sbb.esta.results.retention.RetentionReport;
import ch.sbb.esta.results.retention.RetentionRules;
import ch.sbb.esta.results.retention.RetentionSelector;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The programs of the chapter on retention. */
class RetentionTest {

    private static final String RUN = """
            {"apiVersion": "tekton.dev/v1", "kind": "PipelineRun",
             "metadata": {"name": "build-1", "namespace": "ci", "uid": "0b7f", "resourceVersion": "7"},
             "status": {"conditions": [{"type": "Succeeded", "status": "True", "reason": "Succeeded"}],
              "completionTime": "2026-01-01T00:00:00Z"}}
            """;
    private static final String CONFIG_MAP = """
            data:
              runAt: "0 2 * * *"
              defaultRetention: 30d
              policies: |
                - name: failures
                  selector: {matchStatuses: [Failed]}
                  retention: 90d
            """;

    @TempDir
    private Path workDirectory;

    private final InMemoryResultsStore store = new InMemoryResultsStore(InstantSource.system());
    private final InMemoryClusterRuns cluster = new InMemoryClusterRuns();

    private void archive() {
        RunSnapshot run = RunSnapshot.parse(RUN.getBytes(StandardCharsets.UTF_8));
        assertThat(store.archive(List.of(ResultNaming.defaults().place(run)))).hasSize(1);
    }

    @Test
    void runsExpire() {
        archive();
        try (SegmentedLogs logs = new SegmentedLogs(new InMemoryBlobStore())) {
            // snippet: run
            RetentionRules rules = RetentionRules.keepFor(Duration.ofDays(30))
                    .then(new RetentionPolicy(
                            "failures of production",
                            RetentionSelector.ALL
                                    .namespaces(Set.of("production"))
                                    .statuses(Set.of("Failed")),
                            Duration.ofDays(180)));
            Retention retention =
                    Retention.builder(store, rules).logs(logs).cluster(cluster).build();

            RetentionReport would = retention.preview();
            RetentionReport did = retention.run();
            // end snippet
            assertThat(would.expired()).isEqualTo(1);
            assertThat(did.expired()).isEqualTo(1);
        }
        assertThat(store.findResult(new ResultName("ci", "0b7f"))).isEmpty();
    }

    @Test
    void theArchiveRunsIt() {
        String configMap = CONFIG_MAP;
        try (SegmentedLogs logs = new SegmentedLogs(new InMemoryBlobStore())) {
            // snippet: archive
            RetentionRules rules = RetentionRules.parse(configMap);
            ResultsArchive archive = ResultsArchive.builder()
                    .runs(new InMemoryRunWatcher(cluster))
                    .store(store)
                    .workDirectory(workDirectory)
                    .retention(Retention.builder(store, rules).logs(logs).build())
                    .build();
            // end snippet
            archive.start();
            archive.close();
            assertThat(rules.schedule()).hasToString("0 2 * * *");
            assertThat(rules.policies()).hasSize(1);
        }
    }

    @Test
    void aResultIsKept() {
        archive();
        ResultName name = new ResultName("ci", "0b7f");
        // snippet: keep
        Result result = store.findResult(name).orElseThrow();
        Map<String, String> annotations = new HashMap<>(result.annotations());
        annotations.put(Retention.KEEP_ANNOTATION, "audit 2026-17");
        store.updateResult(name, annotations, result.summary(), result.stored().etag());
        // end snippet
        Retention retention = Retention.builder(store, RetentionRules.keepFor(Duration.ofDays(1)))
                .build();
        assertThat(retention.run().kept()).isEqualTo(1);
        assertThat(store.findResult(name)).isPresent();
    }
}

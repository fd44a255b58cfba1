package ch.sbb.esta.results.docs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import ch.sbb.esta.results.ResultName;
import ch.sbb.esta.results.ResultNaming;
import ch.sbb.esta.results.ResultNaming.Grouping;
import ch.sbb.esta.results.RunPlacement;
import ch.sbb.esta.results.RunSnapshot;
import ch.sbb.esta.results.conversion.ConversionReport;
import ch.sbb.esta.results.conversion.RecordConversion;
import ch.sbb.esta.results.embed.ResultsArchive;
import ch.sbb.esta.results.jdbi.Adoption;
import ch.sbb.esta.results.jdbi.AdoptionStatus;
import ch.sbb.esta.results.jdbi.Migrations;
import ch.sbb.esta.results.memory.InMemoryClusterRuns;
import ch.sbb.esta.results.memory.InMemoryResultsStore;
import ch.sbb.esta.results.memory.InMemoryRunWatcher;
import ch.sbb.esta.results.prune.FinalizerConfig;
import ch.sbb.esta.results.spi.ClusterRuns.RunKey;
import ch.sbb.esta.results.testkit.postgres.PostgresServer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import javax.sql.DataSource;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The programs of the chapter on adoption. */
class AdoptionTest {

    private static final String OLDER_RUN = """
            {"apiVersion": "tekton.dev/v1beta1", "kind": "TaskRun",
             "metadata": {"name": "build-1", "namespace": "ci", "uid": "0b7f"}}
            """;

    @Test
    void aSchemaIsCompleteAfterwards() {
        try (PostgresServer postgres = PostgresServer.open()) {
            DataSource dataSource = postgres.newDatabase().dataSource();

            // snippet: adopt
            new Migrations(dataSource, "tekton-results").migrate();
            AdoptionStatus status = new Adoption(dataSource, "tekton-results").run();
            // end snippet

            assertThat(status.remaining()).isEmpty();
        }
    }

    @Test
    void runsInFlightAreTakenOver(@TempDir Path workDirectory) {
        InMemoryClusterRuns cluster = new InMemoryClusterRuns();
        InMemoryResultsStore store = new InMemoryResultsStore(InstantSource.system());
        RunSnapshot run = cluster.put("""
            {"apiVersion": "tekton.dev/v1", "kind": "TaskRun",
             "metadata": {"name": "build-1", "namespace": "ci", "finalizers": ["results.tekton.dev/taskrun"],
              "labels": {"triggers.tekton.dev/triggers-eventid": "event-1"}},
             "status": {"conditions": [{"type": "Succeeded", "status": "True"}], "completionTime": "2026-01-01T00:00:00Z"}}
            """.getBytes(StandardCharsets.UTF_8));

        // snippet: switch
        ResultsArchive archive = ResultsArchive.builder()
                .runs(new InMemoryRunWatcher(cluster))
                .sweep(cluster)
                .store(store)
                .workDirectory(workDirectory)
                .naming(ResultNaming.defaults().groupedBy(Grouping.BY_TRIGGER_EVENT))
                .finalizers(FinalizerConfig.builder()
                        .upstream(FinalizerConfig.Upstream.TAKE_OVER)
                        .build())
                .build();
        // end snippet

        archive.start();
        await().atMost(Duration.ofMinutes(1))
                .until(() -> !new String(
                                cluster.find(RunKey.of(run)).orElseThrow().json(), StandardCharsets.UTF_8)
                        .contains("results.tekton.dev/taskrun"));
        archive.close();
        assertThat(store.findRecord(new ResultName("ci", "event-1").record(run.uid())))
                .isPresent();
    }

    @Test
    void olderRunsAreConverted() {
        InMemoryResultsStore store = new InMemoryResultsStore(InstantSource.system());
        RunSnapshot run = RunSnapshot.parse(OLDER_RUN.getBytes(StandardCharsets.UTF_8));
        RunPlacement placed = ResultNaming.defaults().place(run);
        assertThat(store.archive(List.of(placed))).hasSize(1);

        // snippet: convert
        RecordConversion conversion =
                RecordConversion.builder(store).recordsPerSecond(200).build();
        ConversionReport would = conversion.preview();
        ConversionReport did = conversion.run();
        // end snippet

        assertThat(would.converted()).isEqualTo(1);
        assertThat(did.isComplete()).isTrue();
        assertThat(store.findRecord(placed.record()).orElseThrow().type()).isEqualTo("tekton.dev/v1.TaskRun");
    }
}

package ch.sbb.esta.results.docs;

import static org.assertj.core.api.Assertions.assertThat;

import ch.sbb.esta.results.ListQuery;
import ch.sbb.esta.results.Record;
import ch.sbb.esta.results.embed.ResultsArchive;
import ch.sbb.esta.results.memory.InMemoryClusterRuns;
import ch.sbb.esta.results.memory.InMemoryResultsStore;
import ch.sbb.esta.results.memory.InMemoryRunWatcher;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class InMemoryTest {

    private static final String PIPELINE_RUN = """
            {"apiVersion": "tekton.dev/v1", "kind": "PipelineRun",
             "metadata": {"name": "build-1", "namespace": "ci", "uid": "0b7f", "resourceVersion": "7"},
             "status": {"conditions": [{"type": "Succeeded", "status": "True", "reason": "Succeeded"}]}}
            """;

    @TempDir
    private Path workDirectory;

    @Test
    void aRunIsArchivedWithoutAnyServer() throws InterruptedException {
        byte[] pipelineRun = PIPELINE_RUN.getBytes(StandardCharsets.UTF_8);

        // snippet: in-memory
        InMemoryClusterRuns cluster = new InMemoryClusterRuns();
        InMemoryResultsStore store = new InMemoryResultsStore(InstantSource.system());
        try (ResultsArchive archive = ResultsArchive.builder()
                .runs(new InMemoryRunWatcher(cluster))
                .store(store)
                .workDirectory(workDirectory)
                .build()) {
            archive.start();
            cluster.put(pipelineRun);
            archive.awaitIdle(Duration.ofSeconds(10));
        }
        List<Record> records = store.listRecords(ListQuery.of("ci/results/-")).items();
        // end snippet

        assertThat(records).singleElement().satisfies(record -> {
            assertThat(record.name()).hasToString("ci/results/0b7f/records/0b7f");
            assertThat(record.type()).isEqualTo("tekton.dev/v1.PipelineRun");
        });
    }
}

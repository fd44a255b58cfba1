package ch.sbb.esta.results.docs;

import static org.assertj.core.api.Assertions.assertThat;

import ch.sbb.esta.results.embed.ResultsArchive;
import ch.sbb.esta.results.memory.InMemoryClusterRuns;
import ch.sbb.esta.results.memory.InMemoryResultsStore;
import ch.sbb.esta.results.memory.InMemoryRunWatcher;
import ch.sbb.esta.results.metrics.ArchiveMetrics;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The programs of the chapter on metrics. */
class MetricsTest {

    @TempDir
    private Path workDirectory;

    private final MeterRegistry registry = new SimpleMeterRegistry();

    private ResultsArchive archive() {
        InMemoryClusterRuns cluster = new InMemoryClusterRuns();
        ResultsArchive.Builder builder = ResultsArchive.builder()
                .runs(new InMemoryRunWatcher(cluster))
                .sweep(cluster)
                .store(new InMemoryResultsStore(InstantSource.system()))
                .workDirectory(workDirectory);
        // snippet: build
        ResultsArchive archive = ArchiveMetrics.build(builder, registry, Tags.of("cluster", "east"));
        // end snippet
        return archive;
    }

    @Test
    void anArchiveShowsItsNumbers() {
        try (ResultsArchive archive = archive()) {
            archive.start();

            assertThat(registry.get("esta.results.healthy")
                            .tag("cluster", "east")
                            .gauge()
                            .value())
                    .isEqualTo(1);
        }
    }

    @Test
    void eachNumberOfAnArchiveIsInTheChapter() throws IOException {
        archive().close();
        String chapter = Files.readString(Path.of("metrics.md"));

        assertThat(registry.getMeters())
                .isNotEmpty()
                .allSatisfy(meter ->
                        assertThat(chapter).contains("`" + meter.getId().getName() + "`"));
    }
}

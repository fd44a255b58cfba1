package ch.sbb.esta.results;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/** Objects that were captured from clusters, as far as the folder with them is there. */
class CapturedRunsTest {

    private static final Path FOLDER = Path.of("../../shared/data/runs");

    private static List<String[]> expected() throws IOException {
        Path table = FOLDER.resolve("EXPECTED.tsv");
        if (!Files.exists(table)) {
            return List.of();
        }
        return Files.readAllLines(table).stream()
                .filter(line -> !line.startsWith("#"))
                .map(line -> line.split("\t", -1))
                .toList();
    }

    private static byte[] bytes(String file) {
        try {
            return Files.readAllBytes(FOLDER.resolve(file));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @TestFactory
    Stream<DynamicTest> eachIsReadOrRefusedAsExpected() throws IOException {
        return expected().stream()
                .map(row -> DynamicTest.dynamicTest(row[0], () -> {
                    RunReading reading = RunReading.of(bytes(row[0]));
                    assertThat(reading.refusal().map(ArchiveOutcome::toString).orElse("ARCHIVED"))
                            .isEqualTo(row[1]);
                    reading.run().ifPresent(CapturedRunsTest::assertPlaced);
                }));
    }

    private static void assertPlaced(RunSnapshot run) {
        RunPlacement placement = ResultNaming.defaults().place(run);
        assertThat(placement.record().parent()).isEqualTo(run.namespace());
        assertThat(RecordName.parse(placement.record().toString())).isEqualTo(placement.record());
        assertThat(run.isFinished()).isEqualTo(run.summaryStatus() != SummaryStatus.UNKNOWN);
        assertThat(placement.summary().isPresent())
                .isEqualTo(run.owners().isEmpty()
                        || (run.owningPipelineRun().isEmpty()
                                && placement.record().result().result().equals(run.uid())));
    }

    @TestFactory
    Stream<DynamicTest> eachPodIsReadWithItsContainers() throws IOException {
        return expected().stream()
                .map(row -> row[0])
                .filter(file -> file.startsWith("pod-"))
                .map(file -> DynamicTest.dynamicTest(file, () -> {
                    Optional<PodSnapshot> pod = PodSnapshot.parse(bytes(file));
                    assertThat(pod).isPresent();
                    assertThat(pod.get().containers())
                            .isNotEmpty()
                            .anyMatch(container -> container.role() == PodSnapshot.Role.STEP)
                            .allSatisfy(container -> {
                                ContainerLogId id = pod.get().logId(container);
                                assertThat(ContainerLogId.parse(id.path())).isEqualTo(id);
                            });
                }));
    }
}

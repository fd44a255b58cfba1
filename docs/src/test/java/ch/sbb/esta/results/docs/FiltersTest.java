package ch.sbb.esta.results.docs;

import static org.assertj.core.api.Assertions.assertThat;

import ch.sbb.esta.results.ListOrder;
import ch.sbb.esta.results.ListQuery;
import ch.sbb.esta.results.Pages;
import ch.sbb.esta.results.Record;
import ch.sbb.esta.results.ResultNaming;
import ch.sbb.esta.results.RunSnapshot;
import ch.sbb.esta.results.filter.Filter;
import ch.sbb.esta.results.memory.InMemoryResultsStore;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class FiltersTest {

    private static final String PIPELINE_RUN = """
            {"apiVersion": "tekton.dev/v1", "kind": "PipelineRun",
             "metadata": {"name": "build-1", "namespace": "ci", "uid": "0b7f", "resourceVersion": "7",
                          "labels": {"tekton.dev/pipeline": "build"}},
             "status": {"conditions": [{"type": "Succeeded", "status": "False", "reason": "Failed"}]}}
            """;

    @Test
    void aListTakesAFilter() {
        InMemoryResultsStore store = new InMemoryResultsStore(InstantSource.system());
        store.archive(List.of(
                ResultNaming.defaults().place(RunSnapshot.parse(PIPELINE_RUN.getBytes(StandardCharsets.UTF_8)))));

        // snippet: list
        ListQuery failed = ListQuery.of("ci/results/-")
                .filter("data.metadata.labels['tekton.dev/pipeline'] == 'build'"
                        + " && data.status.conditions[0].status == 'False'")
                .orderBy(ListOrder.parse("create_time desc"));
        Stream<Record> newestFirst = Pages.stream(failed, store::listRecords);
        // end snippet

        assertThat(newestFirst).singleElement().extracting(Record::name).hasToString("ci/results/0b7f/records/0b7f");
    }

    @ParameterizedTest
    @MethodSource("examples")
    void whatTheChapterShowsIsTyped(String filter) {
        Filter read = filter.contains("summary.") ? Filter.forResults(filter) : Filter.forRecords(filter);
        assertThat(read.text()).isEqualTo(filter);
    }

    static Stream<String> examples() {
        try {
            String chapter = Files.readString(Path.of("filters.md"));
            String block = chapter.split("```cel\n", 2)[1].split("```", 2)[0];
            return block.lines().filter(line -> !line.isBlank());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}

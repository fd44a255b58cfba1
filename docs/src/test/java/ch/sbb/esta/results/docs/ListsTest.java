package ch.sbb.esta.results.docs;

import static org.assertj.core.api.Assertions.assertThat;

import ch.sbb.esta.results.ListOrder;
import ch.sbb.esta.results.ListQuery;
import ch.sbb.esta.results.Pages;
import ch.sbb.esta.results.Record;
import ch.sbb.esta.results.RecordName;
import ch.sbb.esta.results.ResultNaming;
import ch.sbb.esta.results.RunSnapshot;
import ch.sbb.esta.results.memory.InMemoryResultsStore;
import java.nio.charset.StandardCharsets;
import java.time.InstantSource;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class ListsTest {

    private static final String RUN = """
            {"apiVersion": "tekton.dev/v1", "kind": "PipelineRun",
             "metadata": {"name": "build", "namespace": "ci", "uid": "%s", "resourceVersion": "7"},
             "status": {"startTime": "%s"}}
            """;

    @Test
    void aListNeedNotReadTheData() {
        InMemoryResultsStore store = new InMemoryResultsStore(InstantSource.system());
        for (String run :
                List.of(RUN.formatted("0b7f", "2026-03-01T10:00:00Z"), RUN.formatted("1c80", "2026-03-02T10:00:00Z"))) {
            store.archive(
                    List.of(ResultNaming.defaults().place(RunSnapshot.parse(run.getBytes(StandardCharsets.UTF_8)))));
        }

        // snippet: basic
        ListQuery latest = ListQuery.of("ci/results/-")
                .orderBy(ListOrder.parse("start_time desc"))
                .view(ListQuery.View.BASIC);
        Stream<RecordName> names = Pages.stream(latest, store::listRecords).map(Record::name);
        // end snippet

        assertThat(names)
                .extracting(RecordName::toString)
                .containsExactly("ci/results/1c80/records/1c80", "ci/results/0b7f/records/0b7f");
        assertThat(store.listRecords(latest).items()).noneMatch(Record::hasData);
    }
}

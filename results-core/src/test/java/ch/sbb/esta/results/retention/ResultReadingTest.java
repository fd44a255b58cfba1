package ch.sbb.esta.results.retention;

import static org.assertj.core.api.Assertions.assertThat;

import ch.sbb.esta.results.ListQuery;
import ch.sbb.esta.results.ResultName;
import ch.sbb.esta.results.ResultNaming;
import ch.sbb.esta.results.RunSnapshot;
import ch.sbb.esta.results.Tombstone;
import ch.sbb.esta.results.memory.InMemoryResultsStore;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import org.junit.jupiter.api.Test;

class ResultReadingTest {

    private static final ResultName RESULT = new ResultName("ci", "p-1");
    private static final String OF_P = "\"labels\":{\"tekton.dev/pipelineRunUID\":\"p-1\"},";

    private final InMemoryResultsStore store = new InMemoryResultsStore(InstantSource.system());

    private void put(String type, String metadata, String status) {
        store.archive(List.of(ResultNaming.defaults()
                .place(RunSnapshot.parse("{%s,\"metadata\":{%s,\"namespace\":\"ci\",\"name\":\"n\"},\"status\":{%s}}"
                        .formatted(type, metadata, status)
                        .getBytes(StandardCharsets.UTF_8)))));
    }

    private void putPipelineRun() {
        put(
                "\"apiVersion\":\"tekton.dev/v1\",\"kind\":\"PipelineRun\"",
                "\"uid\":\"p-1\"",
                "\"completionTime\":\"2026-01-02T03:04:05Z\",\"conditions\":[{\"type\":\"Succeeded\",\"status\":\"True\"}]");
    }

    private void putDelivery(String metadata, String status) {
        put("\"apiVersion\":\"example.dev/v1\",\"kind\":\"Delivery\"", metadata + "\"uid\":\"d-1\"", status);
    }

    private ResultReading read(ResultName name) {
        ResultReading reading = new ResultReading(store.findResult(name).orElseThrow(), Instant.now());
        store.listRecords(ListQuery.of(name.toString())).items().forEach(reading::add);
        return reading;
    }

    @Test
    void whatNeverSaysThatItEndsIsLookedForInTheClusterButKeepsNothingOpen() {
        putPipelineRun();
        putDelivery(OF_P, "\"state\":\"approved\"");
        ResultReading reading = read(RESULT);
        assertThat(reading.isUnfinished()).isFalse();
        assertThat(reading.open()).extracting(Tombstone::uid).containsExactly("d-1");
        assertThat(reading.runs()).hasSize(2);
        assertThat(reading.speaker())
                .isEqualTo(RunTraits.of(RunSnapshot.parse(
                        store.findRecord(RESULT.record("p-1")).orElseThrow().data())));
    }

    @Test
    void aloneItIsUnfinished() {
        putDelivery("", "\"state\":\"approved\"");
        assertThat(read(new ResultName("ci", "d-1")).isUnfinished()).isTrue();
    }

    @Test
    void whatSaysThatItIsNotOverKeepsItOpen() {
        putPipelineRun();
        putDelivery(OF_P, "\"conditions\":[{\"type\":\"Succeeded\",\"status\":\"Unknown\"}]");
        assertThat(read(RESULT).isUnfinished()).isTrue();
    }

    @Test
    void recordsOfOthersThatOnlyHaveTheTypeOfAKindGoWithTheirResult() {
        putPipelineRun();
        store.createRecord(RESULT.record("note"), "example.dev/v1.Note", "{}".getBytes(StandardCharsets.UTF_8));
        ResultReading reading = read(RESULT);
        assertThat(reading.isUnfinished()).isFalse();
        assertThat(reading.runs()).extracting(Tombstone::uid).containsExactly("p-1");
        assertThat(reading.rows()).isEqualTo(3);
    }
}

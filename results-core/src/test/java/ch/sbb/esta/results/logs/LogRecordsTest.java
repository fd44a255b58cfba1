package ch.sbb.esta.results.logs;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ch.sbb.esta.results.ContainerLogId;
import ch.sbb.esta.results.LogDefect.Reason;
import ch.sbb.esta.results.Record;
import ch.sbb.esta.results.RecordName;
import ch.sbb.esta.results.Result;
import ch.sbb.esta.results.ResultName;
import ch.sbb.esta.results.ResultNaming;
import ch.sbb.esta.results.RunPlacement;
import ch.sbb.esta.results.RunReading;
import ch.sbb.esta.results.memory.InMemoryLogs;
import ch.sbb.esta.results.memory.InMemoryResultsStore;
import ch.sbb.esta.results.spi.LogWriter;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class LogRecordsTest {

    private static final Instant T0 = Instant.parse("2026-03-01T10:00:00Z");

    private final InMemoryResultsStore store = new InMemoryResultsStore(InstantSource.system());
    private final InMemoryLogs logs = new InMemoryLogs();
    private final LogRecords records = new LogRecords(store, store, logs, "S3");

    private RecordName archive(String kind) {
        RunPlacement placed = ResultNaming.defaults()
                .place(RunReading.of("""
                        {"apiVersion": "tekton.dev/v1", "kind": "%s",
                         "metadata": {"namespace": "ci", "name": "build", "uid": "tr-1", "resourceVersion": "1"},
                         "status": {"steps": [{"container": "step-z"}, {"container": "step-a"}],
                           "conditions": [{"type": "Succeeded", "status": "True"}]}}
                        """.formatted(kind).getBytes(UTF_8)).orElseThrow());
        store.archive(List.of(placed));
        return placed.record();
    }

    private LogWriter log(String container, String text) {
        LogWriter writer = logs.open(new ContainerLogId("ci", "tr-1", "pod-1", container, 0));
        writer.beginLine(T0);
        writer.append(text.getBytes(UTF_8), 0, text.length());
        writer.flush();
        return writer;
    }

    private static JsonNode json(Record record) throws IOException {
        return JsonMapper.builder().build().readTree(record.data());
    }

    @Test
    void theNameIsWhatTektonResultsMakesOfTheUids() {
        Result result = new Result(
                new ResultName("ci", "r"),
                new Result.Stored("0b7f4f39-6f5a-4f7e-9a43-1f5f3bd3a001", T0, T0, "e"),
                Map.of(),
                null);
        // uuid.uuid3(UUID(result), run) of Python's library.
        assertThat(LogRecords.name(result, "19aa2e10-1111-4222-8333-444455556666"))
                .hasToString("ci/results/r/records/c47aa9a9-3907-363b-a623-0b9afd9a5493");
    }

    @Test
    void aRecordTellsOfEachContainerAndOfWhatIsMissing() throws IOException {
        RecordName taskRun = archive("TaskRun");
        LogWriter first = log("step-z", "first\n");
        LogWriter second = log("step-a", "second line\n");
        first.seal();

        Record live = records.refresh(taskRun).orElseThrow();

        assertThat(live.type()).isEqualTo(LogRecords.TYPE);
        assertThat(json(live).at("/status/isStored").booleanValue()).isFalse();
        second.defect(Reason.POD_VANISHED, "gone");
        second.seal();
        Record record = records.refresh(taskRun).orElseThrow();
        assertThat(record.name()).isEqualTo(live.name());
        assertThat(store.findRecord(record.name())).contains(record);
        JsonNode log = json(record);
        assertThat(log.path("apiVersion").asText()).isEqualTo("results.tekton.dev/v1alpha3");
        assertThat(log.path("kind").asText()).isEqualTo("Log");
        assertThat(log.at("/metadata/name").asText()).isEqualTo("build-log");
        assertThat(log.at("/metadata/uid").asText()).isEqualTo(record.name().record());
        assertThat(log.at("/spec/type").asText()).isEqualTo("S3");
        assertThat(log.at("/spec/resource/kind").asText()).isEqualTo("TaskRun");
        assertThat(log.at("/spec/resource/uid").asText()).isEqualTo("tr-1");
        assertThat(log.at("/status/path").asText())
                .isEqualTo("ci/" + record.name().record() + "/build-log");
        assertThat(log.at("/status/size").asLong()).isEqualTo(18);
        assertThat(log.at("/status/isStored").booleanValue()).isTrue();
        assertThat(log.at("/status/errorOnStoreMsg").asText()).isEqualTo("step-a is PARTIAL: POD_VANISHED at byte 12");
        assertThat(log.at("/status/containers")).hasSize(2);
        assertThat(log.at("/status/containers/0/name").asText()).isEqualTo("step-z");
        assertThat(log.at("/status/containers/0/state").asText()).isEqualTo("COMPLETE");
        assertThat(log.at("/status/containers/1/lines").asLong()).isEqualTo(1);
        assertThat(log.at("/status/containers/1/path").asText()).isEqualTo("ci/tr-1/pod-1/step-a/0");
        assertThat(log.at("/status/containers/1/defects/0/reason").asText()).isEqualTo("POD_VANISHED");
        assertThat(records.refresh(taskRun).orElseThrow()).as("nothing new").isEqualTo(record);
    }

    @Test
    void aTaskRunWithoutLogsHasNoRecordAndOtherKindsAreRefused() {
        assertThat(records.refresh(archive("TaskRun"))).isEmpty();
        assertThatThrownBy(() -> records.refresh(RecordName.parse("ci/results/none/records/none")))
                .hasMessageContaining("none");
        RecordName pipelineRun = archive("PipelineRun");
        assertThatThrownBy(() -> records.refresh(pipelineRun)).hasMessageContaining("not a TaskRun");
    }
}

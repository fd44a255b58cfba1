package ch.sbb.esta.results;

import static ch.sbb.esta.results.ResultNaming.Grouping.BY_TRIGGER_EVENT;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ResultNamingTest {

    private static final JsonMapper MAPPER = new JsonMapper();
    private static final String RESULT = "results.tekton.dev/result";
    private static final String RECORD = "results.tekton.dev/record";
    private static final String EVENT = "triggers.tekton.dev/triggers-eventid";

    /** A run under construction. */
    private static final class Draft {

        private final ObjectNode json = MAPPER.createObjectNode();
        private final ObjectNode metadata;

        private Draft(String kind, String uid) {
            json.put("apiVersion", kind.equals("CustomRun") ? "tekton.dev/v1beta1" : "tekton.dev/v1");
            json.put("kind", kind);
            metadata = json.putObject("metadata");
            metadata.put("namespace", "ci").put("name", "name-" + uid).put("uid", uid);
        }

        static Draft pipelineRun(String uid) {
            return new Draft("PipelineRun", uid);
        }

        static Draft taskRun(String uid) {
            return new Draft("TaskRun", uid);
        }

        Draft annotation(String key, String value) {
            metadata.withObject("/annotations").put(key, value);
            return this;
        }

        Draft label(String key, String value) {
            metadata.withObject("/labels").put(key, value);
            return this;
        }

        Draft owner(String apiVersion, String kind, String uid) {
            metadata.withArray("/ownerReferences")
                    .addObject()
                    .put("apiVersion", apiVersion)
                    .put("kind", kind)
                    .put("name", "owner")
                    .put("uid", uid);
            return this;
        }

        Draft succeeded() {
            ObjectNode status = json.putObject("status");
            status.put("startTime", "2026-01-02T03:04:05Z").put("completionTime", "2026-01-02T03:05:05Z");
            status.putArray("conditions").addObject().put("type", "Succeeded").put("status", "True");
            return this;
        }

        RunPlacement place(ResultNaming naming) {
            return naming.place(RunSnapshot.parse(json.toString().getBytes(StandardCharsets.UTF_8)));
        }

        RunPlacement place() {
            return place(ResultNaming.defaults());
        }
    }

    private static String name(RunPlacement placement) {
        return placement.record().toString();
    }

    @Test
    void aTopLevelRunHasItsOwnResultAndSpeaksForIt() {
        RunPlacement placement = Draft.pipelineRun("p")
                .label("tekton.dev/pipeline", "deploy")
                .label("other", "x")
                .succeeded()
                .place();
        assertThat(name(placement)).isEqualTo("ci/results/p/records/p");
        assertThat(placement.summary())
                .contains(new RecordSummary(
                        placement.record(),
                        "tekton.dev/v1.PipelineRun",
                        Instant.parse("2026-01-02T03:04:05Z"),
                        Instant.parse("2026-01-02T03:05:05Z"),
                        SummaryStatus.SUCCESS,
                        Map.of()));
        assertThat(placement.resultAnnotations())
                .isEqualTo(Map.of("object.metadata.name", "name-p", "tekton.dev/pipeline", "deploy"));
        assertThat(placement.ignored()).isEmpty();
    }

    @Test
    void aChildOfAPipelineRunLiesInItsResultAndIsSilent() {
        RunPlacement placement = Draft.taskRun("t")
                .owner("v1", "ConfigMap", "c")
                .owner("tekton.dev/v1", "PipelineRun", "p")
                .owner("tekton.dev/v1", "PipelineRun", "q")
                .annotation("results.tekton.dev/resultAnnotations", "{\"a\":\"b\"}")
                .place();
        assertThat(name(placement)).isEqualTo("ci/results/p/records/t");
        assertThat(placement.summary()).isEmpty();
        assertThat(placement.resultAnnotations()).isEmpty();
    }

    @Test
    void aRunOwnedBySomethingElseHasItsOwnResultAndSpeaksForIt() {
        RunPlacement nested = Draft.pipelineRun("p")
                .owner("tekton.dev/v1beta1", "CustomRun", "c")
                .place();
        assertThat(name(nested)).isEqualTo("ci/results/p/records/p");
        assertThat(nested.summary()).isPresent();
        RunPlacement impostor =
                Draft.taskRun("t").owner("example.org/v1", "PipelineRun", "x").place();
        assertThat(name(impostor)).isEqualTo("ci/results/t/records/t");
        assertThat(impostor.summary()).isPresent();
    }

    @Test
    void aNestedRunThatInheritsTheResultOfItsGrandparentIsSilent() {
        RunPlacement nested = Draft.pipelineRun("p")
                .owner("tekton.dev/v1beta1", "CustomRun", "c")
                .annotation(RESULT, "ci/results/top")
                .place();
        assertThat(name(nested)).isEqualTo("ci/results/top/records/p");
        assertThat(nested.summary()).isEmpty();
    }

    @Test
    void anAnnotationNamesResultAndRecordOfATopLevelRun() {
        RunPlacement placement = Draft.pipelineRun("p")
                .annotation(RESULT, "ci/results/mine")
                .annotation(RECORD, "ci/results/mine/records/first")
                .place();
        assertThat(name(placement)).isEqualTo("ci/results/mine/records/first");
        assertThat(placement.summary().map(RecordSummary::record)).contains(placement.record());
        assertThat(placement.ignored()).isEmpty();
    }

    @Test
    void aChildInheritsTheResultButNotTheRecord() {
        RunPlacement child = Draft.taskRun("t")
                .owner("tekton.dev/v1", "PipelineRun", "p")
                .annotation(RESULT, "ci/results/mine")
                .annotation(RECORD, "ci/results/mine/records/first")
                .place();
        assertThat(name(child)).isEqualTo("ci/results/mine/records/t");
        assertThat(child.ignored()).isEmpty();
    }

    @Test
    void aForeignResultIsIgnoredAndReported() {
        RunPlacement placement = Draft.pipelineRun("p")
                .annotation(RESULT, "prod/results/secret")
                .annotation(RECORD, "prod/results/secret/records/r")
                .place();
        assertThat(name(placement)).isEqualTo("ci/results/p/records/p");
        assertThat(placement.ignored())
                .containsExactly(
                        "results.tekton.dev/result \"prod/results/secret\" names a Result of another namespace",
                        "results.tekton.dev/record \"prod/results/secret/records/r\" does not lie in ci/results/p");
    }

    @ParameterizedTest
    @CsvSource({"''", "x", "-/results/-", "ci/results/-", "ci/results/A", "ci/results/a/records/b", "ci/results/../x"})
    void aMalformedResultIsIgnoredAndReported(String annotation) {
        RunPlacement placement =
                Draft.pipelineRun("p").annotation(RESULT, annotation).place();
        assertThat(name(placement)).isEqualTo("ci/results/p/records/p");
        assertThat(placement.ignored()).singleElement().asString().startsWith("results.tekton.dev/result: ");
    }

    @Test
    void reportsAreOneLineWhateverTheAnnotation() {
        RunPlacement placement = Draft.pipelineRun("p")
                .annotation(RESULT, "ci\n2026 ERROR forged\u202e/results/a")
                .annotation(RECORD, "x".repeat(10_000))
                .annotation("results.tekton.dev/resultAnnotations", "{\n")
                .annotation("results.tekton.dev/recordSummaryAnnotations", "[1]")
                .place();
        assertThat(placement.ignored())
                .hasSize(4)
                .allSatisfy(reason ->
                        assertThat(reason).doesNotContain("\n", "\u202e").hasSizeLessThan(1000));
    }

    @Test
    void aRecordInAnotherResultIsIgnored() {
        RunPlacement placement = Draft.pipelineRun("p")
                .annotation(RECORD, "ci/results/q/records/r")
                .place();
        assertThat(name(placement)).isEqualTo("ci/results/p/records/p");
        assertThat(placement.ignored()).hasSize(1);
    }

    @Test
    void runsOfOneTriggerEventHaveResultsOfTheirOwnUnlessGrouped() {
        Draft run = Draft.pipelineRun("p").label(EVENT, "event-1");
        assertThat(name(run.place())).isEqualTo("ci/results/p/records/p");
        assertThat(run.place().resultAnnotations()).containsEntry(EVENT, "event-1");
        ResultNaming grouped = ResultNaming.defaults().groupedBy(BY_TRIGGER_EVENT);
        assertThat(name(run.place(grouped))).isEqualTo("ci/results/event-1/records/p");
        Draft child = Draft.taskRun("t").label(EVENT, "event-1").owner("tekton.dev/v1", "PipelineRun", "p");
        assertThat(name(child.place(grouped))).isEqualTo("ci/results/event-1/records/t");
        assertThat(name(child.annotation(RESULT, "ci/results/mine").place(grouped)))
                .isEqualTo("ci/results/mine/records/t");
        assertThat(name(Draft.pipelineRun("p").label(EVENT, "Not A Name").place(grouped)))
                .isEqualTo("ci/results/p/records/p");
        assertThat(name(Draft.pipelineRun("p").label(EVENT, "-").place(grouped)))
                .isEqualTo("ci/results/p/records/p");
    }

    @Test
    void anOwnerWhoseUidIsNoNameIsPassedOver() {
        RunPlacement placement =
                Draft.taskRun("t").owner("tekton.dev/v1", "PipelineRun", "../x").place();
        assertThat(name(placement)).isEqualTo("ci/results/t/records/t");
    }

    @Test
    void annotationsOfResultAndSummaryAreMergedAsText() {
        RunPlacement placement = Draft.pipelineRun("p")
                .annotation(
                        "results.tekton.dev/resultAnnotations",
                        "{\"a\":\"b\",\"n\":1.50,\"l\":12345678901234567890.125,\"o\":{\"x\":null}}")
                .annotation("results.tekton.dev/recordSummaryAnnotations", "{\"t\":true}")
                .place();
        assertThat(placement.resultAnnotations())
                .containsEntry("a", "b")
                .containsEntry("n", "1.50")
                .containsEntry("l", "12345678901234567890.125")
                .containsEntry("o", "{\"x\":null}");
        assertThat(placement.summary().orElseThrow().annotations()).isEqualTo(Map.of("t", "true"));
    }

    @Test
    void theSummaryLabelsCanBeChosen() {
        ResultNaming naming = ResultNaming.defaults().summaryLabels(List.of("team", "absent"));
        RunPlacement placement = Draft.pipelineRun("p")
                .label("team", "blue")
                .label("tekton.dev/pipeline", "d")
                .place(naming);
        assertThat(placement.resultAnnotations()).isEqualTo(Map.of("object.metadata.name", "name-p", "team", "blue"));
    }
}

package ch.sbb.esta.results;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ch.sbb.esta.results.RunSnapshot.State;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RunKindsTest {

    private static final RunKind DELIVERY = new RunKind("example.dev/v1", "Delivery");
    private static final RunKind APPROVAL = new RunKind("openshift-pipelines.org/v1alpha1", "ApprovalTask");

    private static RunSnapshot delivery(String metadata, String status) {
        return RunSnapshot.parse("""
                {"apiVersion":"example.dev/v1","kind":"Delivery",
                 "metadata":{"namespace":"ci","name":"d","uid":"d-1","resourceVersion":"7"%s},"status":{%s}}
                """.formatted(metadata, status).getBytes(StandardCharsets.UTF_8));
    }

    @Test
    void extraKindsComeBesideThoseOfTekton() {
        RunKinds kinds = RunKinds.tekton().with(DELIVERY).with(APPROVAL, DELIVERY);

        assertThat(kinds.extras()).containsExactly(DELIVERY, APPROVAL);
        assertThat(kinds.versions())
                .containsExactly(
                        List.of(RunKind.PIPELINE_RUN, RunKind.PIPELINE_RUN_V1BETA1),
                        List.of(RunKind.TASK_RUN, RunKind.TASK_RUN_V1BETA1),
                        List.of(RunKind.CUSTOM_RUN),
                        List.of(DELIVERY),
                        List.of(APPROVAL));
        assertThat(kinds.contains(DELIVERY)).isTrue();
        assertThat(kinds.contains(RunKind.TASK_RUN_V1BETA1)).isTrue();
        assertThat(RunKinds.tekton().contains(DELIVERY)).isFalse();
        assertThat(kinds.contains(new RunKind("example.dev/v2", "Delivery"))).isFalse();
        assertThat(kinds).isEqualTo(RunKinds.tekton().with(DELIVERY, APPROVAL)).isNotEqualTo(RunKinds.tekton());
        assertThat(kinds)
                .hasToString("Tekton's and [example.dev/v1 Delivery, openshift-pipelines.org/v1alpha1 ApprovalTask]");
    }

    @Test
    void allMistakesAreToldAtOnce() {
        assertThatThrownBy(() -> RunKinds.tekton()
                        .with(
                                DELIVERY,
                                new RunKind("v1", "Pod"),
                                new RunKind("apps/v1", "Deployment"),
                                new RunKind("Example.dev/V1", "a b\n"),
                                new RunKind("example.dev/v2", "Delivery"),
                                new RunKind("tekton.dev/v1", "Pipeline"),
                                new RunKind("results.tekton.dev/v1", "EventList")))
                .isInstanceOfSatisfying(
                        ResultsException.class, e -> assertThat(e.code()).isEqualTo(ResultsException.Code.INVALID))
                .hasMessageContainingAll(
                        "\"v1 Pod\": group \"\"",
                        "\"apps/v1 Deployment\": group \"apps\"",
                        "group \"Example.dev\"",
                        "version \"V1\"",
                        "kind \"a b\\u000a\"",
                        "\"example.dev/v2 Delivery\": \"example.dev/v1 Delivery\" is there already",
                        "\"tekton.dev/v1 Pipeline\": of tekton.dev",
                        "\"results.tekton.dev/v1 EventList\": results.tekton.dev");
    }

    @ParameterizedTest
    @CsvSource({
        "example.dev/v1.Delivery, example.dev/v1, Delivery",
        "tekton.dev/v1.TaskRun, tekton.dev/v1, TaskRun",
        "tekton.dev/v1beta1.CustomRun, tekton.dev/v1beta1, CustomRun",
    })
    void theTypeOfARecordTellsTheKind(String type, String apiVersion, String kind) {
        assertThat(RunKind.findByRecordType(type)).contains(new RunKind(apiVersion, kind));
        assertThat(new RunKind(apiVersion, kind).recordType()).isEqualTo(type);
    }

    @ParameterizedTest
    @CsvSource({
        "results.tekton.dev/v1alpha3.Log",
        "results.tekton.dev/v1.EventList",
        "tekton.dev/v1.Pipeline",
        "tekton.dev/v1alpha1.TaskRun",
        "v1.Pod",
        "apps/v1.Deployment",
        "example.dev/v1/x.Delivery",
        "note",
        "''",
    })
    void logsEventsAndOthersAreNoRuns(String type) {
        assertThat(RunKind.findByRecordType(type)).isEmpty();
    }

    @Test
    void aTaskRunOfOthersHasNoLogs() {
        assertThat(new RunKind("example.dev/v1", "TaskRun").isTaskRun()).isFalse();
        assertThat(RunKind.TASK_RUN_V1BETA1.isTaskRun()).isTrue();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "''|PENDING|true",
                "\"startTime\":\"2026-01-02T03:04:05Z\"|RUNNING|true",
                "\"conditions\":[{\"type\":\"Ready\",\"status\":\"True\"}]|PENDING|true",
                "\"conditions\":[{\"type\":\"Succeeded\",\"status\":\"Unknown\"}]|PENDING|false",
                "\"conditions\":[{\"type\":\"Succeeded\",\"status\":\"False\"}]|FINISHED|false",
                "\"completionTime\":\"2026-01-02T03:04:05Z\"|FINISHED|false",
                "\"completionTime\":\"soon\"|PENDING|true",
            })
    void itIsFinishedByItsConditionOrItsCompletion(String status, State state, boolean openEnded) {
        RunSnapshot run = delivery("", status);
        assertThat(run.state()).isEqualTo(state);
        assertThat(run.isOpenEnded()).isEqualTo(openEnded);
        assertThat(run.version().finished()).isEqualTo(state == State.FINISHED);
    }

    @Test
    void aCompletionAloneDoesNotEndARunOfTekton() {
        RunSnapshot run = RunSnapshot.parse("""
                {"apiVersion":"tekton.dev/v1","kind":"TaskRun","metadata":{"namespace":"ci","name":"t","uid":"t-1"},
                 "status":{"completionTime":"2026-01-02T03:04:05Z"}}
                """.getBytes(StandardCharsets.UTF_8));
        assertThat(run.isFinished()).isFalse();
        assertThat(run.isOpenEnded()).isFalse();
    }

    @Test
    void itLiesInTheResultOfThePipelineRunThatItIsPartOf() {
        assertThat(place("")).isEqualTo("ci/results/d-1/records/d-1");
        assertThat(place(owner("tekton.dev/v1", "PipelineRun", "p-1"))).isEqualTo("ci/results/p-1/records/d-1");
        assertThat(place(owner("tekton.dev/v1beta1", "CustomRun", "c-1"))).isEqualTo("ci/results/d-1/records/d-1");
        String label = ",\"labels\":{\"tekton.dev/pipelineRunUID\":\"p-2\"}";
        assertThat(place(owner("tekton.dev/v1beta1", "CustomRun", "c-1") + label))
                .isEqualTo("ci/results/p-2/records/d-1");
        assertThat(place(owner("tekton.dev/v1", "PipelineRun", "p-1") + label)).isEqualTo("ci/results/p-1/records/d-1");
        assertThat(place(",\"labels\":{\"tekton.dev/pipelineRunUID\":\"../x\"}"))
                .isEqualTo("ci/results/d-1/records/d-1");
    }

    @Test
    void itSpeaksForNoResultButItsOwn() {
        RunPlacement own = ResultNaming.defaults().place(delivery("", ""));
        assertThat(own.summary().orElseThrow().type()).isEqualTo("example.dev/v1.Delivery");
        String label = ",\"labels\":{\"tekton.dev/pipelineRunUID\":\"p-2\"}";
        assertThat(ResultNaming.defaults().place(delivery(label, "")).summary()).isEmpty();
        String named = ",\"annotations\":{\"results.tekton.dev/result\":\"ci/results/p-3\"}";
        assertThat(ResultNaming.defaults().place(delivery(named, "")).summary()).isEmpty();
    }

    @Test
    void whereAnotherStoreHasItItSpeaksForNoResultOfOthersEither() {
        RunPlacement own = ResultNaming.defaults().place(delivery("", ""));
        RunPlacement elsewhere = own.under(RecordName.parse("ci/results/p-1/records/x"));
        assertThat(elsewhere.record()).hasToString("ci/results/p-1/records/x");
        assertThat(elsewhere.summary()).isEmpty();
        assertThat(elsewhere.resultAnnotations()).isEmpty();
        assertThat(own.under(RecordName.parse("ci/results/d-1/records/x")).summary())
                .isPresent();
    }

    private static String place(String metadata) {
        return ResultNaming.defaults().place(delivery(metadata, "")).record().toString();
    }

    private static String owner(String apiVersion, String kind, String uid) {
        return ",\"ownerReferences\":[{\"apiVersion\":\"" + apiVersion + "\",\"kind\":\"" + kind
                + "\",\"name\":\"o\",\"uid\":\"" + uid + "\"}]";
    }
}

package ch.sbb.esta.results.conversion;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ch.sbb.esta.results.ResultsException;
import ch.sbb.esta.results.RunKind;
import ch.sbb.esta.results.internal.JsonTree;
import com.fasterxml.jackson.databind.JsonNode;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class RunConversionTest {

    private static JsonNode json(String text) {
        return JsonTree.read(text.replace('\'', '"').getBytes(StandardCharsets.UTF_8));
    }

    private static JsonNode converted(String kind, String members) {
        String run = "{'apiVersion':'tekton.dev/v1beta1','kind':'" + kind
                + "','metadata':{'name':'build','namespace':'ci','uid':'0b7f'}," + members + "}";
        JsonNode converted = JsonTree.read(RunConversion.toV1(JsonTree.write(json(run))));
        assertThat(converted.get("apiVersion").textValue()).isEqualTo("tekton.dev/v1");
        assertThat(converted.get("kind").textValue()).isEqualTo(kind);
        return converted;
    }

    /** What an annotation keeps. */
    static JsonNode unzipped(JsonNode annotation) {
        byte[] zipped = Base64.getDecoder().decode(annotation.textValue());
        try (GZIPInputStream in = new GZIPInputStream(new ByteArrayInputStream(zipped))) {
            return JsonTree.read(in.readAllBytes());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = ';',
            value = {
                "{'timeout':'1h0m0s'}; {'timeouts':{'pipeline':'1h0m0s'}}",
                "{'timeout':'1h0m0s','timeouts':{'tasks':'5m'}}; {'timeouts':{'tasks':'5m','pipeline':'1h0m0s'}}",
                "{'serviceAccountName':'robot'}; {'taskRunTemplate':{'serviceAccountName':'robot'}}",
                "{'podTemplate':{'nodeSelector':{'a':'b'}},'serviceAccountName':''}; {'taskRunTemplate':{'podTemplate':{'nodeSelector':{'a':'b'}},'serviceAccountName':''}}",
                "{'taskRunSpecs':[{'pipelineTaskName':'t','taskServiceAccountName':'s','taskPodTemplate':{}}]}; {'taskRunSpecs':[{'pipelineTaskName':'t','serviceAccountName':'s','podTemplate':{}}]}",
                "{'taskRunSpecs':[{'stepOverrides':[{'name':'a','resources':{'limits':{}}}],'sidecarOverrides':[{'name':'b','resources':{}}]}]}; {'taskRunSpecs':[{'stepSpecs':[{'name':'a','computeResources':{'limits':{}}}],'sidecarSpecs':[{'name':'b','computeResources':{}}]}]}",
                "{'pipelineRef':{'name':'p','bundle':'registry.example/b:1'}}; {'pipelineRef':{'resolver':'bundles','params':[{'name':'bundle','value':'registry.example/b:1'},{'name':'name','value':'p'},{'name':'kind','value':'Pipeline'}]}}",
                "{'pipelineSpec':{'tasks':[{'name':'t','taskRef':{'name':'x','kind':'ClusterTask','bundle':'b'}}]}}; {'pipelineSpec':{'tasks':[{'name':'t','taskRef':{'kind':'ClusterTask','resolver':'bundles','params':[{'name':'bundle','value':'b'},{'name':'name','value':'x'},{'name':'kind','value':'ClusterTask'}]}}]}}",
                "{'pipelineSpec':{'finally':[{'name':'t','taskSpec':{'steps':[{'resources':{'limits':{'cpu':'1'}}}],'stepTemplate':{'resources':{}},'sidecars':[{'ports':[],'resources':{}}]}}]}}; {'pipelineSpec':{'finally':[{'name':'t','taskSpec':{'steps':[{'computeResources':{'limits':{'cpu':'1'}}}],'stepTemplate':{'computeResources':{}},'sidecars':[{'ports':[],'computeResources':{}}]}}]}}"
            })
    void theSpecOfAPipelineRunIsThatOfVersion1(String before, String after) {
        assertThat(converted("PipelineRun", "'spec':" + before).get("spec")).isEqualTo(json(after));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = ';',
            value = {
                "{'serviceAccountName':'robot','timeout':'1h','podTemplate':{}}; {'serviceAccountName':'robot','timeout':'1h','podTemplate':{}}",
                "{'taskRef':{'name':'x','bundle':'b'}}; {'taskRef':{'resolver':'bundles','params':[{'name':'bundle','value':'b'},{'name':'name','value':'x'},{'name':'kind','value':'Task'}]}}",
                "{'stepOverrides':[{'name':'a','resources':{}}]}; {'stepSpecs':[{'name':'a','computeResources':{}}]}",
                "{'sidecarOverrides':[{'name':'a','resources':{}}]}; {'sidecarSpecs':[{'name':'a','computeResources':{}}]}",
                "{'taskSpec':{'steps':[{'name':'a','resources':{}}]}}; {'taskSpec':{'steps':[{'name':'a','computeResources':{}}]}}"
            })
    void theSpecOfATaskRunIsThatOfVersion1(String before, String after) {
        assertThat(converted("TaskRun", "'spec':" + before).get("spec")).isEqualTo(json(after));
    }

    @Test
    void resultsAreCalledResults() {
        assertThat(converted("PipelineRun", "'status':{'pipelineResults':[{'name':'a','value':'b'}]}")
                        .get("status"))
                .isEqualTo(json("{'results':[{'name':'a','value':'b'}]}"));
        assertThat(converted(
                                "TaskRun",
                                "'status':{'taskResults':[{'name':'a','value':'b'}],'retriesStatus':[{'taskResults':[]}]}")
                        .get("status"))
                .isEqualTo(json("{'results':[{'name':'a','value':'b'}],'retriesStatus':[{'results':[]}]}"));
    }

    @Test
    void childrenInTheStatusBecomeReferencesAndAreKept() {
        String taskRuns =
                "{'build-a':{'pipelineTaskName':'a','whenExpressions':[{'input':'x'}],'status':{'podName':'p'}}}";
        String runs = "{'build-b':{'pipelineTaskName':'b'}}";

        JsonNode run = converted("PipelineRun", "'status':{'taskRuns':" + taskRuns + ",'runs':" + runs + "}");

        assertThat(run.get("status"))
                .isEqualTo(
                        json(
                                "{'childReferences':[{'apiVersion':'tekton.dev/v1beta1','kind':'TaskRun','name':'build-a',"
                                        + "'pipelineTaskName':'a','whenExpressions':[{'input':'x'}]},"
                                        + "{'apiVersion':'tekton.dev/v1alpha1','kind':'Run','name':'build-b','pipelineTaskName':'b'}]}"));
        JsonNode annotations = run.at("/metadata/annotations");
        assertThat(unzipped(annotations.get("tekton.dev/v1beta1TaskRuns"))).isEqualTo(json(taskRuns));
        assertThat(unzipped(annotations.get("tekton.dev/v1beta1Runs"))).isEqualTo(json(runs));
    }

    @Test
    void referencesToChildrenThatAreThereStay() {
        JsonNode run =
                converted("PipelineRun", "'status':{'childReferences':[{'name':'c'}],'taskRuns':{'t':{'status':{}}}}");

        assertThat(run.get("status")).isEqualTo(json("{'childReferences':[{'name':'c'}]}"));
    }

    @Test
    void whatVersion1HasNoFieldForIsKeptInAnnotations() {
        JsonNode pipelineRun = converted("PipelineRun", "'spec':{'resources':[{'name':'source'}]}");
        assertThat(pipelineRun.get("spec")).isEqualTo(json("{}"));
        assertThat(unzipped(pipelineRun.at("/metadata/annotations").get("tekton.dev/v1beta1Resources")))
                .isEqualTo(json("[{'name':'source'}]"));

        JsonNode taskRun = converted(
                "TaskRun",
                "'spec':{'resources':{'inputs':[]}},'status':{'cloudEvents':[{'target':'u'}],'resourcesResult':[{'key':'k'}]}");
        JsonNode annotations = taskRun.at("/metadata/annotations");
        assertThat(unzipped(annotations.get("tekton.dev/v1beta1Resources"))).isEqualTo(json("{'inputs':[]}"));
        assertThat(unzipped(annotations.get("tekton.dev/v1beta1CloudEvents"))).isEqualTo(json("[{'target':'u'}]"));
        assertThat(unzipped(annotations.get("tekton.dev/v1beta1ResourcesResult")))
                .isEqualTo(json("[{'key':'k'}]"));
        assertThat(taskRun.get("status")).isEqualTo(json("{}"));
    }

    @Test
    void deprecatedFieldsOfStepsAreKeptByTask() {
        JsonNode run = converted("PipelineRun", """
                'spec':{'pipelineSpec':{'tasks':[
                  {'name':'one','taskSpec':{'steps':[{'name':'a'},{'name':'b','tty':true,'ports':[1]}]}},
                  {'name':'two','taskSpec':{'steps':[{'name':'c'}],'stepTemplate':{'name':'t','image':'i'}}},
                  {'name':'three','taskSpec':{'steps':[{'name':'d'}]}}]}}""");

        assertThat(run.at("/spec/pipelineSpec/tasks").findValues("taskSpec"))
                .containsExactly(
                        json("{'steps':[{'name':'a'},{'name':'b'}]}"),
                        json("{'steps':[{'name':'c'}],'stepTemplate':{'image':'i'}}"),
                        json("{'steps':[{'name':'d'}]}"));
        String kept = run.at("/metadata/annotations")
                .get("tekton.dev/v1beta1.task-deprecations")
                .textValue();
        assertThat(json(kept))
                .isEqualTo(json("{'one':{'deprecatedSteps':[{},{'ports':[1],'tty':true}]},"
                        + "'two':{'deprecatedSteps':[{}],'deprecatedStepTemplate':{'name':'t'}}}"));
    }

    @Test
    void aTaskThatDiffersInTheStatusKeepsItsDeprecatedFieldsThere() {
        JsonNode run = converted(
                "TaskRun",
                "'spec':{'taskSpec':{'steps':[{'tty':true}]}},'status':{'taskSpec':{'steps':[{'tty':false}]}}");

        assertThat(run.get("spec")).isEqualTo(json("{'taskSpec':{'steps':[{}]}}"));
        assertThat(run.get("status")).isEqualTo(json("{'taskSpec':{'steps':[{'tty':false}]}}"));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "'spec':{'taskRunTemplate':'odd','podTemplate':{},'timeouts':7,'timeout':'1h'}",
                "'spec':{'taskRunTemplate':{'serviceAccountName':'new'},'serviceAccountName':'old'}",
                "'status':{'results':[],'pipelineResults':[1]}",
                "'spec':{'pipelineRef':{'bundle':'b','resolver':'git'},'timeout':null,'resources':null}",
                "'spec':{'taskRunSpecs':{'stepOverrides':[]},'pipelineSpec':{'tasks':7,'finally':[7]}}",
                "'spec':'odd','status':['odd']"
            })
    void aFieldWhosePlaceIsTakenStaysWhereItIs(String members) {
        JsonNode run = converted("PipelineRun", members);

        json("{" + members + "}")
                .properties()
                .forEach(entry -> assertThat(run.get(entry.getKey())).isEqualTo(entry.getValue()));
    }

    @Test
    void annotationsThatAreThereStay() {
        byte[] before = JsonTree.write(json("""
                {'apiVersion':'tekton.dev/v1beta1','kind':'TaskRun','metadata':{'annotations':{'mine':'1',
                'tekton.dev/v1beta1Resources':'taken','tekton.dev/v1beta1.task-deprecations':'no JSON'}},
                'spec':{'resources':[1],'taskSpec':{'steps':[{'tty':true}]}}}"""));

        JsonNode run = JsonTree.read(RunConversion.toV1(before));

        assertThat(run.get("metadata")).isEqualTo(JsonTree.read(before).get("metadata"));
        assertThat(run.get("spec")).isEqualTo(JsonTree.read(before).get("spec"));
    }

    @Test
    void numbersAndCharactersStayAsTheyAre() {
        byte[] before = """
                {"apiVersion":"tekton.dev/v1beta1","kind":"TaskRun","big":123456789012345678901234567890,
                 "fine":0.1234567890123456789012345,"half":"\\ud83d","nul":"\\u0000","text":"grüezi 🚂"}
                """.getBytes(StandardCharsets.UTF_8);

        JsonNode run = JsonTree.read(RunConversion.toV1(before));

        for (String field : new String[] {"big", "fine", "half", "nul", "text"}) {
            assertThat(run.get(field)).isEqualTo(JsonTree.read(before).get(field));
        }
    }

    @Test
    void aRunOfVersion1IsGivenBack() {
        byte[] run = JsonTree.write(json("{'apiVersion':'tekton.dev/v1','kind':'TaskRun','spec':{'resources':[]}}"));

        assertThat(RunConversion.toV1(run)).isSameAs(run);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = ';',
            quoteCharacter = '`',
            value = {
                "[]; a run is a JSON object",
                "{}; apiVersion \"\" and kind \"\"",
                "{'apiVersion':'tekton.dev/v1beta1','kind':'CustomRun'}; kind \"CustomRun\" is no PipelineRun or TaskRun",
                "{'apiVersion':'tekton.dev/v1alpha1','kind':'TaskRun'}; apiVersion \"tekton.dev/v1alpha1\"",
                "{'apiVersion':7; not valid JSON",
                "{'apiVersion':'tekton.dev/v1beta1','kind':'TaskRun','\\ud800':1}; half a surrogate pair"
            })
    void whatIsNoRunIsRefused(String text, String message) {
        byte[] bytes = text.replace('\'', '"').getBytes(StandardCharsets.UTF_8);

        assertThatThrownBy(() -> RunConversion.toV1(bytes))
                .isInstanceOfSatisfying(
                        ResultsException.class, e -> assertThat(e.code()).isEqualTo(ResultsException.Code.INVALID))
                .hasMessageContaining(message);
    }

    @Test
    void theTargetIsOfVersion1() {
        assertThat(RunConversion.target(RunKind.PIPELINE_RUN_V1BETA1)).contains(RunKind.PIPELINE_RUN);
        assertThat(RunConversion.target(RunKind.TASK_RUN_V1BETA1)).contains(RunKind.TASK_RUN);
        assertThat(RunConversion.target(RunKind.TASK_RUN)).isEmpty();
        assertThat(RunConversion.target(RunKind.CUSTOM_RUN)).isEmpty();
    }
}

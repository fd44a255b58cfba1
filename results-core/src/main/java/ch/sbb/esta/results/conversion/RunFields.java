package ch.sbb.esta.results.conversion;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;

/** Moves the fields of one run to where version 1 has them. */
final class RunFields {

    private static final String RESOURCES = "tekton.dev/v1beta1Resources";
    private static final String TASK_RUNS = "tekton.dev/v1beta1TaskRuns";
    private static final String RUNS = "tekton.dev/v1beta1Runs";
    private static final String CLOUD_EVENTS = "tekton.dev/v1beta1CloudEvents";
    private static final String RESOURCES_RESULT = "tekton.dev/v1beta1ResourcesResult";

    private final ObjectNode run;
    private final KeptFields kept;
    private final SpecFields specs;

    RunFields(ObjectNode run) {
        this.run = run;
        this.kept = new KeptFields(run);
        this.specs = new SpecFields(kept);
    }

    void convertPipelineRun() {
        Fields.object(run, "spec").ifPresent(this::pipelineRunSpec);
        Fields.object(run, "status").ifPresent(this::pipelineRunStatus);
    }

    private void pipelineRunSpec(ObjectNode spec) {
        kept.keep(spec, "resources", RESOURCES);
        Fields.object(spec, "pipelineRef").ifPresent(SpecFields::pipelineReference);
        Fields.object(spec, "pipelineSpec").ifPresent(specs::pipeline);
        Fields.moveInto(spec, "timeout", "timeouts", "pipeline");
        Fields.moveInto(spec, "podTemplate", "taskRunTemplate", "podTemplate");
        Fields.moveInto(spec, "serviceAccountName", "taskRunTemplate", "serviceAccountName");
        for (ObjectNode taskRun : Fields.objects(spec, "taskRunSpecs")) {
            Fields.rename(taskRun, "taskServiceAccountName", "serviceAccountName");
            Fields.rename(taskRun, "taskPodTemplate", "podTemplate");
            overrides(taskRun);
        }
    }

    private static void overrides(ObjectNode taskRun) {
        for (String list : List.of("stepOverrides", "sidecarOverrides")) {
            Fields.objects(taskRun, list).forEach(SpecFields::resources);
        }
        Fields.rename(taskRun, "stepOverrides", "stepSpecs");
        Fields.rename(taskRun, "sidecarOverrides", "sidecarSpecs");
    }

    private void pipelineRunStatus(ObjectNode status) {
        Fields.rename(status, "pipelineResults", "results");
        Fields.object(status, "pipelineSpec").ifPresent(specs::pipeline);
        children(status);
        kept.keep(status, "taskRuns", TASK_RUNS);
        kept.keep(status, "runs", RUNS);
    }

    /** The states of children were part of the status once; now there are references to them, of the versions they had. */
    private static void children(ObjectNode status) {
        if (status.hasNonNull("childReferences")) {
            return;
        }
        ArrayNode references = status.arrayNode();
        Fields.object(status, "taskRuns")
                .ifPresent(runs -> references(references, runs, "tekton.dev/v1beta1", "TaskRun"));
        Fields.object(status, "runs").ifPresent(runs -> references(references, runs, "tekton.dev/v1alpha1", "Run"));
        if (!references.isEmpty()) {
            status.set("childReferences", references);
        }
    }

    private static void references(ArrayNode references, ObjectNode runs, String apiVersion, String kind) {
        runs.properties().forEach(entry -> {
            JsonNode child = entry.getValue();
            ObjectNode reference = references
                    .addObject()
                    .put("apiVersion", apiVersion)
                    .put("kind", kind)
                    .put("name", entry.getKey());
            for (String name : List.of("pipelineTaskName", "whenExpressions")) {
                if (child.hasNonNull(name)) {
                    reference.set(name, child.get(name).deepCopy());
                }
            }
        });
    }

    void convertTaskRun() {
        String name = Fields.object(run, "metadata")
                .map(metadata -> Fields.text(metadata, "name"))
                .orElse("");
        Fields.object(run, "spec").ifPresent(spec -> {
            kept.keep(spec, "resources", RESOURCES);
            Fields.object(spec, "taskRef").ifPresent(SpecFields::taskReference);
            Fields.object(spec, "taskSpec").ifPresent(taskSpec -> specs.task(taskSpec, name));
            overrides(spec);
        });
        Fields.object(run, "status").ifPresent(status -> {
            kept.keep(status, "cloudEvents", CLOUD_EVENTS);
            kept.keep(status, "resourcesResult", RESOURCES_RESULT);
            taskRunStatus(status, name);
        });
    }

    private void taskRunStatus(ObjectNode status, String name) {
        Fields.rename(status, "taskResults", "results");
        Fields.object(status, "taskSpec").ifPresent(taskSpec -> specs.task(taskSpec, name));
        Fields.objects(status, "retriesStatus").forEach(retry -> taskRunStatus(retry, name));
    }
}

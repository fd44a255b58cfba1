package ch.sbb.esta.results.testkit.tekton;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;

/** The JSON of runs and pods, in the shapes that Tekton Pipelines v1 gives them. */
final class TektonObjects {

    static final String API_VERSION = "tekton.dev/v1";

    private static final JsonMapper MAPPER = JsonMapper.builder().build();

    private TektonObjects() {}

    static ObjectNode object() {
        return MAPPER.createObjectNode();
    }

    static String time(Instant time) {
        return time.truncatedTo(ChronoUnit.SECONDS).toString();
    }

    static ObjectNode pipelineRun(String namespace, String name, String pipeline) {
        ObjectNode run = run("PipelineRun", namespace, name);
        labels(run).put("tekton.dev/pipeline", pipeline).put("app.kubernetes.io/part-of", "shop");
        ObjectNode spec = run.putObject("spec");
        spec.putObject("pipelineRef").put("name", pipeline);
        spec.putObject("timeouts").put("pipeline", "1h0m0s");
        spec.putArray("params").addObject().put("name", "revision").put("value", "main");
        return run;
    }

    static ObjectNode taskRun(ObjectNode pipelineRun, String pipelineTask, boolean isFinally) {
        ObjectNode owner = metadata(pipelineRun);
        String name = owner.get("name").asText() + "-" + pipelineTask;
        ObjectNode run = run("TaskRun", owner.get("namespace").asText(), name);
        labels(run)
                .put("app.kubernetes.io/managed-by", "tekton-pipelines")
                .put(
                        "tekton.dev/pipeline",
                        owner.at("/labels/tekton.dev~1pipeline").asText())
                .put("tekton.dev/pipelineRun", owner.get("name").asText())
                .put("tekton.dev/pipelineRunUID", owner.get("uid").asText())
                .put("tekton.dev/pipelineTask", pipelineTask)
                .put("tekton.dev/memberOf", isFinally ? "finally" : "tasks")
                .put("tekton.dev/task", pipelineTask);
        owned(run, API_VERSION, "PipelineRun", owner);
        ObjectNode spec = run.putObject("spec");
        spec.put("serviceAccountName", "pipeline").put("timeout", "1h0m0s");
        spec.putObject("taskRef").put("kind", "Task").put("name", pipelineTask);
        return run;
    }

    static ObjectNode pod(ObjectNode taskRun, String name, List<String> initContainers, List<String> containers) {
        ObjectNode owner = metadata(taskRun);
        ObjectNode pod = object().put("apiVersion", "v1").put("kind", "Pod");
        pod.putObject("metadata")
                .put("name", name)
                .put("namespace", owner.get("namespace").asText());
        ObjectNode labels = labels(pod);
        if (owner.get("labels") instanceof ObjectNode inherited) {
            labels.setAll(inherited);
        }
        labels.put("app.kubernetes.io/managed-by", "tekton-pipelines")
                .put("tekton.dev/taskRun", owner.get("name").asText())
                .put("tekton.dev/taskRunUID", owner.get("uid").asText());
        owned(pod, taskRun.get("apiVersion").asText(), "TaskRun", owner);
        ObjectNode spec = pod.putObject("spec").put("restartPolicy", "Never").put("nodeName", "node-1");
        containers(spec.putArray("initContainers"), initContainers);
        containers(spec.putArray("containers"), containers);
        int step = 0;
        for (JsonNode container : spec.path("containers")) {
            if (container.path("name").asText().startsWith("step-")) {
                entrypoint((ObjectNode) container, step++);
            }
        }
        return pod;
    }

    /** Tekton's entrypoint waits for the end of the step before, and tells the next one of its own. */
    private static void entrypoint(ObjectNode container, int step) {
        container.putArray("command").add("/tekton/bin/entrypoint");
        ArrayNode args = container.putArray("args").add("-wait_file");
        if (step == 0) {
            args.add("/tekton/downward/ready").add("-wait_file_content");
        } else {
            args.add("/tekton/run/" + (step - 1) + "/out");
        }
        args.add("-post_file")
                .add("/tekton/run/" + step + "/out")
                .add("-entrypoint")
                .add("/bin/sh")
                .add("--");
    }

    static ObjectNode podStatus(String phase) {
        return object().put("phase", phase);
    }

    static void waiting(ArrayNode statuses, String container) {
        containerStatus(statuses, container).putObject("waiting").put("reason", "PodInitializing");
    }

    static void running(ArrayNode statuses, String container, Instant startedAt) {
        containerStatus(statuses, container).putObject("running").put("startedAt", time(startedAt));
    }

    static ObjectNode terminated(int exitCode, Instant startedAt, Instant finishedAt) {
        return object().put("exitCode", exitCode)
                .put("reason", exitCode == 0 ? "Completed" : "Error")
                .put("startedAt", time(startedAt))
                .put("finishedAt", time(finishedAt));
    }

    static void terminated(ArrayNode statuses, String container, ObjectNode terminated) {
        containerStatus(statuses, container).set("terminated", terminated);
    }

    static void condition(ObjectNode status, String value, String reason, String message) {
        status.putArray("conditions")
                .addObject()
                .put("type", "Succeeded")
                .put("status", value)
                .put("reason", reason)
                .put("message", message)
                .put("lastTransitionTime", status.path("startTime").asText());
    }

    static ObjectNode metadata(ObjectNode object) {
        return (ObjectNode) object.get("metadata");
    }

    private static ObjectNode containerStatus(ArrayNode statuses, String container) {
        return statuses.addObject()
                .put("name", container)
                .put("restartCount", 0)
                .putObject("state");
    }

    private static void containers(ArrayNode array, List<String> names) {
        names.forEach(name -> array.addObject().put("name", name).put("image", "registry.example.org/" + name + ":1"));
    }

    private static ObjectNode run(String kind, String namespace, String name) {
        ObjectNode run = object().put("apiVersion", API_VERSION).put("kind", kind);
        run.putObject("metadata").put("name", name).put("namespace", namespace);
        return run;
    }

    private static ObjectNode labels(ObjectNode object) {
        return metadata(object).withObjectProperty("labels");
    }

    private static void owned(ObjectNode object, String apiVersion, String kind, ObjectNode owner) {
        metadata(object)
                .putArray("ownerReferences")
                .addObject()
                .put("apiVersion", apiVersion)
                .put("kind", kind)
                .put("name", owner.get("name").asText())
                .put("uid", owner.get("uid").asText())
                .put("controller", true)
                .put("blockOwnerDeletion", true);
    }
}

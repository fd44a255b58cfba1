package ch.sbb.esta.results.grpc.server;

import ch.sbb.esta.results.ResultNaming;
import ch.sbb.esta.results.RunPlacement;
import ch.sbb.esta.results.RunSnapshot;
import java.nio.charset.StandardCharsets;

/** Runs that tests archive. */
final class ServedRuns {

    private ServedRuns() {}

    static RunPlacement pipelineRun(String namespace, String uid) {
        return place("""
                {"apiVersion": "tekton.dev/v1", "kind": "PipelineRun",
                 "metadata": {"name": "build-%2$s", "namespace": "%1$s", "uid": "%2$s", "resourceVersion": "5",
                              "creationTimestamp": "2026-11-01T07:59:50Z", "labels": {"tekton.dev/pipeline": "build"}},
                 "status": {"startTime": "2026-11-01T08:00:00Z", "completionTime": "2026-11-01T08:01:30Z",
                            "conditions": [{"type": "Succeeded", "status": "True", "reason": "Completed"}]}}
                """.formatted(namespace, uid));
    }

    static RunPlacement taskRun(String namespace, String uid, String pipelineRun) {
        return place("""
                {"apiVersion": "tekton.dev/v1", "kind": "TaskRun",
                 "metadata": {"name": "task-%2$s", "namespace": "%1$s", "uid": "%2$s", "resourceVersion": "7",
                              "creationTimestamp": "2026-11-01T08:00:00Z",
                              "ownerReferences": [{"apiVersion": "tekton.dev/v1", "kind": "PipelineRun",
                                                   "name": "build-%3$s", "uid": "%3$s", "controller": true}]},
                 "status": {"startTime": "2026-11-01T08:00:05Z", "completionTime": "2026-11-01T08:01:00Z",
                            "steps": [{"container": "step-build"}],
                            "conditions": [{"type": "Succeeded", "status": "False", "reason": "Failed"}]}}
                """.formatted(namespace, uid, pipelineRun));
    }

    static RunPlacement large(String namespace, String uid, int bytes) {
        return place("""
                {"apiVersion": "tekton.dev/v1", "kind": "TaskRun",
                 "metadata": {"name": "task-%2$s", "namespace": "%1$s", "uid": "%2$s", "resourceVersion": "7"},
                 "spec": {"script": "%3$s"}}
                """.formatted(namespace, uid, "x".repeat(bytes)));
    }

    private static RunPlacement place(String json) {
        return ResultNaming.defaults().place(RunSnapshot.parse(json.getBytes(StandardCharsets.UTF_8)));
    }
}

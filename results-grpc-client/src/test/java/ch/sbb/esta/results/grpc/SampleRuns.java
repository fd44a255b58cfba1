package ch.sbb.esta.results.grpc;

import ch.sbb.esta.results.ResultNaming;
import ch.sbb.esta.results.RunPlacement;
import ch.sbb.esta.results.RunSnapshot;
import java.nio.charset.StandardCharsets;

/** Runs small enough to be read. */
final class SampleRuns {

    private static final ResultNaming NAMING = ResultNaming.defaults();

    private SampleRuns() {}

    static RunPlacement pipelineRun(String uid, int version, boolean finished) {
        return place("""
                {"apiVersion": "tekton.dev/v1", "kind": "PipelineRun",
                 "metadata": {"name": "build-%1$s", "namespace": "ci", "uid": "%1$s", "resourceVersion": "%2$d",
                              "labels": {"tekton.dev/pipeline": "build"}},
                 "spec": {"ours": [1.50, 1e2, "ä"]},
                 "status": {"startTime": "2026-11-01T08:00:00Z", %3$s
                            "conditions": [{"type": "Succeeded", "status": "%4$s", "reason": "%5$s"}]}}
                """.formatted(
                        uid,
                        version,
                        finished ? "\"completionTime\": \"2026-11-01T08:01:00Z\"," : "",
                        finished ? "True" : "Unknown",
                        finished ? "Completed" : "Running"));
    }

    static RunPlacement taskRun(String uid, String pipelineRunUid) {
        return place("""
                {"apiVersion": "tekton.dev/v1", "kind": "TaskRun",
                 "metadata": {"name": "task-%1$s", "namespace": "ci", "uid": "%1$s", "resourceVersion": "7",
                              "ownerReferences": [{"apiVersion": "tekton.dev/v1", "kind": "PipelineRun",
                                                   "name": "build-%2$s", "uid": "%2$s", "controller": true}]},
                 "status": {"conditions": [{"type": "Succeeded", "status": "True", "reason": "Succeeded"}]}}
                """.formatted(uid, pipelineRunUid));
    }

    static RunPlacement taskRunWith(String uid, String spec) {
        return place("""
                {"apiVersion": "tekton.dev/v1", "kind": "TaskRun",
                 "metadata": {"name": "task-%1$s", "namespace": "ci", "uid": "%1$s", "resourceVersion": "7"},
                 "spec": %2$s}
                """.formatted(uid, spec));
    }

    private static RunPlacement place(String json) {
        return NAMING.place(RunSnapshot.parse(json.getBytes(StandardCharsets.UTF_8)));
    }
}

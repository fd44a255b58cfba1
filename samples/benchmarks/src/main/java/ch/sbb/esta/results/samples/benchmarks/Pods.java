package ch.sbb.esta.results.samples.benchmarks;

import ch.sbb.esta.results.testkit.kube.KubeApiServer;
import ch.sbb.esta.results.testkit.kube.KubeReference;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.UUID;

/** Makes pods of TaskRuns with one step, and says how they fare. Thread-safe. */
final class Pods {

    static final String CONTAINER = "step-build";

    private final KubeApiServer server;

    Pods(KubeApiServer server) {
        this.server = server;
    }

    /** A pod whose step has just begun. */
    void start(String namespace, String name) {
        server.ensureNamespace(namespace);
        ObjectNode pod = object().put("apiVersion", "v1").put("kind", "Pod");
        pod.putObject("metadata")
                .put("namespace", namespace)
                .put("name", name)
                .putObject("labels")
                .put("tekton.dev/taskRun", name)
                .put("tekton.dev/taskRunUID", UUID.randomUUID().toString());
        pod.putObject("spec")
                .putArray("containers")
                .addObject()
                .put("name", CONTAINER)
                .put("image", "example.org/image");
        server.create(pod);
        ObjectNode state = object();
        state.putObject("running").put("startedAt", now());
        patch(namespace, name, "Running", state);
    }

    /** The step has ended well. */
    void end(String namespace, String name) {
        String startedAt = server.find(KubeReference.pod(namespace, name))
                .orElseThrow()
                .at("/status/containerStatuses/0/state/running/startedAt")
                .asText();
        ObjectNode state = object();
        state.putObject("terminated")
                .put("exitCode", 0)
                .put("startedAt", startedAt)
                .put("finishedAt", now());
        patch(namespace, name, "Succeeded", state);
    }

    private void patch(String namespace, String name, String phase, ObjectNode state) {
        ObjectNode status = object().put("phase", phase);
        ObjectNode container = status.putArray("containerStatuses")
                .addObject()
                .put("name", CONTAINER)
                .put("restartCount", 0);
        container.set("state", state);
        server.patchStatus(KubeReference.pod(namespace, name), status);
    }

    private static ObjectNode object() {
        return JsonNodeFactory.instance.objectNode();
    }

    private static String now() {
        return Instant.now().truncatedTo(ChronoUnit.SECONDS).toString();
    }
}

package ch.sbb.esta.results.k8s;

import ch.sbb.esta.results.PodSnapshot;
import ch.sbb.esta.results.testkit.ManualClock;
import ch.sbb.esta.results.testkit.PodDriver;
import ch.sbb.esta.results.testkit.kube.KubeApiServer;
import ch.sbb.esta.results.testkit.kube.KubeReference;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.Instant;
import java.util.List;

/** Plays the kubelet on the kit's API server. */
final class TestPods implements PodDriver {

    private static final String STARTED = "2026-11-20T10:00:00Z";
    private static final String RUNNING = "{\"running\":{\"startedAt\":\"" + STARTED + "\"}}";
    private static final String TERMINATED = "{\"terminated\":{\"exitCode\":0,\"startedAt\":\"" + STARTED
            + "\",\"finishedAt\":\"2026-11-20T10:10:00Z\"}}";

    private final KubeApiServer server;
    private final ManualClock clock;

    TestPods(KubeApiServer server, ManualClock clock) {
        this.server = server;
        this.clock = clock;
    }

    @Override
    public PodSnapshot create(String namespace, String name, String taskRunUid, List<String> containers) {
        server.ensureNamespace(namespace);
        ObjectNode pod = pod(namespace, name, containers);
        pod.withObjectProperty("metadata")
                .putObject("labels")
                .put("tekton.dev/taskRun", "build")
                .put("tekton.dev/taskRunUID", taskRunUid);
        server.create(pod);
        ArrayNode statuses = statuses(namespace, name);
        containers.forEach(container -> status(statuses, container)
                .set("state", TestCluster.object("{\"waiting\":{\"reason\":\"PodInitializing\"}}")));
        patch(namespace, name, statuses);
        ObjectNode kept = server.find(KubeReference.pod(namespace, name)).orElseThrow();
        return PodSnapshot.parse(TestCluster.bytes(kept)).orElseThrow();
    }

    @Override
    public void createForeign(String namespace, String name) {
        server.ensureNamespace(namespace);
        server.create(pod(namespace, name, List.of("main")));
    }

    private static ObjectNode pod(String namespace, String name, List<String> containers) {
        ObjectNode pod = TestCluster.object("{\"apiVersion\":\"v1\",\"kind\":\"Pod\"}");
        pod.putObject("metadata").put("namespace", namespace).put("name", name);
        ArrayNode specs = pod.putObject("spec").putArray("containers");
        containers.forEach(container -> specs.addObject().put("name", container).put("image", "example.org/image"));
        return pod;
    }

    @Override
    public void start(Container container) {
        ArrayNode statuses = statuses(container.namespace(), container.pod());
        ObjectNode status = status(statuses, container.name());
        if (status.path("state").has("terminated")) {
            status.put("restartCount", status.path("restartCount").asInt() + 1);
            status.set("lastState", status.get("state"));
        }
        status.set("state", TestCluster.object(RUNNING));
        patch(container.namespace(), container.pod(), statuses);
    }

    void startAll(String namespace, String pod) {
        setAll(namespace, pod, RUNNING);
    }

    void terminateAll(String namespace, String pod) {
        setAll(namespace, pod, TERMINATED);
    }

    @Override
    public void write(Container container, Instant time, byte[] text) {
        clock.set(time);
        server.appendLog(container.namespace(), container.pod(), container.name(), text);
    }

    @Override
    public void terminate(Container container) {
        ArrayNode statuses = statuses(container.namespace(), container.pod());
        status(statuses, container.name()).set("state", TestCluster.object(TERMINATED));
        patch(container.namespace(), container.pod(), statuses);
    }

    @Override
    public void delete(String namespace, String name) {
        server.delete(KubeReference.pod(namespace, name), TestCluster.object("{\"gracePeriodSeconds\":0}"));
    }

    private ArrayNode statuses(String namespace, String pod) {
        return server.find(KubeReference.pod(namespace, pod))
                .orElseThrow()
                .withObjectProperty("status")
                .withArrayProperty("containerStatuses");
    }

    private static ObjectNode status(ArrayNode statuses, String container) {
        for (JsonNode status : statuses) {
            if (status.path("name").asText().equals(container)) {
                return (ObjectNode) status;
            }
        }
        return statuses.addObject().put("name", container).put("restartCount", 0);
    }

    private void setAll(String namespace, String pod, String state) {
        ArrayNode statuses = statuses(namespace, pod);
        for (JsonNode status : statuses) {
            ((ObjectNode) status).set("state", TestCluster.object(state));
        }
        patch(namespace, pod, statuses);
    }

    private void patch(String namespace, String pod, ArrayNode statuses) {
        ObjectNode patch = TestCluster.object("{\"phase\":\"Running\"}");
        patch.set("containerStatuses", statuses);
        server.patchStatus(KubeReference.pod(namespace, pod), patch);
    }
}

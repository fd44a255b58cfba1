package ch.sbb.esta.results.prune;

import ch.sbb.esta.results.RunSnapshot;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Instant;

/** A run in the making: each call changes it and returns it. */
final class TestRun {

    private static final JsonMapper MAPPER = JsonMapper.builder().build();

    private final ObjectNode json;

    private TestRun(ObjectNode json) {
        this.json = json;
    }

    static TestRun of(String kind, String name) {
        ObjectNode json = MAPPER.createObjectNode();
        json.put("apiVersion", kind.equals("CustomRun") ? "tekton.dev/v1beta1" : "tekton.dev/v1")
                .put("kind", kind);
        json.putObject("metadata").put("namespace", "ci").put("name", name);
        return new TestRun(json);
    }

    static TestRun pipelineRun(String name) {
        return of("PipelineRun", name);
    }

    static TestRun taskRun(String name) {
        return of("TaskRun", name);
    }

    /** The same run, to be changed. */
    static TestRun from(RunSnapshot run) {
        try {
            return new TestRun((ObjectNode) MAPPER.readTree(run.json()));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private ObjectNode metadata() {
        return json.withObjectProperty("metadata");
    }

    private ObjectNode status() {
        return json.withObjectProperty("status");
    }

    TestRun namespace(String namespace) {
        metadata().put("namespace", namespace);
        return this;
    }

    TestRun label(String key, String value) {
        metadata().withObjectProperty("labels").put(key, value);
        return this;
    }

    TestRun annotation(String key, String value) {
        metadata().withObjectProperty("annotations").put(key, value);
        return this;
    }

    TestRun finalizer(String finalizer) {
        metadata().withArrayProperty("finalizers").add(finalizer);
        return this;
    }

    TestRun ownedBy(RunSnapshot owner) {
        return ownedBy(owner.kind().apiVersion(), owner.kind().kind(), owner.name(), owner.uid());
    }

    TestRun ownedBy(String apiVersion, String kind, String name, String uid) {
        metadata()
                .withArrayProperty("ownerReferences")
                .addObject()
                .put("apiVersion", apiVersion)
                .put("kind", kind)
                .put("name", name)
                .put("uid", uid);
        return this;
    }

    TestRun child(String kind, String name) {
        status().withArrayProperty("childReferences")
                .addObject()
                .put("kind", kind)
                .put("name", name);
        return this;
    }

    TestRun running() {
        return condition("Unknown", "Running");
    }

    TestRun ended(Instant time) {
        status().put("completionTime", time.toString());
        return condition("True", "Succeeded");
    }

    TestRun failed(Instant time) {
        status().put("completionTime", time.toString());
        return condition("False", "Failed");
    }

    TestRun endedWithoutCompletion(Instant transition) {
        condition("True", "Succeeded");
        ((ObjectNode) status().path("conditions").path(0)).put("lastTransitionTime", transition.toString());
        return this;
    }

    TestRun withoutTransition() {
        ((ObjectNode) status().path("conditions").path(0)).remove("lastTransitionTime");
        return this;
    }

    private TestRun condition(String succeeded, String reason) {
        status().putArray("conditions")
                .addObject()
                .put("type", "Succeeded")
                .put("status", succeeded)
                .put("reason", reason);
        return this;
    }

    /** A pod of which nothing has run. */
    TestRun podNamed(String name) {
        status().put("podName", name);
        return this;
    }

    /** A pod whose step has run. */
    TestRun pod(String name, String step) {
        return step(status().put("podName", name), step, "containerd://1");
    }

    /** A step that was ended before it began. */
    TestRun stepThatNeverRan(String step) {
        return step(status(), step, "");
    }

    TestRun earlierAttempt(String pod, String step) {
        return step(
                status().withArrayProperty("retriesStatus").addObject().put("podName", pod), step, "containerd://0");
    }

    private TestRun step(ObjectNode status, String step, String containerId) {
        ObjectNode node = status.withArrayProperty("steps").addObject();
        node.put("container", "step-" + step);
        ObjectNode terminated = node.putObject("terminated").put("exitCode", 0);
        if (!containerId.isEmpty()) {
            terminated.put("containerID", containerId);
        }
        return this;
    }

    byte[] json() {
        try {
            return MAPPER.writeValueAsBytes(json);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}

package ch.sbb.esta.results.testkit;

import ch.sbb.esta.results.ResultNaming;
import ch.sbb.esta.results.RunPlacement;
import ch.sbb.esta.results.RunSnapshot;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.concurrent.atomic.AtomicInteger;

/** A run of the contract of statistics, in the making: each call changes it and returns it. */
final class TimedRun {

    private static final JsonMapper MAPPER = JsonMapper.builder().build();
    private static final AtomicInteger NUMBERS = new AtomicInteger();

    private final ObjectNode json = MAPPER.createObjectNode();

    private TimedRun(String apiVersion, String kind) {
        String uid = "run-" + NUMBERS.incrementAndGet();
        json.put("apiVersion", apiVersion).put("kind", kind);
        json.withObject("/metadata")
                .put("namespace", "ci")
                .put("name", "name-of-" + uid)
                .put("uid", uid)
                .put("resourceVersion", "1");
    }

    static TimedRun pipelineRun() {
        return new TimedRun("tekton.dev/v1", "PipelineRun");
    }

    static TimedRun of(String apiVersion, String kind) {
        return new TimedRun(apiVersion, kind);
    }

    static TimedRun taskRun() {
        return new TimedRun("tekton.dev/v1", "TaskRun");
    }

    TimedRun namespace(String namespace) {
        json.withObject("/metadata").put("namespace", namespace);
        return this;
    }

    TimedRun label(String key, String value) {
        ((ObjectNode) json.get("metadata")).withObjectProperty("labels").put(key, value);
        return this;
    }

    TimedRun annotation(String key, String value) {
        ((ObjectNode) json.get("metadata")).withObjectProperty("annotations").put(key, value);
        return this;
    }

    TimedRun created(String time) {
        json.withObject("/metadata").put("creationTimestamp", time);
        return this;
    }

    TimedRun started(String time) {
        json.withObject("/status").put("startTime", time);
        return this;
    }

    TimedRun ended(String time) {
        json.withObject("/status").put("completionTime", time);
        return this;
    }

    /** Adds a condition of the type {@code Succeeded}. */
    TimedRun succeeded(String status, String reason) {
        return condition("Succeeded", status, reason);
    }

    TimedRun condition(String type, String status, String reason) {
        ArrayNode conditions = json.withObject("/status").withArray("conditions");
        ObjectNode condition = conditions.addObject().put("type", type).put("status", status);
        if (!reason.isEmpty()) {
            condition.put("reason", reason);
        }
        return this;
    }

    /** Puts any JSON at a place, also one that no run has there. */
    TimedRun with(String pointer, String name, String value) {
        try {
            json.withObject(pointer).set(name, MAPPER.readTree(value));
        } catch (JsonProcessingException e) {
            throw new IllegalArgumentException(value, e);
        }
        return this;
    }

    RunPlacement placed() {
        try {
            return ResultNaming.defaults().place(RunSnapshot.parse(MAPPER.writeValueAsBytes(json)));
        } catch (JsonProcessingException e) {
            throw new IllegalStateException(e);
        }
    }

    @Override
    public String toString() {
        return json.toString();
    }
}

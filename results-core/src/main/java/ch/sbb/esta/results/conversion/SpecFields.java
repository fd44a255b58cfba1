package ch.sbb.esta.results.conversion;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.List;

/** Moves the fields of tasks and pipelines, and of the references to them, to where version 1 has them. */
final class SpecFields {

    /** Fields of containers that steps had once. */
    private static final List<String> DEPRECATED = List.of(
            "ports",
            "livenessProbe",
            "readinessProbe",
            "startupProbe",
            "lifecycle",
            "terminationMessagePath",
            "terminationMessagePolicy",
            "stdin",
            "stdinOnce",
            "tty");

    private static final List<String> DEPRECATED_IN_TEMPLATE;

    static {
        List<String> names = new ArrayList<>(DEPRECATED);
        names.add("name");
        DEPRECATED_IN_TEMPLATE = List.copyOf(names);
    }

    private final KeptFields kept;

    SpecFields(KeptFields kept) {
        this.kept = kept;
    }

    void pipeline(ObjectNode spec) {
        for (String list : List.of("tasks", "finally")) {
            for (ObjectNode task : Fields.objects(spec, list)) {
                Fields.object(task, "taskRef").ifPresent(SpecFields::taskReference);
                Fields.object(task, "taskSpec").ifPresent(taskSpec -> task(taskSpec, Fields.text(task, "name")));
                Fields.object(task, "pipelineRef").ifPresent(SpecFields::pipelineReference);
                Fields.object(task, "pipelineSpec").ifPresent(this::pipeline);
            }
        }
    }

    void task(ObjectNode spec, String name) {
        keepDeprecations(spec, name);
        Fields.objects(spec, "steps").forEach(SpecFields::resources);
        Fields.objects(spec, "sidecars").forEach(SpecFields::resources);
        Fields.object(spec, "stepTemplate").ifPresent(SpecFields::resources);
    }

    static void resources(ObjectNode container) {
        Fields.rename(container, "resources", "computeResources");
    }

    /** One entry for each step, so that they find their way back. */
    private void keepDeprecations(ObjectNode spec, String name) {
        ObjectNode deprecations = spec.objectNode();
        if (spec.get("steps") instanceof ArrayNode steps) {
            ArrayNode entries = spec.arrayNode();
            steps.forEach(step -> entries.add(deprecated(step, DEPRECATED)));
            deprecations.set("deprecatedSteps", entries);
        }
        Fields.object(spec, "stepTemplate")
                .ifPresent(template ->
                        deprecations.set("deprecatedStepTemplate", deprecated(template, DEPRECATED_IN_TEMPLATE)));
        if (isAnyIn(deprecations) && kept.keepDeprecations(name, deprecations)) {
            Fields.objects(spec, "steps").forEach(step -> step.remove(DEPRECATED));
            Fields.object(spec, "stepTemplate").ifPresent(template -> template.remove(DEPRECATED_IN_TEMPLATE));
        }
    }

    private static boolean isAnyIn(ObjectNode deprecations) {
        for (JsonNode entry : deprecations.path("deprecatedSteps")) {
            if (!entry.isEmpty()) {
                return true;
            }
        }
        return !deprecations.path("deprecatedStepTemplate").isEmpty();
    }

    private static ObjectNode deprecated(JsonNode container, List<String> names) {
        ObjectNode found = JsonNodeFactory.instance.objectNode();
        for (String name : names) {
            if (container.has(name)) {
                found.set(name, container.get(name));
            }
        }
        return found;
    }

    static void taskReference(ObjectNode reference) {
        String kind = Fields.text(reference, "kind");
        bundle(reference, kind.isEmpty() ? "Task" : kind);
    }

    static void pipelineReference(ObjectNode reference) {
        bundle(reference, "Pipeline");
    }

    /** A bundle became a reference that a resolver follows. */
    private static void bundle(ObjectNode reference, String kind) {
        String bundle = Fields.text(reference, "bundle");
        if (bundle.isEmpty() || reference.has("resolver") || reference.has("params")) {
            return;
        }
        reference.remove("bundle");
        reference.put("resolver", "bundles");
        ArrayNode params = reference.putArray("params");
        params.addObject().put("name", "bundle").put("value", bundle);
        if (reference.hasNonNull("name")) {
            params.addObject().put("name", "name").set("value", reference.remove("name"));
        }
        params.addObject().put("name", "kind").put("value", kind);
    }
}

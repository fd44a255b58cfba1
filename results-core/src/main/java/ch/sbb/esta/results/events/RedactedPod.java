package ch.sbb.esta.results.events;

import ch.sbb.esta.results.JsonText;
import ch.sbb.esta.results.ResultsException;
import ch.sbb.esta.results.internal.JsonTree;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * A pod without the values of its environment: of each variable stay the name and where the value comes from. Whatever is called
 * {@code env}, wherever it lies outside of the metadata, is treated so; what has not the form of a list of variables goes whole. Annotations
 * go that hold a configuration with an environment, the one of {@code kubectl apply} in any case. What went is named in the annotation
 * {@value #MARK}.
 *
 * <p>Immutable and thread-safe.
 */
final class RedactedPod {

    static final String TYPE = "v1.Pod";
    static final String MARK = "results.esta.sbb.ch/removed";

    private static final String LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration";
    /** In JSON, in JSON within JSON, and in YAML. */
    private static final Pattern ENVIRONMENT = Pattern.compile("\\benv\\\\*[\"']?\\s*:", Pattern.CASE_INSENSITIVE);

    private final ObjectNode tree;

    private RedactedPod(ObjectNode tree) {
        this.tree = tree;
    }

    /**
     * Reads a pod and removes what is not to be kept.
     *
     * @throws ResultsException {@code INVALID} when it is no JSON object
     */
    static RedactedPod of(byte[] json) {
        JsonText.check(json);
        if (!(JsonTree.read(JsonText.withReadableKeys(json)) instanceof ObjectNode tree)) {
            throw ResultsException.invalid("the pod is no JSON object");
        }
        List<String> removed = new ArrayList<>();
        removeEnvironment(tree, removed);
        for (Map.Entry<String, JsonNode> field : tree.properties()) {
            if (!field.getKey().equals("metadata")) {
                redact(field.getValue(), removed);
            }
        }
        if (tree.path("metadata") instanceof ObjectNode metadata) {
            redactMetadata(metadata, removed);
        }
        if (!removed.isEmpty()) {
            tree.withObjectProperty("metadata")
                    .withObjectProperty("annotations")
                    .put(MARK, String.join(",", removed));
        }
        return new RedactedPod(tree);
    }

    private static void redact(JsonNode node, List<String> removed) {
        if (node instanceof ObjectNode object) {
            removeEnvironment(object, removed);
        }
        node.forEach(child -> redact(child, removed));
    }

    private static void removeEnvironment(ObjectNode object, List<String> removed) {
        List<String> whole = new ArrayList<>();
        for (Map.Entry<String, JsonNode> field : object.properties()) {
            if (field.getKey().equalsIgnoreCase("env")) {
                boolean changed;
                if (field.getValue() instanceof ArrayNode variables) {
                    changed = removeValues(variables);
                } else {
                    whole.add(field.getKey());
                    changed = true;
                }
                if (changed && !removed.contains("env")) {
                    removed.add("env");
                }
            }
        }
        object.remove(whole);
    }

    private static boolean removeValues(ArrayNode variables) {
        boolean changed = false;
        for (int i = variables.size() - 1; i >= 0; i--) {
            if (variables.get(i) instanceof ObjectNode variable) {
                int before = variable.size();
                variable.retain(Set.of("name", "valueFrom"));
                if (!variable.path("name").isTextual()) {
                    variable.remove("name");
                }
                if (!variable.path("valueFrom").isObject()) {
                    variable.remove("valueFrom");
                }
                changed |= variable.size() < before;
            } else {
                variables.remove(i);
                changed = true;
            }
        }
        return changed;
    }

    /** Labels and annotations may be called {@code env} without being one. */
    private static void redactMetadata(ObjectNode metadata, List<String> removed) {
        for (Map.Entry<String, JsonNode> field : metadata.properties()) {
            if (!Set.of("annotations", "labels").contains(field.getKey())) {
                redact(field.getValue(), removed);
            }
        }
        if (!(metadata.path("annotations") instanceof ObjectNode annotations)) {
            return;
        }
        List<String> telling = new ArrayList<>();
        for (Map.Entry<String, JsonNode> annotation : annotations.properties()) {
            JsonNode value = annotation.getValue();
            String text = value.isTextual() ? value.textValue() : value.toString();
            if (annotation.getKey().equals(LAST_APPLIED)
                    || ENVIRONMENT.matcher(text).find()) {
                telling.add(annotation.getKey());
            }
        }
        annotations.remove(telling);
        removed.addAll(telling);
    }

    private String text(String... path) {
        JsonNode node = tree;
        for (String field : path) {
            node = node.path(field);
        }
        return node.isTextual() ? node.textValue() : "";
    }

    String namespace() {
        return text("metadata", "namespace");
    }

    String uid() {
        return text("metadata", "uid");
    }

    String resourceVersion() {
        return text("metadata", "resourceVersion");
    }

    /** Whether no container of it runs any more, and none will. */
    boolean isOver() {
        String phase = text("status", "phase");
        return phase.equals("Succeeded") || phase.equals("Failed");
    }

    byte[] json() {
        return JsonTree.write(tree);
    }
}

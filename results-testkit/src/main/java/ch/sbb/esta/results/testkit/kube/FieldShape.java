package ch.sbb.esta.results.testkit.kube;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * How the value of a field is owned and merged (documentation page "Server-Side Apply", "Merge strategy"). Known is the metadata, whose finalizers are a set
 * and whose owner references are a map by uid; the rest is as in a custom resource without a schema: objects field by field, lists as a whole.
 */
enum FieldShape {
    CUSTOM_OBJECT,
    /** Its spec and its status are there from the start, if empty. */
    BUILT_IN_OBJECT,
    METADATA,
    SET_OF_TEXTS,
    MAP_BY_UID,
    /** One value, whatever is inside. */
    ATOMIC,
    UNKNOWN;

    private static final Set<String> IN_CUSTOM_OBJECTS = Set.of("apiVersion", "kind", "metadata");
    private static final Set<String> IN_BUILT_IN_OBJECTS = Set.of("apiVersion", "kind", "metadata", "spec", "status");
    private static final Set<String> IN_METADATA = Set.of(
            "annotations",
            "creationTimestamp",
            "deletionGracePeriodSeconds",
            "deletionTimestamp",
            "finalizers",
            "generateName",
            "generation",
            "labels",
            "managedFields",
            "name",
            "namespace",
            "ownerReferences",
            "resourceVersion",
            "selfLink",
            "uid");

    private Set<String> declared() {
        return switch (this) {
            case CUSTOM_OBJECT -> IN_CUSTOM_OBJECTS;
            case BUILT_IN_OBJECT -> IN_BUILT_IN_OBJECTS;
            case METADATA -> IN_METADATA;
            default -> Set.of();
        };
    }

    static FieldShape of(KubeResource resource) {
        return resource.is(KubeResource.Trait.CUSTOM) ? CUSTOM_OBJECT : BUILT_IN_OBJECT;
    }

    /** A field or an item, under the edge by which a {@link FieldSet} names it. */
    record Part(JsonNode value, FieldShape shape) {}

    /** Whether a type names this field: then it exists also where it has no value, and is not a member by itself. */
    boolean declares(String edge) {
        return edge.startsWith("f:") && declared().contains(edge.substring(2));
    }

    /** Whether the field is there in every object, so that it is never added. */
    boolean isAlwaysThere(String edge) {
        return this == BUILT_IN_OBJECT && declares(edge);
    }

    /** What a value consists of; empty for one that is owned as a whole. */
    Optional<Map<String, Part>> parts(@Nullable JsonNode value) {
        Map<String, Part> parts = new LinkedHashMap<>();
        if (value instanceof ObjectNode object && this != ATOMIC) {
            object.properties()
                    .forEach(field ->
                            parts.put("f:" + field.getKey(), new Part(field.getValue(), ofField(field.getKey()))));
            return Optional.of(parts);
        }
        if (value instanceof ArrayNode array && (this == SET_OF_TEXTS || this == MAP_BY_UID)) {
            array.forEach(item -> parts.put(edge(item), new Part(item, ATOMIC)));
            return Optional.of(parts);
        }
        return Optional.empty();
    }

    private String edge(JsonNode item) {
        if (this == SET_OF_TEXTS) {
            return "v:" + Json.text(item);
        }
        ObjectNode key = Json.object();
        key.set("uid", item.path("uid"));
        return "k:" + Json.text(key);
    }

    private FieldShape ofField(String name) {
        return switch (this) {
            case CUSTOM_OBJECT, BUILT_IN_OBJECT -> name.equals("metadata") ? METADATA : UNKNOWN;
            case METADATA ->
                switch (name) {
                    case "finalizers" -> SET_OF_TEXTS;
                    case "ownerReferences" -> MAP_BY_UID;
                    case "managedFields" -> ATOMIC;
                    default -> UNKNOWN;
                };
            default -> UNKNOWN;
        };
    }

    /** Every field of a value, as somebody claims it who applies the value. */
    FieldSet fields(JsonNode value) {
        FieldSet set = new FieldSet();
        parts(value).orElseGet(Map::of).forEach((edge, part) -> {
            FieldSet below = part.shape().fields(part.value());
            boolean whole = part.shape().parts(part.value()).isEmpty();
            boolean empty = part.value().isObject() && part.value().isEmpty();
            if (whole || empty || !declares(edge)) {
                below.include();
            }
            set.put(edge, below);
        });
        return set;
    }

    /** A value with what somebody applies laid over it; the arguments stay as they are. */
    JsonNode merge(@Nullable JsonNode live, JsonNode applied) {
        Map<String, Part> before = parts(live).orElse(null);
        Map<String, Part> over = parts(applied).orElse(null);
        if (before == null || over == null) {
            return applied.deepCopy();
        }
        Map<String, Part> merged = new LinkedHashMap<>(before);
        over.forEach((edge, part) -> {
            Part old = before.get(edge);
            merged.put(
                    edge, new Part(part.shape().merge(old == null ? null : old.value(), part.value()), part.shape()));
        });
        return assemble(applied, merged);
    }

    /** A value without the fields that were applied last time and that nobody owns now. */
    JsonNode prune(JsonNode value, FieldSet last, FieldSet owned) {
        Map<String, Part> parts = parts(value).orElse(null);
        if (parts == null) {
            return value;
        }
        last.children().forEach((edge, below) -> {
            Part part = parts.get(edge);
            FieldSet kept = owned.children().get(edge);
            if (part != null && (kept != null || edge.equals("f:metadata"))) {
                JsonNode rest = part.shape().prune(part.value(), below, kept == null ? new FieldSet() : kept);
                // Metadata has no empty lists and maps: they are left out when it is written.
                if (this == METADATA && rest.isContainerNode() && rest.isEmpty()) {
                    parts.remove(edge);
                } else {
                    parts.put(edge, new Part(rest, part.shape()));
                }
            } else {
                parts.remove(edge);
            }
        });
        return assemble(value, parts);
    }

    private static JsonNode assemble(JsonNode like, Map<String, Part> parts) {
        if (like instanceof ObjectNode) {
            ObjectNode object = Json.object();
            parts.forEach(
                    (edge, part) -> object.set(edge.substring(2), part.value().deepCopy()));
            return object;
        }
        ArrayNode array = Json.object().arrayNode();
        parts.values().forEach(part -> array.add(part.value().deepCopy()));
        return array;
    }
}

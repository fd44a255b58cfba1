package ch.sbb.esta.results.testkit.kube;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * One state of one object, frozen: the bytes that are served, and beside them only what selectors ask for. Trees would take five times the
 * memory in the history.
 */
final class StoredObject {

    private final KubeResource resource;
    private final String namespace;
    private final String name;
    private final String uid;
    private final Map<String, String> labels;
    private final Set<String> owners;
    private final Set<String> finalizers;
    private final String deletionTimestamp;
    private final Map<String, String> fields;
    /** Set for an object that was loaded as it is: it says its own apiVersion in every version, as nothing converts it. */
    private final @Nullable String loadedApiVersion;
    /** The object without the opening brace and without apiVersion and kind, which depend on the version that is asked for. */
    private final byte[] tail;

    private StoredObject(KubeResource resource, ObjectNode object, @Nullable String loadedApiVersion) {
        JsonNode metadata = object.path("metadata");
        this.resource = resource;
        this.loadedApiVersion = loadedApiVersion;
        this.namespace = metadata.path("namespace").asText();
        this.name = metadata.path("name").asText();
        this.uid = metadata.path("uid").asText();
        this.labels = labels(metadata.path("labels"));
        this.fields = fields(resource, object);
        Set<String> ownerUids = new HashSet<>();
        metadata.path("ownerReferences")
                .forEach(owner -> ownerUids.add(owner.path("uid").asText()));
        this.owners = Set.copyOf(ownerUids);
        this.finalizers = Set.copyOf(ObjectRules.finalizers(object));
        this.deletionTimestamp = metadata.path("deletionTimestamp").asText();
        ObjectNode rest = object.objectNode();
        object.properties().forEach(field -> {
            if (!field.getKey().equals("apiVersion") && !field.getKey().equals("kind")) {
                rest.set(field.getKey(), field.getValue());
            }
        });
        byte[] json = Json.bytes(rest);
        this.tail = Arrays.copyOfRange(json, 1, json.length);
    }

    /** Freezes a state; the tree may be changed afterwards. */
    static StoredObject of(KubeResource resource, ObjectNode object) {
        boolean isEvent = resource.equals(ResourceRegistry.EVENTS);
        return new StoredObject(resource, isEvent ? EventShape.kept(object) : object, null);
    }

    /** Freezes a state that keeps its apiVersion, until somebody changes the object. */
    static StoredObject loaded(KubeResource resource, ObjectNode object) {
        return new StoredObject(resource, object, object.path("apiVersion").asText());
    }

    static String key(String namespace, String name) {
        return namespace + "/" + name;
    }

    KubeResource resource() {
        return resource;
    }

    String namespace() {
        return namespace;
    }

    String name() {
        return name;
    }

    String uid() {
        return uid;
    }

    Map<String, String> labels() {
        return labels;
    }

    /** The UIDs of its owners. */
    Set<String> owners() {
        return owners;
    }

    Set<String> finalizers() {
        return finalizers;
    }

    boolean isDeleting() {
        return !deletionTimestamp.isEmpty();
    }

    /** When its grace period ends, RFC 3339; empty unless it is being deleted. */
    String deletionTimestamp() {
        return deletionTimestamp;
    }

    /** The value of a field that selectors may name; empty where the object does not have it. */
    String field(String path) {
        return switch (path) {
            case "metadata.name" -> name;
            case "metadata.namespace" -> namespace;
            default -> fields.getOrDefault(path, "");
        };
    }

    /** Whether the object was loaded and says this apiVersion in every version. */
    boolean isLoadedAs(String apiVersion) {
        return apiVersion.equals(loadedApiVersion);
    }

    int size() {
        return tail.length;
    }

    byte[] json(String version) {
        if (version.equals(EventShape.VERSION) && loadedApiVersion == null) {
            ObjectNode event = EventShape.served(Json.parseObject(json("v1")));
            return Json.bytes(event.put("apiVersion", EventShape.VERSION));
        }
        String apiVersion = loadedApiVersion == null ? resource.apiVersion(version) : loadedApiVersion;
        byte[] head = ("{\"apiVersion\":\"" + apiVersion + "\",\"kind\":\"" + resource.kind() + "\",")
                .getBytes(StandardCharsets.UTF_8);
        byte[] json = Arrays.copyOf(head, head.length + tail.length);
        System.arraycopy(tail, 0, json, head.length, tail.length);
        return json;
    }

    ObjectNode toTree(String version) {
        return Json.parseObject(json(version));
    }

    /** The same state as seen by an event of a later revision. */
    StoredObject withResourceVersion(long revision) {
        ObjectNode tree = toTree(resource.versions().get(0));
        Json.child(tree, "metadata").put("resourceVersion", Long.toString(revision));
        return new StoredObject(resource, tree, loadedApiVersion);
    }

    private static Map<String, String> labels(JsonNode node) {
        Map<String, String> labels = new HashMap<>();
        node.properties()
                .forEach(label -> labels.put(label.getKey(), label.getValue().asText()));
        return Map.copyOf(labels);
    }

    private static Map<String, String> fields(KubeResource resource, ObjectNode object) {
        Map<String, String> fields = new HashMap<>();
        for (String path : resource.fields()) {
            // An event's source is an object; the selector means the component in it.
            @Nullable
            String value = path.equals("source")
                    ? Json.text(object, "source", "component")
                    : Json.text(object, path.split("\\.", -1));
            if (value != null) {
                fields.put(path, value);
            }
        }
        return Map.copyOf(fields);
    }
}

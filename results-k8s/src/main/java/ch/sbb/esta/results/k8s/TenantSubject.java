package ch.sbb.esta.results.k8s;

import ch.sbb.esta.results.ResultsException;
import ch.sbb.esta.results.RunKind;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.Iterator;
import java.util.Optional;

/**
 * The object that asks for a tenant and takes its status: a ResultsTenant, or a namespace with a label, which has its status in an
 * annotation. Every write is refused when somebody else wrote after it was read. Not thread-safe.
 */
final class TenantSubject implements EventRecorder.Subject {

    static final String FINALIZER = ClusterObjects.GROUP + "/tenant";
    static final String STATUS_ANNOTATION = ClusterObjects.GROUP + "/tenant-status";

    private final ClusterObjects objects;
    private final RunKind kind;
    private ObjectNode object;

    private TenantSubject(ClusterObjects objects, RunKind kind, ObjectNode object) {
        this.objects = objects;
        this.kind = kind;
        this.object = object;
    }

    static TenantSubject ofResource(ClusterObjects objects, ObjectNode resource) {
        return new TenantSubject(objects, ClusterObjects.TENANT, resource);
    }

    static TenantSubject ofNamespace(ClusterObjects objects, ObjectNode namespace) {
        return new TenantSubject(objects, ClusterObjects.NAMESPACE, namespace);
    }

    boolean isResource() {
        return kind.equals(ClusterObjects.TENANT);
    }

    /** The namespace that is the tenant. */
    @Override
    public String namespace() {
        return isResource() ? metadata().path("namespace").asText() : name();
    }

    String name() {
        return ClusterObjects.name(object);
    }

    @Override
    public String uid() {
        return metadata().path("uid").asText();
    }

    long generation() {
        return metadata().path("generation").asLong();
    }

    JsonNode spec() {
        return isResource() ? object.path("spec") : ClusterObjects.object();
    }

    /** A copy of the status as it was read or written last. */
    ObjectNode status() {
        if (isResource()) {
            return object.path("status") instanceof ObjectNode status ? status.deepCopy() : ClusterObjects.object();
        }
        String text = metadata().path("annotations").path(STATUS_ANNOTATION).asText();
        try {
            return text.isEmpty() ? ClusterObjects.object() : ClusterObjects.read(text);
        } catch (ResultsException e) {
            // Somebody edited it: it is written anew.
            return ClusterObjects.object();
        }
    }

    boolean hasStatusAnnotation() {
        return metadata().path("annotations").has(STATUS_ANNOTATION);
    }

    Optional<Instant> deletionTime() {
        String text = metadata().path("deletionTimestamp").asText();
        if (text.isEmpty() || text.equals("null")) {
            return Optional.empty();
        }
        try {
            return Optional.of(Instant.parse(text));
        } catch (DateTimeException e) {
            return Optional.of(Instant.EPOCH);
        }
    }

    boolean hasFinalizer() {
        for (JsonNode finalizer : metadata().path("finalizers")) {
            if (finalizer.asText().equals(FINALIZER)) {
                return true;
            }
        }
        return false;
    }

    void addFinalizer() {
        ArrayNode finalizers = finalizers();
        finalizers.add(FINALIZER);
        changeFinalizers(finalizers);
    }

    void removeFinalizer() {
        ArrayNode finalizers = finalizers();
        for (Iterator<JsonNode> each = finalizers.iterator(); each.hasNext(); ) {
            if (each.next().asText().equals(FINALIZER)) {
                each.remove();
            }
        }
        changeFinalizers(finalizers);
    }

    private ArrayNode finalizers() {
        ArrayNode finalizers = object.arrayNode();
        metadata().path("finalizers").forEach(finalizers::add);
        return finalizers;
    }

    private void changeFinalizers(ArrayNode finalizers) {
        ObjectNode patch = patch();
        patch.withObject("metadata").set("finalizers", finalizers);
        object = objects.patch(kind, place(), name(), patch);
    }

    /** Writes the status unless it is what is there. */
    void write(ObjectNode status) {
        ObjectNode before = status();
        if (status.equals(before)) {
            return;
        }
        ObjectNode patch = patch();
        if (isResource()) {
            ObjectNode change = patch.putObject("status");
            change.setAll(status);
            before.fieldNames().forEachRemaining(field -> {
                if (!status.has(field)) {
                    change.putNull(field);
                }
            });
            object = objects.patchStatus(kind, place(), name(), patch);
        } else {
            patch.withObject("metadata").putObject("annotations").put(STATUS_ANNOTATION, status.toString());
            object = objects.patch(kind, place(), name(), patch);
        }
    }

    /** Takes the status off a namespace that is no tenant any more. */
    void clearAnnotation() {
        ObjectNode patch = patch();
        patch.withObject("metadata").putObject("annotations").putNull(STATUS_ANNOTATION);
        object = objects.patch(kind, place(), name(), patch);
    }

    /** A reference to the object, as Events have it. */
    @Override
    public ObjectNode reference() {
        ObjectNode reference = ClusterObjects.object();
        reference.put("apiVersion", kind.apiVersion()).put("kind", kind.kind());
        reference.put("namespace", namespace()).put("name", name()).put("uid", uid());
        return reference;
    }

    /** A reference to the object as the owner of its Secret. */
    ObjectNode ownerReference() {
        ObjectNode reference = ClusterObjects.object();
        reference.put("apiVersion", kind.apiVersion()).put("kind", kind.kind());
        reference.put("name", name()).put("uid", uid()).put("controller", true);
        return reference;
    }

    private ObjectNode patch() {
        ObjectNode patch = ClusterObjects.object();
        patch.putObject("metadata")
                .put("resourceVersion", metadata().path("resourceVersion").asText());
        return patch;
    }

    private String place() {
        return isResource() ? namespace() : "";
    }

    private JsonNode metadata() {
        return object.path("metadata");
    }
}

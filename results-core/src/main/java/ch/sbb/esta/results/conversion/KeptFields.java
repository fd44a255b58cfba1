package ch.sbb.esta.results.conversion;

import ch.sbb.esta.results.internal.JsonTree;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.Optional;
import java.util.zip.GZIPOutputStream;

/** Keeps in annotations what version 1 has no field for, under the keys and in the form in which Tekton keeps it. */
final class KeptFields {

    private static final String DEPRECATIONS = "tekton.dev/v1beta1.task-deprecations";

    private final ObjectNode run;

    KeptFields(ObjectNode run) {
        this.run = run;
    }

    /** Moves a field into an annotation: its JSON, zipped, in base64. It stays where there is an annotation of that key already. */
    void keep(ObjectNode object, String field, String key) {
        JsonNode value = object.get(field);
        if (value != null && !value.isNull()) {
            annotations().filter(annotations -> !annotations.has(key)).ifPresent(annotations -> {
                annotations.put(key, zipped(value));
                object.remove(field);
            });
        }
    }

    private static String zipped(JsonNode value) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (GZIPOutputStream zip = new GZIPOutputStream(bytes)) {
            zip.write(JsonTree.write(value));
        } catch (IOException e) {
            throw new UncheckedIOException("writing to memory failed", e);
        }
        return Base64.getEncoder().encodeToString(bytes.toByteArray());
    }

    /**
     * Keeps the deprecated fields of one task, among those of the other tasks of the run; as plain JSON, for that is how Tekton reads
     * this one.
     *
     * @return whether they are kept now; not where other ones are kept under the same name
     */
    boolean keepDeprecations(String task, ObjectNode fields) {
        Optional<ObjectNode> annotations = annotations();
        Optional<ObjectNode> tasks = annotations.flatMap(KeptFields::tasks);
        if (tasks.isEmpty() || (tasks.get().has(task) && !tasks.get().get(task).equals(fields))) {
            return false;
        }
        tasks.get().set(task, fields);
        annotations.get().put(DEPRECATIONS, new String(JsonTree.write(tasks.get()), StandardCharsets.UTF_8));
        return true;
    }

    private static Optional<ObjectNode> tasks(ObjectNode annotations) {
        JsonNode kept = annotations.get(DEPRECATIONS);
        if (kept == null) {
            return Optional.of(annotations.objectNode());
        }
        try {
            return kept instanceof TextNode text
                            && JsonTree.read(text.textValue().getBytes(StandardCharsets.UTF_8))
                                    instanceof ObjectNode tasks
                    ? Optional.of(tasks)
                    : Optional.empty();
        } catch (UncheckedIOException e) {
            // Somebody's own text: left alone.
            return Optional.empty();
        }
    }

    /** Made where they are missing; empty where something else is in their place. */
    private Optional<ObjectNode> annotations() {
        return Fields.object(run, "metadata").flatMap(metadata -> {
            if (!metadata.hasNonNull("annotations")) {
                metadata.putObject("annotations");
            }
            return Fields.object(metadata, "annotations");
        });
    }
}

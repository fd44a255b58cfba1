package ch.sbb.esta.results.memory;

import ch.sbb.esta.results.ResultsException;
import ch.sbb.esta.results.RunKind;
import ch.sbb.esta.results.RunSnapshot;
import ch.sbb.esta.results.spi.ClusterRuns.RunKey;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.cfg.JsonNodeFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;

/** Reads and changes the JSON of runs as an API server does. */
final class RunObjects {

    private static final JsonMapper MAPPER = JsonMapper.builder()
            .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
            .disable(JsonNodeFeature.STRIP_TRAILING_BIGDECIMAL_ZEROES)
            .build();

    private RunObjects() {}

    static ObjectNode read(byte[] json) {
        try {
            if (MAPPER.readTree(json) instanceof ObjectNode object) {
                return object;
            }
            throw ResultsException.invalid("the run is not a JSON object");
        } catch (IOException e) {
            throw new ResultsException(ResultsException.Code.INVALID, "the run is not valid JSON", e);
        }
    }

    static byte[] bytes(ObjectNode object) {
        try {
            return MAPPER.writeValueAsBytes(object);
        } catch (IOException e) {
            throw new ResultsException(ResultsException.Code.INVALID, "the run cannot be written as UTF-8", e);
        }
    }

    static RunSnapshot snapshot(ObjectNode object) {
        return RunSnapshot.parse(bytes(object));
    }

    static ObjectNode metadata(ObjectNode object) {
        return object.withObjectProperty("metadata");
    }

    static String metadata(ObjectNode object, String field) {
        return object.path("metadata").path(field).asText();
    }

    static boolean isBeingDeleted(ObjectNode object) {
        return object.path("metadata").hasNonNull("deletionTimestamp");
    }

    static Set<String> finalizers(ObjectNode object) {
        Set<String> finalizers = new LinkedHashSet<>();
        for (JsonNode finalizer : object.path("metadata").path("finalizers")) {
            finalizers.add(finalizer.asText());
        }
        return finalizers;
    }

    static void setFinalizers(ObjectNode object, Set<String> finalizers) {
        ObjectNode metadata = metadata(object);
        metadata.remove("finalizers");
        if (!finalizers.isEmpty()) {
            ArrayNode array = metadata.putArray("finalizers");
            finalizers.forEach(array::add);
        }
    }

    /** Returns whether that changed anything. */
    static boolean annotate(ObjectNode object, Map<String, String> annotations) {
        ObjectNode written = metadata(object).withObjectProperty("annotations");
        ObjectNode before = written.deepCopy();
        annotations.forEach(written::put);
        return !written.equals(before);
    }

    static RunKey key(ObjectNode object) {
        RunKind kind = new RunKind(
                object.path("apiVersion").asText(), object.path("kind").asText());
        return new RunKey(kind, metadata(object, "namespace"), metadata(object, "name"), metadata(object, "uid"));
    }
}

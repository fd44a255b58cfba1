package ch.sbb.esta.results.k8s;

import ch.sbb.esta.results.ResultsException;
import ch.sbb.esta.results.RunSnapshot;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/**
 * The finalizers of one version of a run.
 *
 * @param resourceVersion the version
 * @param finalizers in the order of the object
 */
record FinalizerChange(String resourceVersion, List<String> finalizers) {

    private static final JsonMapper MAPPER = JsonMapper.builder(RawJson.FACTORY).build();

    static FinalizerChange of(RunSnapshot run) {
        List<String> finalizers = new ArrayList<>();
        try {
            for (JsonNode finalizer :
                    MAPPER.readTree(run.json()).path("metadata").path("finalizers")) {
                finalizers.add(finalizer.asText());
            }
        } catch (IOException e) {
            throw new ResultsException(ResultsException.Code.INTERNAL, "a run that was read is not JSON any more", e);
        }
        return new FinalizerChange(run.resourceVersion().orElse(""), finalizers);
    }

    FinalizerChange with(String finalizer) {
        if (finalizers.contains(finalizer)) {
            return this;
        }
        List<String> more = new ArrayList<>(finalizers);
        more.add(finalizer);
        return new FinalizerChange(resourceVersion, more);
    }

    FinalizerChange without(String finalizer) {
        return new FinalizerChange(
                resourceVersion,
                finalizers.stream().filter(f -> !f.equals(finalizer)).toList());
    }

    boolean adds(FinalizerChange to) {
        return !to.finalizers.containsAll(finalizers);
    }

    String mergePatch() {
        ObjectNode patch = MAPPER.createObjectNode();
        ObjectNode metadata = patch.putObject("metadata");
        metadata.put("resourceVersion", resourceVersion);
        if (finalizers.isEmpty()) {
            metadata.putNull("finalizers");
        } else {
            ArrayNode array = metadata.putArray("finalizers");
            finalizers.forEach(array::add);
        }
        return patch.toString();
    }

    static String deleteOptions(String uid, String resourceVersion) {
        ObjectNode options = MAPPER.createObjectNode();
        options.put("apiVersion", "v1").put("kind", "DeleteOptions").put("propagationPolicy", "Background");
        options.putObject("preconditions").put("uid", uid).put("resourceVersion", resourceVersion);
        return options.toString();
    }
}

package ch.sbb.esta.results.k8s;

import ch.sbb.esta.results.ResultsException;
import ch.sbb.esta.results.RunSnapshot;
import ch.sbb.esta.results.spi.ClusterRuns.RunKey;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/**
 * The finalizers of one version of a run, and whose they are.
 *
 * @param resourceVersion the version
 * @param finalizers in the order of the object
 * @param applied those that {@link #MANAGER} owns by apply
 * @param foreign those that somebody else owns, or nobody
 */
record FinalizerChange(
        RunKey run, String resourceVersion, List<String> finalizers, Set<String> applied, Set<String> foreign) {

    /** The name under which this library applies. */
    static final String MANAGER = "esta-results";

    private static final JsonMapper MAPPER = JsonMapper.builder(RawJson.FACTORY).build();
    private static final String VALUE = "v:";

    static FinalizerChange of(RunSnapshot run) {
        JsonNode metadata;
        try {
            metadata = MAPPER.readTree(run.json()).path("metadata");
        } catch (IOException e) {
            throw new ResultsException(ResultsException.Code.INTERNAL, "a run that was read is not JSON any more", e);
        }
        List<String> finalizers = new ArrayList<>();
        metadata.path("finalizers").forEach(finalizer -> finalizers.add(finalizer.asText()));
        Set<String> applied = new LinkedHashSet<>();
        Set<String> foreign = new LinkedHashSet<>();
        for (JsonNode entry : metadata.path("managedFields")) {
            boolean ours = entry.path("manager").asText().equals(MANAGER)
                    && entry.path("operation").asText().equals("Apply");
            entry.path("fieldsV1")
                    .path("f:metadata")
                    .path("f:finalizers")
                    .fieldNames()
                    .forEachRemaining(edge -> collect(edge, ours ? applied : foreign));
        }
        applied.retainAll(finalizers);
        finalizers.stream().filter(f -> !applied.contains(f)).forEach(foreign::add);
        return new FinalizerChange(
                RunKey.of(run), run.resourceVersion().orElse(""), List.copyOf(finalizers), applied, foreign);
    }

    private static void collect(String edge, Set<String> into) {
        if (edge.startsWith(VALUE)) {
            try {
                into.add(MAPPER.readTree(edge.substring(VALUE.length())).asText());
            } catch (IOException e) {
                throw new ResultsException(
                        ResultsException.Code.INTERNAL, "managedFields name a finalizer that is not JSON", e);
            }
        }
    }

    boolean contains(String finalizer) {
        return finalizers.contains(finalizer);
    }

    /** Whether giving a finalizer up is enough to remove it. */
    boolean isOnlyOurs(String finalizer) {
        return applied.contains(finalizer) && !foreign.contains(finalizer);
    }

    /** The configuration that adds a finalizer. */
    String applyWith(String finalizer) {
        Set<String> more = new LinkedHashSet<>(applied);
        more.add(finalizer);
        return configuration(more);
    }

    /** The configuration that gives a finalizer up. */
    String applyWithout(String finalizer) {
        Set<String> fewer = new LinkedHashSet<>(applied);
        fewer.remove(finalizer);
        return configuration(fewer);
    }

    /** Names the UID, without which an apply would make a run that is gone anew, and the version, so that two applies of ours do not undo one another. */
    private String configuration(Set<String> wanted) {
        ObjectNode configuration = MAPPER.createObjectNode();
        configuration
                .put("apiVersion", run.kind().apiVersion())
                .put("kind", run.kind().kind());
        ObjectNode metadata = configuration.putObject("metadata");
        metadata.put("name", run.name())
                .put("namespace", run.namespace())
                .put("uid", run.uid())
                .put("resourceVersion", resourceVersion);
        if (!wanted.isEmpty()) {
            ArrayNode list = metadata.putArray("finalizers");
            wanted.forEach(list::add);
        }
        return configuration.toString();
    }

    /** The JSON patch that removes a finalizer, whoever owns it, if it is still where it was and the run is still that run. */
    String jsonPatchWithout(String finalizer) {
        String path = "/metadata/finalizers/" + finalizers.indexOf(finalizer);
        ArrayNode patch = MAPPER.createArrayNode();
        patch.addObject().put("op", "test").put("path", "/metadata/uid").put("value", run.uid());
        patch.addObject().put("op", "test").put("path", path).put("value", finalizer);
        patch.addObject().put("op", "remove").put("path", path);
        return patch.toString();
    }

    static String deleteOptions(String uid, String resourceVersion) {
        ObjectNode options = MAPPER.createObjectNode();
        options.put("apiVersion", "v1").put("kind", "DeleteOptions").put("propagationPolicy", "Background");
        options.putObject("preconditions").put("uid", uid).put("resourceVersion", resourceVersion);
        return options.toString();
    }
}

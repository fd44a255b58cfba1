package ch.sbb.esta.results.k8s;

import ch.sbb.esta.results.Escaped;
import ch.sbb.esta.results.ResultsException;
import ch.sbb.esta.results.ResultsException.Code;
import ch.sbb.esta.results.RunKind;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;

/** Under which name the API serves an extra kind, as the API server tells it: its definition may call it anything. */
final class KindDiscovery {

    private static final JsonMapper MAPPER = JsonMapper.builder().build();

    private KindDiscovery() {}

    /** Where the API server lists what it serves in the group and version of a kind. */
    static ApiPath path(RunKind kind) {
        return ApiPath.ofVersion(kind);
    }

    /**
     * Reads the answer.
     *
     * @param resources an {@code APIResourceList}
     * @return the last part of the path of the kind
     * @throws ResultsException {@code NOT_FOUND} when the kind is not served, {@code INVALID} when its objects belong to no namespace,
     *     {@code UNAVAILABLE} when the answer is none
     */
    static String plural(RunKind kind, byte[] resources) {
        JsonNode list;
        try {
            list = MAPPER.readTree(resources);
        } catch (IOException e) {
            throw new ResultsException(
                    Code.UNAVAILABLE,
                    "the API server's answer to what it serves of " + kind.apiVersion() + " is no JSON",
                    e);
        }
        for (JsonNode resource : list.path("resources")) {
            String name = resource.path("name").asText();
            // Subresources are listed beside their resource, with its kind or another one.
            if (resource.path("kind").asText().equals(kind.kind()) && !name.isEmpty() && name.indexOf('/') < 0) {
                if (!resource.path("namespaced").asBoolean()) {
                    throw ResultsException.invalid(kind + ", served as " + Escaped.of(name)
                            + ", belongs to no namespace: only kinds within namespaces can be archived");
                }
                return name;
            }
        }
        throw new ResultsException(
                Code.NOT_FOUND, "the cluster serves " + kind.apiVersion() + ", but no " + kind.kind());
    }
}

package ch.sbb.esta.results.k8s;

import ch.sbb.esta.results.ResultsException;
import ch.sbb.esta.results.ResultsException.Code;
import ch.sbb.esta.results.RunKind;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import java.util.function.Consumer;

/** Objects of the cluster that this library reads and writes, as JSON. What changed in between is an {@link OutdatedException}. */
final class ClusterObjects {

    static final String GROUP = "results.esta.sbb.ch";
    static final RunKind TENANT = new RunKind(GROUP + "/v1alpha1", "ResultsTenant");
    static final RunKind NAMESPACE = new RunKind("v1", "Namespace");
    static final RunKind SECRET = new RunKind("v1", "Secret");
    static final RunKind EVENT = new RunKind("v1", "Event");
    static final RunKind POD = new RunKind("v1", "Pod");
    static final RunKind LEASE = new RunKind("coordination.k8s.io/v1", "Lease");

    private static final JsonMapper MAPPER = JsonMapper.builder(RawJson.FACTORY).build();

    private final ApiRequests requests;
    private final FabricConfig config;

    ClusterObjects(ApiRequests requests, FabricConfig config) {
        this.requests = requests;
        this.config = config;
    }

    static ObjectNode object() {
        return MAPPER.createObjectNode();
    }

    Optional<ObjectNode> find(RunKind kind, String namespace, String name) {
        try {
            return Optional.of(read(requests.get(path(kind, namespace, name))));
        } catch (ResultsException e) {
            if (e.code() == Code.NOT_FOUND) {
                return Optional.empty();
            }
            throw e.about(subject(kind, namespace, name));
        }
    }

    /** Hands every object of a kind in a namespace, or in all for an empty one, to a consumer: namespace and name count only. */
    void list(RunKind kind, String namespace, String labelSelector, Consumer<RawResource> each) {
        String token = "";
        do {
            ApiPath path = ApiPath.of(kind, namespace).query("limit", Integer.toString(config.pageSize()));
            if (!labelSelector.isEmpty()) {
                path.query("labelSelector", labelSelector);
            }
            if (!token.isEmpty()) {
                path.query("continue", token);
            }
            RawList page = RawList.read(requests.get(path));
            page.items().forEach(each);
            token = page.continueToken();
        } while (!token.isEmpty());
    }

    ObjectNode create(RunKind kind, String namespace, ObjectNode object) {
        return write(
                subject(kind, namespace, name(object)),
                () -> requests.create(ApiPath.of(kind, namespace), object.toString()));
    }

    /** Replaces the version that the object carries. */
    ObjectNode replace(RunKind kind, String namespace, ObjectNode object) {
        return write(
                subject(kind, namespace, name(object)),
                () -> requests.replace(path(kind, namespace, name(object)), object.toString()));
    }

    ObjectNode patch(RunKind kind, String namespace, String name, ObjectNode patch) {
        return write(
                subject(kind, namespace, name),
                () -> requests.mergePatch(path(kind, namespace, name), patch.toString()));
    }

    ObjectNode patchStatus(RunKind kind, String namespace, String name, ObjectNode patch) {
        return write(
                subject(kind, namespace, name),
                () -> requests.mergePatch(path(kind, namespace, name).segment("status"), patch.toString()));
    }

    /** Deletes the object of that version; a no-op when it is gone or is another one by now. */
    void delete(RunKind kind, String namespace, ObjectNode object) {
        JsonNode metadata = object.path("metadata");
        try {
            requests.delete(
                    path(kind, namespace, name(object)),
                    FinalizerChange.deleteOptions(
                            metadata.path("uid").asText(),
                            metadata.path("resourceVersion").asText()));
        } catch (ResultsException e) {
            if (e.code() != Code.NOT_FOUND) {
                throw outdatedOr(e.about(subject(kind, namespace, name(object))));
            }
        }
    }

    private interface Write {
        byte[] send();
    }

    private static ObjectNode write(String subject, Write write) {
        byte[] answer;
        try {
            answer = write.send();
        } catch (ResultsException e) {
            throw outdatedOr(e.about(subject));
        }
        return read(answer);
    }

    private static RuntimeException outdatedOr(ResultsException e) {
        return e.code() == Code.CONFLICT || e.code() == Code.ALREADY_EXISTS || e.code() == Code.NOT_FOUND
                ? new OutdatedException(e)
                : e;
    }

    static ObjectNode read(byte[] json) {
        return read(new String(json, StandardCharsets.UTF_8));
    }

    static ObjectNode read(String json) {
        try {
            if (MAPPER.readTree(json) instanceof ObjectNode object) {
                return object;
            }
        } catch (IOException e) {
            throw new ResultsException(Code.UNAVAILABLE, "the API server's answer is not valid JSON", e);
        }
        throw new ResultsException(Code.UNAVAILABLE, "the API server's answer is no JSON object");
    }

    static String name(JsonNode object) {
        return object.path("metadata").path("name").asText();
    }

    private static ApiPath path(RunKind kind, String namespace, String name) {
        return ApiPath.of(kind, namespace).segment(name);
    }

    private static String subject(RunKind kind, String namespace, String name) {
        return kind.kind() + " " + (namespace.isEmpty() ? "" : namespace + "/") + name;
    }
}

package ch.sbb.esta.results.testkit.kube;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The refusals of a Kubernetes API server. Codes, reasons, messages and details are those of
 * {@code k8s.io/apimachinery/pkg/api/errors/errors.go} unless a method says otherwise.
 */
final class ApiErrors {

    /** One wrong field, as {@code k8s.io/apimachinery/pkg/util/validation/field/errors.go} describes it. */
    record FieldError(String reason, String field, String message) {

        static FieldError invalid(String field, String value, String detail) {
            return new FieldError("FieldValueInvalid", field, "Invalid value: " + quote(value) + ": " + detail);
        }

        static FieldError required(String field, String detail) {
            return new FieldError("FieldValueRequired", field, "Required value: " + detail);
        }

        static FieldError forbidden(String field, String detail) {
            return new FieldError("FieldValueForbidden", field, "Forbidden: " + detail);
        }
    }

    private ApiErrors() {}

    static KubeApiException notFound(KubeResource resource, String name) {
        return failure(
                404, "NotFound", resource.qualifiedPlural() + " " + quote(name) + " not found", on(resource, name));
    }

    static KubeApiException alreadyExists(KubeResource resource, String name) {
        return failure(
                409,
                "AlreadyExists",
                resource.qualifiedPlural() + " " + quote(name) + " already exists",
                on(resource, name));
    }

    static KubeApiException conflict(KubeResource resource, String name, String why) {
        return failure(
                409,
                "Conflict",
                "Operation cannot be fulfilled on " + resource.qualifiedPlural() + " " + quote(name) + ": " + why,
                on(resource, name));
    }

    static KubeApiException modified(KubeResource resource, String name) {
        return conflict(
                resource,
                name,
                "the object has been modified; please apply your changes to the latest version and try again");
    }

    static KubeApiException forbidden(KubeResource resource, String name, String why) {
        return failure(
                403,
                "Forbidden",
                resource.qualifiedPlural() + " " + quote(name) + " is forbidden: " + why,
                on(resource, name));
    }

    /** The refusal of an authorizer, for somebody without a name. */
    static KubeApiException notAllowed(KubeRequest asked) {
        ObjectNode details = Json.object();
        putIfFull(details, "name", asked.name());
        putIfFull(details, "group", asked.group());
        details.put("kind", asked.resource());
        String qualified = asked.resource() + (asked.group().isEmpty() ? "" : "." + asked.group());
        return failure(
                403,
                "Forbidden",
                qualified + (asked.name().isEmpty() ? "" : " " + quote(asked.name()))
                        + " is forbidden: User \"system:anonymous\" cannot " + asked.verb() + " resource "
                        + quote(asked.resource()) + " in API group " + quote(asked.group())
                        + (asked.namespace().isEmpty()
                                ? " at the cluster scope"
                                : " in the namespace " + quote(asked.namespace())),
                details);
    }

    static KubeApiException invalid(KubeResource resource, String name, List<FieldError> errors) {
        return invalid(resource.group(), resource.kind(), name, errors);
    }

    static KubeApiException invalid(String group, String kind, String name, List<FieldError> errors) {
        ObjectNode details = Json.object();
        putIfFull(details, "name", name);
        putIfFull(details, "group", group);
        details.put("kind", kind);
        ArrayNode causes = details.putArray("causes");
        for (FieldError error : errors) {
            causes.addObject()
                    .put("reason", error.reason())
                    .put("message", error.message())
                    .put("field", error.field());
        }
        String all = errors.stream().map(e -> e.field() + ": " + e.message()).collect(Collectors.joining(", "));
        String qualified = group.isEmpty() ? kind : kind + "." + group;
        return failure(
                422,
                "Invalid",
                qualified + " " + quote(name) + " is invalid: " + (errors.size() > 1 ? "[" + all + "]" : all),
                details);
    }

    /** {@code k8s.io/apimachinery/pkg/util/managedfields/internal/conflict.go}: the paths of each owner. */
    static KubeApiException applyConflict(Map<String, List<String>> pathsByOwner) {
        ObjectNode details = Json.object();
        ArrayNode causes = details.putArray("causes");
        StringBuilder several = new StringBuilder();
        pathsByOwner.forEach((owner, paths) -> {
            several.append(several.isEmpty() ? "" : "\n")
                    .append("conflicts with ")
                    .append(owner)
                    .append(':');
            for (String path : paths) {
                several.append("\n- ").append(path);
                causes.addObject()
                        .put("reason", "FieldManagerConflict")
                        .put("message", "conflict with " + owner)
                        .put("field", path);
            }
        });
        String message = causes.size() == 1
                ? "1 conflict: " + causes.path(0).path("message").asText() + ": "
                        + causes.path(0).path("field").asText()
                : causes.size() + " conflicts: " + several;
        return failure(409, "Conflict", "Apply failed with " + message, details);
    }

    static KubeApiException badRequest(String message) {
        return failure(400, "BadRequest", message, null);
    }

    static KubeApiException unauthorized() {
        return failure(401, "Unauthorized", "Unauthorized", null);
    }

    static KubeApiException expired(String message) {
        return failure(410, "Expired", message, null);
    }

    static KubeApiException noSuchResource() {
        return failure(404, "NotFound", "the server could not find the requested resource", Json.object());
    }

    static KubeApiException methodNotAllowed() {
        return failure(
                405,
                "MethodNotAllowed",
                "the server does not allow this method on the requested resource",
                Json.object());
    }

    static KubeApiException unsupportedMediaType(String accepted) {
        return failure(
                415,
                "UnsupportedMediaType",
                "the body of the request was in an unknown format - accepted media types include: " + accepted,
                null);
    }

    static KubeApiException tooLarge(int limit) {
        return failure(413, "RequestEntityTooLarge", "Request entity too large: limit is " + limit, Json.object());
    }

    /** {@code k8s.io/apiserver/pkg/storage/errors.go}, NewTooLargeResourceVersionError. */
    static KubeApiException resourceVersionTooLarge(long asked, long current) {
        ObjectNode details = Json.object().put("retryAfterSeconds", 1);
        details.putArray("causes")
                .addObject()
                .put("reason", "ResourceVersionTooLarge")
                .put("message", "Too large resource version");
        return failure(
                504, "Timeout", "Timeout: Too large resource version: " + asked + ", current: " + current, details);
    }

    static KubeApiException internal(String message) {
        return failure(500, "InternalError", "Internal error occurred: " + message, null);
    }

    static ObjectNode status(int code, String reason, String message) {
        ObjectNode status = Json.object().put("kind", "Status").put("apiVersion", "v1");
        status.putObject("metadata");
        status.put("status", "Failure").put("message", message);
        putIfFull(status, "reason", reason);
        return status.put("code", code);
    }

    static String quote(String text) {
        return '"' + text.replace("\\", "\\\\").replace("\"", "\\\"") + '"';
    }

    static KubeApiException failure(int code, String reason, String message, @Nullable ObjectNode details) {
        ObjectNode status = status(code, reason, message);
        if (details != null) {
            status.set("details", details);
        }
        return new KubeApiException(status);
    }

    private static ObjectNode on(KubeResource resource, String name) {
        ObjectNode details = Json.object();
        putIfFull(details, "name", name);
        putIfFull(details, "group", resource.group());
        return details.put("kind", resource.plural());
    }

    private static void putIfFull(ObjectNode node, String field, String value) {
        if (!value.isEmpty()) {
            node.put(field, value);
        }
    }
}

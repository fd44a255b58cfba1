package ch.sbb.esta.results.testkit.kube;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;

/**
 * How a delete is to be done ({@code DeleteOptions} of meta/v1).
 *
 * @param graceSeconds negative for the object's own
 * @param uid empty for any
 * @param resourceVersion empty for any
 * @param finalizer what a propagation policy puts on the object: {@code foregroundDeletion}, {@code orphan} or nothing
 */
record DeleteOptions(int graceSeconds, String uid, String resourceVersion, String finalizer) {

    static final DeleteOptions DEFAULT = new DeleteOptions(-1, "", "", "");

    static final String FOREGROUND = "foregroundDeletion";
    static final String ORPHAN = "orphan";

    static DeleteOptions parse(ObjectNode body) {
        JsonNode preconditions = body.path("preconditions");
        JsonNode grace = body.path("gracePeriodSeconds");
        if (grace.isNumber() && grace.asLong() < 0) {
            throw ApiErrors.invalid(
                    "",
                    "DeleteOptions",
                    "",
                    List.of(ApiErrors.FieldError.invalid(
                            "gracePeriodSeconds", grace.asText(), "must be greater than or equal to 0")));
        }
        if (!body.path("dryRun").isEmpty()) {
            throw ApiErrors.badRequest("dryRun is not offered by this server: send the request without it");
        }
        return new DeleteOptions(
                grace.isNumber() ? grace.asInt() : -1,
                preconditions.path("uid").asText(),
                preconditions.path("resourceVersion").asText(),
                finalizer(body));
    }

    private static String finalizer(ObjectNode body) {
        String policy = body.path("propagationPolicy").asText();
        return switch (policy) {
            case "", "null", "Background" -> body.path("orphanDependents").asBoolean() ? ORPHAN : "";
            case "Foreground" -> FOREGROUND;
            case "Orphan" -> ORPHAN;
            default ->
                throw ApiErrors.invalid(
                        "",
                        "DeleteOptions",
                        "",
                        List.of(ApiErrors.FieldError.invalid(
                                "propagationPolicy", policy, "must be one of Foreground, Background, Orphan")));
        };
    }
}

package ch.sbb.esta.results.testkit.kube;

import ch.sbb.esta.results.testkit.kube.ApiErrors.FieldError;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.vertx.core.MultiMap;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * How a configuration is applied ({@code PatchOptions} of meta/v1;
 * {@code k8s.io/apimachinery/pkg/apis/meta/v1/validation/validation.go}).
 *
 * @param manager who applies
 * @param force whether fields of others are taken from them
 */
record ApplyOptions(String manager, boolean force) {

    static final int LONGEST_MANAGER = 128;
    private static final String KIND = "PatchOptions";

    static ApplyOptions parse(MultiMap query) {
        String manager = ListOptions.text(query, "fieldManager");
        if (manager.isEmpty()) {
            throw invalid(KIND, FieldError.required("fieldManager", "is required for apply patch"));
        }
        return new ApplyOptions(checkManager(manager, KIND), ListOptions.flag(query, "force"));
    }

    /** Refuses to force a patch that is no apply. */
    static void refuseForce(MultiMap query) {
        if (query.contains("force")) {
            throw invalid(KIND, FieldError.forbidden("force", "may not be specified for non-apply patch"));
        }
    }

    static String checkManager(String manager, String kind) {
        if (manager.length() > LONGEST_MANAGER) {
            throw invalid(
                    kind,
                    new FieldError(
                            "FieldValueTooLong",
                            "fieldManager",
                            "Too long: may not be more than " + LONGEST_MANAGER + " bytes"));
        }
        if (manager.codePoints().anyMatch(Character::isISOControl)) {
            throw invalid(
                    kind, FieldError.invalid("fieldManager", manager, "should only contain printable characters"));
        }
        return manager;
    }

    /** Returns a copy of a configuration that may be applied to an object. */
    ObjectNode check(ObjectWrites.Target target, ObjectNode body) {
        ObjectNode configuration = body.deepCopy();
        @Nullable String kind = Json.text(configuration, "kind");
        if (kind == null) {
            throw ApiErrors.badRequest("error decoding YAML: Object 'Kind' is missing in the object provided");
        }
        String expected = target.resource().apiVersion(target.version());
        String version = configuration.path("apiVersion").asText();
        if (!version.equals(expected) || !kind.equals(target.resource().kind())) {
            throw ApiErrors.badRequest("invalid object type: " + version + ", Kind=" + kind);
        }
        if (configuration.path("metadata").hasNonNull("managedFields")) {
            throw ApiErrors.badRequest("metadata.managedFields must be nil");
        }
        return configuration;
    }

    private static KubeApiException invalid(String kind, FieldError error) {
        return ApiErrors.invalid("meta.k8s.io", kind, "", List.of(error));
    }
}

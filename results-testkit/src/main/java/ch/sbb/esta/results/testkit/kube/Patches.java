package ch.sbb.esta.results.testkit.kube;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Locale;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/** The patch types by their media types (API concepts, "Patch and apply"). */
final class Patches {

    private static final String JSON = "application/json-patch+json";
    private static final String MERGE = "application/merge-patch+json";

    private Patches() {}

    static UnaryOperator<ObjectNode> parse(@Nullable String contentType, byte[] body) {
        String type = contentType == null
                ? ""
                : contentType.replaceAll(";.*", "").strip().toLowerCase(Locale.ROOT);
        return switch (type) {
            case JSON -> {
                JsonNode patch = Json.parse(body);
                yield object -> JsonPatch.apply(object, patch);
            }
            case MERGE -> merge(Json.parseObject(body));
            default -> throw ApiErrors.unsupportedMediaType(JSON + ", " + MERGE);
        };
    }

    static UnaryOperator<ObjectNode> merge(ObjectNode patch) {
        return object -> {
            MergePatch.apply(object, patch);
            return object;
        };
    }
}

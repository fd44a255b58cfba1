package ch.sbb.esta.results.testkit.kube;

import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import java.io.IOException;
import java.util.Locale;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/** The patch types by their media types (API concepts, "Patch and apply"). */
final class Patches {

    private static final String JSON = "application/json-patch+json";
    private static final String MERGE = "application/merge-patch+json";
    private static final String APPLY = "application/apply-patch+yaml";
    private static final YAMLMapper YAML = YAMLMapper.builder()
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .build();

    private Patches() {}

    static boolean isApply(@Nullable String contentType) {
        return type(contentType).equals(APPLY);
    }

    /** An object in YAML, or in JSON, which is YAML too. */
    static ObjectNode yaml(byte[] body) {
        JsonNode parsed;
        try {
            parsed = YAML.readTree(body);
        } catch (IOException e) {
            throw ApiErrors.badRequest("error decoding YAML: " + e.getMessage());
        }
        if (parsed instanceof ObjectNode object) {
            // Through text once, so that numbers are those of JSON.
            return Json.parseObject(Json.bytes(object));
        }
        throw ApiErrors.badRequest("error decoding YAML: the patch must be an object");
    }

    private static String type(@Nullable String contentType) {
        return contentType == null
                ? ""
                : contentType.replaceAll(";.*", "").strip().toLowerCase(Locale.ROOT);
    }

    static UnaryOperator<ObjectNode> parse(@Nullable String contentType, byte[] body) {
        return switch (type(contentType)) {
            case JSON -> {
                JsonNode patch = Json.parse(body);
                yield object -> JsonPatch.apply(object, patch);
            }
            case MERGE -> merge(Json.parseObject(body));
            default -> throw ApiErrors.unsupportedMediaType(JSON + ", " + MERGE + ", " + APPLY);
        };
    }

    static UnaryOperator<ObjectNode> merge(ObjectNode patch) {
        return object -> {
            MergePatch.apply(object, patch);
            return object;
        };
    }
}

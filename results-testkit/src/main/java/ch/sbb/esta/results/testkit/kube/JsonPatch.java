package ch.sbb.esta.results.testkit.kube;

import com.fasterxml.jackson.core.JsonPointer;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * JSON patch, RFC 6902. A patch that cannot be applied, a failing {@code test} included, is 422, as in
 * {@code k8s.io/apiserver/pkg/endpoints/handlers/patch.go}.
 */
final class JsonPatch {

    private static final Logger LOG = LoggerFactory.getLogger(JsonPatch.class);

    private JsonPatch() {}

    /** Returns the patched copy. */
    static ObjectNode apply(ObjectNode target, JsonNode patch) {
        if (!(patch instanceof ArrayNode steps)) {
            throw ApiErrors.badRequest("a JSON patch must be a list of operations");
        }
        JsonNode root = target.deepCopy();
        for (JsonNode step : steps) {
            root = apply(root, step);
        }
        if (root instanceof ObjectNode object) {
            return object;
        }
        throw refused("the patch leaves no object");
    }

    private static JsonNode apply(JsonNode root, JsonNode step) {
        JsonPointer path = pointer(step, "path");
        String operation = step.path("op").asText();
        return switch (operation) {
            case "add" -> add(root, path, value(step));
            case "remove" -> remove(root, path);
            case "replace" -> {
                existing(root, path);
                yield path.matches() ? value(step) : replace(root, path, value(step));
            }
            case "move" -> {
                JsonPointer from = pointer(step, "from");
                JsonNode moved = existing(root, from);
                yield add(remove(root, from), path, moved);
            }
            case "copy" -> add(root, path, existing(root, pointer(step, "from")).deepCopy());
            case "test" -> {
                if (!root.at(path).equals(value(step))) {
                    throw refused("testing value " + path + " failed: test failed");
                }
                yield root;
            }
            default -> throw refused("Unexpected kind: " + operation);
        };
    }

    private static JsonNode add(JsonNode root, JsonPointer path, JsonNode value) {
        if (path.matches()) {
            return value;
        }
        JsonNode parent = existing(root, path.head());
        String last = path.last().getMatchingProperty();
        if (parent instanceof ObjectNode object) {
            object.set(last, value);
        } else if (parent instanceof ArrayNode array) {
            int index = last.equals("-") ? array.size() : index(last, array.size() + 1, path);
            array.insert(index, value);
        } else {
            throw missing(path);
        }
        return root;
    }

    private static JsonNode replace(JsonNode root, JsonPointer path, JsonNode value) {
        JsonNode parent = existing(root, path.head());
        String last = path.last().getMatchingProperty();
        if (parent instanceof ArrayNode array) {
            array.set(index(last, array.size(), path), value);
        } else {
            ((ObjectNode) parent).set(last, value);
        }
        return root;
    }

    private static JsonNode remove(JsonNode root, JsonPointer path) {
        existing(root, path);
        if (path.matches()) {
            throw refused("the whole object cannot be removed");
        }
        JsonNode parent = existing(root, path.head());
        String last = path.last().getMatchingProperty();
        if (parent instanceof ArrayNode array) {
            array.remove(index(last, array.size(), path));
        } else {
            ((ObjectNode) parent).remove(last);
        }
        return root;
    }

    private static JsonNode existing(JsonNode root, JsonPointer path) {
        JsonNode node = root.at(path);
        if (node.isMissingNode()) {
            throw missing(path);
        }
        return node;
    }

    private static int index(String text, int size, JsonPointer path) {
        if (!text.matches("0|[1-9][0-9]{0,8}") || Integer.parseInt(text) >= size) {
            throw missing(path);
        }
        return Integer.parseInt(text);
    }

    private static JsonPointer pointer(JsonNode step, String field) {
        JsonNode value = step.path(field);
        try {
            return JsonPointer.compile(value.isTextual() ? value.textValue() : "?");
        } catch (IllegalArgumentException e) {
            throw refused("the operation has no valid " + field);
        }
    }

    private static JsonNode value(JsonNode step) {
        JsonNode value = step.get("value");
        if (value == null) {
            throw refused("the operation has no value");
        }
        return value.deepCopy();
    }

    private static KubeApiException missing(JsonPointer path) {
        return refused("path " + path + " does not exist: missing value");
    }

    /** Why is not said: {@code NewGenericServerResponse} leaves it out of an answer that was expected. */
    private static KubeApiException refused(String why) {
        LOG.debug("a JSON patch is refused: {}", Replies.escape(why));
        return ApiErrors.failure(
                422, "Invalid", "the server rejected our request due to an error in our request", Json.object());
    }
}

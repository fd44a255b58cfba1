package ch.sbb.esta.results.conversion;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Moves fields of JSON objects. Nothing is ever overwritten or dropped: where the place is taken, or is no object, a field stays where it
 * is.
 */
final class Fields {

    private Fields() {}

    static Optional<ObjectNode> object(JsonNode parent, String name) {
        return parent.get(name) instanceof ObjectNode object ? Optional.of(object) : Optional.empty();
    }

    /** The elements of an array, as far as they are objects; none where there is no array. */
    static List<ObjectNode> objects(JsonNode parent, String name) {
        List<ObjectNode> objects = new ArrayList<>();
        JsonNode array = parent.get(name);
        if (array != null && array.isArray()) {
            array.forEach(element -> {
                if (element instanceof ObjectNode object) {
                    objects.add(object);
                }
            });
        }
        return objects;
    }

    static String text(JsonNode parent, String name) {
        JsonNode value = parent.get(name);
        return value != null && value.isTextual() ? value.textValue() : "";
    }

    static void rename(ObjectNode object, String from, String to) {
        if (object.hasNonNull(from) && !object.has(to)) {
            object.set(to, object.remove(from));
        }
    }

    /** Moves {@code object.from} to {@code object.child.to}; the child is made where it is missing. */
    static void moveInto(ObjectNode object, String from, String child, String to) {
        if (!object.hasNonNull(from)) {
            return;
        }
        if (!object.has(child)) {
            object.putObject(child);
        }
        object(object, child).filter(target -> !target.has(to)).ifPresent(target -> {
            target.set(to, object.remove(from));
        });
    }
}

package ch.sbb.esta.results.testkit.kube;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;

/** JSON merge patch, RFC 7386: null deletes, objects merge, everything else replaces. */
final class MergePatch {

    private MergePatch() {}

    /** Changes the target in place. */
    static void apply(ObjectNode target, ObjectNode patch) {
        patch.properties().forEach(field -> {
            JsonNode value = field.getValue();
            if (value.isNull()) {
                target.remove(field.getKey());
            } else if (value instanceof ObjectNode part) {
                ObjectNode into = target.get(field.getKey()) instanceof ObjectNode old ? old : target.objectNode();
                apply(into, part);
                target.set(field.getKey(), into);
            } else {
                target.set(field.getKey(), value.deepCopy());
            }
        });
    }
}

package ch.sbb.esta.results.memory;

import ch.sbb.esta.results.JsonText;
import ch.sbb.esta.results.internal.JsonTree;
import com.fasterxml.jackson.databind.JsonNode;
import java.util.Arrays;

/** Whether two texts are the same JSON value: order of keys, spacing and the spelling of numbers do not count. */
final class JsonEquality {

    private JsonEquality() {}

    static boolean test(byte[] one, byte[] other) {
        return Arrays.equals(one, other) || JsonTree.isSame(tree(one), tree(other));
    }

    private static JsonNode tree(byte[] json) {
        return JsonTree.read(JsonText.withReadableKeys(json));
    }
}

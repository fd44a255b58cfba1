package ch.sbb.esta.results.testkit.kube;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What differs between two states of an object, as {@code sigs.k8s.io/structured-merge-diff/typed/compare.go} tells it.
 *
 * @param added fields that only the new state has
 * @param modified fields with another value
 * @param removed fields that only the old state has
 */
record FieldChanges(FieldSet added, FieldSet modified, FieldSet removed) {

    static FieldChanges between(FieldShape shape, @Nullable JsonNode before, @Nullable JsonNode after) {
        FieldChanges changes = new FieldChanges(new FieldSet(), new FieldSet(), new FieldSet());
        Map<String, FieldShape.Part> old = shape.parts(before).orElse(null);
        Map<String, FieldShape.Part> now = shape.parts(after).orElse(null);
        if (before == null) {
            changes.added.include();
        } else if (after == null) {
            changes.removed.include();
        } else if ((old == null || now == null) && !before.equals(after)) {
            changes.modified.include();
        }
        Set<String> edges = new LinkedHashSet<>(old == null ? Set.of() : old.keySet());
        edges.addAll(now == null ? Set.of() : now.keySet());
        for (String edge : edges) {
            FieldShape.Part was = old == null ? null : old.get(edge);
            FieldShape.Part is = now == null ? null : now.get(edge);
            FieldShape inner = is != null ? is.shape() : was != null ? was.shape() : FieldShape.UNKNOWN;
            JsonNode first =
                    was == null && shape.isAlwaysThere(edge) ? Json.object() : was == null ? null : was.value();
            JsonNode second = is == null && shape.isAlwaysThere(edge) ? Json.object() : is == null ? null : is.value();
            changes.put(edge, between(inner, first, second));
        }
        return changes;
    }

    private void put(String edge, FieldChanges below) {
        added.put(edge, below.added);
        modified.put(edge, below.modified);
        removed.put(edge, below.removed);
    }

    /** Fields that got a value they did not have. */
    FieldSet written() {
        return added.union(modified);
    }
}

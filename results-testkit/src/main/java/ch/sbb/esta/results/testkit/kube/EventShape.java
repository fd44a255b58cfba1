package ch.sbb.esta.results.testkit.kube;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.vertx.core.MultiMap;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Events as {@code events.k8s.io/v1} shows them: the same objects as in the core group, with other names of fields
 * ({@code k8s.io/kubernetes/pkg/apis/events/v1/zz_generated.conversion.go}). They are kept in the form of the core group.
 */
final class EventShape {

    static final String GROUP = "events.k8s.io";

    /** Stands for the version of the core resource by which the other group serves it; also its apiVersion. */
    static final String VERSION = GROUP + "/v1";

    private static final Map<String, String> FROM_CORE = fromCore();
    private static final Map<String, String> TO_CORE = inverse(FROM_CORE);

    private EventShape() {}

    private static Map<String, String> fromCore() {
        Map<String, String> names = new LinkedHashMap<>();
        names.put("involvedObject", "regarding");
        names.put("message", "note");
        names.put("reportingComponent", "reportingController");
        names.put("source", "deprecatedSource");
        names.put("firstTimestamp", "deprecatedFirstTimestamp");
        names.put("lastTimestamp", "deprecatedLastTimestamp");
        names.put("count", "deprecatedCount");
        return names;
    }

    private static Map<String, String> inverse(Map<String, String> names) {
        Map<String, String> other = new LinkedHashMap<>();
        names.forEach((core, events) -> other.put(events, core));
        return other;
    }

    /** The version of the core resource that a path means. */
    static RequestPath inCore(RequestPath path) {
        return path.group().equals(GROUP) && path.version().equals("v1")
                ? new RequestPath("", VERSION, path.namespace(), path.plural(), path.name(), path.subresource())
                : path;
    }

    static ObjectNode served(ObjectNode core) {
        return renamed(core, FROM_CORE);
    }

    /** The form that is kept; one that is kept already stays as it is. */
    static ObjectNode kept(ObjectNode event) {
        return renamed(event, TO_CORE);
    }

    private static ObjectNode renamed(ObjectNode event, Map<String, String> names) {
        ObjectNode other = event.objectNode();
        for (Map.Entry<String, JsonNode> field : event.properties()) {
            other.set(names.getOrDefault(field.getKey(), field.getKey()), field.getValue());
        }
        return other;
    }

    /** A field selector names fields as its version does ({@code k8s.io/kubernetes/pkg/apis/events/v1/conversion.go}). */
    static MultiMap query(MultiMap query, String version) {
        String selector = query.get("fieldSelector");
        if (!version.equals(VERSION) || selector == null) {
            return query;
        }
        MultiMap core = MultiMap.caseInsensitiveMultiMap().addAll(query);
        return core.set(
                "fieldSelector",
                selector.replaceAll("(^|,)\\s*regarding\\.", "$1involvedObject.")
                        .replaceAll("(^|,)\\s*reportingController\\b", "$1reportingComponent"));
    }
}

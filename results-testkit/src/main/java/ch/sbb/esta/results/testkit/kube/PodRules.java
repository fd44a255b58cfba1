package ch.sbb.esta.results.testkit.kube;

import ch.sbb.esta.results.testkit.kube.ApiErrors.FieldError;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import java.util.Locale;

/** What the server, and the scheduler that it plays, do to pods ({@code kubernetes/pkg/registry/core/pod/strategy.go}). */
final class PodRules {

    static final String NODE = "node-1";

    private static final int DEFAULT_GRACE = 30;

    private PodRules() {}

    /** A new pod has no state of its own; it is bound at once unless scheduling gates hold it back. */
    static void prepareNew(ObjectNode pod) {
        ObjectNode spec = Json.child(pod, "spec");
        putIfAbsent(spec, "restartPolicy", "Always");
        if (!spec.has("terminationGracePeriodSeconds")) {
            spec.put("terminationGracePeriodSeconds", DEFAULT_GRACE);
        }
        if (spec.path("schedulingGates").isEmpty()) {
            putIfAbsent(spec, "nodeName", NODE);
        }
        ObjectNode status = pod.objectNode();
        status.put("phase", "Pending").put("qosClass", "BestEffort");
        pod.set("status", status);
    }

    static void validate(ObjectNode pod, List<FieldError> errors) {
        JsonNode containers = pod.path("spec").path("containers");
        if (containers.isEmpty()) {
            errors.add(FieldError.required("spec.containers", ""));
        }
        int at = 0;
        for (JsonNode container : containers) {
            if (Json.text(container, "name") == null) {
                errors.add(FieldError.required("spec.containers[" + at + "].name", ""));
            }
            at++;
        }
    }

    /** How long a deleted pod stays: the request's word, else the pod's; a pod that is nowhere or has ended goes at once. */
    static int grace(ObjectNode pod, int asked) {
        String phase = pod.path("status").path("phase").asText().toLowerCase(Locale.ROOT);
        if (pod.path("spec").path("nodeName").asText().isEmpty()
                || phase.equals("succeeded")
                || phase.equals("failed")) {
            return 0;
        }
        return asked >= 0
                ? asked
                : pod.path("spec").path("terminationGracePeriodSeconds").asInt(DEFAULT_GRACE);
    }

    private static void putIfAbsent(ObjectNode node, String field, String value) {
        if (Json.text(node, field) == null) {
            node.put(field, value);
        }
    }
}

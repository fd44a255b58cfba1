package ch.sbb.esta.results.testkit.kube;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.List;

/** The containers of a pod and what their statuses mean for their logs. */
final class PodContainers {

    private PodContainers() {}

    static List<String> names(ObjectNode pod) {
        List<String> names = new ArrayList<>(names(pod, "containers"));
        names.addAll(names(pod, "initContainers"));
        names.addAll(names(pod, "ephemeralContainers"));
        return names;
    }

    static List<String> names(ObjectNode pod, String list) {
        List<String> names = new ArrayList<>();
        pod.path("spec")
                .path(list)
                .forEach(container -> names.add(container.path("name").asText()));
        return names;
    }

    static List<JsonNode> statuses(ObjectNode pod) {
        List<JsonNode> statuses = new ArrayList<>();
        for (String list : List.of("containerStatuses", "initContainerStatuses", "ephemeralContainerStatuses")) {
            pod.path("status").path(list).forEach(statuses::add);
        }
        return statuses;
    }

    /** The status of a container; a missing node before there is one. */
    static JsonNode status(ObjectNode pod, String container) {
        return statuses(pod).stream()
                .filter(status -> status.path("name").asText().equals(container))
                .findFirst()
                .orElseGet(() -> pod.path("no status yet"));
    }

    /** Whose log is served ({@code kubernetes/pkg/kubelet/kubelet_pods.go}, validateContainerLogStatus). */
    static int attempt(JsonNode status, boolean previous, String container, String pod) {
        String which = "container " + ApiErrors.quote(container) + " in pod " + ApiErrors.quote(pod);
        if (status.isMissingNode()) {
            throw ApiErrors.badRequest(which + " is not available");
        }
        int current = status.path("restartCount").asInt();
        boolean hasPrevious = status.path("lastState").has("terminated");
        JsonNode state = status.path("state");
        // A restart is counted when the new container is made: while it waits for that, the dead one is still the
        // current attempt.
        int last = state.has("waiting") ? current : Math.max(0, current - 1);
        if (previous) {
            if (!hasPrevious) {
                throw ApiErrors.badRequest("previous terminated " + which + " not found");
            }
            return last;
        }
        if (state.has("running") || state.has("terminated")) {
            return current;
        }
        if (hasPrevious) {
            return last;
        }
        if (!state.has("waiting")) {
            throw ApiErrors.badRequest(which + " is waiting to start - no logs yet");
        }
        String reason = state.path("waiting").path("reason").asText();
        throw ApiErrors.badRequest(which + " is waiting to start: "
                + switch (reason) {
                    case "ErrImagePull" -> "image can't be pulled";
                    case "ImagePullBackOff" -> "trying and failing to pull image";
                    default -> reason;
                });
    }
}

package ch.sbb.esta.results;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Reads what matters to the log collector off a pod's JSON. */
final class PodParser {

    private static final JsonMapper MAPPER = JsonMapper.builder().build();

    private PodParser() {}

    static Optional<PodSnapshot> parse(byte[] json) {
        JsonNode pod;
        try {
            pod = MAPPER.readTree(JsonText.withReadableKeys(json));
        } catch (IOException e) {
            throw new ResultsException(ResultsException.Code.INVALID, "the pod is not valid JSON", e);
        }
        if (!pod.isObject()) {
            throw ResultsException.invalid("the pod is no JSON object");
        }
        JsonNode metadata = pod.path("metadata");
        Optional<String> taskRunUid = taskRunUid(metadata);
        if (taskRunUid.isEmpty()) {
            return Optional.empty();
        }
        return Optional.of(new PodSnapshot(
                required(metadata, "namespace"),
                required(metadata, "name"),
                required(metadata, "uid"),
                taskRunUid.get(),
                metadata.hasNonNull("deletionTimestamp"),
                containers(pod)));
    }

    /** The label, or the owner on Tekton versions that did not set the label yet. */
    private static Optional<String> taskRunUid(JsonNode metadata) {
        String label =
                metadata.path("labels").path(PodSnapshot.TASK_RUN_UID_LABEL).asText();
        if (!label.isEmpty()) {
            return Optional.of(label);
        }
        for (JsonNode owner : metadata.path("ownerReferences")) {
            if (owner.path("kind").asText().equals("TaskRun")
                    && owner.path("apiVersion").asText().startsWith("tekton.dev/")) {
                return Optional.of(owner.path("uid").asText());
            }
        }
        return Optional.empty();
    }

    private static String required(JsonNode metadata, String field) {
        String value = metadata.path(field).asText();
        if (value.isEmpty()) {
            throw ResultsException.invalid("the pod has no metadata." + field);
        }
        return value;
    }

    private static List<PodSnapshot.Container> containers(JsonNode pod) {
        List<PodSnapshot.Container> containers = new ArrayList<>();
        add(containers, pod, "initContainers", "initContainerStatuses");
        add(containers, pod, "containers", "containerStatuses");
        return containers;
    }

    /** Which container makes which file at its end. */
    private static Map<String, String> postFiles(JsonNode specs) {
        Map<String, String> makers = new HashMap<>();
        for (JsonNode spec : specs) {
            String file = entrypointFlag(spec, "-post_file");
            if (file != null) {
                makers.put(file, spec.path("name").asText());
            }
        }
        return makers;
    }

    private static @Nullable String waitsFor(Map<String, String> makers, JsonNode spec, String name) {
        String file = entrypointFlag(spec, "-wait_file");
        String maker = file == null ? null : makers.get(file);
        return name.equals(maker) ? null : maker;
    }

    /** A flag of Tekton's entrypoint; what is behind {@code --} belongs to the user's command. */
    private static @Nullable String entrypointFlag(JsonNode spec, String flag) {
        if (!spec.path("command").path(0).asText().endsWith("/entrypoint")) {
            return null;
        }
        JsonNode args = spec.path("args");
        for (int i = 0; i + 1 < args.size() && !args.get(i).asText().equals("--"); i++) {
            if (args.get(i).asText().equals(flag)) {
                return args.get(i + 1).asText();
            }
        }
        return null;
    }

    private static void add(List<PodSnapshot.Container> to, JsonNode pod, String specs, String statuses) {
        Map<String, String> makers = postFiles(pod.path("spec").path(specs));
        for (JsonNode spec : pod.path("spec").path(specs)) {
            String name = spec.path("name").asText();
            JsonNode status = find(pod.path("status").path(statuses), name);
            JsonNode state = status.path("state");
            JsonNode running = state.path("running");
            JsonNode terminated = state.path("terminated");
            to.add(new PodSnapshot.Container(
                    name,
                    role(specs, name),
                    terminated.isObject()
                            ? PodSnapshot.State.TERMINATED
                            : running.isObject() ? PodSnapshot.State.RUNNING : PodSnapshot.State.WAITING,
                    status.path("restartCount").asInt(),
                    time((terminated.isObject() ? terminated : running).path("startedAt")),
                    time(terminated.path("finishedAt")),
                    waitsFor(makers, spec, name)));
        }
    }

    private static PodSnapshot.Role role(String specs, String name) {
        if (name.startsWith("sidecar-")) {
            return PodSnapshot.Role.SIDECAR;
        }
        return specs.equals("initContainers") ? PodSnapshot.Role.INIT : PodSnapshot.Role.STEP;
    }

    private static JsonNode find(JsonNode statuses, String name) {
        for (JsonNode status : statuses) {
            if (status.path("name").asText().equals(name)) {
                return status;
            }
        }
        return MAPPER.missingNode();
    }

    private static @Nullable Instant time(JsonNode node) {
        if (!node.isTextual()) {
            return null;
        }
        try {
            return OffsetDateTime.parse(node.textValue()).toInstant();
        } catch (DateTimeException e) {
            return null;
        }
    }
}

package ch.sbb.esta.results.prune;

import ch.sbb.esta.results.JsonText;
import ch.sbb.esta.results.RunSnapshot;
import ch.sbb.esta.results.internal.JsonTree;
import com.fasterxml.jackson.databind.JsonNode;
import java.io.UncheckedIOException;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * What a run's JSON says beyond what a snapshot shows.
 *
 * @param finalizers in the order of the object
 * @param pods the names of the pods of all attempts
 * @param ran how many attempts ran a container, by its name
 * @param children what the status names as the run's children
 */
record RunDetails(List<String> finalizers, List<String> pods, Map<String, Integer> ran, Set<Child> children) {

    /**
     * A child by what its parent says of it, which is no UID.
     *
     * @param kind for example {@code TaskRun}, of any version
     * @param name {@code metadata.name}
     */
    record Child(String kind, String name) {}

    static RunDetails of(RunSnapshot run) {
        JsonNode tree = tree(run);
        List<String> finalizers = new ArrayList<>();
        tree.path("metadata").path("finalizers").forEach(finalizer -> finalizers.add(finalizer.asText()));
        JsonNode status = tree.path("status");
        List<String> pods = new ArrayList<>();
        Map<String, Integer> ran = new LinkedHashMap<>();
        if (run.kind().isTaskRun()) {
            addAttempt(status, pods, ran);
            status.path("retriesStatus").forEach(attempt -> addAttempt(attempt, pods, ran));
        }
        return new RunDetails(finalizers, pods, ran, run.kind().isTekton() ? children(status) : Set.of());
    }

    /**
     * When the run ended: its completion, else the moment at which its condition became final, as custom runs of some controllers have it
     * only.
     */
    static Optional<Instant> end(RunSnapshot run) {
        if (!run.isFinished() || run.completionTime().isPresent()) {
            return run.completionTime();
        }
        for (JsonNode condition : tree(run).path("status").path("conditions")) {
            if (condition.path("type").asText().equals("Succeeded")) {
                return time(condition.path("lastTransitionTime").asText());
            }
        }
        return Optional.empty();
    }

    private static JsonNode tree(RunSnapshot run) {
        try {
            return JsonTree.read(JsonText.withReadableKeys(run.json()));
        } catch (UncheckedIOException e) {
            throw new IllegalStateException("a snapshot that was read is not JSON any more", e);
        }
    }

    private static Optional<Instant> time(String text) {
        try {
            return Optional.of(OffsetDateTime.parse(text).toInstant());
        } catch (DateTimeException e) {
            return Optional.empty();
        }
    }

    private static void addAttempt(JsonNode status, List<String> pods, Map<String, Integer> ran) {
        String pod = status.path("podName").asText();
        if (!pod.isEmpty()) {
            pods.add(pod);
        }
        for (String role : List.of("steps", "sidecars")) {
            for (JsonNode container : status.path(role)) {
                String name = container.path("container").asText();
                if (!name.isEmpty() && hasRun(container)) {
                    ran.merge(name, 1, Integer::sum);
                }
            }
        }
    }

    /** A step that Tekton has ended before it began has neither a container nor a start. */
    private static boolean hasRun(JsonNode container) {
        JsonNode terminated = container.path("terminated");
        return container.path("running").isObject()
                || !terminated.path("containerID").asText().isEmpty()
                || terminated.path("startedAt").isTextual();
    }

    private static Set<Child> children(JsonNode status) {
        Set<Child> children = new LinkedHashSet<>();
        for (JsonNode child : status.path("childReferences")) {
            String kind = child.path("kind").asText();
            children.add(new Child(
                    kind.isEmpty() ? "TaskRun" : kind, child.path("name").asText()));
        }
        // Of PipelineRuns before childReferences.
        status.path("taskRuns").fieldNames().forEachRemaining(name -> children.add(new Child("TaskRun", name)));
        return children;
    }
}

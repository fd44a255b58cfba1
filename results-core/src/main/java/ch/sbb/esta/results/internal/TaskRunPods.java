package ch.sbb.esta.results.internal;

import ch.sbb.esta.results.EventSnapshot;
import ch.sbb.esta.results.JsonText;
import com.fasterxml.jackson.databind.JsonNode;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Reads which pods a TaskRun has had, and which Events can be about them. */
public final class TaskRunPods {

    /** So much may the clocks of nodes differ from that of the API server. */
    private static final Duration SKEW = Duration.ofMinutes(1);

    private TaskRunPods() {}

    /**
     * The names of the pods of all attempts.
     *
     * @param taskRun the TaskRun's JSON, as a snapshot holds it
     * @return the current attempt first; empty before there is a pod
     */
    public static List<String> names(byte[] taskRun) {
        List<String> names = new ArrayList<>();
        JsonNode status = JsonTree.read(JsonText.withReadableKeys(taskRun)).path("status");
        addName(names, status);
        status.path("retriesStatus").forEach(attempt -> addName(names, attempt));
        return names;
    }

    private static void addName(List<String> names, JsonNode status) {
        String name = status.path("podName").asText();
        if (!name.isEmpty() && !names.contains(name)) {
            names.add(name);
        }
    }

    /**
     * Whether an Event about a pod of a TaskRun's can be about that one, and not about a pod that an earlier run had by the same name.
     *
     * @param created when the TaskRun was created, or null when nobody knows
     * @param event an Event about a pod of that name
     * @return false when it occurred last before the TaskRun
     */
    public static boolean canHave(@Nullable Instant created, EventSnapshot event) {
        return created == null
                || event.lastTime()
                        .map(last -> !last.isBefore(created.minus(SKEW)))
                        .orElse(true);
    }
}

package ch.sbb.esta.results.testkit.kube;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Collectors;

/**
 * The logs of all containers, as the nodes keep them: one file per attempt, the current and the previous attempt of each container, until the pod object is
 * gone. Learns of restarts, ends and removals from the pods themselves.
 *
 * <p>Safe for many threads.
 */
final class PodLogs {

    /** The files of one pod, by container and attempt. */
    private static final class Pod {
        private StoredObject seen;
        private ObjectNode tree;
        private final Map<String, TreeMap<Integer, AttemptLog>> files = new HashMap<>();
        private final Map<String, Deque<LogFault>> faults = new HashMap<>();

        Pod(StoredObject seen) {
            this.seen = seen;
            this.tree = seen.toTree("v1");
        }

        void see(StoredObject latest) {
            seen = latest;
            tree = latest.toTree("v1");
        }

        AttemptLog file(String container, int attempt) {
            return files.computeIfAbsent(container, c -> new TreeMap<>())
                    .computeIfAbsent(attempt, a -> new AttemptLog());
        }
    }

    private final InstantSource clock;
    private final Map<String, Pod> pods = new HashMap<>();

    PodLogs(InstantSource clock) {
        this.clock = clock;
    }

    synchronized void onChange(History.Change change) {
        if (!change.resource().equals(ResourceRegistry.PODS)) {
            return;
        }
        StoredObject after = change.after();
        if (change.removed()) {
            Pod gone = pods.remove(after.uid());
            if (gone != null) {
                gone.files
                        .values()
                        .forEach(attempts -> attempts.values().forEach(file -> file.remove(clock.instant())));
            }
            return;
        }
        Pod pod = pods.computeIfAbsent(after.uid(), uid -> new Pod(after));
        if (pod.seen != after) {
            pod.see(after);
        }
        for (JsonNode status : PodContainers.statuses(pod.tree)) {
            settle(pod, status);
        }
    }

    private void settle(Pod pod, JsonNode status) {
        String container = status.path("name").asText();
        int attempt = status.path("restartCount").asInt();
        TreeMap<Integer, AttemptLog> attempts = pod.files.get(container);
        if (attempts != null) {
            attempts.headMap(attempt).values().forEach(file -> file.end(clock.instant()));
            // A node keeps the files of the last dead attempt only.
            Map<Integer, AttemptLog> old = attempts.headMap(attempt - 1);
            old.values().forEach(file -> file.remove(clock.instant()));
            old.clear();
        }
        boolean backingOff =
                status.path("state").has("waiting") && status.path("lastState").has("terminated");
        if (status.path("state").has("terminated") || backingOff) {
            pod.file(container, attempt).end(clock.instant());
        }
    }

    /** Appends what a container writes now. */
    synchronized void append(StoredObject stored, String container, byte[] bytes) {
        if (!current(stored, container).append(clock.instant(), bytes)) {
            throw ApiErrors.badRequest(
                    "container " + ApiErrors.quote(container) + " in pod " + ApiErrors.quote(stored.name())
                            + " has terminated and cannot write: append before the status says so, or raise restartCount");
        }
    }

    /** The log that a container writes now. */
    synchronized AttemptLog current(StoredObject stored, String container) {
        Pod pod = pod(stored);
        if (!PodContainers.names(pod.tree).contains(container)) {
            throw notValid(container, stored.name());
        }
        int attempt =
                PodContainers.status(pod.tree, container).path("restartCount").asInt();
        return pod.file(container, attempt);
    }

    /** Does something to the next answer about a container's log. */
    synchronized void fault(StoredObject stored, String container, LogFault fault) {
        pod(stored).faults.computeIfAbsent(container, c -> new ArrayDeque<>()).add(fault);
    }

    /** What is to be done to the answer to this request. */
    synchronized Optional<LogFault> fault(StoredObject stored, LogOptions options) {
        Pod pod = pod(stored);
        Deque<LogFault> waiting = pod.faults.get(container(pod.tree, stored.name(), options.container()));
        return waiting == null ? Optional.empty() : Optional.ofNullable(waiting.poll());
    }

    /** As the kubelets do from time to time. */
    synchronized void rotateLargerThan(long bytes) {
        for (Pod pod : pods.values()) {
            for (TreeMap<Integer, AttemptLog> attempts : pod.files.values()) {
                attempts.values().forEach(log -> log.rotateWhenLarger(bytes));
            }
        }
    }

    private Pod pod(StoredObject stored) {
        Pod pod = pods.get(stored.uid());
        if (pod == null) {
            throw ApiErrors.notFound(ResourceRegistry.PODS, stored.name());
        }
        return pod;
    }

    /** The file that a request means, or the refusal of API server and kubelet. */
    synchronized AttemptLog open(StoredObject stored, LogOptions options) {
        Pod pod = pod(stored);
        String container = container(pod.tree, stored.name(), options.container());
        JsonNode status = PodContainers.status(pod.tree, container);
        int attempt = PodContainers.attempt(status, options.previous(), container, stored.name());
        return pod.file(container, attempt);
    }

    /** {@code kubernetes/pkg/registry/core/pod/strategy.go}, LogLocation. */
    private static String container(ObjectNode pod, String name, String asked) {
        List<String> names = PodContainers.names(pod);
        if (!asked.isEmpty()) {
            if (!names.contains(asked)) {
                throw notValid(asked, name);
            }
            return asked;
        }
        List<String> main = PodContainers.names(pod, "containers");
        List<String> init = PodContainers.names(pod, "initContainers");
        if (main.size() == 1) {
            return main.get(0);
        }
        List<String> message = new ArrayList<>();
        message.add("a container name must be specified for pod " + name + ", choose one of: " + choices(main));
        if (!init.isEmpty()) {
            message.add("or one of the init containers: " + choices(init));
        }
        throw ApiErrors.badRequest(String.join(" ", message));
    }

    private static String choices(List<String> names) {
        return names.stream().collect(Collectors.joining(" ", "[", "]"));
    }

    private static KubeApiException notValid(String container, String pod) {
        return ApiErrors.badRequest("container " + container + " is not valid for pod " + pod);
    }
}

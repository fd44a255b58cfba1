package ch.sbb.esta.results.testkit.kube;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;

/** Runs the small scripts of the log conformance tests: echo, printf, sleep and exit, joined by semicolons. */
final class ScriptedKubelet implements AutoCloseable {

    /** One container that runs: what it has still to do, and when it goes on. */
    private static final class Running {
        private final Deque<String> commands = new ArrayDeque<>();
        private long wakeAt;
        private int exitCode;
        private boolean started;

        boolean isDone() {
            return commands.isEmpty();
        }
    }

    private final KubeApiServer server;
    private final Map<String, Running> running = new HashMap<>();
    private final ScheduledExecutorService thread = Executors.newSingleThreadScheduledExecutor(task -> {
        Thread made = new Thread(task, "scripted-kubelet");
        made.setDaemon(true);
        return made;
    });

    @SuppressWarnings("FutureReturnValueIgnored") // ends with the executor
    ScriptedKubelet(KubeApiServer server) {
        this.server = server;
        thread.scheduleWithFixedDelay(this::sync, 10, 10, TimeUnit.MILLISECONDS);
    }

    private void sync() {
        for (ObjectNode pod : server.list("v1", "Pod", "")) {
            String phase = pod.at("/status/phase").asText();
            if (!phase.equals("Succeeded") && !phase.equals("Failed")) {
                sync(pod);
            }
        }
    }

    private void sync(ObjectNode pod) {
        ObjectNode status = pod.objectNode();
        ArrayNode statuses = status.putArray("containerStatuses");
        boolean done = true;
        for (JsonNode container : pod.at("/spec/containers")) {
            ObjectNode state = statuses.addObject()
                    .put("name", container.path("name").asText())
                    .put("restartCount", 0)
                    .putObject("state");
            done &= advance(pod, container, state);
        }
        status.put("phase", done ? "Succeeded" : "Running");
        if (!status.path("containerStatuses").equals(pod.at("/status/containerStatuses"))) {
            KubeReference reference = KubeReference.of(pod);
            if (server.find(reference).isPresent()) {
                server.patchStatus(reference, status);
            }
        }
    }

    private boolean advance(ObjectNode pod, JsonNode container, ObjectNode state) {
        if (container.path("image").asText().startsWith("registry.invalid/")) {
            state.putObject("waiting").put("reason", "ErrImagePull");
            return false;
        }
        Running process = running.computeIfAbsent(
                pod.at("/metadata/uid").asText() + "/" + container.path("name").asText(), key -> start(container));
        // Seen running once before the first command, as a container that takes a moment to start.
        if (process.started) {
            run(pod, container.path("name").asText(), process);
        }
        process.started = true;
        if (process.isDone()) {
            state.putObject("terminated").put("exitCode", process.exitCode);
            return true;
        }
        state.putObject("running");
        return false;
    }

    private static Running start(JsonNode container) {
        Running process = new Running();
        process.commands.addAll(List.of(container.at("/command/2").asText().split("; ", -1)));
        return process;
    }

    private void run(ObjectNode pod, String container, Running process) {
        while (!process.isDone() && System.nanoTime() >= process.wakeAt) {
            String[] words = process.commands.remove().split(" ", 2);
            switch (words[0]) {
                case "echo" -> write(pod, container, words[1] + "\n");
                case "printf" -> write(pod, container, words[1]);
                case "sleep" -> process.wakeAt = System.nanoTime() + TimeUnit.SECONDS.toNanos(Long.parseLong(words[1]));
                case "exit" -> process.exitCode = Integer.parseInt(words[1]);
                default -> throw new IllegalArgumentException("no such command: " + words[0]);
            }
            if (words[0].equals("sleep") && process.isDone()) {
                process.commands.add("exit 0");
            }
        }
    }

    private void write(ObjectNode pod, String container, String text) {
        server.appendLog(
                pod.at("/metadata/namespace").asText(),
                pod.at("/metadata/name").asText(),
                container,
                text.getBytes(StandardCharsets.UTF_8));
    }

    @Override
    public void close() {
        thread.shutdownNow();
    }
}

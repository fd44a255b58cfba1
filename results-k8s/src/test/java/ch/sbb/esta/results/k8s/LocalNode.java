package ch.sbb.esta.results.k8s;

import ch.sbb.esta.results.internal.Background;
import ch.sbb.esta.results.testkit.ManualClock;
import ch.sbb.esta.results.testkit.PodDriver.Container;
import ch.sbb.esta.results.testkit.kube.KubeApiServer;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;

/** Plays a node of the kit's API server: the command of each container runs as a process of this machine, one after the other. */
final class LocalNode implements AutoCloseable {

    private final Background thread = new Background("node");
    private final Set<String> started = new HashSet<>();
    private final AtomicInteger ended = new AtomicInteger();
    private final KubeApiServer server;
    private final TestPods pods;

    private LocalNode(KubeApiServer server) {
        this.server = server;
        this.pods = new TestPods(server, new ManualClock(Instant.EPOCH));
    }

    static LocalNode of(KubeApiServer server) {
        LocalNode node = new LocalNode(server);
        node.thread.start(stop -> {
            while (stop.await(Duration.ofMillis(50))) {
                node.look();
            }
        });
        return node;
    }

    /** How many containers it has run to their end. */
    int containers() {
        return ended.get();
    }

    private void look() {
        for (ObjectNode pod : server.list("v1", "Pod", "")) {
            if (started.add(pod.at("/metadata/uid").asText())) {
                pod.at("/spec/containers").forEach(container -> run(pod, container));
            }
        }
    }

    private void run(JsonNode pod, JsonNode spec) {
        Container container = new Container(
                pod.at("/metadata/namespace").asText(),
                pod.at("/metadata/name").asText(),
                spec.path("name").asText());
        List<String> command = new ArrayList<>();
        spec.path("command").forEach(word -> command.add(word.asText()));
        pods.start(container);
        try {
            Process process =
                    new ProcessBuilder(command).redirectErrorStream(true).start();
            byte[] buffer = new byte[8192];
            for (int n = process.getInputStream().read(buffer);
                    n >= 0;
                    n = process.getInputStream().read(buffer)) {
                pods.write(container, Instant.now(), Arrays.copyOf(buffer, n));
            }
        } catch (IOException e) {
            throw new UncheckedIOException("the command " + command + " of a container does not run here", e);
        }
        ended.incrementAndGet();
        pods.terminate(container);
    }

    @Override
    public void close() {
        thread.interrupt();
    }
}

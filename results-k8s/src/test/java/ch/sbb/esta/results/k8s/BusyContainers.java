package ch.sbb.esta.results.k8s;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import ch.sbb.esta.results.ContainerLogId;
import ch.sbb.esta.results.LogInfo;
import ch.sbb.esta.results.LogState;
import ch.sbb.esta.results.internal.Threads;
import ch.sbb.esta.results.spi.LogSource;
import ch.sbb.esta.results.testkit.kube.KubeApiServer;
import ch.sbb.esta.results.testkit.kube.KubeReference;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** Containers on the kit's API server, two to a pod, that write until they are ended, each at its own speed; seeded. */
final class BusyContainers implements AutoCloseable {

    static final String NAMESPACE = "busy";

    private static final List<String> NAMES = List.of("step-build", "sidecar-proxy");

    private final KubeApiServer server;
    private final List<Writing> containers = new ArrayList<>();
    private final ScheduledExecutorService threads = Executors.newScheduledThreadPool(2, Threads.named("test-write"));

    BusyContainers(KubeApiServer server, long seed, int count) {
        this.server = server;
        server.ensureNamespace(NAMESPACE);
        for (int i = 0; i < count; i++) {
            if (i % NAMES.size() == 0) {
                create(pod(i));
            }
            containers.add(new Writing(i, new Random(seed + i)));
        }
    }

    private static String pod(int container) {
        return "pod-" + container / NAMES.size();
    }

    private void create(String name) {
        ObjectNode pod = TestCluster.object("{\"apiVersion\":\"v1\",\"kind\":\"Pod\"}");
        ObjectNode metadata =
                pod.putObject("metadata").put("namespace", NAMESPACE).put("name", name);
        metadata.putObject("labels").put("tekton.dev/taskRun", name).put("tekton.dev/taskRunUID", "uid-of-" + name);
        ArrayNode specs = pod.putObject("spec").putArray("containers");
        NAMES.forEach(container -> specs.addObject().put("name", container).put("image", "example.org/image"));
        server.create(pod);
    }

    int count() {
        return containers.size();
    }

    /** Lets every container start and write. */
    void start() {
        start(0, containers.size());
    }

    void start(int from, int to) {
        containers.subList(from, to).forEach(Writing::start);
    }

    /** Ends a container; no effect on one that has ended. */
    void end(int container) {
        containers.get(container).end();
    }

    void endAll() {
        containers.forEach(Writing::end);
    }

    /** The node drops the pods of which every container has ended, and their logs with them. */
    void deletePods() {
        for (int i = 0; i < containers.size(); i += NAMES.size()) {
            server.delete(KubeReference.pod(NAMESPACE, pod(i)), TestCluster.object("{\"gracePeriodSeconds\":0}"));
        }
    }

    /** How many answers with logs are under way. */
    int openStreams() {
        return containers.stream()
                .mapToInt(c -> server.nodeLog(NAMESPACE, c.pod, c.name).openStreams())
                .sum();
    }

    long emittedBytes() {
        return containers.stream().mapToLong(c -> c.emitted().length).sum();
    }

    boolean areSealed(LogSource logs) {
        return containers.stream()
                .allMatch(c -> logs.find(c.id).map(LogInfo::isSealed).orElse(false));
    }

    /** Every log is labelled complete and holds every byte once, in order. */
    void assertComplete(LogSource logs, String story) throws IOException {
        for (Writing container : containers) {
            assertThat(logs.find(container.id)).as(story).hasValueSatisfying(info -> {
                assertThat(info.defects()).as("%s of %s", story, container.id).isEmpty();
                assertThat(info.state()).as("%s of %s", story, container.id).isEqualTo(LogState.COMPLETE);
            });
            byte[] stored;
            try (InputStream in = logs.read(container.id, 0, Long.MAX_VALUE)) {
                stored = in.readAllBytes();
            }
            byte[] emitted = container.emitted();
            assertThat(java.util.Arrays.mismatch(stored, emitted))
                    .as(
                            "%s: first difference of %s, %d bytes of %d",
                            story, container.id, stored.length, emitted.length)
                    .isEqualTo(-1);
        }
    }

    @Override
    public void close() {
        threads.shutdownNow();
    }

    private final class Writing {

        private final int number;
        private final String pod;
        private final String name;
        private final ContainerLogId id;
        private final Random random;
        private final ByteArrayOutputStream emitted = new ByteArrayOutputStream();
        private final String started = now();
        private int line;
        private boolean ended;
        private @Nullable Future<?> writing;

        Writing(int number, Random random) {
            this.number = number;
            this.random = random;
            this.pod = pod(number);
            this.name = NAMES.get(number % NAMES.size());
            String uid = server.find(KubeReference.pod(NAMESPACE, pod))
                    .orElseThrow()
                    .path("metadata")
                    .path("uid")
                    .asText();
            this.id = new ContainerLogId(NAMESPACE, "uid-of-" + pod, uid, name, 0);
        }

        void start() {
            ObjectNode running = TestCluster.object("{}");
            running.putObject("running").put("startedAt", started);
            status(running);
            int pause = 5 + random.nextInt(150);
            synchronized (this) {
                writing = threads.scheduleWithFixedDelay(this::write, 0, pause, TimeUnit.MILLISECONDS);
            }
        }

        private synchronized void write() {
            if (ended) {
                return;
            }
            int lines = 1 + random.nextInt(12);
            for (int i = 0; i < lines; i++) {
                byte[] text = text();
                emitted.writeBytes(text);
                server.appendLog(NAMESPACE, pod, name, text);
            }
        }

        /** Numbered lines of all lengths, lines that are all the same, and bytes that are no text. */
        private byte[] text() {
            String numbered = name + " " + number + " line " + line++;
            return switch (random.nextInt(40)) {
                case 0 -> "same\n".getBytes(UTF_8);
                case 1 -> (numbered + "y".repeat(random.nextInt(40_000)) + "\n").getBytes(UTF_8);
                case 2 -> {
                    byte[] bytes = (numbered + "\n").getBytes(UTF_8);
                    bytes[0] = (byte) 0xff;
                    bytes[1] = 0;
                    yield bytes;
                }
                default -> (numbered + " " + Long.toHexString(random.nextLong()) + "\n").getBytes(UTF_8);
            };
        }

        synchronized void end() {
            if (ended) {
                return;
            }
            ended = true;
            if (writing != null) {
                // One that has failed would be a container that fell silent.
                assertThat(writing.isDone()).as("writing of %s failed", id).isFalse();
                writing.cancel(false);
            }
            ObjectNode state = TestCluster.object("{}");
            state.putObject("terminated")
                    .put("exitCode", 0)
                    .put("startedAt", started)
                    .put("finishedAt", now());
            status(state);
        }

        private void status(ObjectNode state) {
            synchronized (server) {
                KubeReference reference = KubeReference.pod(NAMESPACE, pod);
                ArrayNode statuses = server.find(reference)
                        .orElseThrow()
                        .withObjectProperty("status")
                        .withArrayProperty("containerStatuses");
                ObjectNode own = null;
                for (var status : statuses) {
                    if (status.path("name").asText().equals(name)) {
                        own = (ObjectNode) status;
                    }
                }
                if (own == null) {
                    own = statuses.addObject().put("name", name).put("restartCount", 0);
                }
                own.set("state", state);
                ObjectNode patch = TestCluster.object("{\"phase\":\"Running\"}");
                patch.set("containerStatuses", statuses);
                server.patchStatus(reference, patch);
            }
        }

        private static String now() {
            return Instant.now().truncatedTo(ChronoUnit.SECONDS).toString();
        }

        synchronized byte[] emitted() {
            return emitted.toByteArray();
        }
    }
}

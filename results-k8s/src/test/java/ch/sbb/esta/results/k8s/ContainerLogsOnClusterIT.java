package ch.sbb.esta.results.k8s;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import ch.sbb.esta.results.PodSnapshot;
import ch.sbb.esta.results.PodSnapshot.State;
import ch.sbb.esta.results.ResultsException;
import ch.sbb.esta.results.spi.ContainerLogs;
import ch.sbb.esta.results.spi.ContainerLogs.Mode;
import ch.sbb.esta.results.spi.RunWatcher.Event;
import ch.sbb.esta.results.spi.Watching;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.OffsetDateTime;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** A pod that writes two lines, on a cluster whose nodes run containers; the system property {@code cluster.image} names an image with a shell. */
@Tag("cluster")
@Tag("nodes")
class ContainerLogsOnClusterIT {

    /** A node may have to fetch the image first. */
    private static final Duration PATIENCE = Duration.ofMinutes(5);

    private static final String TASK_RUN = "0b7f2c1e-0000-4000-8000-000000000001";
    private static final String STEP = "step-build";

    private final GivenCluster cluster = GivenCluster.open();
    private final String namespace = cluster.namespace("pods");
    private final FabricContainerLogs logs =
            new FabricContainerLogs(cluster.client(), cluster.config("pods").build());
    private final Queue<Seen> events = new ConcurrentLinkedQueue<>();

    private record Seen(Event.Type type, PodSnapshot pod) {

        boolean has(State state) {
            return type == Event.Type.SEEN
                    && pod.container(STEP).filter(step -> step.state() == state).isPresent();
        }
    }

    @AfterEach
    void close() {
        logs.close();
        cluster.close();
    }

    private static void until(Callable<Boolean> condition) {
        await().atMost(PATIENCE).until(condition);
    }

    private ObjectNode pod() {
        ObjectNode pod = TestCluster.object(
                """
                {"apiVersion":"v1","kind":"Pod","metadata":{"namespace":"%s","name":"build-pod","labels":{"%s":"build","%s":"%s"}},
                 "spec":{"restartPolicy":"Never","terminationGracePeriodSeconds":0,"containers":[{"name":"%s",
                   "command":["sh","-c","echo one; sleep 2; printf 'two \\\\303\\\\274'"]}]}}
                """.formatted(namespace, PodSnapshot.TASK_RUN_LABEL, PodSnapshot.TASK_RUN_UID_LABEL, TASK_RUN, STEP));
        ((ObjectNode) pod.at("/spec/containers/0")).put("image", System.getProperty("cluster.image", "busybox:1.36"));
        return pod;
    }

    @Test
    void aContainerIsFollowedUntilItEndsAndReadAgain() throws IOException {
        try (Watching watching = logs.watchPods((type, pod) -> events.add(new Seen(type, pod)))) {
            // A namespace that is new has no service account yet.
            await().atMost(PATIENCE).ignoreException(ResultsException.class).until(() -> cluster.create(pod()) != null);
            until(() -> logs.findPod(namespace, "build-pod")
                    .flatMap(pod -> pod.container(STEP))
                    .filter(step -> step.state() != State.WAITING)
                    .isPresent());
            String followed = read(Mode.FOLLOW);
            until(() -> events.stream().anyMatch(event -> event.has(State.TERMINATED)));

            List<String> lines = followed.lines().toList();
            assertThat(lines).hasSize(2);
            assertThat(lines.get(0)).endsWith(" one");
            assertThat(lines.get(1)).endsWith(" two ü");
            assertThat(time(lines.get(1))).isAfter(time(lines.get(0)));
            assertThat(read(Mode.READ)).isEqualTo(followed);
            assertThatThrownBy(() -> read(Mode.PREVIOUS))
                    .isInstanceOfSatisfying(
                            ResultsException.class,
                            e -> assertThat(e.code()).isEqualTo(ResultsException.Code.NOT_FOUND));
            assertThat(events).allMatch(event -> event.pod().taskRunUid().equals(TASK_RUN));

            cluster.deleteNamespace(namespace);
            until(() -> events.stream().anyMatch(event -> event.type() == Event.Type.DELETED));
            assertThat(logs.findPod(namespace, "build-pod")).isEmpty();
            assertThat(watching.lastHeard()).isPresent();
        }
    }

    private String read(Mode mode) throws IOException {
        try (InputStream in = logs.open(new ContainerLogs.Request(namespace, "build-pod", STEP, null, mode))) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        }
    }

    private static OffsetDateTime time(String line) {
        return OffsetDateTime.parse(line.substring(0, line.indexOf(' ')));
    }
}

package ch.sbb.esta.results.k8s;

import static org.assertj.core.api.Assertions.assertThat;

import ch.sbb.esta.results.LogState;
import ch.sbb.esta.results.testkit.ManualClock;
import ch.sbb.esta.results.testkit.kube.KubeApiServer;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.EnumMap;
import java.util.Map;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Plays what nodes, networks and processes do to logs, over HTTP and into segments, and looks for a label COMPLETE over a loss, a line
 * that is doubled or out of order, and a gap that no defect names.
 */
final class NodeStoriesIT {

    @TempDir
    Path spool;

    @ParameterizedTest
    @EnumSource
    void completeIsNeverSaidOverALoss(HttpStack stack) throws IOException {
        assertThat(play(stack, 25).getOrDefault(LogState.COMPLETE, 0)).isGreaterThan(1);
    }

    @ParameterizedTest
    @EnumSource
    @Tag("long")
    void completeIsNeverSaidOverALossInManyStories(HttpStack stack) throws IOException {
        Map<LogState, Integer> labels = play(stack, 1_000);
        assertThat(labels.get(LogState.COMPLETE)).as("labels %s", labels).isBetween(200, 999);
    }

    private Map<LogState, Integer> play(HttpStack stack, int stories) throws IOException {
        Map<LogState, Integer> labels = new EnumMap<>(LogState.class);
        ManualClock clock = new ManualClock(NodeStory.START);
        AtomicReference<Duration> nodeOffset = new AtomicReference<>(Duration.ZERO);
        try (KubeApiServer server = KubeApiServer.builder()
                        .clock(() -> clock.instant().plus(nodeOffset.get()))
                        .start();
                KubernetesClient client = stack.connect(server.kubeconfig());
                FabricContainerLogs logs = new FabricContainerLogs(client, FabricConfig.defaults())) {
            NodeStory.Stage stage = new NodeStory.Stage(server, logs, clock, nodeOffset, spool);
            long first = System.nanoTime();
            for (long seed = first; seed < first + stories; seed++) {
                labels.merge(new NodeStory(seed, stage).play(), 1, Integer::sum);
            }
        }
        return labels;
    }
}

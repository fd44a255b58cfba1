package ch.sbb.esta.results.testkit.tekton;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import ch.sbb.esta.results.ContainerLogId;
import ch.sbb.esta.results.RunSnapshot;
import ch.sbb.esta.results.SummaryStatus;
import ch.sbb.esta.results.testkit.kube.KubeApiServer;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeoutException;
import org.junit.jupiter.api.Test;

class TektonSimulatorTest {

    @Test
    void drivesOneRunToEachEndAndDeletesThePods() throws InterruptedException, TimeoutException {
        try (KubeApiServer server = KubeApiServer.builder().start();
                TektonSimulator simulator = TektonSimulator.of(server, "ci", 5, 100)) {
            simulator.start();
            simulator.awaitEnd(Duration.ofSeconds(60));

            assertThat(runs(server, "PipelineRun"))
                    .extracting(RunSnapshot::summaryStatus)
                    .containsExactly(
                            SummaryStatus.SUCCESS,
                            SummaryStatus.FAILURE,
                            SummaryStatus.CANCELLED,
                            SummaryStatus.TIMEOUT,
                            SummaryStatus.SUCCESS);
            assertThat(runs(server, "TaskRun")).hasSize(15).allSatisfy(run -> {
                assertThat(run.isFinished()).isTrue();
                assertThat(run.owningPipelineRun()).isPresent();
                assertThat(run.completionTime()).isPresent();
            });
            // 16 pods, one of them of a retry; each with two init containers, two steps and a sidecar.
            assertThat(simulator.emitted())
                    .hasSize(80)
                    .allSatisfy(log -> assertThat(log.lines()).isNotNegative());
            await().atMost(Duration.ofSeconds(60))
                    .untilAsserted(
                            () -> assertThat(server.list("v1", "Pod", "ci")).isEmpty());
        }
    }

    @Test
    void replaysCapturedRunsAsTheyAre() throws Exception {
        Path folder =
                Path.of("..", "..", "shared", "data", "runs").toAbsolutePath().normalize();
        if (!Files.isDirectory(folder)) {
            return;
        }
        try (KubeApiServer server = KubeApiServer.builder().start();
                TektonReplay replay = TektonReplay.load(server, folder, n -> LogScript.generated(n, 40))) {
            assertThat(replay.runs()).hasSize(60);
            replay.start();
            replay.awaitEnd(Duration.ofSeconds(60));
            assertThat(replay.emitted())
                    .isNotEmpty()
                    .allSatisfy(log -> assertThat(log.script()).isNotNull());
        }
    }

    @Test
    void aScriptSaysTheSameEveryTime() {
        LogScript script = LogScript.generated(7, 50);
        for (int i = 0; i < script.lines(); i++) {
            assertThat(script.line(i)).isEqualTo(script.line(i)).endsWith((byte) '\n');
        }
        assertThat(script.line(1)).isNotEqualTo(script.line(2));
    }

    @Test
    void comparingFindsWhatIsLostDoubledOrMoved() throws IOException {
        LogScript script = LogScript.generated(1, 5);
        EmittedLog emitted = new EmittedLog(new ContainerLogId("ci", "t", "p", "step-a", 0), script, 4);

        assertThat(compare(emitted, 0, 1, 2, 3)).isEqualTo(new EmittedLog.Comparison(0, 0, 0));
        assertThat(compare(emitted, 0, 2, 3)).isEqualTo(new EmittedLog.Comparison(1, 0, 0));
        assertThat(compare(emitted, 0, 1, 1, 2, 3)).isEqualTo(new EmittedLog.Comparison(0, 1, 0));
        assertThat(compare(emitted, 0, 1, 2, 3, 4)).isEqualTo(new EmittedLog.Comparison(0, 1, 0));
        assertThat(compare(emitted, 0, 1, 3, 2)).isEqualTo(new EmittedLog.Comparison(0, 0, 1));
    }

    private static EmittedLog.Comparison compare(EmittedLog emitted, int... lines) throws IOException {
        ByteArrayOutputStream text = new ByteArrayOutputStream();
        for (int line : lines) {
            text.writeBytes(emitted.script().line(line));
        }
        return emitted.compare(new ByteArrayInputStream(text.toByteArray()));
    }

    private static List<RunSnapshot> runs(KubeApiServer server, String kind) {
        return server.list("tekton.dev/v1", kind, "ci").stream()
                .map(ObjectNode::toString)
                .map(json -> RunSnapshot.parse(json.getBytes(StandardCharsets.UTF_8)))
                .toList();
    }
}

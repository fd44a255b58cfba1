package ch.sbb.esta.results.samples.standalone;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class WatchMainTest {

    private static final String PIPELINE_RUN = """
            {"apiVersion": "tekton.dev/v1", "kind": "PipelineRun",
             "metadata": {"name": "build-1", "namespace": "ci", "uid": "0b7f", "resourceVersion": "7", "labels": {}},
             "status": {"conditions": [{"type": "Succeeded", "status": "True", "reason": "Completed"}]}}
            """;

    private static final String TASK_RUN = """
            {"apiVersion": "tekton.dev/v1beta1", "kind": "TaskRun",
             "metadata": {"name": "build-1-t", "namespace": "ci", "uid": "1c8a", "resourceVersion": "9"},
             "status": {"podName": "build-1-t-pod",
                        "steps": [{"name": "compile", "container": "step-compile", "terminated": {"exitCode": 0}}],
                        "conditions": [{"type": "Succeeded", "status": "True", "reason": "Succeeded"}]}}
            """;

    @TempDir
    private Path folder;

    private final ByteArrayOutputStream printed = new ByteArrayOutputStream();

    private int run(String... arguments) {
        return WatchMain.run(new PrintStream(printed, true, StandardCharsets.UTF_8), arguments);
    }

    private List<String> lines() {
        return printed.toString(StandardCharsets.UTF_8).lines().toList();
    }

    @Test
    void simulatedRunsAreArchivedWithEveryLine() {
        assertThat(run("--runs", "2", "--lines", "60")).isZero();

        assertThat(lines().get(lines().size() - 1))
                .matches("runs 2/2 · taskruns 6/6 · logs 30/30 complete · lines ([0-9]+)/\\1 · lost 0 · duplicated 0");
    }

    @Test
    void aFolderOfCapturedRunsIsReplayedWithTheTextOfAnother() throws IOException {
        Files.writeString(folder.resolve("a-pipelinerun.json"), PIPELINE_RUN);
        Files.writeString(folder.resolve("b-taskrun.json"), TASK_RUN);
        Files.writeString(folder.resolve("c-other.json"), "{\"kind\": \"Pod\"}");
        Path texts = Files.createDirectory(folder.resolve("texts"));
        Files.write(
                texts.resolve("one.log"),
                "first\r\n\u0000second\nno newline at the end".getBytes(StandardCharsets.UTF_8));

        assertThat(run("--replay", folder.toString(), "--log-text", texts.toString()))
                .isZero();

        assertThat(lines().get(lines().size() - 1))
                .isEqualTo("runs 1/1 · taskruns 1/1 · logs 1/1 complete · lines 3/3 · lost 0 · duplicated 0");
    }

    @Test
    void contradictionsAreToldTogetherAndNothingStarts() {
        assertThat(run("--replay", "x", "--kubeconfig", "y", "--jdbc-url", "jdbc:postgresql://h/d", "--s3-prefix", "p"))
                .isEqualTo(2);
        assertThat(lines()).isEmpty();
    }

    @Test
    void aDatabaseThatCannotBeReachedIsAClearFailure() {
        assertThat(run("--jdbc-url", "jdbc:postgresql://127.0.0.1:1/nothing", "--jdbc-user", "u"))
                .isEqualTo(3);
    }

    @Test
    void aFolderWithoutRunsIsAClearFailure() {
        assertThat(run("--replay", folder.toString())).isEqualTo(3);
    }
}

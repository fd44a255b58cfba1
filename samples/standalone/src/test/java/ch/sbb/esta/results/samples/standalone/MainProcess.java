package ch.sbb.esta.results.samples.standalone;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** The main job in a JVM of its own. */
final class MainProcess implements AutoCloseable {

    private static final Duration PATIENCE = Duration.ofSeconds(90);

    private final Process process;
    private final Path output;

    private MainProcess(Process process, Path output) {
        this.process = process;
        this.output = output;
    }

    static MainProcess start(Path output, Map<String, String> environment, List<String> arguments) throws IOException {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(List.of("-cp", System.getProperty("java.class.path"), WatchMain.class.getName()));
        command.addAll(arguments);
        ProcessBuilder builder =
                new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(output.toFile());
        builder.environment().putAll(environment);
        return new MainProcess(builder.start(), output);
    }

    String printed() throws IOException {
        return Files.readString(output);
    }

    void awaitPrinted(String pattern) {
        await().atMost(PATIENCE).untilAsserted(() -> assertThat(printed()).containsPattern(pattern));
    }

    /** Ends it as an orchestrator does, which is handled as Ctrl-C is; the processes that it started must be gone too. */
    int end() throws InterruptedException {
        List<ProcessHandle> children = process.descendants().toList();
        process.destroy();
        assertThat(process.waitFor(PATIENCE.toSeconds(), TimeUnit.SECONDS)).isTrue();
        assertThat(children).noneMatch(ProcessHandle::isAlive);
        return process.exitValue();
    }

    @Override
    public void close() {
        process.destroyForcibly();
    }
}

package ch.sbb.esta.results.k8s;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A {@link CollectorMain} that runs. */
final class CollectorProcess implements AutoCloseable {

    private static final Duration PATIENCE = Duration.ofMinutes(2);
    private static final Pattern STATUS = Pattern.compile("in work (\\d+), .* left (\\d+)");

    private final Process process;
    private final Path output;

    private CollectorProcess(Process process, Path output) {
        this.process = process;
        this.output = output;
    }

    static CollectorProcess start(Path output, List<String> arguments) throws IOException {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        // It lives for seconds: a compiler that optimises for hours would only cost time.
        command.addAll(List.of("-Xmx256m", "-XX:TieredStopAtLevel=1", "-cp", System.getProperty("java.class.path")));
        command.add(CollectorMain.class.getName());
        command.addAll(arguments);
        Process process = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(output.toFile())
                .start();
        return new CollectorProcess(process, output);
    }

    String printed() {
        try {
            return Files.readString(output);
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    void awaitCollecting() {
        await().atMost(PATIENCE).until(() -> {
            assertRunning();
            return printed().contains("collecting\n");
        });
    }

    /** Waits until nothing is in work any more. */
    void awaitIdle() {
        await().atMost(PATIENCE).until(() -> {
            assertRunning();
            return status(1) == 0;
        });
    }

    /** How many logs it has left to another one. */
    int left() {
        return status(2);
    }

    private int status(int group) {
        Matcher matcher = STATUS.matcher(printed());
        int last = -1;
        while (matcher.find()) {
            last = Integer.parseInt(matcher.group(group));
        }
        return last;
    }

    /** Lets it run. */
    void outlives(Duration time) throws InterruptedException {
        process.waitFor(time.toMillis(), TimeUnit.MILLISECONDS);
        assertRunning();
    }

    private void assertRunning() {
        assertThat(process.isAlive())
                .as("the collector ended by itself:\n%s", printed())
                .isTrue();
    }

    /** SIGKILL: nothing of it runs any more, not even what is meant for its end. */
    void kill() throws InterruptedException {
        process.destroyForcibly();
        assertThat(process.waitFor(PATIENCE.toSeconds(), TimeUnit.SECONDS)).isTrue();
    }

    /** It stands still, as in a long garbage collection or on a host that was suspended. */
    void pause() throws IOException, InterruptedException {
        signal("STOP");
    }

    void goOn() throws IOException, InterruptedException {
        signal("CONT");
    }

    private void signal(String name) throws IOException, InterruptedException {
        Process kill = new ProcessBuilder("kill", "-" + name, Long.toString(process.pid())).start();
        assertThat(kill.waitFor()).isZero();
    }

    /** Ends it as it wants to be ended. */
    void end() throws IOException, InterruptedException {
        process.getOutputStream().close();
        assertThat(process.waitFor(PATIENCE.toSeconds(), TimeUnit.SECONDS)).isTrue();
        assertThat(printed()).endsWith("closed\n").doesNotContain(" ERROR ");
    }

    @Override
    public void close() {
        process.destroyForcibly();
    }
}

package ch.sbb.esta.results.samples.applications;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** An application in a JVM of its own, as its jar starts it, on a port that it has chosen itself. */
final class ApplicationProcess implements AutoCloseable {

    static final Duration PATIENCE = Duration.ofMinutes(2);

    private final Process process;
    private final Path output;
    private final HttpClient http = HttpClient.newHttpClient();
    private int port;

    private ApplicationProcess(Process process, Path output) {
        this.process = process;
        this.output = output;
    }

    /** @param listening what it prints when it listens, with the port as its group */
    static ApplicationProcess start(
            Path jar, Map<String, String> properties, Map<String, String> environment, Path output, Pattern listening)
            throws IOException {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx256m",
                "-XX:TieredStopAtLevel=1"));
        properties.forEach((name, value) -> command.add("-D" + name + "=" + value));
        command.addAll(List.of("-jar", jar.toString()));
        ProcessBuilder builder =
                new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(output.toFile());
        builder.environment().putAll(environment);
        ApplicationProcess started = new ApplicationProcess(builder.start(), output);
        try {
            started.awaitPort(listening);
            return started;
        } catch (RuntimeException | AssertionError e) {
            started.close();
            throw e;
        }
    }

    private void awaitPort(Pattern listening) {
        await().atMost(PATIENCE).untilAsserted(() -> {
            Matcher line = listening.matcher(printed());
            if (line.find()) {
                port = Integer.parseInt(line.group(1));
            } else if (!process.isAlive()) {
                throw new IllegalStateException(
                        "the application ended with " + process.exitValue() + ":\n" + printed());
            }
            assertThat(port).as(printed()).isPositive();
        });
    }

    String printed() throws IOException {
        return Files.readString(output);
    }

    HttpResponse<String> get(String path) throws IOException, InterruptedException {
        return http.send(
                HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path))
                        .timeout(PATIENCE)
                        .build(),
                HttpResponse.BodyHandlers.ofString());
    }

    /** Ends it as an orchestrator does, and returns its exit code. */
    int end() throws InterruptedException {
        process.destroy();
        assertThat(process.waitFor(PATIENCE.toSeconds(), TimeUnit.SECONDS)).isTrue();
        return process.exitValue();
    }

    @Override
    public void close() {
        process.destroyForcibly();
    }
}

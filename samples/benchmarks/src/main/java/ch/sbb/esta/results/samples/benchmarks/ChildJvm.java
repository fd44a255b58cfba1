package ch.sbb.esta.results.samples.benchmarks;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.lang.ProcessBuilder.Redirect;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.Collectors;

/** Another JVM of the same installation with the same class path. What it writes to its standard output is read line by line. */
final class ChildJvm implements AutoCloseable {

    private final Process process;

    private ChildJvm(Process process) {
        this.process = process;
    }

    static ChildJvm start(Class<?> main, List<String> options, List<String> arguments) throws IOException {
        return new ChildJvm(builder(main, options, arguments)
                .redirectError(Redirect.INHERIT)
                .start());
    }

    static ProcessBuilder builder(Class<?> main, List<String> options, List<String> arguments) {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(options);
        String further = System.getenv("BENCHMARK_JVM_OPTIONS");
        if (further != null && !further.isBlank()) {
            command.addAll(List.of(further.trim().split(" +", -1)));
        }
        command.addAll(List.of("-cp", classPath(), main.getName()));
        command.addAll(arguments);
        return new ProcessBuilder(command);
    }

    /** Under Maven the classes lie behind a class loader of their own. */
    private static String classPath() {
        if (ChildJvm.class.getClassLoader() instanceof URLClassLoader loader) {
            return Arrays.stream(loader.getURLs())
                    .map(URL::getPath)
                    .collect(Collectors.joining(System.getProperty("path.separator")));
        }
        return System.getProperty("java.class.path");
    }

    /** Hands over each line that the child writes until it ends. */
    void readLines(Consumer<String> onLine) throws IOException, InterruptedException {
        try (BufferedReader lines =
                new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))) {
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                onLine.accept(line);
            }
        }
        int code = process.waitFor();
        if (code != 0) {
            throw new IllegalStateException(
                    "the collecting JVM ended with exit code " + code + "; its standard error says why");
        }
    }

    @Override
    public void close() {
        process.destroyForcibly();
    }
}

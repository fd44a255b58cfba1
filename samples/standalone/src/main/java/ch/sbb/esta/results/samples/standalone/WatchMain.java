package ch.sbb.esta.results.samples.standalone;

import ch.sbb.esta.results.ResultsException;
import ch.sbb.esta.results.embed.ResultsArchive;
import ch.sbb.esta.results.k8s.FabricClusterRuns;
import ch.sbb.esta.results.k8s.FabricContainerLogs;
import ch.sbb.esta.results.k8s.FabricRunWatcher;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Optional;
import picocli.CommandLine.ParameterException;

/** Watches a cluster and archives its runs and logs until all is done or somebody presses Ctrl-C. */
public final class WatchMain {

    private WatchMain() {}

    /**
     * Runs the main job and ends the JVM with its exit code.
     *
     * @param arguments see {@code --help}
     */
    public static void main(String[] arguments) {
        PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
        System.exit(run(out, arguments));
    }

    static int run(PrintStream out, String... arguments) {
        try {
            Optional<Options> options = Options.parse(arguments);
            return options.isEmpty() ? 0 : run(out, options.get());
        } catch (ParameterException e) {
            System.err.println(e.getMessage() + "\nTry --help.");
            return 2;
        } catch (ResultsException | IOException e) {
            System.err.println("cannot run: " + e.getMessage());
            return 3;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return 3;
        }
    }

    private static int run(PrintStream out, Options options) throws IOException, InterruptedException {
        try (Stop stop = Stop.onInterrupt();
                Parts parts = Parts.open(options, out);
                FabricContainerLogs containerLogs = new FabricContainerLogs(parts.kubernetes(), parts.scope());
                ResultsArchive archive = ResultsArchive.builder()
                        .runs(new FabricRunWatcher(parts.kubernetes(), parts.scope()))
                        .sweep(new FabricClusterRuns(parts.kubernetes(), parts.scope()))
                        .store(parts.store())
                        .logs(containerLogs, parts.logs())
                        .workDirectory(parts.workDirectory())
                        .build()) {
            archive.start();
            Job job = new Job(archive, parts, options, stop, out);
            boolean holds = job.run();
            if (options.keep && !stop.isRequested()) {
                out.println("Everything keeps running; Ctrl-C ends it.");
                while (!stop.await(Duration.ofMinutes(1))) {
                    out.flush();
                }
            }
            job.tellRemainder(archive.stop());
            return holds ? 0 : 1;
        }
    }
}

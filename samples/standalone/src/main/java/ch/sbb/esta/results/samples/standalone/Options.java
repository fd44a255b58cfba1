package ch.sbb.esta.results.samples.standalone;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** What the command line says. Without arguments every part is embedded. */
@Command(
        name = "mvn -q compile exec:java -Dargs='…'",
        mixinStandardHelpOptions = true,
        version = "ESTA Results 0.1.0-SNAPSHOT",
        sortOptions = false,
        usageHelpAutoWidth = true,
        description = {
            "Archives Tekton runs into Postgres and their live logs into S3.",
            "",
            "Without options everything runs in this process: a Postgres, an S3 server, a Kubernetes API server and a Tekton "
                    + "that drives pipelines on it. Each part can be replaced by a real one, in any mix."
        },
        footer = {
            "",
            "Exit code: 0 when all checks hold, 1 when one does not, 2 for a wrong command line, 3 when a part cannot be reached.",
            "Credentials of S3 come from the AWS SDK's default chain."
        })
final class Options implements Runnable {

    @Spec
    @Nullable
    CommandSpec spec;

    @Option(names = "--keep", description = "leave everything running at the end, for a look; Ctrl-C ends it")
    boolean keep;

    @Option(
            names = "--work-dir",
            paramLabel = "DIR",
            description = "where unfinished work waits on disk (a temporary folder)")
    @Nullable
    Path workDir;

    @Option(
            names = "--runs",
            paramLabel = "N",
            defaultValue = "25",
            description = "PipelineRuns to simulate (${DEFAULT-VALUE})")
    int runs;

    @Option(
            names = "--lines",
            paramLabel = "N",
            defaultValue = "2000",
            description = "log lines of each simulated step (${DEFAULT-VALUE})")
    int lines;

    @Option(
            names = "--replay",
            paramLabel = "DIR",
            description = "play the JSON objects of a folder instead of simulating")
    @Nullable
    Path replay;

    @Option(names = "--log-text", paramLabel = "DIR", description = "let the containers write the files of a folder")
    @Nullable
    Path logText;

    @Option(names = "--kubeconfig", paramLabel = "FILE", description = "watch the cluster of this file")
    @Nullable
    Path kubeconfig;

    @Option(names = "--context", paramLabel = "NAME", description = "the context in the kubeconfig (its current one)")
    @Nullable
    String context;

    @Option(
            names = "--namespace",
            paramLabel = "NS",
            description = "watch this namespace; may be repeated (the context's)")
    List<String> namespaces = new ArrayList<>();

    @Option(names = "--all-namespaces", description = "watch all namespaces")
    boolean allNamespaces;

    @Mixin
    PostgresOptions postgres = new PostgresOptions();

    @Mixin
    S3Options s3 = new S3Options();

    /** Reads a command line; empty when it only asked for help, which was printed then. */
    static Optional<Options> parse(String... arguments) {
        Options options = new Options();
        CommandLine commandLine = new CommandLine(options);
        commandLine.parseArgs(arguments);
        if (CommandLine.printHelpIfRequested(commandLine.getParseResult())) {
            return Optional.empty();
        }
        options.run();
        return Optional.of(options);
    }

    boolean isRealCluster() {
        return kubeconfig != null || context != null;
    }

    /** Reports every contradiction at once. */
    @Override
    public void run() {
        List<String> wrong = new ArrayList<>();
        check(wrong, runs < 1, "--runs takes at least 1");
        check(wrong, lines < 1, "--lines takes at least 1");
        check(wrong, isRealCluster() && replay != null, "--replay needs the embedded cluster, not --kubeconfig");
        check(wrong, isRealCluster() && logText != null, "--log-text needs the embedded cluster, not --kubeconfig");
        check(wrong, allNamespaces && !namespaces.isEmpty(), "--all-namespaces and --namespace exclude each other");
        check(
                wrong,
                !isRealCluster() && (allNamespaces || !namespaces.isEmpty()),
                "--namespace and --all-namespaces need --kubeconfig or --context");
        postgres.check(wrong);
        s3.check(wrong);
        if (!wrong.isEmpty()) {
            throw new CommandLine.ParameterException(
                    Objects.requireNonNull(spec).commandLine(), String.join("; ", wrong));
        }
    }

    private static void check(List<String> wrong, boolean isWrong, String message) {
        if (isWrong) {
            wrong.add(message);
        }
    }
}

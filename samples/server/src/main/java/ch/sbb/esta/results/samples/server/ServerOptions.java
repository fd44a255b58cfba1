package ch.sbb.esta.results.samples.server;

import java.net.URI;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** What the command line says. */
@Command(
        name = "mvn -q -pl samples/server -am compile exec:java -Dserver.skip=false -Dargs='…'",
        mixinStandardHelpOptions = true,
        version = "ESTA Results 0.1.0-SNAPSHOT",
        sortOptions = false,
        usageHelpAutoWidth = true,
        description = "Serves a schema of Postgres, and logs on S3, by the protocol of Tekton Results.",
        footer = {
            "",
            "Exit code: 0 when it was asked to stop, 2 for a wrong command line, 3 when a part cannot be reached.",
            "Credentials of S3 come from the AWS SDK's default chain."
        })
final class ServerOptions {

    @Spec
    @Nullable
    CommandSpec spec;

    @Option(
            names = "--jdbc-url",
            required = true,
            paramLabel = "URL",
            description = "the database, jdbc:postgresql://…")
    String jdbcUrl = "";

    @Option(names = "--jdbc-user", required = true, paramLabel = "USER", description = "its user")
    String jdbcUser = "";

    @Option(names = "--jdbc-password-file", paramLabel = "FILE", description = "a file with its password")
    @Nullable
    Path jdbcPasswordFile;

    @Option(
            names = "--jdbc-schema",
            paramLabel = "NAME",
            defaultValue = "results",
            description = "the schema of the tables (${DEFAULT-VALUE})")
    String jdbcSchema = "results";

    @Option(names = "--s3-bucket", paramLabel = "NAME", description = "serve the logs of this bucket")
    @Nullable
    String s3Bucket;

    @Option(
            names = "--s3-region",
            paramLabel = "NAME",
            defaultValue = "eu-central-1",
            description = "its region (${DEFAULT-VALUE})")
    String s3Region = "eu-central-1";

    @Option(names = "--s3-endpoint", paramLabel = "URL", description = "the S3 server (that of AWS in the region)")
    @Nullable
    URI s3Endpoint;

    @Option(names = "--s3-prefix", paramLabel = "TEXT", defaultValue = "", description = "before every key")
    String s3Prefix = "";

    @Option(
            names = "--port",
            paramLabel = "N",
            defaultValue = "8080",
            description = "0 for a free one (${DEFAULT-VALUE})")
    int port = 8080;

    @Option(names = "--tls-cert", paramLabel = "FILE", description = "the certificate, PEM; read again when it changes")
    @Nullable
    Path certificate;

    @Option(names = "--tls-key", paramLabel = "FILE", description = "its key, PEM")
    @Nullable
    Path key;

    @Option(names = "--plaintext", description = "no TLS")
    boolean plaintext;

    @Option(names = "--kubeconfig", paramLabel = "FILE", description = "ask this cluster who may do what")
    @Nullable
    Path kubeconfig;

    @Option(names = "--in-cluster", description = "ask the cluster that this runs in who may do what")
    boolean inCluster;

    @Option(names = "--allow-all", description = "let everybody do everything")
    boolean allowAll;

    /** Reads a command line; empty when it only asked for help, which was printed then. */
    static Optional<ServerOptions> parse(String... arguments) {
        ServerOptions options = new ServerOptions();
        CommandLine commandLine = new CommandLine(options);
        commandLine.parseArgs(arguments);
        if (CommandLine.printHelpIfRequested(commandLine.getParseResult())) {
            return Optional.empty();
        }
        options.check();
        return Optional.of(options);
    }

    private void check() {
        List<String> wrong = new ArrayList<>();
        if ((certificate == null) != (key == null)) {
            wrong.add("--tls-cert and --tls-key go together");
        }
        if (plaintext == (certificate != null)) {
            wrong.add("one of --tls-cert and --plaintext is needed");
        }
        int deciders = (kubeconfig != null ? 1 : 0) + (inCluster ? 1 : 0) + (allowAll ? 1 : 0);
        if (deciders != 1) {
            wrong.add("one of --kubeconfig, --in-cluster and --allow-all is needed");
        }
        if (port < 0 || port > 65_535) {
            wrong.add("--port " + port + " is not between 0 and 65535");
        }
        if (!wrong.isEmpty()) {
            throw new CommandLine.ParameterException(
                    Objects.requireNonNull(spec).commandLine(), String.join("; ", wrong));
        }
    }
}

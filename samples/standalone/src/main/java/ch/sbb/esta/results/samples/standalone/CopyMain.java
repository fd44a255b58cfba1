package ch.sbb.esta.results.samples.standalone;

import ch.sbb.esta.results.ListQuery;
import ch.sbb.esta.results.ResultsException;
import ch.sbb.esta.results.copy.CopyComparison;
import ch.sbb.esta.results.copy.CopyReport;
import ch.sbb.esta.results.copy.RemoteCopy;
import ch.sbb.esta.results.grpc.GrpcConnection;
import ch.sbb.esta.results.grpc.GrpcLogSource;
import ch.sbb.esta.results.grpc.GrpcOptions;
import ch.sbb.esta.results.grpc.GrpcResultsClient;
import ch.sbb.esta.results.jdbi.JdbiResultsStore;
import ch.sbb.esta.results.jdbi.Migrations;
import ch.sbb.esta.results.logs.LogRecords;
import ch.sbb.esta.results.logs.LogStoreConfig;
import ch.sbb.esta.results.logs.SegmentedLogs;
import ch.sbb.esta.results.s3.S3BlobStore;
import ch.sbb.esta.results.s3.S3BlobStoreConfig;
import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;
import software.amazon.awssdk.services.s3.S3Client;

/** Copies what a Tekton Results server keeps into Postgres, its logs into S3, and compares both in the end. */
@Command(
        name = "mvn -q compile exec:java -Dexec.mainClass=ch.sbb.esta.results.samples.standalone.CopyMain -Dargs='…'",
        mixinStandardHelpOptions = true,
        version = "ESTA Results 0.1.0-SNAPSHOT",
        sortOptions = false,
        usageHelpAutoWidth = true,
        description = "Copies Results, Records and logs of a Tekton Results server. It may be broken off and repeated.",
        footer = {
            "",
            "Exit code: 0 when both sides are the same, 1 when they are not, 2 for a wrong command line, 3 when a part fails.",
            "Credentials of S3 come from the AWS SDK's default chain."
        })
public final class CopyMain implements Callable<Integer> {

    private final PrintStream out;

    @Option(names = "--from", required = true, paramLabel = "HOST:PORT", description = "the Tekton Results API server")
    String from = "";

    @Option(names = "--insecure", description = "the server has no TLS; a token is sent nevertheless")
    boolean insecure;

    @Option(names = "--ca", paramLabel = "FILE", description = "the authority of its certificate, in PEM (the JDK's)")
    @Nullable
    Path authority;

    @Option(names = "--token-file", paramLabel = "FILE", description = "a file with a bearer token")
    @Nullable
    Path tokenFile;

    @Option(names = "--parent", paramLabel = "NS", defaultValue = "-", description = "copy this namespace only (all)")
    String parent = "-";

    @Spec
    @Nullable
    CommandSpec spec;

    @Mixin
    PostgresOptions postgres = new PostgresOptions();

    @Mixin
    S3Options s3 = new S3Options();

    @Option(
            names = "--position-file",
            paramLabel = "FILE",
            defaultValue = "results-copy.position",
            description = "keeps up to where the copy has come (${DEFAULT-VALUE})")
    Path positionFile = Path.of("results-copy.position");

    private CopyMain(PrintStream out) {
        this.out = out;
    }

    /**
     * Copies.
     *
     * @param arguments see {@code --help}
     */
    public static void main(String[] arguments) {
        System.exit(run(System.out, arguments));
    }

    static int run(PrintStream out, String... arguments) {
        return new CommandLine(new CopyMain(out))
                .setExecutionExceptionHandler((e, line, parsed) -> {
                    out.println(e instanceof ResultsException ? String.valueOf(e.getMessage()) : e.toString());
                    return 3;
                })
                .execute(arguments);
    }

    @Override
    public Integer call() throws IOException {
        check();
        GrpcConnection.Builder server = GrpcConnection.builder(from);
        GrpcOptions.Builder options = GrpcOptions.builder();
        if (insecure) {
            server.insecure();
        }
        if (authority != null) {
            server.trusting(authority);
        }
        if (tokenFile != null) {
            options.bearerTokenFile(tokenFile);
            if (insecure) {
                options.tokenOverPlaintext();
            }
        }
        try (GrpcConnection connection = server.open()) {
            GrpcResultsClient remote = new GrpcResultsClient(connection.channel(), options.build());
            // Says what is wrong with the server before anything is made in the database.
            int some =
                    remote.listResults(ListQuery.of(parent).pageSize(5)).items().size();
            out.println(some == 0 ? "the server has no Results" : "reading " + from);
            try (HikariDataSource dataSource = database()) {
                new Migrations(dataSource, postgres.schema).migrate();
                JdbiResultsStore store =
                        JdbiResultsStore.builder(dataSource, postgres.schema).build();
                RemoteCopy.Builder copy =
                        RemoteCopy.builder(remote, store).parent(parent).positionFile(positionFile);
                if (s3.bucket == null) {
                    return copy(copy);
                }
                GrpcLogSource source = new GrpcLogSource(connection.channel(), options.build());
                return copyWithLogs(copy, store, source, s3.bucket);
            }
        }
    }

    /** Reports every contradiction at once. */
    private void check() {
        List<String> wrong = new ArrayList<>();
        if (postgres.url == null) {
            wrong.add("--jdbc-url is needed: the Postgres to copy into");
        }
        postgres.check(wrong);
        s3.check(wrong);
        if (!wrong.isEmpty()) {
            throw new CommandLine.ParameterException(
                    Objects.requireNonNull(spec).commandLine(), String.join("; ", wrong));
        }
    }

    private int copyWithLogs(RemoteCopy.Builder copy, JdbiResultsStore store, GrpcLogSource source, String bucket)
            throws IOException {
        LogStoreConfig spool = LogStoreConfig.builder()
                .spoolDirectory(Files.createTempDirectory("results-copy-"))
                .build();
        try (S3Client client = s3.client().build().openClient();
                SegmentedLogs logs = new SegmentedLogs(
                        new S3BlobStore(
                                client,
                                S3BlobStoreConfig.builder(bucket)
                                        .prefix(s3.prefix)
                                        .build()),
                        spool)) {
            LogRecords records = new LogRecords(store, store, logs, "S3");
            return copy(copy.logs(source, logs).logRecords(records::refresh));
        }
    }

    private int copy(RemoteCopy.Builder builder) {
        CopyReport[] last = {new CopyReport(0, 0, 0, 0, 0, 0, List.of(), 0)};
        try (Progress progress = new Progress("copying", -1, () -> last[0].toString())) {
            last[0] = builder.listener(report -> {
                        last[0] = report;
                        progress.update((int) report.results());
                    })
                    .build()
                    .run();
        }
        out.println(last[0]);
        last[0].leftBehind().forEach(line -> out.println("left behind: " + line));
        CopyComparison comparison = builder.build().compare();
        out.print(comparison);
        return comparison.isSame() ? 0 : 1;
    }

    private HikariDataSource database() throws IOException {
        HikariConfig pool = new HikariConfig();
        pool.setMaximumPoolSize(4);
        pool.setInitializationFailTimeout(-1);
        postgres.configure(pool);
        return new HikariDataSource(pool);
    }
}

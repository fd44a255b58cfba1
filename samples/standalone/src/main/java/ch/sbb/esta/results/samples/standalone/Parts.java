package ch.sbb.esta.results.samples.standalone;

import ch.sbb.esta.results.jdbi.JdbiResultsStore;
import ch.sbb.esta.results.jdbi.Migrations;
import ch.sbb.esta.results.k8s.FabricConfig;
import ch.sbb.esta.results.logs.LogStoreConfig;
import ch.sbb.esta.results.logs.SegmentedLogs;
import ch.sbb.esta.results.s3.S3BlobStore;
import ch.sbb.esta.results.s3.S3BlobStoreConfig;
import ch.sbb.esta.results.s3.S3ClientConfig;
import ch.sbb.esta.results.testkit.kube.KubeApiServer;
import ch.sbb.esta.results.testkit.postgres.PostgresDatabase;
import ch.sbb.esta.results.testkit.postgres.PostgresServer;
import ch.sbb.esta.results.testkit.s3.S3Server;
import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.ConfigBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Comparator;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.services.s3.S3Client;

/** A cluster, a database and an object store: embedded ones, or those that the options name, in any mix. */
final class Parts implements AutoCloseable {

    private static final int POOL_SIZE = 4;
    private static final Duration CONNECTION_WAIT = Duration.ofSeconds(10);
    private static final String EMBEDDED_BUCKET = "tekton-logs";

    private final Options options;
    private final PrintStream out;
    private final Deque<AutoCloseable> toClose = new ArrayDeque<>();
    private final Path workDirectory;
    private final KubernetesClient kubernetes;
    private final FabricConfig scope;
    private final @Nullable Workload workload;
    private final JdbiResultsStore store;
    private final SegmentedLogs logs;
    private String database = "";
    private String objects = "";

    private Parts(Options options, PrintStream out) throws IOException {
        this.options = options;
        this.out = out;
        try {
            workDirectory = workDirectory(options);
            if (options.isRealCluster()) {
                Config config = kubeconfig(options);
                kubernetes = opened("cluster " + config.getMasterUrl(), client(config));
                scope = scope(options, config);
                workload = null;
            } else {
                KubeApiServer server = opened(
                        "embedded Kubernetes API server",
                        KubeApiServer.builder().start());
                kubernetes = opened(
                        "",
                        client(new ConfigBuilder(Config.empty())
                                .withMasterUrl(server.url())
                                .withOauthToken(server.token())
                                .build()));
                scope = FabricConfig.defaults();
                workload = opened("", Workload.of(options, server));
            }
            store = openStore();
            logs = opened(
                    "",
                    new SegmentedLogs(
                            openBlobs(),
                            LogStoreConfig.builder()
                                    .spoolDirectory(workDirectory.resolve("logs"))
                                    .build()));
        } catch (IOException | RuntimeException e) {
            close();
            throw e;
        }
    }

    static Parts open(Options options, PrintStream out) throws IOException {
        return new Parts(options, out);
    }

    private <T extends AutoCloseable> T opened(String name, T part) {
        toClose.push(part);
        if (!name.isEmpty()) {
            out.println("using " + name);
        }
        return part;
    }

    private static KubernetesClient client(Config config) {
        return new KubernetesClientBuilder().withConfig(config).build();
    }

    private static Config kubeconfig(Options options) {
        Config config = options.kubeconfig == null
                ? Config.autoConfigure(options.context)
                : Config.fromKubeconfig(options.kubeconfig.toFile());
        if (options.kubeconfig != null && options.context != null) {
            config = Config.fromKubeconfig(options.context, options.kubeconfig.toFile());
        }
        return config;
    }

    private static FabricConfig scope(Options options, Config config) {
        FabricConfig.Builder builder = FabricConfig.builder();
        if (!options.allNamespaces) {
            List<String> namespaces = options.namespaces.isEmpty()
                    ? List.of(Optional.ofNullable(config.getNamespace()).orElse("default"))
                    : options.namespaces;
            builder.namespaces(namespaces.toArray(String[]::new));
        }
        return builder.build();
    }

    private JdbiResultsStore openStore() throws IOException {
        HikariConfig pool = new HikariConfig();
        pool.setMaximumPoolSize(POOL_SIZE);
        pool.setConnectionTimeout(CONNECTION_WAIT.toMillis());
        // The first statement tells better what is wrong.
        pool.setInitializationFailTimeout(-1);
        if (options.postgres.url == null) {
            PostgresDatabase embedded = opened(
                            "embedded Postgres",
                            PostgresServer.builder()
                                    .shutdownGrace(Stop.PATIENCE)
                                    .start())
                    .newDatabase();
            pool.setJdbcUrl(embedded.jdbcUrl());
            pool.setUsername(embedded.user());
            pool.setPassword(embedded.password());
            database = embedded.jdbcUrl() + (embedded.jdbcUrl().contains("?") ? "&" : "?") + "user=" + embedded.user()
                    + "&password=" + embedded.password();
        } else {
            options.postgres.configure(pool);
            database = withoutParameters(options.postgres.url);
        }
        HikariDataSource dataSource =
                opened(options.postgres.url == null ? "" : "database " + database, new HikariDataSource(pool));
        new Migrations(dataSource, options.postgres.schema).migrate();
        return JdbiResultsStore.builder(dataSource, options.postgres.schema).build();
    }

    /** Parameters may hold a password. */
    private static String withoutParameters(String jdbcUrl) {
        int question = jdbcUrl.indexOf('?');
        return question < 0 ? jdbcUrl : jdbcUrl.substring(0, question);
    }

    private S3BlobStore openBlobs() {
        S3ClientConfig.Builder client;
        String bucket;
        if (options.s3.bucket == null) {
            S3Server server = opened("embedded S3 server", S3Server.open());
            server.createBucket(EMBEDDED_BUCKET);
            bucket = EMBEDDED_BUCKET;
            client = S3ClientConfig.builder(server.region())
                    .endpoint(server.endpoint())
                    .credentials(StaticCredentialsProvider.create(
                            AwsBasicCredentials.create(server.accessKey(), server.secretKey())));
            objects = "AWS_ACCESS_KEY_ID=" + server.accessKey() + " AWS_SECRET_ACCESS_KEY=" + server.secretKey()
                    + " aws --endpoint-url " + server.endpoint() + " s3 ls --recursive s3://" + bucket + "/";
        } else {
            bucket = options.s3.bucket;
            client = options.s3.client();
            objects = "aws " + (options.s3.endpoint == null ? "" : "--endpoint-url " + options.s3.endpoint + " ")
                    + "s3 ls --recursive s3://" + bucket + "/" + options.s3.prefix;
        }
        S3Client s3 = opened(
                options.s3.bucket == null ? "" : "bucket " + bucket,
                client.build().openClient());
        S3BlobStore blobs = new S3BlobStore(
                s3, S3BlobStoreConfig.builder(bucket).prefix(options.s3.prefix).build());
        blobs.probe();
        return blobs;
    }

    private static Path workDirectory(Options options) throws IOException {
        return options.workDir == null
                ? Files.createTempDirectory("esta-results-")
                : Files.createDirectories(options.workDir);
    }

    KubernetesClient kubernetes() {
        return kubernetes;
    }

    FabricConfig scope() {
        return scope;
    }

    JdbiResultsStore store() {
        return store;
    }

    SegmentedLogs logs() {
        return logs;
    }

    Path workDirectory() {
        return workDirectory;
    }

    Optional<Workload> workload() {
        return Optional.ofNullable(workload);
    }

    void printWaysToLook(PrintStream out) {
        String schema = options.postgres.schema;
        out.println("To look at it"
                + (options.postgres.url == null || options.s3.bucket == null
                        ? " (while --keep keeps the embedded parts running):"
                        : ":"));
        out.println("  SQL     " + database);
        out.println(
                "          SELECT parent, annotations->>'object.metadata.name', recordsummary_status, recordsummary_end_time - recordsummary_start_time");
        out.println("          FROM " + schema + ".results ORDER BY created_time;");
        out.println(
                "          SELECT name, type, data->'status'->'conditions'->0->>'reason' FROM " + schema + ".records;");
        out.println("  Java    store.listResults(ListQuery.of(\"-\")).items();");
        out.println("          logs.read(logs.list(namespace, taskRunUid).get(0).id(), 0, Long.MAX_VALUE);");
        out.println("  Objects " + objects);
    }

    /** Closes what was opened, the last first; one failure does not keep the others from being closed. */
    @Override
    public void close() {
        while (!toClose.isEmpty()) {
            try {
                toClose.pop().close();
            } catch (Exception e) {
                out.println("closing failed: " + e);
            }
        }
        if (options.workDir == null) {
            deleteWorkDirectory();
        }
    }

    private void deleteWorkDirectory() {
        try (Stream<Path> files = Files.walk(workDirectory)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.deleteIfExists(file);
            }
        } catch (IOException e) {
            out.println("the work directory " + workDirectory + " was left: " + e);
        }
    }
}

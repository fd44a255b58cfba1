package ch.sbb.esta.results.samples.applications;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import ch.sbb.esta.results.ListQuery;
import ch.sbb.esta.results.LogState;
import ch.sbb.esta.results.RecordSummary;
import ch.sbb.esta.results.SummaryStatus;
import ch.sbb.esta.results.jdbi.JdbiResultsStore;
import ch.sbb.esta.results.logs.SegmentedLogs;
import ch.sbb.esta.results.s3.S3BlobStore;
import ch.sbb.esta.results.s3.S3BlobStoreConfig;
import ch.sbb.esta.results.s3.S3ClientConfig;
import ch.sbb.esta.results.testkit.kube.KubeApiServer;
import ch.sbb.esta.results.testkit.postgres.PostgresDatabase;
import ch.sbb.esta.results.testkit.postgres.PostgresServer;
import ch.sbb.esta.results.testkit.s3.S3Server;
import ch.sbb.esta.results.testkit.tekton.EmittedLog;
import ch.sbb.esta.results.testkit.tekton.TektonSimulator;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.services.s3.S3Client;

/** An application that embeds the archive, as its jar starts it, on real servers. */
abstract class ApplicationScene {

    static final Path SAMPLES = Path.of("..");
    static final String FABRIC8 = "kubernetes-client-api-7.8.0.jar";

    @TempDir
    private Path folder;

    private final PostgresServer postgres = PostgresServer.open();
    private final PostgresDatabase database = postgres.newDatabase();
    private final S3Server s3Server = S3Server.open();
    private final KubeApiServer cluster = KubeApiServer.builder().start();

    @BeforeEach
    void prepare() {
        s3Server.createBucket("tekton-logs");
        cluster.ensureNamespace("shop");
        cluster.ensureNamespace("later");
    }

    @AfterEach
    void close() {
        cluster.close();
        s3Server.close();
        postgres.close();
    }

    /** What differs between the two frameworks. */
    record Framework(
            Path jar, Map<String, String> properties, Pattern listening, String ready, String alive, String metrics) {}

    /** The application, with what it takes to reach the database. */
    abstract Framework framework(PostgresDatabase database) throws IOException;

    private ApplicationProcess start(Framework framework) throws IOException {
        Map<String, String> properties = new HashMap<>(framework.properties());
        properties.putAll(Map.of(
                "results.namespaces", "shop,later",
                "results.work-directory", folder.resolve("work").toString(),
                "results.s3.bucket", "tekton-logs",
                "results.s3.region", s3Server.region(),
                "results.s3.endpoint", s3Server.endpoint().toString()));
        Map<String, String> environment = Map.of(
                "KUBECONFIG",
                        Files.writeString(folder.resolve("kubeconfig"), cluster.kubeconfig())
                                .toString(),
                "AWS_ACCESS_KEY_ID", s3Server.accessKey(),
                "AWS_SECRET_ACCESS_KEY", s3Server.secretKey());
        return ApplicationProcess.start(
                framework.jar(), properties, environment, folder.resolve("output"), framework.listening());
    }

    @Test
    final void runsAndLogsAreArchivedAndTold() throws Exception {
        Framework framework = framework(database);
        try (ApplicationProcess application = start(framework);
                TektonSimulator tekton = TektonSimulator.of(cluster, "shop", 1, 50);
                S3Client s3 = s3Client();
                SegmentedLogs logs = logs(s3)) {
            awaitStatus(application, framework.ready(), 200);
            tekton.start();
            tekton.awaitEnd(ApplicationProcess.PATIENCE);
            awaitArchived(tekton, "shop", logs);
            assertThat(application.get(framework.metrics()).body())
                    .containsPattern("(?m)^esta_results_healthy(\\{[^}]*})? 1\\.0$")
                    .containsPattern("(?m)^esta_results_runs_total\\{[^}]*namespace=\"shop\"[^}]*} [1-9]")
                    .containsPattern("(?m)^watcher_run_storage_latency_seconds_count\\{");
            // 128 + SIGTERM, unless the framework calls it a success.
            int exitCode = application.end();
            assertThat(exitCode).as(application.printed()).isIn(0, 143);
        }
    }

    @Test
    @Tag("long")
    final void itIsAliveButNotReadyWhileS3RefusesAndStoresAllAfterwards() throws Exception {
        Framework framework = framework(database);
        try (ApplicationProcess application = start(framework);
                TektonSimulator tekton = TektonSimulator.of(cluster, "later", 2, 50);
                S3Client s3 = s3Client();
                SegmentedLogs logs = logs(s3)) {
            awaitStatus(application, framework.ready(), 200);
            s3Server.refuse(503);
            tekton.start();
            awaitStatus(application, framework.ready(), 503);
            assertThat(application.get(framework.alive()).statusCode()).isEqualTo(200);
            s3Server.heal();
            tekton.awaitEnd(ApplicationProcess.PATIENCE);
            awaitArchived(tekton, "later", logs);
            awaitStatus(application, framework.ready(), 200);
        }
    }

    private static SegmentedLogs logs(S3Client s3) {
        return new SegmentedLogs(
                new S3BlobStore(s3, S3BlobStoreConfig.builder("tekton-logs").build()));
    }

    private static void awaitStatus(ApplicationProcess application, String path, int status) {
        await().atMost(ApplicationProcess.PATIENCE)
                .untilAsserted(
                        () -> assertThat(application.get(path).statusCode()).isEqualTo(status));
    }

    private void awaitArchived(TektonSimulator tekton, String namespace, SegmentedLogs logs) throws IOException {
        JdbiResultsStore store =
                JdbiResultsStore.builder(database.dataSource(), "results").build();
        await().atMost(ApplicationProcess.PATIENCE).untilAsserted(() -> {
            Set<SummaryStatus> ends = store.listResults(ListQuery.of(namespace)).items().stream()
                    .flatMap(result -> result.summary().stream())
                    .map(RecordSummary::status)
                    .collect(Collectors.toSet());
            assertThat(store.listResults(ListQuery.of(namespace)).items()).hasSize(tekton.pipelineRuns());
            assertThat(ends).doesNotContain(SummaryStatus.UNKNOWN);
            assertThat(tekton.emitted())
                    .allSatisfy(log -> assertThat(logs.find(log.id()))
                            .hasValueSatisfying(
                                    info -> assertThat(info.isSealed()).isTrue()));
        });
        // A slow machine may be late for a pod, and says so; what is called complete is.
        for (EmittedLog log : tekton.emitted()) {
            if (logs.find(log.id()).orElseThrow().state() == LogState.COMPLETE) {
                assertThat(log.compare(logs.read(log.id(), 0, Long.MAX_VALUE)).isEqual())
                        .as(log.id().toString())
                        .isTrue();
            }
        }
    }

    private S3Client s3Client() {
        return S3ClientConfig.builder(s3Server.region())
                .endpoint(s3Server.endpoint())
                .credentials(StaticCredentialsProvider.create(
                        AwsBasicCredentials.create(s3Server.accessKey(), s3Server.secretKey())))
                .build()
                .openClient();
    }
}

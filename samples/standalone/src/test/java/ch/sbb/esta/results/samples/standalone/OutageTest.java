package ch.sbb.esta.results.samples.standalone;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import ch.sbb.esta.results.archive.ArchiverConfig;
import ch.sbb.esta.results.embed.ResultsArchive;
import ch.sbb.esta.results.jdbi.JdbiResultsStore;
import ch.sbb.esta.results.jdbi.Migrations;
import ch.sbb.esta.results.k8s.FabricConfig;
import ch.sbb.esta.results.k8s.FabricContainerLogs;
import ch.sbb.esta.results.k8s.FabricRunWatcher;
import ch.sbb.esta.results.logs.LogStoreConfig;
import ch.sbb.esta.results.logs.SegmentedLogs;
import ch.sbb.esta.results.s3.S3BlobStore;
import ch.sbb.esta.results.s3.S3BlobStoreConfig;
import ch.sbb.esta.results.s3.S3ClientConfig;
import ch.sbb.esta.results.testkit.kube.KubeApiServer;
import ch.sbb.esta.results.testkit.postgres.PostgresServer;
import ch.sbb.esta.results.testkit.s3.S3Server;
import ch.sbb.esta.results.testkit.tekton.LogScript;
import ch.sbb.esta.results.testkit.tekton.TektonSimulator;
import com.zaxxer.hikari.HikariDataSource;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.ConfigBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.services.s3.S3Client;

/** Postgres and S3 are away for twenty seconds while runs finish and containers write. */
class OutageTest {

    private static final Duration OUTAGE = Duration.ofSeconds(20);
    private static final int QUEUE_RUNS = 20;

    @TempDir
    private Path workDirectory;

    @Test
    void nothingIsLostWhileDatabaseAndObjectStoreAreAway() throws Exception {
        try (PostgresServer postgres = PostgresServer.builder().start();
                S3Server s3Server = S3Server.open();
                KubeApiServer cluster = KubeApiServer.builder().start();
                KubernetesClient kubernetes = client(cluster);
                S3Client s3 = client(s3Server);
                HikariDataSource dataSource = pool(postgres);
                TektonSimulator tekton = TektonSimulator.of(cluster, "shop", 10, n -> LogScript.generated(n, 400))) {
            s3Server.createBucket("logs");
            new Migrations(dataSource, "results").migrate();
            JdbiResultsStore store =
                    JdbiResultsStore.builder(dataSource, "results").build();
            S3BlobStore blobs =
                    new S3BlobStore(s3, S3BlobStoreConfig.builder("logs").build());
            try (SegmentedLogs logs = new SegmentedLogs(
                            blobs,
                            LogStoreConfig.builder()
                                    .spoolDirectory(workDirectory.resolve("logs"))
                                    .build());
                    FabricContainerLogs containerLogs = new FabricContainerLogs(kubernetes, FabricConfig.defaults());
                    ResultsArchive archive = ResultsArchive.builder()
                            .runs(new FabricRunWatcher(kubernetes, FabricConfig.defaults()))
                            .store(store)
                            .logs(containerLogs, logs)
                            .archiver(ArchiverConfig.builder(workDirectory.resolve("runs"))
                                    .queueRuns(QUEUE_RUNS)
                                    .build())
                            .build()) {
                archive.start();
                tekton.start();
                await().atMost(Duration.ofSeconds(60))
                        .until(() -> archive.stats().collector().orElseThrow().lines() > 100);

                postgres.stop();
                s3Server.stop();
                AtomicInteger mostWaiting = new AtomicInteger();
                await().pollInterval(Duration.ofMillis(100))
                        .during(OUTAGE)
                        .atMost(OUTAGE.plusSeconds(10))
                        .until(() -> mostWaiting.accumulateAndGet(
                                        archive.stats().archiver().waiting().runs(), Math::max)
                                <= QUEUE_RUNS);
                assertThat(mostWaiting.get()).isPositive();
                assertThat(archive.stats().archiver().storeFailure()).isNotNull();
                assertThat(archive.stats().logStore().orElseThrow().failingSince())
                        .isNotNull();
                assertThat(archive.stats().isHealthy()).isFalse();
                postgres.startAgain();
                s3Server.start();

                tekton.awaitEnd(Duration.ofSeconds(60));
                assertThat(archive.awaitIdle(Duration.ofSeconds(90))).isTrue();
                Workload workload = new Workload.Simulated(cluster, tekton);
                await().atMost(Duration.ofSeconds(60)).until(() -> Check.holdsRuns(store, workload));
                Check check = new Check(store, logs);
                check.run(workload);
                assertThat(check.complaints()).as(check.line()).isEmpty();
                assertThat(archive.stats().isHealthy()).isTrue();
            }
        }
    }

    private static HikariDataSource pool(PostgresServer postgres) {
        HikariDataSource pool = new HikariDataSource();
        pool.setDataSource(postgres.newDatabase().dataSource());
        pool.setMaximumPoolSize(4);
        pool.setConnectionTimeout(2_000);
        return pool;
    }

    private static KubernetesClient client(KubeApiServer cluster) {
        Config config = new ConfigBuilder(Config.empty())
                .withMasterUrl(cluster.url())
                .withOauthToken(cluster.token())
                .build();
        return new KubernetesClientBuilder().withConfig(config).build();
    }

    private static S3Client client(S3Server server) {
        return S3ClientConfig.builder(server.region())
                .endpoint(server.endpoint())
                .credentials(StaticCredentialsProvider.create(
                        AwsBasicCredentials.create(server.accessKey(), server.secretKey())))
                .build()
                .openClient();
    }
}

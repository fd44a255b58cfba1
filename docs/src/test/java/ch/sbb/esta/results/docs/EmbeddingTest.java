package ch.sbb.esta.results.docs;

import static org.assertj.core.api.Assertions.assertThat;

import ch.sbb.esta.results.ListQuery;
import ch.sbb.esta.results.LogInfo;
import ch.sbb.esta.results.LogState;
import ch.sbb.esta.results.Result;
import ch.sbb.esta.results.SummaryStatus;
import ch.sbb.esta.results.embed.ResultsArchive;
import ch.sbb.esta.results.jdbi.JdbiResultsStore;
import ch.sbb.esta.results.jdbi.Migrations;
import ch.sbb.esta.results.k8s.FabricClusterRuns;
import ch.sbb.esta.results.k8s.FabricConfig;
import ch.sbb.esta.results.k8s.FabricContainerLogs;
import ch.sbb.esta.results.k8s.FabricRunWatcher;
import ch.sbb.esta.results.logs.SegmentedLogs;
import ch.sbb.esta.results.s3.S3BlobStore;
import ch.sbb.esta.results.s3.S3BlobStoreConfig;
import ch.sbb.esta.results.s3.S3ClientConfig;
import ch.sbb.esta.results.testkit.kube.KubeApiServer;
import ch.sbb.esta.results.testkit.postgres.PostgresServer;
import ch.sbb.esta.results.testkit.s3.S3Server;
import ch.sbb.esta.results.testkit.tekton.EmittedLog;
import ch.sbb.esta.results.testkit.tekton.TektonSimulator;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.ConfigBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import java.io.InputStream;
import java.nio.file.Path;
import java.time.Duration;
import javax.sql.DataSource;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.services.s3.S3Client;

/** The programs of the README and of the first chapters, run against real servers. */
class EmbeddingTest {

    @TempDir
    private Path workDirectory;

    @Test
    void aControllerArchivesWhatItsClusterRuns() throws Exception {
        try (PostgresServer postgres = PostgresServer.open();
                S3Server s3Server = S3Server.open();
                KubeApiServer cluster = KubeApiServer.builder().start();
                KubernetesClient kubernetes = client(cluster);
                S3Client s3 = client(s3Server);
                TektonSimulator tekton = TektonSimulator.of(cluster, "shop", 5, 200)) {
            s3Server.createBucket("tekton-logs");
            DataSource dataSource = postgres.newDatabase().dataSource();

            // snippet: archive
            new Migrations(dataSource, "results").migrate();
            S3BlobStore blobs =
                    new S3BlobStore(s3, S3BlobStoreConfig.builder("tekton-logs").build());
            FabricConfig scope = FabricConfig.builder().namespaces("shop").build();
            FabricContainerLogs containerLogs = new FabricContainerLogs(kubernetes, scope);
            SegmentedLogs logs = new SegmentedLogs(blobs);
            ResultsArchive archive = ResultsArchive.builder()
                    .runs(new FabricRunWatcher(kubernetes, scope))
                    .sweep(new FabricClusterRuns(kubernetes, scope))
                    .store(JdbiResultsStore.builder(dataSource, "results").build())
                    .logs(containerLogs, logs)
                    .workDirectory(workDirectory)
                    .build();
            archive.start();
            // end snippet

            tekton.start();
            tekton.awaitEnd(Duration.ofSeconds(60));
            assertThat(archive.awaitIdle(Duration.ofSeconds(60))).isTrue();
            assertThat(archive.stop().isEmpty()).isTrue();
            containerLogs.close();

            JdbiResultsStore store =
                    JdbiResultsStore.builder(dataSource, "results").build();
            // snippet: query
            for (Result result :
                    store.listResults(ListQuery.of("shop").pageSize(100)).items()) {
                SummaryStatus status = result.summary().orElseThrow().status();
                System.out.println(result.annotations().get("object.metadata.name") + " " + status);
            }
            // end snippet
            assertThat(store.listResults(ListQuery.of("shop")).items()).hasSize(5);

            EmittedLog emitted = tekton.emitted().get(3);
            String taskRunUid = emitted.id().taskRunUid();
            // snippet: read-logs
            for (LogInfo log : logs.list("shop", taskRunUid)) {
                System.out.println(log.id().container() + " " + log.state() + " "
                        + log.extent().lines());
                try (InputStream text = logs.read(log.id(), 0, Long.MAX_VALUE)) {
                    text.transferTo(System.out);
                }
            }
            // end snippet
            assertThat(logs.find(emitted.id())).get().extracting(LogInfo::state).isEqualTo(LogState.COMPLETE);
            assertThat(emitted.compare(logs.read(emitted.id(), 0, Long.MAX_VALUE))
                            .isEqual())
                    .isTrue();
            logs.close();
        }
    }

    private static KubernetesClient client(KubeApiServer cluster) {
        Config config = new ConfigBuilder(Config.empty())
                .withMasterUrl(cluster.url())
                .withOauthToken(cluster.token())
                .build();
        return new KubernetesClientBuilder().withConfig(config).build();
    }

    private static S3Client client(S3Server server) {
        // snippet: s3-client
        S3Client s3 = S3ClientConfig.builder(server.region())
                .endpoint(server.endpoint())
                .credentials(StaticCredentialsProvider.create(
                        AwsBasicCredentials.create(server.accessKey(), server.secretKey())))
                .build()
                .openClient();
        // end snippet
        return s3;
    }
}

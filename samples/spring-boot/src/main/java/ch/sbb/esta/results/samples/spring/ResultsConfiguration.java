package ch.sbb.esta.results.samples.spring;

import ch.sbb.esta.results.embed.ArchiveStats;
import ch.sbb.esta.results.embed.ResultsArchive;
import ch.sbb.esta.results.jdbi.JdbiResultsStore;
import ch.sbb.esta.results.jdbi.Migrations;
import ch.sbb.esta.results.k8s.FabricClusterRuns;
import ch.sbb.esta.results.k8s.FabricConfig;
import ch.sbb.esta.results.k8s.FabricContainerLogs;
import ch.sbb.esta.results.k8s.FabricRunWatcher;
import ch.sbb.esta.results.logs.LogStoreConfig;
import ch.sbb.esta.results.logs.SegmentedLogs;
import ch.sbb.esta.results.metrics.ArchiveMetrics;
import ch.sbb.esta.results.s3.S3BlobStore;
import ch.sbb.esta.results.s3.S3BlobStoreConfig;
import ch.sbb.esta.results.s3.S3ClientConfig;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import javax.sql.DataSource;
import org.springframework.boot.health.contributor.Health;
import org.springframework.boot.health.contributor.HealthIndicator;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import software.amazon.awssdk.services.s3.S3Client;

/** The archive and its parts as beans. Spring starts it last, stops it first, and closes the rest. */
@Configuration(proxyBeanMethods = false)
class ResultsConfiguration {

    @Bean
    KubernetesClient kubernetes() {
        return new KubernetesClientBuilder().build();
    }

    @Bean
    FabricConfig scope(ResultsProperties properties) {
        return FabricConfig.builder()
                .namespaces(properties.namespaces().toArray(String[]::new))
                .build();
    }

    @Bean
    FabricContainerLogs containerLogs(KubernetesClient kubernetes, FabricConfig scope) {
        return new FabricContainerLogs(kubernetes, scope);
    }

    @Bean
    S3Client s3(ResultsProperties properties) {
        S3ClientConfig.Builder client = S3ClientConfig.builder(properties.s3().region());
        if (properties.s3().endpoint() != null) {
            client.endpoint(properties.s3().endpoint());
        }
        return client.build().openClient();
    }

    @Bean
    SegmentedLogs logs(S3Client s3, ResultsProperties properties) {
        S3BlobStore blobs = new S3BlobStore(
                s3, S3BlobStoreConfig.builder(properties.s3().bucket()).build());
        blobs.probe();
        return new SegmentedLogs(
                blobs,
                LogStoreConfig.builder()
                        .spoolDirectory(properties.workDirectory().resolve("logs"))
                        .build());
    }

    @Bean
    JdbiResultsStore store(DataSource dataSource, ResultsProperties properties) {
        new Migrations(dataSource, properties.schema()).migrate();
        return JdbiResultsStore.builder(dataSource, properties.schema()).build();
    }

    @Bean(initMethod = "start")
    ResultsArchive archive(
            KubernetesClient kubernetes,
            FabricConfig scope,
            JdbiResultsStore store,
            FabricContainerLogs containerLogs,
            SegmentedLogs logs,
            ResultsProperties properties,
            MeterRegistry metrics) {
        ResultsArchive.Builder archive = ResultsArchive.builder()
                .runs(new FabricRunWatcher(kubernetes, scope))
                .sweep(new FabricClusterRuns(kubernetes, scope))
                .store(store)
                .logs(containerLogs, logs)
                .workDirectory(properties.workDirectory());
        return ArchiveMetrics.build(archive, metrics, Tags.empty());
    }

    /** For readiness only: a restart mends no store. */
    @Bean
    HealthIndicator resultsHealthIndicator(ResultsArchive archive) {
        return () -> {
            ArchiveStats stats = archive.stats();
            return (stats.isHealthy() ? Health.up() : Health.outOfService())
                    .withDetail("waiting", stats.archiver().waiting().runs())
                    .withDetail("spooled", stats.archiver().waiting().spooled())
                    .build();
        };
    }
}

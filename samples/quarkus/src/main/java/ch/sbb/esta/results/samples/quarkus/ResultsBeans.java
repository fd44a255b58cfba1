package ch.sbb.esta.results.samples.quarkus;

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
import io.quarkus.runtime.ShutdownEvent;
import io.quarkus.runtime.StartupEvent;
import jakarta.enterprise.event.Observes;
import jakarta.enterprise.inject.Disposes;
import jakarta.enterprise.inject.Produces;
import jakarta.inject.Singleton;
import java.util.List;
import javax.sql.DataSource;
import software.amazon.awssdk.services.s3.S3Client;

/** The archive and its parts as beans, started and stopped with the application. */
@Singleton
class ResultsBeans {

    @Produces
    @Singleton
    KubernetesClient kubernetes() {
        return new KubernetesClientBuilder().build();
    }

    void close(@Disposes KubernetesClient kubernetes) {
        kubernetes.close();
    }

    @Produces
    @Singleton
    FabricConfig scope(ResultsOptions options) {
        return FabricConfig.builder()
                .namespaces(options.namespaces().orElse(List.of()).toArray(String[]::new))
                .build();
    }

    @Produces
    @Singleton
    FabricContainerLogs containerLogs(KubernetesClient kubernetes, FabricConfig scope) {
        return new FabricContainerLogs(kubernetes, scope);
    }

    void close(@Disposes FabricContainerLogs containerLogs) {
        containerLogs.close();
    }

    @Produces
    @Singleton
    S3Client s3(ResultsOptions options) {
        S3ClientConfig.Builder client = S3ClientConfig.builder(options.s3().region());
        options.s3().endpoint().ifPresent(client::endpoint);
        return client.build().openClient();
    }

    void close(@Disposes S3Client s3) {
        s3.close();
    }

    @Produces
    @Singleton
    SegmentedLogs logs(S3Client s3, ResultsOptions options) {
        S3BlobStore blobs = new S3BlobStore(
                s3, S3BlobStoreConfig.builder(options.s3().bucket()).build());
        blobs.probe();
        return new SegmentedLogs(
                blobs,
                LogStoreConfig.builder()
                        .spoolDirectory(options.workDirectory().resolve("logs"))
                        .build());
    }

    void close(@Disposes SegmentedLogs logs) {
        logs.close();
    }

    @Produces
    @Singleton
    JdbiResultsStore store(DataSource dataSource, ResultsOptions options) {
        new Migrations(dataSource, options.schema()).migrate();
        return JdbiResultsStore.builder(dataSource, options.schema()).build();
    }

    @Produces
    @Singleton
    ResultsArchive archive(
            KubernetesClient kubernetes,
            FabricConfig scope,
            JdbiResultsStore store,
            FabricContainerLogs containerLogs,
            SegmentedLogs logs,
            ResultsOptions options,
            MeterRegistry metrics) {
        ResultsArchive.Builder archive = ResultsArchive.builder()
                .runs(new FabricRunWatcher(kubernetes, scope))
                .sweep(new FabricClusterRuns(kubernetes, scope))
                .store(store)
                .logs(containerLogs, logs)
                .workDirectory(options.workDirectory());
        return ArchiveMetrics.build(archive, metrics, Tags.empty());
    }

    void start(@Observes StartupEvent event, ResultsArchive archive) {
        archive.start();
    }

    /** Before the beans are destroyed, in whatever order. */
    void stop(@Observes ShutdownEvent event, ResultsArchive archive) {
        archive.stop();
    }
}

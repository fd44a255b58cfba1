package ch.sbb.esta.results.samples.benchmarks;

import ch.sbb.esta.results.embed.ResultsArchive;
import ch.sbb.esta.results.jdbi.JdbiResultsStore;
import ch.sbb.esta.results.k8s.FabricClusterRuns;
import ch.sbb.esta.results.k8s.FabricConfig;
import ch.sbb.esta.results.k8s.FabricContainerLogs;
import ch.sbb.esta.results.k8s.FabricReplicas;
import ch.sbb.esta.results.k8s.FabricRunWatcher;
import ch.sbb.esta.results.logs.LogCollectorConfig;
import ch.sbb.esta.results.logs.SegmentedLogs;
import ch.sbb.esta.results.prune.FinalizerConfig;
import ch.sbb.esta.results.prune.LostData;
import ch.sbb.esta.results.prune.PrunerConfig;
import com.zaxxer.hikari.HikariDataSource;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import software.amazon.awssdk.services.s3.S3Client;

/** An archive that is one of several, in a process of its own, to be killed. It ends when its standard input does. */
final class ChaosReplicaMain {

    private ChaosReplicaMain() {}

    /**
     * Archives.
     *
     * @param arguments the folder of the {@link ChaosPlaces}, and the name of this replica
     */
    public static void main(String[] arguments) throws IOException {
        Path folder = Path.of(arguments[0]);
        String name = arguments[1];
        ChaosPlaces places = ChaosPlaces.read(folder);
        Path work = folder.resolve(name);
        try (KubernetesClient client = places.openCluster();
                HikariDataSource pool = places.openPool();
                S3Client s3 = places.openS3();
                FabricContainerLogs pods = new FabricContainerLogs(client, FabricConfig.defaults());
                SegmentedLogs logs = ChaosPlaces.logs(s3, work.resolve("logs"));
                ResultsArchive archive = archive(client, name)
                        .store(JdbiResultsStore.builder(pool, ChaosPlaces.SCHEMA)
                                .build())
                        .logs(pods, logs)
                        .workDirectory(work)
                        .build()) {
            archive.start();
            while (System.in.read() >= 0) {
                System.err.println("standard input is only to be closed");
            }
        }
    }

    /** Everything is hurried, so that two minutes hold many changes of the leader and many prunes. */
    private static ResultsArchive.Builder archive(KubernetesClient client, String name) {
        FabricConfig scope = FabricConfig.defaults();
        return ResultsArchive.builder()
                .replicas(FabricReplicas.builder(client, ChaosPlaces.LEASES, "results")
                        .identity(name)
                        .leaseDuration(Duration.ofSeconds(4))
                        .renewDeadline(Duration.ofSeconds(3))
                        .retryPeriod(Duration.ofMillis(300))
                        .build())
                .runs(new FabricRunWatcher(client, scope))
                .sweep(new FabricClusterRuns(client, scope), Duration.ofSeconds(10))
                .settling(Duration.ofSeconds(15))
                // Nothing is rotated away here, so neither a late head nor a slow reader puts anything in doubt.
                .collector(LogCollectorConfig.builder()
                        .headWindow(Duration.ofMinutes(30))
                        .lagLimit(Duration.ofMinutes(30))
                        .maxBackoff(Duration.ofSeconds(2))
                        .checkAfter(Duration.ofSeconds(2))
                        .build())
                .finalizers(FinalizerConfig.builder()
                        .sweepInterval(Duration.ofSeconds(5))
                        .build())
                .annotations()
                .lostData(LostData.LET_RUN_GO)
                .prune(PrunerConfig.builder()
                        .grace("5s")
                        .interval(Duration.ofSeconds(3))
                        .build());
    }
}

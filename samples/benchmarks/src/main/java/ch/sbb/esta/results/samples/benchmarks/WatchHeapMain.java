package ch.sbb.esta.results.samples.benchmarks;

import ch.sbb.esta.results.archive.RunSweep;
import ch.sbb.esta.results.embed.ResultsArchive;
import ch.sbb.esta.results.k8s.FabricClusterRuns;
import ch.sbb.esta.results.k8s.FabricConfig;
import ch.sbb.esta.results.k8s.FabricRunWatcher;
import ch.sbb.esta.results.spi.WatchHealth;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import java.io.PrintStream;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Locale;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * Watches, archives and sweeps the runs of a cluster. It writes what it has seen from time to time, {@code steady} when all runs are archived and
 * were compared once, and {@code figures NAME=VALUE ...} at the end.
 */
public final class WatchHeapMain {

    private static final int PROGRESS_SECONDS = 2;

    private WatchHeapMain() {}

    /**
     * Watches and ends the JVM.
     *
     * @param arguments a folder with a kubeconfig, how many runs there are, and for how many seconds to go on when all are archived
     * @throws Exception when anything fails
     */
    public static void main(String[] arguments) throws Exception {
        Path folder = Path.of(arguments[0]);
        int runs = Integer.parseInt(arguments[1]);
        HeapWatch listing = HeapWatch.begin();
        PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
        CountDownLatch never = new CountDownLatch(1);
        FabricConfig config = FabricConfig.defaults();
        ForgetfulStore store = new ForgetfulStore();
        try (KubernetesClient client = new KubernetesClientBuilder()
                        .withConfig(Config.fromKubeconfig(Files.readString(Collecting.kubeconfig(folder))))
                        .build();
                ResultsArchive archive = ResultsArchive.builder()
                        .runs(new FabricRunWatcher(client, config))
                        .sweep(new FabricClusterRuns(client, config), interval(runs))
                        .store(store)
                        .workDirectory(folder.resolve("work"))
                        .build()) {
            long start = System.nanoTime();
            archive.start();
            double listed = 0;
            while (listed == 0 || swept(archive) < runs) {
                never.await(PROGRESS_SECONDS, TimeUnit.SECONDS);
                WatchHealth health = archive.stats().watch().orElse(WatchHealth.UNKNOWN);
                out.println(
                        "known " + health.objects() + ", archived " + store.taken() + ", compared " + swept(archive));
                if (listed == 0 && health.objects() >= runs && store.taken() >= runs) {
                    listed = (System.nanoTime() - start) / 1e9;
                }
            }
            out.println("steady");
            HeapWatch steady = HeapWatch.begin();
            never.await(Long.parseLong(arguments[2]), TimeUnit.SECONDS);
            out.printf(
                    Locale.ROOT,
                    "figures objects=%d taken=%d swept=%d live=%.1f peak=%.1f list_live=%.1f list_peak=%.1f list=%.1f threads=%d%n",
                    archive.stats().watch().orElse(WatchHealth.UNKNOWN).objects(),
                    store.taken(),
                    swept(archive),
                    steady.live(),
                    steady.peak(),
                    listing.live(),
                    listing.peak(),
                    listed,
                    ManagementFactory.getThreadMXBean().getPeakThreadCount());
        }
        System.exit(0);
    }

    /** A sweep of few runs need not be waited for. */
    private static Duration interval(int runs) {
        return runs < 10_000 ? Duration.ofSeconds(1) : Duration.ofMinutes(1);
    }

    private static int swept(ResultsArchive archive) {
        return archive.stats()
                .sweep()
                .filter(stats -> stats.lastComplete() != null)
                .map(RunSweep.Stats::compared)
                .orElse(0);
    }
}

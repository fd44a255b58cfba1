package ch.sbb.esta.results.k8s;

import ch.sbb.esta.results.internal.Threads;
import ch.sbb.esta.results.logs.LogCollector;
import ch.sbb.esta.results.logs.LogCollectorConfig;
import ch.sbb.esta.results.logs.LogCollectorStats;
import ch.sbb.esta.results.logs.LogStoreConfig;
import ch.sbb.esta.results.logs.SegmentedLogs;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;

/** A collector in a process of its own, to be killed. It ends when its standard input does, so that it cannot outlive the test. */
final class CollectorMain {

    private static final long TICK_MILLIS = 50;

    private CollectorMain() {}

    /**
     * Collects.
     *
     * @param arguments the file with the kubeconfig, the spool directory, and what {@link TestStore#arguments} says
     */
    public static void main(String[] arguments) throws IOException {
        List<String> all = List.of(arguments);
        try (KubernetesClient client = HttpStack.JDK.connect(Files.readString(Path.of(all.get(0))));
                TestStore.Opened store = TestStore.open(all.subList(2, all.size()));
                FabricContainerLogs logs = new FabricContainerLogs(client, FabricConfig.defaults());
                SegmentedLogs sink = new SegmentedLogs(store.blobs(), sinkConfig(Path.of(all.get(1))));
                LogCollector collector = new LogCollector(logs, sink, collectorConfig(), InstantSource.system())) {
            collector.start();
            say("collecting");
            ScheduledExecutorService ticks = Executors.newSingleThreadScheduledExecutor(Threads.named("test-status"));
            Future<?> status =
                    ticks.scheduleWithFixedDelay(new Status(collector), 0, TICK_MILLIS, TimeUnit.MILLISECONDS);
            while (System.in.read() >= 0) {
                say("standard input is only to be closed");
            }
            status.cancel(false);
            ticks.shutdownNow();
        }
        say("closed");
    }

    private static LogStoreConfig sinkConfig(Path spool) {
        return LogStoreConfig.builder()
                .spoolDirectory(spool)
                .segmentBytes(32 << 10)
                .segmentAge(Duration.ofSeconds(1))
                .build();
    }

    /** Nothing is rotated away here, so neither a late head nor a slow reader, on a machine that has more to do, puts anything in doubt. */
    private static LogCollectorConfig collectorConfig() {
        return LogCollectorConfig.builder()
                .headWindow(Duration.ofMinutes(30))
                .lagLimit(Duration.ofMinutes(5))
                .minBackoff(Duration.ofMillis(50))
                .maxBackoff(Duration.ofSeconds(1))
                .checkAfter(Duration.ofSeconds(2))
                .build();
    }

    private static void say(String what) {
        System.out.println(what);
    }

    /** Says how things stand whenever that has changed and lasted for a tick; nothing before the first pod was seen. */
    private static final class Status implements Runnable {

        private final LogCollector collector;
        private String last = "";
        private String said = "";

        Status(LogCollector collector) {
            this.collector = collector;
        }

        @Override
        public void run() {
            LogCollectorStats stats = collector.stats();
            if (stats.lastPodEvent() == null) {
                return;
            }
            String status = "in work " + collector.openLogs().size() + ", complete " + stats.complete() + ", partial "
                    + stats.partial() + ", gapped " + stats.gapped() + ", left " + stats.conflicts();
            if (status.equals(last) && !status.equals(said)) {
                said = status;
                say(status);
            }
            last = status;
        }
    }
}

package ch.sbb.esta.results.samples.benchmarks;

import ch.sbb.esta.results.LogState;
import ch.sbb.esta.results.logs.LogCollectorStats;
import java.io.PrintStream;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Locale;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * Collects many logs at once. It writes {@code ready} when it watches, {@code progress OPEN LINES BYTES} all the time, {@code incomplete DEFECTS} for a log that
 * should not be, and {@code figures NAME=VALUE ...} when all logs are sealed.
 */
public final class ManyLogsMain {

    private static final int PROGRESS_MILLIS = 20;

    private ManyLogsMain() {}

    /**
     * Collects and ends the JVM.
     *
     * @param arguments a folder with a kubeconfig, the namespace, and how many logs
     * @throws Exception when anything fails
     */
    public static void main(String[] arguments) throws Exception {
        int logs = Integer.parseInt(arguments[2]);
        HeapWatch heap = HeapWatch.begin();
        PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
        CountDownLatch open = new CountDownLatch(logs);
        try (Collecting collecting = Collecting.of(Path.of(arguments[0]), arguments[1], logs)) {
            collecting.collector().addListener(log -> {
                if (log.state() != LogState.COMPLETE) {
                    out.println("incomplete " + log.defects());
                }
                open.countDown();
            });
            collecting.collector().start();
            out.println("ready");
            while (!open.await(PROGRESS_MILLIS, TimeUnit.MILLISECONDS)) {
                LogCollectorStats stats = collecting.collector().stats();
                out.println("progress " + stats.open() + " " + stats.lines() + " " + stats.bytes());
            }
            LogCollectorStats stats = collecting.collector().stats();
            out.printf(
                    Locale.ROOT,
                    "figures complete=%d lines=%d bytes=%d reconnects=%d failures=%d peak=%.1f live=%.1f threads=%d%n",
                    stats.complete(),
                    stats.lines(),
                    stats.bytes(),
                    stats.reconnects(),
                    stats.failures(),
                    heap.peak(),
                    heap.live(),
                    ManagementFactory.getThreadMXBean().getPeakThreadCount());
        }
        System.exit(0);
    }
}

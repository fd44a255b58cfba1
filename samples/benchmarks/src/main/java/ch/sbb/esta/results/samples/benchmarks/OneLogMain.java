package ch.sbb.esta.results.samples.benchmarks;

import ch.sbb.esta.results.ContainerLogId;
import ch.sbb.esta.results.LogInfo;
import com.sun.management.OperatingSystemMXBean;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.PrintStream;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Locale;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.zip.CRC32;
import java.util.zip.CheckedInputStream;
import java.util.zip.CheckedOutputStream;
import java.util.zip.GZIPOutputStream;

/**
 * Collects large logs, one after the other, and packs the same bytes with gzip. It asks for a log by writing {@code start NAMESPACE} and reports by
 * {@code figures NAME=VALUE ...}.
 */
public final class OneLogMain {

    private static final int LIMIT_MINUTES = 10;
    private static final double NANOS = 1e9;
    private static final double MEGABYTE = 1e6;

    private final Path folder;
    private final int nodePort;
    private final LogLinesText text;
    private final int repetitions;
    private final PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);

    private OneLogMain(Path folder, int nodePort, int repetitions) throws IOException {
        this.folder = folder;
        this.nodePort = nodePort;
        this.text = LogLinesText.load();
        this.repetitions = repetitions;
    }

    /**
     * Collects and ends the JVM.
     *
     * @param arguments a folder with a kubeconfig, the node's port, how often the text is repeated, what to measure: {@code speed} or {@code heap}, and the
     *     namespaces of the logs
     * @throws Exception when anything fails
     */
    public static void main(String[] arguments) throws Exception {
        OneLogMain main =
                new OneLogMain(Path.of(arguments[0]), Integer.parseInt(arguments[1]), Integer.parseInt(arguments[2]));
        HeapWatch heap = arguments[3].equals("heap") ? HeapWatch.begin() : null;
        for (int i = 4; i < arguments.length; i++) {
            if (heap == null) {
                main.compare(arguments[i]);
            } else {
                Spent spent = main.collect(arguments[i]);
                main.out.printf(
                        Locale.ROOT,
                        "figures peak=%.1f live=%.1f rate=%.1f%n",
                        heap.peak(),
                        heap.live(),
                        main.rate(spent.seconds));
            }
        }
        System.exit(0);
    }

    /** What something took of this JVM. */
    private record Spent(double seconds, double cpu) {}

    private interface Work {
        void run() throws Exception;
    }

    private static Spent spend(Work work) throws Exception {
        OperatingSystemMXBean system = ManagementFactory.getPlatformMXBean(OperatingSystemMXBean.class);
        long start = System.nanoTime();
        long cpu = system.getProcessCpuTime();
        work.run();
        return new Spent((System.nanoTime() - start) / NANOS, (system.getProcessCpuTime() - cpu) / NANOS);
    }

    private double rate(double seconds) {
        return (double) text.bytes().length * repetitions / MEGABYTE / seconds;
    }

    /** Gzip before and behind the collection, so that a change of the machine's load meets both. */
    private void compare(String namespace) throws Exception {
        Spent before = spend(this::gzip);
        Spent collecting = collect(namespace);
        Spent after = spend(this::gzip);
        double gzip = (before.seconds + after.seconds) / 2;
        out.printf(
                Locale.ROOT,
                "figures ratio=%.3f rate=%.1f gzip=%.1f cpu=%.2f gzip_cpu=%.2f seconds=%.2f%n",
                gzip / collecting.seconds,
                rate(collecting.seconds),
                rate(gzip),
                collecting.cpu,
                (before.cpu + after.cpu) / 2,
                collecting.seconds);
    }

    private void gzip() throws IOException {
        // Its level is that of Deflater.DEFAULT_COMPRESSION, 6, which SegmentedLogs has too.
        try (OutputStream gzip = new GZIPOutputStream(OutputStream.nullOutputStream(), 64 * 1024)) {
            for (int i = 0; i < repetitions; i++) {
                gzip.write(text.bytes());
            }
        }
    }

    private Spent collect(String namespace) throws Exception {
        try (Collecting collecting = Collecting.fromNode(folder, namespace, nodePort)) {
            CompletableFuture<LogInfo> sealed = new CompletableFuture<>();
            collecting.collector().addListener(sealed::complete);
            Spent spent = spend(() -> {
                collecting.collector().start();
                out.println("start " + namespace);
                await(sealed);
            });
            LogInfo log = sealed.join();
            Collecting.requireComplete(log, (long) text.bytes().length * repetitions);
            requireSame(collecting, log.id());
            return spent;
        }
    }

    private static void await(CompletableFuture<LogInfo> sealed) throws InterruptedException {
        try {
            sealed.get(LIMIT_MINUTES, TimeUnit.MINUTES);
        } catch (ExecutionException | TimeoutException e) {
            throw new IllegalStateException("the log was not sealed within " + LIMIT_MINUTES + " minutes", e);
        }
    }

    private void requireSame(Collecting collecting, ContainerLogId id) throws IOException {
        CheckedOutputStream emitted = new CheckedOutputStream(OutputStream.nullOutputStream(), new CRC32());
        for (int i = 0; i < repetitions; i++) {
            emitted.write(text.bytes());
        }
        CRC32 crc = new CRC32();
        try (InputStream read = new CheckedInputStream(collecting.stored().read(id, 0, Long.MAX_VALUE), crc)) {
            read.transferTo(OutputStream.nullOutputStream());
        }
        if (crc.getValue() != emitted.getChecksum().getValue()) {
            throw new IllegalStateException("the stored text of " + id + " is not what the container emitted");
        }
    }
}

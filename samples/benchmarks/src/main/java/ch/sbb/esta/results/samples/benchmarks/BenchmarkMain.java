package ch.sbb.esta.results.samples.benchmarks;

import ch.sbb.esta.results.Escaped;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Runs the benchmarks that are named, or lists all. */
public final class BenchmarkMain {

    private static final long LARGE_LOG = 500_000_000;
    private static final int MANY_RESULTS = 200_000;

    private static final List<Benchmark> ALL = List.of(
            new ArchiveVsCopy(),
            new PageDepth(MANY_RESULTS, 2000),
            new NewestFailed(MANY_RESULTS),
            new IndexedLists(MANY_RESULTS),
            new StatisticsVsJson(MANY_RESULTS),
            new ArchiveUnchanged(),
            new GrpcVsDirect(2_000, 3),
            new GrpcList(20_000, 5),
            new TenantsProvision(100),
            new TenantsPool(500, 600, 3),
            new LogVsGzip(LARGE_LOG, 3),
            new LogHeap(LARGE_LOG),
            new LogStreams(500, Duration.ofSeconds(45)),
            new LogTail(LARGE_LOG),
            new WatchHeap(100_000, Duration.ofSeconds(30)),
            new Chaos(10, 13, 40));

    private BenchmarkMain() {}

    /**
     * Runs benchmarks one after the other and ends the JVM. Those that read the same tables share them.
     *
     * @param arguments the names of benchmarks, or none
     * @throws Exception when a measurement fails
     */
    public static void main(String[] arguments) throws Exception {
        PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
        if (arguments.length == 0) {
            out.println("samples/benchmarks/run NAME ..., where NAME is one of");
            ALL.forEach(benchmark -> out.printf("  %-20s %s%n", benchmark.name(), benchmark.description()));
            System.exit(0);
        }
        List<Benchmark> named = new ArrayList<>();
        for (String name : arguments) {
            Optional<Benchmark> found =
                    ALL.stream().filter(one -> one.name().equals(name)).findFirst();
            if (found.isEmpty()) {
                System.err.println(
                        "there is no benchmark " + Escaped.of(name) + ": give names; without one all are listed");
                System.exit(2);
            }
            found.ifPresent(named::add);
        }
        runAll(named, out);
        System.exit(0);
    }

    private static void runAll(List<Benchmark> named, PrintStream out) throws Exception {
        SkewedTables tables = null;
        try {
            for (Benchmark benchmark : named) {
                out.println(benchmark.name() + ": " + benchmark.description());
                String figures;
                if (benchmark instanceof SkewedBenchmark skewed) {
                    if (tables != null && tables.results() != skewed.results()) {
                        tables.close();
                        tables = null;
                    }
                    tables = tables == null ? SkewedTables.fill(skewed.results(), out) : tables;
                    figures = skewed.measure(tables, out);
                } else {
                    figures = benchmark.run(out);
                }
                out.println(benchmark.name() + " " + figures);
            }
        } finally {
            if (tables != null) {
                tables.close();
            }
        }
    }
}

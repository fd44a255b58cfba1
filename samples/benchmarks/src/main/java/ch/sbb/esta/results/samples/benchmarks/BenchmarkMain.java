package ch.sbb.esta.results.samples.benchmarks;

import ch.sbb.esta.results.Escaped;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/** Runs the benchmark that is named, or lists all. */
public final class BenchmarkMain {

    private static final long LARGE_LOG = 500_000_000;
    private static final int MANY_RESULTS = 200_000;
    private static final int MANY_RECORDS = 1_000_000;

    private static final List<Benchmark> ALL = List.of(
            new ArchiveVsCopy(),
            new PageDepth(MANY_RESULTS, 2000),
            new NewestFailed(MANY_RESULTS),
            new IndexedLists(MANY_RESULTS),
            new StatisticsVsJson(MANY_RECORDS),
            new ArchiveUnchanged(),
            new GrpcVsDirect(2_000, 3),
            new GrpcList(20_000, 5),
            new TenantsProvision(100),
            new TenantsPool(500, 600, 3),
            new LogVsGzip(LARGE_LOG, 3),
            new LogHeap(LARGE_LOG),
            new LogStreams(500, Duration.ofSeconds(45)),
            new LogTail(LARGE_LOG));

    private BenchmarkMain() {}

    /**
     * Runs one benchmark and ends the JVM.
     *
     * @param arguments the name of a benchmark, or none
     * @throws Exception when the measurement fails
     */
    public static void main(String[] arguments) throws Exception {
        PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
        if (arguments.length == 0) {
            out.println("samples/benchmarks/run NAME, where NAME is one of");
            ALL.forEach(benchmark -> out.printf("  %-20s %s%n", benchmark.name(), benchmark.description()));
            System.exit(0);
        }
        Optional<Benchmark> found = ALL.stream()
                .filter(benchmark -> benchmark.name().equals(arguments[0]))
                .findFirst();
        if (found.isEmpty() || arguments.length > 1) {
            System.err.println("there is no benchmark " + Escaped.of(String.join(" ", arguments))
                    + ": give one name; without a name all are listed");
            System.exit(2);
        }
        Benchmark benchmark = found.get();
        out.println(benchmark.name() + ": " + benchmark.description());
        String figures = benchmark.run(out);
        out.println(benchmark.name() + " " + figures);
        System.exit(0);
    }
}

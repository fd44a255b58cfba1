package ch.sbb.esta.results.samples.benchmarks;

import java.io.IOException;
import java.io.PrintStream;
import java.util.List;
import java.util.Locale;

/** Collecting one large log against packing the same bytes with the same JVM's gzip. */
final class LogVsGzip implements Benchmark {

    private final long bytes;
    private final int rounds;

    LogVsGzip(long bytes, int rounds) {
        this.bytes = bytes;
        this.rounds = rounds;
    }

    @Override
    public String name() {
        return "log-vs-gzip";
    }

    @Override
    public String description() {
        return "bytes per second of one log from the socket to the sealed file / of GZIPOutputStream in the same JVM over the same "
                + "bytes, level 6 both; the log comes from another process, which writes it as fast as it is read";
    }

    @Override
    public String run(PrintStream out) throws IOException, InterruptedException {
        List<Figures> all = new OneLog(bytes).collect("speed", rounds + 1, List.of("-Xmx512m"), out);
        // The first round warms up.
        List<Figures> figures = all.subList(1, all.size());
        double[] ratios = figures.stream()
                .mapToDouble(figure -> figure.get("ratio"))
                .sorted()
                .toArray();
        return String.format(
                Locale.ROOT,
                "ratio=%.2f lowest=%.2f highest=%.2f rate=%.1f MB/s gzip=%.1f MB/s cpu=%.1f s gzip_cpu=%.1f s rounds=%d bytes=%d",
                ratios[ratios.length / 2],
                ratios[0],
                ratios[ratios.length - 1],
                mean(figures, "rate"),
                mean(figures, "gzip"),
                mean(figures, "cpu"),
                mean(figures, "gzip_cpu"),
                rounds,
                bytes);
    }

    private static double mean(List<Figures> figures, String name) {
        return figures.stream()
                .mapToDouble(figure -> figure.get(name))
                .average()
                .orElseThrow();
    }
}

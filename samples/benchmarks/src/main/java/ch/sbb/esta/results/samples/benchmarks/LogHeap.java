package ch.sbb.esta.results.samples.benchmarks;

import java.io.IOException;
import java.io.PrintStream;
import java.util.List;
import java.util.Locale;

/** The heap that one large log takes. */
final class LogHeap implements Benchmark {

    private static final int LIMIT = 64;

    private final long bytes;

    LogHeap(long bytes) {
        this.bytes = bytes;
    }

    @Override
    public String name() {
        return "log-heap";
    }

    @Override
    public String description() {
        return "peak heap in MB, garbage included, of a JVM of " + LIMIT + " MB that collects one large log / " + LIMIT
                + "; live= the peak without garbage";
    }

    @Override
    public String run(PrintStream out) throws IOException, InterruptedException {
        Figures figures = new OneLog(bytes)
                .collect("heap", 1, List.of("-Xmx" + LIMIT + "m"), out)
                .get(0);
        return String.format(
                Locale.ROOT,
                "ratio=%.2f peak=%.1f MB live=%.1f MB rate=%.1f MB/s bytes=%d",
                figures.get("peak") / LIMIT,
                figures.get("peak"),
                figures.get("live"),
                figures.get("rate"),
                bytes);
    }
}

package ch.sbb.esta.results.samples.benchmarks;

import ch.sbb.esta.results.RunPlacement;
import ch.sbb.esta.results.testkit.kube.KubeApiServer;
import ch.sbb.esta.results.testkit.kube.KubeReference;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;

/** The heap that a cluster full of runs takes which are watched, archived and swept. The store is one that keeps nothing. */
final class WatchHeap implements Benchmark {

    private static final int LIMIT = 200;
    private static final int BATCH = 1000;
    private static final JsonMapper MAPPER = JsonMapper.builder().build();

    private final int runs;
    private final Duration steady;

    WatchHeap(int runs, Duration steady) {
        this.runs = runs;
        this.steady = steady;
    }

    @Override
    public String name() {
        return "watch-heap";
    }

    @Override
    public String description() {
        return "heap in MB behind full collections of a JVM of " + LIMIT + " MB that watches, archives and sweeps "
                + runs
                + " runs while some change / " + LIMIT
                + "; peak= garbage included, list_live= and list_peak= while all are listed; the API server is another process";
    }

    @Override
    public String run(PrintStream out) throws IOException, InterruptedException, ExecutionException {
        try (TemporaryFolder folder = TemporaryFolder.make();
                KubeApiServer server = KubeApiServer.builder()
                        .bookmarkInterval(Duration.ofSeconds(10))
                        .start()) {
            List<KubeReference> some = fill(server, out);
            Files.writeString(Collecting.kubeconfig(folder.path()), server.kubeconfig());
            CountDownLatch ready = new CountDownLatch(1);
            CountDownLatch ended = new CountDownLatch(1);
            CompletableFuture<Long> changes = CompletableFuture.supplyAsync(() -> change(server, some, ready, ended));
            List<Figures> figures = new ArrayList<>();
            try (ChildJvm child = ChildJvm.start(
                    WatchHeapMain.class,
                    List.of("-Xmx" + LIMIT + "m"),
                    List.of(folder.path().toString(), Integer.toString(runs), Long.toString(steady.toSeconds())))) {
                child.readLines(line -> {
                    if (line.startsWith("figures ")) {
                        figures.add(Figures.parse(line.substring("figures ".length())));
                    } else {
                        out.println("  " + line);
                    }
                    if (line.startsWith("steady")) {
                        ready.countDown();
                    }
                });
            } finally {
                ready.countDown();
                ended.countDown();
            }
            return result(figures.get(0), changes.get());
        }
    }

    private List<KubeReference> fill(KubeApiServer server, PrintStream out) throws IOException {
        Runs made = Runs.load();
        List<KubeReference> some = new ArrayList<>();
        long bytes = 0;
        for (int count = 0; count < runs; ) {
            for (RunPlacement run : made.make(Math.min(BATCH, runs - count))) {
                ObjectNode loaded =
                        server.load((ObjectNode) MAPPER.readTree(run.run().json()));
                bytes += run.run().json().length;
                if (count++ % 100 == 0) {
                    some.add(KubeReference.of(loaded));
                }
            }
            if (count % (10 * BATCH) == 0) {
                out.println("  " + count + " runs with " + bytes / 1_000_000 + " MB are in the cluster");
            }
        }
        return some;
    }

    /** Touches runs, some hundred a second, until the end; returns how many changes there were. */
    private static long change(
            KubeApiServer server, List<KubeReference> some, CountDownLatch ready, CountDownLatch ended) {
        long changes = 0;
        try {
            ready.await();
            while (!ended.await(5, TimeUnit.MILLISECONDS)) {
                ObjectNode touch = MAPPER.createObjectNode();
                touch.putObject("metadata").putObject("annotations").put("touched", Long.toString(changes));
                server.patch(some.get((int) (changes % some.size())), touch);
                changes++;
            }
            return changes;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return changes;
        }
    }

    private String result(Figures figures, long changes) {
        if (figures.get("objects") != runs || figures.get("taken") < runs) {
            throw new IllegalStateException(runs + " runs are in the cluster, but seen was " + figures);
        }
        return String.format(
                Locale.ROOT,
                "ratio=%.2f live=%.1f MB peak=%.1f MB list_live=%.1f MB list_peak=%.1f MB list=%.0f s runs=%d"
                        + " changes=%d taken=%.0f swept=%.0f threads=%.0f java=%d",
                figures.get("live") / LIMIT,
                figures.get("live"),
                figures.get("peak"),
                figures.get("list_live"),
                figures.get("list_peak"),
                figures.get("list"),
                runs,
                changes,
                figures.get("taken"),
                figures.get("swept"),
                figures.get("threads"),
                Runtime.version().feature());
    }
}

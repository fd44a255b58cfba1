package ch.sbb.esta.results.samples.benchmarks;

import ch.sbb.esta.results.testkit.kube.KubeApiServer;
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

/** Many containers that write at the same time, from an API server over TLS, which allows 100 streams on a connection of HTTP/2. */
final class LogStreams implements Benchmark {

    private static final int LIMIT = 256;
    private static final String NAMESPACE = "team-a";

    private final int containers;
    private final Duration writing;

    LogStreams(int containers, Duration writing) {
        this.containers = containers;
        this.writing = writing;
    }

    @Override
    public String name() {
        return "log-streams";
    }

    @Override
    public String description() {
        return "peak heap in MB, garbage included, of a JVM of " + LIMIT + " MB that follows " + containers
                + " containers which write at once / " + LIMIT
                + "; threads= platform threads, lines_per_s= while all write; the API server is another process, over TLS";
    }

    @Override
    public String run(PrintStream out) throws IOException, InterruptedException, ExecutionException {
        LogLinesText text = LogLinesText.load();
        try (TemporaryFolder folder = TemporaryFolder.make();
                KubeApiServer server = KubeApiServer.builder().tls().start()) {
            Files.writeString(Collecting.kubeconfig(folder.path()), server.kubeconfig());
            Play play = new Play(server, text, out);
            try (ChildJvm child = ChildJvm.start(
                    ManyLogsMain.class,
                    List.of("-Xmx" + LIMIT + "m"),
                    List.of(folder.path().toString(), NAMESPACE, Integer.toString(containers)))) {
                CompletableFuture<Void> played = CompletableFuture.runAsync(play::run);
                List<Figures> figures = new ArrayList<>();
                child.readLines(line -> {
                    if (line.startsWith("figures ")) {
                        figures.add(Figures.parse(line.substring("figures ".length())));
                    }
                    play.take(line);
                });
                played.get();
                return result(figures.get(0), play);
            }
        }
    }

    private String result(Figures figures, Play play) {
        // A machine with too much to do delays readers, which the logs then say; but nothing may be missing.
        if (figures.get("bytes") != play.writers.bytes() || figures.get("lines") != play.writers.lines()) {
            throw new IllegalStateException(play.writers.lines() + " lines with " + play.writers.bytes()
                    + " bytes were written, but collected was " + figures);
        }
        return String.format(
                Locale.ROOT,
                "ratio=%.2f peak=%.1f MB live=%.1f MB threads=%.0f lines_per_s=%.0f rate=%.1f MB/s containers=%d complete=%.0f java=%d"
                        + " reconnects=%.0f failures=%.0f",
                figures.get("peak") / LIMIT,
                figures.get("peak"),
                figures.get("live"),
                figures.get("threads"),
                play.linesPerSecond,
                play.bytesPerSecond / 1e6,
                containers,
                figures.get("complete"),
                Runtime.version().feature(),
                figures.get("reconnects"),
                figures.get("failures"));
    }

    /** What happens in the cluster. */
    private final class Play {

        private final Pods pods;
        private final Writers writers;
        private final PrintStream out;
        private final CountDownLatch ready = new CountDownLatch(1);
        private final CountDownLatch allOpen = new CountDownLatch(1);
        private volatile double linesPerSecond;
        private volatile double bytesPerSecond;
        private volatile Progress progress = new Progress(0, 0, 0);

        Play(KubeApiServer server, LogLinesText text, PrintStream out) {
            this.pods = new Pods(server);
            this.writers = new Writers(server, text, NAMESPACE, containers);
            this.out = out;
        }

        void take(String line) {
            if (line.startsWith("progress ")) {
                progress = Progress.parse(line);
                writers.collected(progress.lines);
                if (progress.open == containers) {
                    allOpen.countDown();
                }
            } else {
                out.println("  " + line);
                ready.countDown();
            }
        }

        void run() {
            try {
                ready.await();
                for (int i = 0; i < containers; i++) {
                    pods.start(NAMESPACE, Writers.pod(i));
                }
                allOpen.await();
                out.println("  all " + containers + " logs are followed");
                writers.write(writing.dividedBy(3));
                Progress before = progress;
                long start = System.nanoTime();
                writers.write(writing.multipliedBy(2).dividedBy(3));
                double seconds = (System.nanoTime() - start) / 1e9;
                Progress after = progress;
                linesPerSecond = (after.lines - before.lines) / seconds;
                bytesPerSecond = (after.bytes - before.bytes) / seconds;
                for (int i = 0; i < containers; i++) {
                    pods.end(NAMESPACE, Writers.pod(i));
                }
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new IllegalStateException("interrupted while the containers wrote", e);
            }
        }
    }

    private record Progress(int open, long lines, long bytes) {

        static Progress parse(String line) {
            String[] words = line.split(" ", -1);
            return new Progress(Integer.parseInt(words[1]), Long.parseLong(words[2]), Long.parseLong(words[3]));
        }
    }
}

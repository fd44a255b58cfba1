package ch.sbb.esta.results.samples.benchmarks;

import ch.sbb.esta.results.ArchiveOutcome;
import ch.sbb.esta.results.RunPlacement;
import ch.sbb.esta.results.spi.ResultsStore;
import java.io.PrintStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/** Archiving new runs through the protocol, which takes several calls for each, against archiving them straight. */
final class GrpcVsDirect implements Benchmark {

    private static final int BATCH = 100;
    private static final int THREADS = 8;

    private final int rows;
    private final int rounds;

    GrpcVsDirect(int rows, int rounds) {
        this.rows = rows;
        this.rounds = rounds;
    }

    @Override
    public String name() {
        return "grpc-vs-direct";
    }

    @Override
    public String description() {
        return "runs archived per second through gRPC to our service on Postgres / straight to Postgres, 8 threads each";
    }

    @Override
    public String run(PrintStream out) throws Exception {
        Times grpc = new Times(rounds);
        Times direct = new Times(rounds);
        Runs runs = Runs.load();
        try (ServedTables tables = ServedTables.open()) {
            for (int i = 0; i <= rounds; i++) {
                long straight = archive(tables.direct(), runs.make(rows));
                long remote = archive(tables.remote(), runs.make(rows));
                out.printf(
                        Locale.ROOT,
                        "%s gRPC %.0f rows/s, direct %.0f rows/s%n",
                        i == 0 ? "warm-up:" : "round " + i + " of " + rounds + ":",
                        rows / (remote / 1e9),
                        rows / (straight / 1e9));
                if (i > 0) {
                    grpc.add(remote);
                    direct.add(straight);
                }
            }
        }
        return String.format(
                Locale.ROOT,
                "ratio=%.3f grpc=%.0f rows/s direct=%.0f rows/s batch=%d threads=%d rows=%d",
                direct.median() / grpc.median(),
                rows / grpc.median(),
                rows / direct.median(),
                BATCH,
                THREADS,
                rows);
    }

    private static long archive(ResultsStore store, List<RunPlacement> runs) throws Exception {
        List<Callable<List<ArchiveOutcome>>> batches = new ArrayList<>();
        for (int from = 0; from < runs.size(); from += BATCH) {
            List<RunPlacement> batch = runs.subList(from, Math.min(runs.size(), from + BATCH));
            batches.add(() -> store.archive(batch));
        }
        ExecutorService threads = Executors.newFixedThreadPool(THREADS);
        try {
            return Times.of(() -> {
                for (Future<List<ArchiveOutcome>> batch : threads.invokeAll(batches)) {
                    for (ArchiveOutcome outcome : batch.get()) {
                        if (outcome.status() != ArchiveOutcome.Status.CREATED) {
                            throw new IllegalStateException("a new run was not created: " + outcome);
                        }
                    }
                }
            });
        } finally {
            threads.shutdownNow();
        }
    }
}

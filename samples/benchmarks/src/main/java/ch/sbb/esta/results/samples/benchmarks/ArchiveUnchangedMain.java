package ch.sbb.esta.results.samples.benchmarks;

import ch.sbb.esta.results.ArchiveOutcome;
import ch.sbb.esta.results.ArchiveOutcome.Status;
import ch.sbb.esta.results.RunPlacement;
import ch.sbb.esta.results.jdbi.JdbiResultsStore;
import ch.sbb.esta.results.jdbi.PostgresConfig;
import ch.sbb.esta.results.jdbi.PostgresLogin;
import ch.sbb.esta.results.jdbi.PostgresPool;
import ch.sbb.esta.results.jdbi.PostgresTls;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/** The process that has just started: archives what is stored already, and then as many new runs. */
final class ArchiveUnchangedMain {

    private ArchiveUnchangedMain() {}

    /**
     * Prints the figures {@code unchanged} and {@code new}, both in rows per second.
     *
     * @param arguments JDBC URL, user and password
     * @throws Exception when an outcome is not the one expected
     */
    public static void main(String[] arguments) throws Exception {
        Runs runs = Runs.load();
        List<RunPlacement> stored = runs.make(ArchiveUnchanged.ROWS);
        PostgresConfig config = PostgresConfig.builder(arguments[0])
                .login(() -> new PostgresLogin(arguments[1], arguments[2]))
                .tls(PostgresTls.disabled())
                .poolSize(1)
                .build();
        try (PostgresPool pool = config.openPool()) {
            JdbiResultsStore store = JdbiResultsStore.builder(pool.dataSource(), ArchiveUnchanged.SCHEMA)
                    .build();
            // Opening a connection is not what is measured.
            pool.dataSource().getConnection().close();
            double unchanged = perSecond(store, stored, Status.UNCHANGED);
            double fresh = perSecond(store, runs.make(ArchiveUnchanged.ROWS), Status.CREATED);
            System.out.println(String.format(Locale.ROOT, "unchanged=%.1f new=%.1f", unchanged, fresh));
        }
    }

    private static double perSecond(JdbiResultsStore store, List<RunPlacement> runs, Status expected) {
        long start = System.nanoTime();
        Set<Status> outcomes = archive(store, runs);
        double seconds = (System.nanoTime() - start) / 1e9;
        if (!outcomes.equals(Set.of(expected))) {
            throw new IllegalStateException("the outcomes were " + outcomes + " instead of " + expected);
        }
        return runs.size() / seconds;
    }

    static Set<Status> archive(JdbiResultsStore store, List<RunPlacement> runs) {
        Set<Status> outcomes = EnumSet.noneOf(Status.class);
        for (int i = 0; i < runs.size(); i += ArchiveUnchanged.BATCH) {
            List<RunPlacement> batch = runs.subList(i, Math.min(runs.size(), i + ArchiveUnchanged.BATCH));
            store.archive(batch).stream().map(ArchiveOutcome::status).forEach(outcomes::add);
        }
        return outcomes;
    }
}

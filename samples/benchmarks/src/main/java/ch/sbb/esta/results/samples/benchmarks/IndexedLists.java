package ch.sbb.esta.results.samples.benchmarks;

import ch.sbb.esta.results.ListQuery;
import ch.sbb.esta.results.jdbi.JdbiResultsStore;
import ch.sbb.esta.results.testkit.postgres.ExplainedSource;
import ch.sbb.esta.results.testkit.postgres.IndexedQueries;
import ch.sbb.esta.results.testkit.postgres.SkewedRuns;
import ch.sbb.esta.results.testkit.postgres.TouchedPages;
import com.zaxxer.hikari.HikariDataSource;
import java.io.PrintStream;
import java.util.List;
import java.util.Locale;

/**
 * What the lists that are documented as indexed touch, against what they may.
 *
 * @param results how many Results there are
 */
record IndexedLists(int results) implements SkewedBenchmark {

    @Override
    public String name() {
        return "indexed-queries";
    }

    @Override
    public String description() {
        return "pages touched by the worst of the lists that are documented as indexed / 20 for each row and 200, among "
                + records() + " records";
    }

    @Override
    public String measure(SkewedTables tables, PrintStream out) throws Exception {
        try (HikariDataSource pool = tables.pool()) {
            ExplainedSource explained = new ExplainedSource(pool);
            JdbiResultsStore store = JdbiResultsStore.builder(explained.dataSource(), SkewedTables.OURS)
                    .build();
            List<ListQuery> queries = IndexedQueries.all(new SkewedRuns(results));
            TouchedPages worst = measure(store, explained, queries.get(0));
            for (ListQuery query : queries) {
                TouchedPages touched = measure(store, explained, query);
                out.printf(Locale.ROOT, "%.2f %s: %s%n", touched.ratio(), touched, IndexedQueries.describe(query));
                if (touched.ratio() > 1) {
                    out.println(touched.plan());
                }
                worst = touched.ratio() > worst.ratio() ? touched : worst;
            }
            return String.format(
                    Locale.ROOT,
                    "ratio=%.2f worst=%d pages rows=%d queries=%d records=%d",
                    worst.ratio(),
                    worst.pages(),
                    worst.rows(),
                    queries.size(),
                    records());
        }
    }

    private static TouchedPages measure(JdbiResultsStore store, ExplainedSource explained, ListQuery query) {
        if (query.collection() == ListQuery.Collection.RESULTS) {
            store.listResults(query);
        } else {
            store.listRecords(query);
        }
        return explained.take();
    }
}

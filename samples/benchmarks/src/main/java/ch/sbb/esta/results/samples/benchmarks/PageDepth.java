package ch.sbb.esta.results.samples.benchmarks;

import ch.sbb.esta.results.ListOrder;
import ch.sbb.esta.results.ListQuery;
import ch.sbb.esta.results.Page;
import ch.sbb.esta.results.Record;
import ch.sbb.esta.results.jdbi.JdbiResultsStore;
import com.zaxxer.hikari.HikariDataSource;
import java.io.PrintStream;
import java.util.Locale;

/**
 * A page deep in a list against the first one.
 *
 * @param results how many Results there are
 * @param depth which page is compared with the first
 */
record PageDepth(int results, int depth) implements SkewedBenchmark {

    private static final int PAGE_SIZE = 50;
    private static final int WARM_UP = 10;
    private static final int ROUNDS = 51;

    @Override
    public String name() {
        return "page-depth";
    }

    @Override
    public String description() {
        return "median time of page " + depth + " / page 1 of all Records of the largest namespace, newest first, "
                + PAGE_SIZE + " on a page, among " + records();
    }

    @Override
    public String measure(SkewedTables tables, PrintStream out) throws Exception {
        try (HikariDataSource pool = tables.pool()) {
            JdbiResultsStore store =
                    JdbiResultsStore.builder(pool, SkewedTables.OURS).build();
            ListQuery first = ListQuery.of("team-00/results/-")
                    .orderBy(ListOrder.parse("create_time desc"))
                    .pageSize(PAGE_SIZE);
            ListQuery deep = first;
            for (int page = 1; page < depth; page++) {
                Page<Record> before = store.listRecords(deep);
                String token = before.nextPageToken()
                        .orElseThrow(() -> new IllegalStateException(
                                "the list is shorter than " + depth + " pages; take more Results"));
                deep = first.pageToken(token);
            }
            out.println("at page " + depth);
            ListQuery there = deep;
            Times firstTimes = new Times(ROUNDS);
            Times deepTimes = new Times(ROUNDS);
            for (int i = -WARM_UP; i < ROUNDS; i++) {
                long one = Times.of(() -> store.listRecords(first));
                long other = Times.of(() -> store.listRecords(there));
                if (i >= 0) {
                    firstTimes.add(one);
                    deepTimes.add(other);
                }
            }
            return String.format(
                    Locale.ROOT,
                    "ratio=%.2f page_1=%.2f ms page_%d=%.2f ms records=%d",
                    deepTimes.median() / firstTimes.median(),
                    firstTimes.median() * 1e3,
                    depth,
                    deepTimes.median() * 1e3,
                    records());
        }
    }
}

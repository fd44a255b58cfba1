package ch.sbb.esta.results.samples.benchmarks;

import ch.sbb.esta.results.ListOrder;
import ch.sbb.esta.results.ListQuery;
import ch.sbb.esta.results.jdbi.JdbiResultsStore;
import com.zaxxer.hikari.HikariDataSource;
import java.io.PrintStream;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;

/**
 * The newest failed runs of one pipeline, as upstream asks its tables and as the store lists them.
 *
 * @param results how many Results there are
 */
record NewestFailed(int results) implements SkewedBenchmark {

    private static final int OURS_ROUNDS = 201;
    private static final int UPSTREAM_ROUNDS = 5;

    /** What upstream makes of {@code data_type == PIPELINE_RUN && data.metadata.labels[...] == ... && data.status...}. */
    private static final String UPSTREAM = """
            SELECT * FROM upstream.records WHERE parent = ? AND type = 'tekton.dev/v1.PipelineRun'
              AND (data->'metadata'->'labels'->>'tekton.dev/pipeline') = ? AND (data->'status'->'conditions'->0->>'status') = 'False'
            ORDER BY created_time DESC, id DESC LIMIT 50""";

    private static final ListQuery OURS = ListQuery.of("team-00/results/-")
            .filter("data_type == PIPELINE_RUN && data.metadata.labels['tekton.dev/pipeline'] == 'pipeline-0'"
                    + " && data.status.conditions[0].status == 'False'")
            .orderBy(ListOrder.parse("create_time desc"))
            .pageSize(50);

    @Override
    public String name() {
        return "newest-failed";
    }

    @Override
    public String description() {
        return "median time of the newest 50 failed runs of one pipeline by upstream's query on upstream's tables / ours, among "
                + records() + " records";
    }

    @Override
    public String measure(SkewedTables tables, PrintStream out) throws Exception {
        tables.copyForUpstream("upstream");
        try (HikariDataSource pool = tables.pool();
                Connection connection = tables.database().dataSource().getConnection()) {
            JdbiResultsStore store =
                    JdbiResultsStore.builder(pool, SkewedTables.OURS).build();
            List<String> theirs = rows(connection);
            List<String> ours = rows(store);
            if (!ours.equals(theirs)) {
                throw new IllegalStateException("the queries differ: " + ours.size() + " rows of ours, " + theirs.size()
                        + " of upstream's query");
            }
            Times upstream = timed(UPSTREAM_ROUNDS, () -> rows(connection));
            out.printf(Locale.ROOT, "upstream: %.1f ms%n", upstream.median() * 1e3);
            timed(OURS_ROUNDS, () -> rows(store));
            Times our = timed(OURS_ROUNDS, () -> rows(store));
            return String.format(
                    Locale.ROOT,
                    "ratio=%.1f upstream=%.1f ms ours=%.3f ms rows=%d records=%d",
                    upstream.median() / our.median(),
                    upstream.median() * 1e3,
                    our.median() * 1e3,
                    ours.size(),
                    records());
        }
    }

    private static Times timed(int rounds, Callable<List<String>> query) throws Exception {
        Times times = new Times(rounds);
        for (int i = 0; i < rounds; i++) {
            times.add(Times.of(query::call));
        }
        return times;
    }

    private static List<String> rows(JdbiResultsStore store) {
        return store.listRecords(OURS).items().stream()
                .map(record -> record.stored().uid())
                .toList();
    }

    private static List<String> rows(Connection connection) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(UPSTREAM)) {
            statement.setString(1, "team-00");
            statement.setString(2, "pipeline-0");
            List<String> ids = new ArrayList<>();
            try (ResultSet rows = statement.executeQuery()) {
                while (rows.next()) {
                    ids.add(rows.getString("id"));
                }
            }
            return ids;
        }
    }
}

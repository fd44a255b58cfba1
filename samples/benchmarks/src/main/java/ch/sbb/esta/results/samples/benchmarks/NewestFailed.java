package ch.sbb.esta.results.samples.benchmarks;

import java.io.PrintStream;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * The newest failed runs of one pipeline, as upstream asks its tables and as the promoted columns answer.
 *
 * @param results how many Results there are
 */
record NewestFailed(int results) implements Benchmark {

    private static final int OURS_ROUNDS = 201;
    private static final int UPSTREAM_ROUNDS = 5;

    /** What upstream makes of {@code data_type == PIPELINE_RUN && data.metadata.labels[...] == ... && data.status...}. */
    private static final String UPSTREAM = """
            SELECT * FROM upstream.records WHERE parent = ? AND type = 'tekton.dev/v1.PipelineRun'
              AND (data->'metadata'->'labels'->>'tekton.dev/pipeline') = ? AND (data->'status'->'conditions'->0->>'reason') = 'Failed'
            ORDER BY created_time DESC, id DESC LIMIT 50""";

    private static final String OURS = """
            SELECT r.* FROM ours.records r
            JOIN ours.esta_runs e ON e.parent = r.parent AND e.result_id = r.result_id AND e.record_id = r.id
            WHERE e.parent = ? AND e.type = 'tekton.dev/v1.PipelineRun' AND e.pipeline = ? AND e.state = 2
            ORDER BY e.record_created_time DESC, e.record_id DESC LIMIT 50""";

    @Override
    public String name() {
        return "newest-failed";
    }

    @Override
    public String description() {
        return "median time of the newest 50 failed runs of one pipeline by upstream's query on upstream's tables / ours, among "
                + (long) results * SkewedTables.RECORDS_PER_RESULT + " records";
    }

    @Override
    public String run(PrintStream out) throws Exception {
        try (SkewedTables tables = SkewedTables.fill(results, out)) {
            tables.copyForUpstream("upstream");
            try (Connection connection = tables.database().dataSource().getConnection()) {
                List<String> theirs = rows(connection, UPSTREAM, "pipeline-0");
                List<String> ours = rows(connection, OURS, "pipeline-0");
                if (!ours.equals(theirs)) {
                    throw new IllegalStateException("the queries differ: " + ours.size() + " rows of ours, "
                            + theirs.size() + " of upstream's query");
                }
                Times upstream = measure(connection, UPSTREAM, UPSTREAM_ROUNDS);
                out.printf(Locale.ROOT, "upstream: %.1f ms%n", upstream.median() * 1e3);
                rows(connection, OURS, "pipeline-0");
                Times our = measure(connection, OURS, OURS_ROUNDS);
                return String.format(
                        Locale.ROOT,
                        "ratio=%.1f upstream=%.1f ms ours=%.3f ms rows=%d records=%d",
                        upstream.median() / our.median(),
                        upstream.median() * 1e3,
                        our.median() * 1e3,
                        ours.size(),
                        (long) results * SkewedTables.RECORDS_PER_RESULT);
            }
        }
    }

    private static Times measure(Connection connection, String sql, int rounds) throws Exception {
        Times times = new Times(rounds);
        for (int i = 0; i < rounds; i++) {
            times.add(Times.of(() -> rows(connection, sql, "pipeline-0")));
        }
        return times;
    }

    private static List<String> rows(Connection connection, String sql, String pipeline) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(sql)) {
            statement.setString(1, "team-00");
            statement.setString(2, pipeline);
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

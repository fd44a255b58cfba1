package ch.sbb.esta.results.samples.benchmarks;

import ch.sbb.esta.results.Aggregate;
import ch.sbb.esta.results.CalendarUnit;
import ch.sbb.esta.results.Grouping;
import ch.sbb.esta.results.RunKind;
import ch.sbb.esta.results.RunMoment;
import ch.sbb.esta.results.StatisticsQuery;
import ch.sbb.esta.results.StatisticsRow;
import ch.sbb.esta.results.jdbi.JdbiRecordStatistics;
import com.zaxxer.hikari.HikariDataSource;
import java.io.PrintStream;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/**
 * A month of one namespace grouped by day: upstream's form of the aggregate against {@link JdbiRecordStatistics}.
 *
 * @param results how many Results there are
 */
record StatisticsVsJson(int results) implements SkewedBenchmark {

    private static final String BUSIEST = "team-00";
    private static final int ROUNDS = 5;
    private static final Instant FROM = Instant.parse("2026-09-01T00:00:00Z");
    private static final Instant UNTIL = Instant.parse("2026-10-01T00:00:00Z");

    /** As the server of Tekton Results asks: each figure takes its values out of the JSON again. */
    private static final String UPSTREAM = """
            SELECT count(*) AS total,
                count(CASE WHEN REASON IN ('Succeeded', 'Completed') THEN 1 END) AS succeeded,
                count(CASE WHEN REASON = 'Failed' THEN 1 END) AS failed,
                count(CASE WHEN REASON = 'Cancelled' THEN 1 END) AS cancelled,
                avg(DURATION)::interval AS avg_duration, max(DURATION)::interval AS max_duration,
                extract(epoch FROM date_trunc('day', CREATED)) AS group_value
            FROM SCHEMA.records
            WHERE parent = 'PARENT' AND type = 'tekton.dev/v1.PipelineRun'
                AND CREATED >= 'FROM_TIME'::timestamptz AND CREATED < 'UNTIL_TIME'::timestamptz
            GROUP BY group_value
            """.replace("REASON", "(data->'status'->'conditions'->0->>'reason')")
            .replace(
                    "DURATION",
                    "(data->'status'->>'completionTime')::timestamptz - (data->'status'->>'startTime')::timestamptz")
            .replace("CREATED", "(data->'metadata'->>'creationTimestamp')::timestamptz")
            .replace("SCHEMA", SkewedTables.OURS)
            .replace("PARENT", BUSIEST)
            .replace("FROM_TIME", FROM.toString())
            .replace("UNTIL_TIME", UNTIL.toString());

    @Override
    public String name() {
        return "statistics-vs-json";
    }

    @Override
    public String description() {
        return "median time of upstream's aggregate over a month of one namespace by day, by JSON extraction over the table / "
                + "of RecordStatistics, over " + records() + " records";
    }

    @Override
    public String measure(SkewedTables tables, PrintStream out) throws SQLException {
        try (HikariDataSource pool = tables.pool()) {
            return measure(pool, out);
        }
    }

    private String measure(HikariDataSource pool, PrintStream out) throws SQLException {
        JdbiRecordStatistics statistics =
                JdbiRecordStatistics.builder(pool, SkewedTables.OURS).build();
        double[] json = new double[ROUNDS];
        double[] ours = new double[ROUNDS];
        List<String> days = List.of();
        for (int i = -1; i < ROUNDS; i++) {
            long start = System.nanoTime();
            List<String> theirs = upstream(pool);
            long middle = System.nanoTime();
            days = summarize(statistics);
            long end = System.nanoTime();
            if (!days.equals(theirs)) {
                throw new IllegalStateException("different answers:\n" + theirs + "\n" + days);
            }
            if (i >= 0) {
                json[i] = (middle - start) / 1e6;
                ours[i] = (end - middle) / 1e6;
            }
            out.printf(
                    Locale.ROOT,
                    "%s: JSON %.1f ms, ours %.1f ms%n",
                    i < 0 ? "warm-up" : "round " + (i + 1) + " of " + ROUNDS,
                    (middle - start) / 1e6,
                    (end - middle) / 1e6);
        }
        return String.format(
                Locale.ROOT,
                "ratio=%.1f json=%.2f ms ours=%.2f ms days=%d records=%d",
                median(json) / median(ours),
                median(json),
                median(ours),
                days.size(),
                records());
    }

    private static double median(double[] values) {
        Arrays.sort(values);
        return values[values.length / 2];
    }

    /** One line for each day; means are compared by the second, because an interval rounds its days in its own way. */
    private static List<String> upstream(HikariDataSource pool) throws SQLException {
        List<String> days = new ArrayList<>();
        try (Connection connection = pool.getConnection();
                Statement statement = connection.createStatement();
                ResultSet rows =
                        statement.executeQuery("SELECT to_timestamp(group_value) AS day, total, succeeded, failed, "
                                + "cancelled, floor(extract(epoch FROM avg_duration)) AS mean, floor(extract(epoch FROM max_duration)) AS longest FROM ("
                                + UPSTREAM + ") s ORDER BY day")) {
            while (rows.next()) {
                days.add(rows.getObject("day", OffsetDateTime.class).toInstant() + " " + rows.getLong("total") + " "
                        + rows.getLong("succeeded") + " " + rows.getLong("failed") + " " + rows.getLong("cancelled")
                        + " " + rows.getLong("mean") + " " + rows.getLong("longest"));
            }
        }
        return days;
    }

    private static List<String> summarize(JdbiRecordStatistics statistics) {
        StatisticsQuery query = StatisticsQuery.builder(BUSIEST)
                .kinds(RunKind.PIPELINE_RUN)
                .within(RunMoment.CREATED, FROM, UNTIL)
                .groupBy(new Grouping.ByTime(CalendarUnit.DAY, RunMoment.CREATED))
                .aggregates(
                        Aggregate.TOTAL,
                        Aggregate.SUCCEEDED,
                        Aggregate.FAILED,
                        Aggregate.CANCELLED,
                        Aggregate.AVG_DURATION,
                        Aggregate.MAX_DURATION)
                .build();
        return statistics.summarize(query).rows().stream()
                .map(StatisticsVsJson::line)
                .toList();
    }

    private static String line(StatisticsRow row) {
        return row.groupTime().orElseThrow() + " " + row.count(Aggregate.TOTAL) + " " + row.count(Aggregate.SUCCEEDED)
                + " " + row.count(Aggregate.FAILED) + " " + row.count(Aggregate.CANCELLED) + " "
                + row.duration(Aggregate.AVG_DURATION).orElseThrow().toSeconds() + " "
                + row.duration(Aggregate.MAX_DURATION).orElseThrow().toSeconds();
    }
}

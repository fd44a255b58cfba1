package ch.sbb.esta.results.jdbi;

import static org.assertj.core.api.Assertions.assertThat;

import ch.sbb.esta.results.Aggregate;
import ch.sbb.esta.results.RunPlacement;
import ch.sbb.esta.results.StatisticsQuery;
import ch.sbb.esta.results.StatisticsRow;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Upstream's form of a summary, JSON extraction over the whole table, and ours over the same rows. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class UpstreamSummaryIT {

    private static final String REASON = "data->'status'->'conditions'->0->>'reason'";
    private static final String TOOK =
            "(data->'status'->>'completionTime')::timestamptz - (data->'status'->>'startTime')::timestamptz";
    private static final String FIGURES = """
            count(*), count(*) FILTER (WHERE %1$s IN ('Succeeded', 'Completed')), count(*) FILTER (WHERE %1$s = 'Failed'),
            count(*) FILTER (WHERE %1$s = 'Cancelled'), count(*) FILTER (WHERE %1$s = 'Running'),
            count(*) FILTER (WHERE %1$s NOT IN ('Failed', 'Succeeded', 'Cancelled', 'Running', 'Completed')),
            round(extract(epoch FROM max((data->'status'->>'startTime')::timestamptz)) * 1000000),
            round(extract(epoch FROM min(%2$s)) * 1000000), round(extract(epoch FROM max(%2$s)) * 1000000),
            round(extract(epoch FROM sum(%2$s)) * 1000000)""".formatted(REASON, TOOK);
    private static final String ASKED =
            "total,succeeded,failed,cancelled,running,others,last_runtime,min_duration,max_duration,total_duration";

    private final Fixture fixture = new Fixture(Servers.current().newDatabase());
    private final String schema = fixture.newSchema();
    private final JdbiRecordStatistics statistics =
            JdbiRecordStatistics.builder(fixture.pool(), schema).build();

    UpstreamSummaryIT() {
        Random random = new Random(20260301);
        List<RunPlacement> runs = new ArrayList<>();
        for (int i = 0; i < 300; i++) {
            runs.add(Fixture.placed(run(i, random)));
        }
        JdbiResultsStore.builder(fixture.pool(), schema).build().archive(runs);
    }

    @AfterAll
    void close() {
        fixture.close();
    }

    private static String run(int number, Random random) {
        Instant created = Instant.parse("2026-02-20T22:00:00Z").plusSeconds(random.nextInt(30 * 24 * 3600));
        Instant started = created.plusSeconds(random.nextInt(100));
        String times = random.nextInt(10) == 0 ? "" : "\"startTime\":\"" + started + "\",";
        if (!times.isEmpty() && random.nextInt(4) > 0) {
            times += "\"completionTime\":\"" + started.plusSeconds(random.nextInt(200_000)) + "\",";
        }
        String[] reasons = {
            "Succeeded",
            "Completed",
            "Failed",
            "Cancelled",
            "Running",
            "StepFailed",
            "PipelineRunTimeout",
            "TaskRunCancelled"
        };
        String reason = random.nextInt(10) == 0 ? "" : ",\"reason\":\"" + reasons[random.nextInt(8)] + "\"";
        String label = random.nextBoolean() ? "" : "\"tekton.dev/pipeline\":\"p" + random.nextInt(4) + "\"";
        String repository =
                random.nextBoolean() ? "" : "\"pipelinesascode.tekton.dev/repository\":\"r" + random.nextInt(3) + "\"";
        return """
                {"apiVersion":"tekton.dev/v1","kind":"%s","metadata":{"namespace":"team-%d","name":"n","uid":"u-%d",
                "creationTimestamp":"%s","labels":{%s},"annotations":{%s}},
                "spec":{"pipelineRef":{"name":"not-looked-at"}},
                "status":{%s"conditions":[{"type":"Succeeded","status":"Unknown"%s}]}}""".formatted(
                        random.nextBoolean() ? "PipelineRun" : "TaskRun",
                        random.nextInt(3),
                        number,
                        created,
                        label,
                        repository,
                        times,
                        reason);
    }

    /** The row as Postgres would print it: the figures in the order of {@link #ASKED}. */
    private static String figures(StatisticsRow row) {
        List<String> figures = new ArrayList<>();
        for (String word : ASKED.split(",", -1)) {
            Aggregate aggregate = Aggregate.find(word).orElseThrow();
            figures.add(
                    switch (aggregate.kind()) {
                        case COUNT -> Long.toString(row.count(aggregate));
                        case TIME ->
                            row.time(aggregate)
                                    .map(time -> Long.toString(time.toEpochMilli() * 1000))
                                    .orElse("null");
                        case DURATION ->
                            row.duration(aggregate)
                                    .map(duration -> Long.toString(duration.toMillis() * 1000))
                                    .orElse("null");
                        case RATE -> throw new IllegalStateException("not asked for");
                    });
        }
        return String.join(" | ", figures);
    }

    @Test
    void oneRowOverAllAgrees() {
        List<StatisticsRow> rows = statistics
                .summarize(StatisticsQuery.parse("-/results/-", ASKED, "", "").build())
                .rows();

        assertThat(rows)
                .singleElement()
                .satisfies(row -> assertThat(figures(row))
                        .isEqualTo(fixture.query("SELECT " + FIGURES + " FROM \"" + schema + "\".records")
                                .get(0)));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = ';',
            value = {
                "namespace; data->'metadata'->>'namespace'",
                "pipeline; concat(data->'metadata'->>'namespace', '/', data->'metadata'->'labels'->>'tekton.dev/pipeline')",
                "repository; concat(data->'metadata'->>'namespace', '/', data->'metadata'->'annotations'->>'pipelinesascode.tekton.dev/repository')",
                "year; date_trunc('year', (data->'metadata'->>'creationTimestamp')::timestamptz, 'UTC')",
                "month; date_trunc('month', (data->'metadata'->>'creationTimestamp')::timestamptz, 'UTC')",
                "week; date_trunc('week', (data->'metadata'->>'creationTimestamp')::timestamptz, 'UTC')",
                "day startTime; date_trunc('day', (data->'status'->>'startTime')::timestamptz, 'UTC')",
                "hour completionTime; date_trunc('hour', (data->'status'->>'completionTime')::timestamptz, 'UTC')",
                "minute; date_trunc('minute', (data->'metadata'->>'creationTimestamp')::timestamptz, 'UTC')"
            })
    void everyGroupingAgrees(String groupBy, String expression) {
        String value = expression.startsWith("date_trunc")
                ? "coalesce(to_char(" + expression + " AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"'), '-')"
                : expression;
        TreeMap<String, String> expected = new TreeMap<>();
        fixture.query("SELECT " + value + ", " + FIGURES + " FROM \"" + schema
                        + "\".records WHERE parent = 'team-1' GROUP BY 1")
                .forEach(line -> expected.put(line.split(" \\| ", 2)[0], line.split(" \\| ", 2)[1]));

        TreeMap<String, String> found = new TreeMap<>();
        statistics
                .summarize(StatisticsQuery.parse("team-1/results/-", ASKED, groupBy, "total desc")
                        .build())
                .rows()
                .forEach(row -> found.put(row.group().orElse("-"), figures(row)));

        assertThat(expected).hasSizeGreaterThan(0);
        assertThat(found).isEqualTo(expected);
    }
}

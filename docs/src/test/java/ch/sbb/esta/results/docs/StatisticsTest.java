package ch.sbb.esta.results.docs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import ch.sbb.esta.results.Aggregate;
import ch.sbb.esta.results.CalendarUnit;
import ch.sbb.esta.results.Grouping;
import ch.sbb.esta.results.ListOrder.Direction;
import ch.sbb.esta.results.ResultNaming;
import ch.sbb.esta.results.RunMoment;
import ch.sbb.esta.results.RunSnapshot;
import ch.sbb.esta.results.RunStatistics;
import ch.sbb.esta.results.StatisticsQuery;
import ch.sbb.esta.results.StatisticsRow;
import ch.sbb.esta.results.jdbi.JdbiRecordStatistics;
import ch.sbb.esta.results.jdbi.JdbiResultsStore;
import ch.sbb.esta.results.jdbi.Migrations;
import ch.sbb.esta.results.spi.RecordStatistics;
import ch.sbb.esta.results.testkit.postgres.PostgresServer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.util.List;
import javax.sql.DataSource;
import org.junit.jupiter.api.Test;

/** The programs of the chapter on statistics, run against Postgres. */
class StatisticsTest {

    private static byte[] run(int day, String succeeded) {
        return """
                {"apiVersion": "tekton.dev/v1", "kind": "PipelineRun",
                 "metadata": {"name": "build-%1$d", "namespace": "shop", "uid": "u-%1$d", "resourceVersion": "7",
                   "creationTimestamp": "2026-03-0%1$dT23:30:00Z", "labels": {"tekton.dev/pipeline": "build"}},
                 "status": {"startTime": "2026-03-0%1$dT23:30:10Z", "completionTime": "2026-03-0%1$dT23:32:10Z",
                   "conditions": [{"type": "Succeeded", "status": "%2$s", "reason": "Any"}]}}
                """.formatted(day, succeeded).getBytes(StandardCharsets.UTF_8);
    }

    @Test
    void theSuccessOfEachDayAndTheSlowestPipelines() {
        try (PostgresServer postgres = PostgresServer.open()) {
            DataSource dataSource = postgres.newDatabase().dataSource();
            new Migrations(dataSource, "results").migrate();
            JdbiResultsStore store =
                    JdbiResultsStore.builder(dataSource, "results").build();
            for (byte[] json : List.of(run(1, "True"), run(2, "False"))) {
                store.archive(List.of(ResultNaming.defaults().place(RunSnapshot.parse(json))));
            }

            // snippet: by-day
            RecordStatistics statistics =
                    JdbiRecordStatistics.builder(dataSource, "results").build();

            RunStatistics march = statistics.summarize(StatisticsQuery.builder("shop")
                    .within(
                            RunMoment.CREATED,
                            Instant.parse("2026-02-28T23:00:00Z"),
                            Instant.parse("2026-03-31T22:00:00Z"))
                    .groupBy(new Grouping.ByTime(CalendarUnit.DAY, RunMoment.CREATED))
                    .zone(ZoneId.of("Europe/Zurich"))
                    .aggregates(Aggregate.TOTAL, Aggregate.SUCCESS_RATE, Aggregate.P90_DURATION)
                    .build());
            for (StatisticsRow day : march.rows()) {
                System.out.printf(
                        "%s: %d runs, %.0f %% succeeded, nine of ten within %s%n",
                        day.groupTime().orElseThrow(),
                        day.count(Aggregate.TOTAL),
                        100 * day.rate(Aggregate.SUCCESS_RATE).orElse(0),
                        day.duration(Aggregate.P90_DURATION).orElse(Duration.ZERO));
            }
            // end snippet

            assertThat(march.rows())
                    .extracting(
                            row -> row.groupTime().orElseThrow(),
                            row -> row.rate(Aggregate.SUCCESS_RATE).orElseThrow())
                    .containsExactly(
                            tuple(Instant.parse("2026-03-01T23:00:00Z"), 1.0),
                            tuple(Instant.parse("2026-03-02T23:00:00Z"), 0.0));

            // snippet: slowest
            RunStatistics slowest = statistics.summarize(StatisticsQuery.builder("-")
                    .groupBy(Grouping.ByField.PIPELINE)
                    .aggregates(Aggregate.P50_DURATION, Aggregate.P50_QUEUE_TIME, Aggregate.FAILED)
                    .orderBy(Aggregate.P50_DURATION, Direction.DESC)
                    .limit(10)
                    .build());
            // end snippet

            assertThat(slowest.rows()).singleElement().satisfies(row -> {
                assertThat(row.group()).contains("shop/build");
                assertThat(row.count(Aggregate.FAILED)).isEqualTo(1);
                assertThat(row.duration(Aggregate.P50_DURATION)).contains(Duration.ofMinutes(2));
                assertThat(row.duration(Aggregate.P50_QUEUE_TIME)).contains(Duration.ofSeconds(10));
            });

            // snippet: upstream
            RunStatistics summary = statistics.summarize(
                    StatisticsQuery.parse("shop/results/-", "total,succeeded,others", "namespace", "total desc")
                            .build());
            // end snippet

            assertThat(summary.rows()).singleElement().satisfies(row -> {
                assertThat(row.count(Aggregate.TOTAL)).isEqualTo(2);
                assertThat(row.count(Aggregate.OTHERS)).isEqualTo(2);
            });
        }
    }
}

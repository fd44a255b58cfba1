package ch.sbb.esta.results;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ch.sbb.esta.results.Grouping.ByField;
import ch.sbb.esta.results.Grouping.ByLabel;
import ch.sbb.esta.results.Grouping.ByTime;
import ch.sbb.esta.results.ListOrder.Direction;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.List;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class StatisticsQueryTest {

    private static void assertInvalid(ThrowingCallable call, String... messages) {
        assertThatThrownBy(call)
                .isInstanceOfSatisfying(
                        ResultsException.class, e -> assertThat(e.code()).isEqualTo(ResultsException.Code.INVALID))
                .hasMessageContainingAll(messages);
    }

    @Test
    void aQueryCountsPipelineRunsUnlessItSaysOtherwise() {
        StatisticsQuery query = StatisticsQuery.builder("ci").build();

        assertThat(query.parent()).contains("ci");
        assertThat(query.result()).isEmpty();
        assertThat(query.aggregates()).containsExactly(Aggregate.TOTAL);
        assertThat(query.kinds()).containsExactlyInAnyOrder(RunKind.PIPELINE_RUN, RunKind.PIPELINE_RUN_V1BETA1);
        assertThat(query.counting()).isEqualTo(Counting.BY_STATE);
        assertThat(query.zone()).isEqualTo(ZoneOffset.UTC);
        assertThat(query.limit()).isEqualTo(StatisticsQuery.DEFAULT_LIMIT);
        assertThat(query.grouping()).isEmpty();
        assertThat(query.order()).isEmpty();
        assertThat(query.span()).isEmpty();
        assertThat(query.filter()).isEmpty();
    }

    @Test
    void allMistakesAreNamedAtOnce() {
        assertInvalid(
                () -> StatisticsQuery.builder("No Namespace")
                        .orderBy(Aggregate.P50_DURATION, Direction.ASC)
                        .limit(0)
                        .zone(ZoneOffset.ofHours(2))
                        .build(),
                "No Namespace",
                "nothing to sort by p50_duration",
                "which is not asked for",
                "limit 0",
                "+02:00");
    }

    @ParameterizedTest
    @ValueSource(strings = {"ci/results", "ci/records/a", "a/results/b/records/c", "", "/results/-", "ci/results/A"})
    void aParentOfAnotherFormIsInvalid(String parent) {
        assertInvalid(() -> StatisticsQuery.builder(parent).build(), "\"" + parent + "\"");
    }

    @ParameterizedTest
    @ValueSource(strings = {"UTC+2", "GMT-1", "+01:00", "EST5EDT"})
    void aZoneThatDatabasesReadInTwoWaysIsInvalid(String zone) {
        assertInvalid(() -> StatisticsQuery.builder("-").zone(ZoneId.of(zone)).build(), "time zone");
    }

    @ParameterizedTest
    @ValueSource(strings = {"UTC", "Z", "Etc/UTC", "Europe/Zurich", "America/Argentina/Ushuaia", "Etc/GMT+2"})
    void utcAndRegionsAreZones(String zone) {
        assertThat(StatisticsQuery.builder("-").zone(ZoneId.of(zone)).build().zone())
                .isEqualTo(ZoneId.of(zone));
    }

    @Test
    void aSpanMustNotBeEmpty() {
        Instant time = Instant.parse("2026-03-01T10:00:00.000000Z");
        assertInvalid(
                () -> StatisticsQuery.builder("-").within(RunMoment.CREATED, time, time.plusNanos(999)), "is empty");
    }

    @Test
    void noKindAtAllIsInvalid() {
        assertInvalid(() -> StatisticsQuery.builder("-").kinds(), "allRecords()");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", " ", "a b", "k\u0000", "schlüssel"})
    void aLabelThatKubernetesDoesNotTakeIsInvalid(String key) {
        assertInvalid(() -> new ByLabel(key), "label");
    }

    @Test
    void aSummaryOfTektonResultsIsUnderstood() {
        StatisticsQuery query = StatisticsQuery.parse(
                        "-/results/-", "total,avg_duration", "day startTime", "total desc")
                .build();

        assertThat(query.aggregates()).containsExactly(Aggregate.TOTAL, Aggregate.AVG_DURATION);
        assertThat(query.grouping()).contains(new ByTime(CalendarUnit.DAY, RunMoment.STARTED));
        assertThat(query.order()).contains(new StatisticsQuery.Order(Aggregate.TOTAL, Direction.DESC));
        assertThat(query.kinds()).isEmpty();
        assertThat(query.counting()).isEqualTo(Counting.UPSTREAM);
        assertThat(StatisticsQuery.parse("-/results/-", "", "", "nonsense")
                        .build()
                        .aggregates())
                .containsExactly(Aggregate.TOTAL);
    }

    @ParameterizedTest
    @CsvSource({
        "median,day,total desc,median",
        "total,decade,total desc,decade",
        "total,day creationTimestamp,total desc,day creationTimestamp",
        "total,pipeline startTime,total desc,pipeline startTime",
        "total,day,total,total",
        "total,day,desc total,desc",
        "total,day,total sideways,sideways",
        "total,day,failed desc,failed"
    })
    void aSummaryThatIsNoneIsInvalid(String summary, String groupBy, String orderBy, String named) {
        assertInvalid(
                () -> StatisticsQuery.parse("-/results/-", summary, groupBy, orderBy)
                        .build(),
                named);
    }

    @ParameterizedTest
    @ValueSource(strings = {"year", "month startTime", "week completionTime", "namespace", "pipeline", "repository"})
    void aGroupingIsWrittenAsItIsRead(String text) {
        assertThat(Grouping.parse(text)).hasToString(text);
    }

    @Test
    void rowsOfDatabasesHaveWhatIsMissingFirstWhenTheyDescend() {
        StatisticsRow none = row("a", null);
        StatisticsRow small = row("b", Duration.ofSeconds(1));
        StatisticsRow large = row("c", Duration.ofSeconds(2));
        StatisticsQuery.Builder query = StatisticsQuery.builder("-")
                .groupBy(ByField.NAMESPACE)
                .aggregates(Aggregate.MAX_DURATION)
                .orderBy(Aggregate.MAX_DURATION, Direction.DESC);

        assertThat(List.of(small, none, large).stream().sorted(query.build().rowOrder()))
                .containsExactly(large, small, none);
        assertThat(List.of(small, none, large).stream()
                        .sorted(query.counting(Counting.UPSTREAM).build().rowOrder()))
                .containsExactly(none, large, small);
    }

    private static StatisticsRow row(String group, @Nullable Duration longest) {
        return StatisticsRow.builder()
                .group(group)
                .duration(Aggregate.MAX_DURATION, longest)
                .build();
    }

    @Test
    void aFigureThatWasNotAskedForIsNoZero() {
        StatisticsRow row = row("a", null);

        assertInvalid(() -> row.count(Aggregate.TOTAL), "TOTAL was not asked for", "MAX_DURATION");
        assertInvalid(() -> row.count(Aggregate.MAX_DURATION), "is a DURATION and no COUNT");
        assertThat(row.duration(Aggregate.MAX_DURATION)).isEmpty();
    }
}

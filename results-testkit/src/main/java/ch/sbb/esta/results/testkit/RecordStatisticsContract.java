package ch.sbb.esta.results.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ch.sbb.esta.results.Aggregate;
import ch.sbb.esta.results.ArchiveOutcome;
import ch.sbb.esta.results.CalendarUnit;
import ch.sbb.esta.results.Counting;
import ch.sbb.esta.results.Grouping;
import ch.sbb.esta.results.Grouping.ByField;
import ch.sbb.esta.results.Grouping.ByLabel;
import ch.sbb.esta.results.Grouping.ByTime;
import ch.sbb.esta.results.ListOrder.Direction;
import ch.sbb.esta.results.ResultsException;
import ch.sbb.esta.results.RunKind;
import ch.sbb.esta.results.RunMoment;
import ch.sbb.esta.results.RunPlacement;
import ch.sbb.esta.results.RunStatistics;
import ch.sbb.esta.results.StatisticsQuery;
import ch.sbb.esta.results.StatisticsRow;
import ch.sbb.esta.results.memory.InMemoryRecordStatistics;
import ch.sbb.esta.results.spi.RecordCreation;
import ch.sbb.esta.results.spi.RecordStatistics;
import ch.sbb.esta.results.spi.ResultsStore;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.ZoneId;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * What every {@link RecordStatistics} must answer. A provider's test extends this class and says how to get an empty store and the
 * statistics over it. Where a call answers figures, {@link InMemoryRecordStatistics} over the same store must answer the same.
 */
public abstract class RecordStatisticsContract {

    private static final Aggregate[] COUNTS = {
        Aggregate.TOTAL,
        Aggregate.SUCCEEDED,
        Aggregate.FAILED,
        Aggregate.TIMED_OUT,
        Aggregate.CANCELLED,
        Aggregate.RUNNING,
        Aggregate.PENDING,
        Aggregate.OTHERS
    };
    private static final String T = "2026-03-01T10:00:00Z";

    private static final List<ZoneId> ZONES = Stream.of("UTC", "Europe/Zurich", "Asia/Kolkata", "America/Havana")
            .map(ZoneId::of)
            .toList();

    private static final List<String> FILTERS = List.of(
            "data_type == PIPELINE_RUN || parent == 'b'",
            "data.status.conditions[0].status == 'False'",
            "!(data.metadata.labels['team'] == 'x')",
            "data.metadata.labels['team'] in ['x', 'z z', '\\'; --']",
            "data.status.completionTime - data.status.startTime > duration('10m')",
            "timestamp(data.metadata.creationTimestamp) < timestamp('2026-02-01T00:00:00Z')");

    /** What statistics may be unable to tell, because what lies between them and the rows has no word for it. */
    public enum Ability {
        /** Counts by the state of runs, and the success rate; without it those by the reason only, as {@link Counting#UPSTREAM}. */
        STATES,
        /** Percentiles and queue times. */
        PERCENTILES,
        /** Groups by label, state and task, and with {@link Counting#BY_STATE} by pipeline and repository. */
        GROUPS,
        /** Other time zones than UTC. */
        ZONES
    }

    @SuppressWarnings("NullAway.Init") // set before each test
    private ResultsStore store;

    /** For subclasses. */
    protected RecordStatisticsContract() {}

    /**
     * Makes a store without rows; called before each test.
     *
     * @param clock what the store must take the time from
     * @return an empty store
     * @throws Exception when the backend cannot be had; the test fails
     */
    protected abstract ResultsStore newStore(InstantSource clock) throws Exception;

    /**
     * The statistics over the store of the running test.
     *
     * @return what is tested
     */
    protected abstract RecordStatistics statistics();

    /**
     * What the statistics can tell. What they cannot they must refuse with {@code INVALID}, which is tested instead.
     *
     * @return all, unless overridden
     */
    protected Set<Ability> abilities() {
        return Set.of(Ability.values());
    }

    @BeforeEach
    final void makeStore() throws Exception {
        store = newStore(new ManualClock(Instant.parse("2026-03-01T12:00:00Z")));
    }

    private void archive(TimedRun... runs) {
        List<RunPlacement> batch = Arrays.stream(runs).map(TimedRun::placed).toList();
        assertThat(store.archive(batch)).extracting(ArchiveOutcome::status).containsOnly(ArchiveOutcome.Status.CREATED);
    }

    private RunStatistics summarize(StatisticsQuery.Builder query) {
        return summarize(query.build());
    }

    /** The figures; those of the reference where the query is beyond the abilities, after it was seen to be refused. */
    private RunStatistics summarize(StatisticsQuery query) {
        if (abilities().containsAll(StatisticsAbilities.neededFor(query))) {
            return statistics().summarize(query);
        }
        assertThatThrownBy(() -> statistics().summarize(query))
                .as("beyond the abilities: %s", describe(query))
                .isInstanceOfSatisfying(
                        ResultsException.class, e -> assertThat(e.code()).isEqualTo(ResultsException.Code.INVALID));
        return new InMemoryRecordStatistics(store).summarize(query);
    }

    private StatisticsRow only(StatisticsQuery.Builder query) {
        RunStatistics found = summarize(query);
        assertThat(found.groups()).isEqualTo(1);
        assertThat(found.rows()).hasSize(1);
        return found.rows().get(0);
    }

    /** Group value to number of runs; {@code -} for the group without a value. */
    private Map<String, Long> totals(StatisticsQuery.Builder query) {
        Map<String, Long> totals = new TreeMap<>();
        summarize(query.aggregates(Aggregate.TOTAL))
                .rows()
                .forEach(row -> totals.put(row.group().orElse("-"), row.count(Aggregate.TOTAL)));
        return totals;
    }

    private static StatisticsQuery.Builder query() {
        return StatisticsQuery.builder("-");
    }

    private static List<Long> counts(StatisticsRow row) {
        return Arrays.stream(COUNTS).map(row::count).toList();
    }

    // Which runs

    @Test
    final void anEmptyStoreHasOneRowOfNothing() {
        StatisticsRow row = only(query().aggregates(Aggregate.values()));

        assertThat(row.group()).isEmpty();
        assertThat(counts(row)).containsOnly(0L);
        assertThat(row.rate(Aggregate.SUCCESS_RATE)).isEmpty();
        assertThat(row.time(Aggregate.LAST_RUNTIME)).isEmpty();
        assertThat(Arrays.stream(Aggregate.values())
                        .filter(aggregate -> aggregate.kind() == Aggregate.Kind.DURATION)
                        .map(row::duration))
                .allMatch(Optional::isEmpty);
    }

    @Test
    final void anEmptyStoreHasNoGroups() {
        RunStatistics found = summarize(query().groupBy(ByField.NAMESPACE));

        assertThat(found.rows()).isEmpty();
        assertThat(found.groups()).isZero();
    }

    @Test
    final void pipelineRunsOfAllVersionsAreCountedUnlessOtherKindsAreNamed() {
        archive(
                TimedRun.pipelineRun(),
                TimedRun.of("tekton.dev/v1beta1", "PipelineRun"),
                TimedRun.taskRun(),
                TimedRun.taskRun(),
                TimedRun.of("tekton.dev/v1beta1", "CustomRun"));

        assertThat(only(query()).count(Aggregate.TOTAL)).isEqualTo(2);
        assertThat(only(query().kinds(RunKind.TASK_RUN)).count(Aggregate.TOTAL)).isEqualTo(2);
        assertThat(only(query().kinds(RunKind.TASK_RUN, RunKind.CUSTOM_RUN)).count(Aggregate.TOTAL))
                .isEqualTo(3);
        assertThat(only(query().allRecords()).count(Aggregate.TOTAL)).isEqualTo(5);
    }

    @Test
    final void extraKindsAreCountedWhenTheyAreNamed() {
        RunKind delivery = ClusterDriver.EXTRA_KIND;
        archive(
                TimedRun.pipelineRun().succeeded("True", "Succeeded"),
                delivery("02").succeeded("True", "Shipped"),
                delivery("04").succeeded("False", "Lost"),
                delivery("06").succeeded("Unknown", ""));

        assertThat(only(query()).count(Aggregate.TOTAL)).isEqualTo(1);
        StatisticsRow row = only(query().kinds(delivery)
                .aggregates(Aggregate.TOTAL, Aggregate.SUCCEEDED, Aggregate.FAILED)
                .aggregates(Aggregate.RUNNING, Aggregate.MAX_DURATION));
        assertThat(row.count(Aggregate.TOTAL)).isEqualTo(3);
        assertThat(row.count(Aggregate.SUCCEEDED)).isEqualTo(1);
        assertThat(row.count(Aggregate.FAILED)).isEqualTo(1);
        assertThat(row.count(Aggregate.RUNNING)).isEqualTo(1);
        assertThat(row.duration(Aggregate.MAX_DURATION)).contains(Duration.ofMinutes(6));
        assertThat(totals(query().kinds(RunKind.PIPELINE_RUN, delivery).groupBy(ByField.STATE)))
                .isEqualTo(Map.of("SUCCESS", 2L, "FAILURE", 1L, "UNKNOWN", 1L));
    }

    private static TimedRun delivery(String minutes) {
        return TimedRun.of(ClusterDriver.EXTRA_KIND.apiVersion(), ClusterDriver.EXTRA_KIND.kind())
                .started("2026-03-01T10:00:00Z")
                .ended("2026-03-01T10:" + minutes + ":00Z");
    }

    @Test
    final void recordsThatAreNoRunsCountInTheTotalOfAllRecordsOnly() {
        TimedRun run = TimedRun.pipelineRun().succeeded("True", "Succeeded");
        archive(run);
        ((RecordCreation) store)
                .createRecord(
                        run.placed().record().result().record("a-log"),
                        "results.tekton.dev/v1alpha3.Log",
                        "{\"metadata\":{\"namespace\":\"ci\"},\"status\":{}}".getBytes(StandardCharsets.UTF_8));

        StatisticsRow row = only(query().allRecords().aggregates(COUNTS));
        assertThat(counts(row)).containsExactly(2L, 1L, 0L, 0L, 0L, 0L, 0L, 0L);
        assertThat(totals(query().allRecords().groupBy(ByField.STATE))).isEqualTo(Map.of("SUCCESS", 1L, "-", 1L));
        assertThat(totals(query().allRecords().groupBy(ByField.NAMESPACE))).isEqualTo(Map.of("ci", 2L));
    }

    @Test
    final void oneTenantOneResultOrAll() {
        TimedRun mine = TimedRun.pipelineRun().namespace("mine");
        archive(
                mine,
                TimedRun.pipelineRun().namespace("mine"),
                TimedRun.pipelineRun().namespace("yours"));
        String result = mine.placed().record().result().result();

        assertThat(only(StatisticsQuery.builder("mine")).count(Aggregate.TOTAL)).isEqualTo(2);
        assertThat(only(StatisticsQuery.builder("mine/results/-")).count(Aggregate.TOTAL))
                .isEqualTo(2);
        assertThat(only(StatisticsQuery.builder("mine/results/" + result)).count(Aggregate.TOTAL))
                .isEqualTo(1);
        assertThat(only(StatisticsQuery.builder("-/results/" + result)).count(Aggregate.TOTAL))
                .isEqualTo(1);
        assertThat(only(StatisticsQuery.builder("yours/results/" + result)).count(Aggregate.TOTAL))
                .isZero();
        assertThat(only(StatisticsQuery.builder("nobody")).count(Aggregate.TOTAL))
                .isZero();
    }

    @ParameterizedTest
    @CsvSource({"CREATED", "STARTED", "ENDED"})
    final void aSpanHasItsFirstInstantAndNotItsLast(RunMoment moment) {
        for (String time : List.of("09:59:59.999999", "10:00:00", "10:59:59.999999", "11:00:00")) {
            String text = "2026-03-01T" + time + "Z";
            archive(
                    switch (moment) {
                        case CREATED -> TimedRun.pipelineRun().created(text);
                        case STARTED -> TimedRun.pipelineRun().started(text);
                        case ENDED -> TimedRun.pipelineRun().ended(text);
                    });
        }
        archive(TimedRun.pipelineRun());

        StatisticsRow row = only(
                query().within(moment, Instant.parse("2026-03-01T10:00:00Z"), Instant.parse("2026-03-01T11:00:00Z")));
        assertThat(row.count(Aggregate.TOTAL)).isEqualTo(2);
    }

    @Test
    final void deletedRecordsAndOlderVersionsAreNotCounted() {
        TimedRun deleted = TimedRun.pipelineRun().succeeded("True", "Succeeded");
        TimedRun changed =
                TimedRun.pipelineRun().succeeded("Unknown", "Running").started(T);
        archive(deleted, changed);
        store.deleteRecord(deleted.placed().record());
        store.archive(List.of(changed.with("/status", "conditions", """
                                [{"type":"Succeeded","status":"False","reason":"Failed"}]""")
                .with("/metadata", "resourceVersion", "\"2\"")
                .placed()));

        assertThat(counts(only(query().aggregates(COUNTS)))).containsExactly(1L, 0L, 1L, 0L, 0L, 0L, 0L, 0L);
    }

    // Counts

    @Test
    final void everyFinishedRunIsInTheStateItEndedIn() {
        Map<String, Aggregate> states = archiveEach("""
                True Succeeded SUCCEEDED
                True Completed SUCCEEDED
                True EverythingFine SUCCEEDED
                False Failed FAILED
                False StepFailed FAILED
                False PodEvicted FAILED
                False CouldntGetPipeline FAILED
                False PipelineRunTimeout TIMED_OUT
                False TaskRunTimeout TIMED_OUT
                False CustomRunTimedOut TIMED_OUT
                False Cancelled CANCELLED
                False PipelineRunCancelled CANCELLED
                False TaskRunCancelled CANCELLED
                False CustomRunCancelled CANCELLED
                Unknown Running RUNNING
                Unknown Failed RUNNING
                Unknown ExceededNodeResources RUNNING
                """);

        RunStatistics found = summarize(query().groupBy(new ByLabel("case")).aggregates(COUNTS));
        assertThat(found.rows()).hasSameSizeAs(states.keySet());
        for (StatisticsRow row : found.rows()) {
            Aggregate state = Objects.requireNonNull(states.get(row.group().orElse("-")));
            for (Aggregate aggregate : COUNTS) {
                boolean expected = aggregate == Aggregate.TOTAL
                        || aggregate == state
                        || (aggregate == Aggregate.OTHERS && state == Aggregate.TIMED_OUT);
                assertThat(row.count(aggregate))
                        .as("%s of %s", aggregate, row.group())
                        .isEqualTo(expected ? 1 : 0);
            }
        }
    }

    /** Archives a started run for each line, of status, reason and how it must be counted; the first two are its label. */
    private Map<String, Aggregate> archiveEach(String lines) {
        Map<String, Aggregate> expected = new TreeMap<>();
        List<TimedRun> runs = new ArrayList<>();
        for (String line : lines.strip().split("\n", -1)) {
            String[] words = line.split(" ", -1);
            String name = words[0] + " " + words[1];
            expected.put(name, Aggregate.valueOf(words[2]));
            runs.add(TimedRun.pipelineRun()
                    .started(T)
                    .succeeded(words[0], words[1])
                    .label("case", name));
        }
        archive(runs.toArray(TimedRun[]::new));
        return expected;
    }

    @Test
    final void aConditionWithoutAReasonIsEnough() {
        archive(
                TimedRun.pipelineRun().succeeded("True", ""),
                TimedRun.pipelineRun().succeeded("False", ""),
                TimedRun.pipelineRun().started(T).succeeded("Unknown", ""));

        assertThat(counts(only(query().aggregates(COUNTS)))).containsExactly(3L, 1L, 1L, 0L, 0L, 1L, 0L, 0L);
        assertThat(only(query().counting(Counting.UPSTREAM).aggregates(COUNTS)).count(Aggregate.OTHERS))
                .isZero();
    }

    @Test
    final void aRunThatHasNotStartedIsPending() {
        archive(TimedRun.pipelineRun(), TimedRun.pipelineRun().succeeded("Unknown", "Pending"));

        assertThat(counts(only(query().aggregates(COUNTS)))).containsExactly(2L, 0L, 0L, 0L, 0L, 0L, 2L, 2L);
    }

    @Test
    final void onlyTheConditionSucceededSaysHowARunEnded() {
        archive(TimedRun.pipelineRun()
                .started(T)
                .condition("Ready", "False", "Failed")
                .succeeded("True", "Completed"));

        assertThat(only(query().aggregates(COUNTS)).count(Aggregate.SUCCEEDED)).isEqualTo(1);
        assertThat(only(query().counting(Counting.UPSTREAM).aggregates(COUNTS)).count(Aggregate.FAILED))
                .isEqualTo(1);
    }

    @Test
    final void upstreamCountsByTheReasonAlone() {
        Map<String, Aggregate> expected = archiveEach("""
                True Succeeded SUCCEEDED
                True Completed SUCCEEDED
                False Failed FAILED
                Unknown Failed FAILED
                False Cancelled CANCELLED
                Unknown Running RUNNING
                False StepFailed OTHERS
                False TaskRunCancelled OTHERS
                False PipelineRunTimeout OTHERS
                True EverythingFine OTHERS
                """);
        archive(TimedRun.pipelineRun().started(T).label("case", "no condition"));

        RunStatistics found = summarize(
                StatisticsQuery.parse("-/results/-", "total,succeeded,failed,cancelled,running,others", "", "")
                        .groupBy(new ByLabel("case")));
        assertThat(found.rows()).hasSize(expected.size() + 1);
        for (StatisticsRow row : found.rows()) {
            assertThat(row.count(Aggregate.TOTAL)).isEqualTo(1);
            for (Aggregate aggregate : List.of(
                    Aggregate.SUCCEEDED, Aggregate.FAILED, Aggregate.CANCELLED, Aggregate.RUNNING, Aggregate.OTHERS)) {
                assertThat(row.count(aggregate))
                        .as("%s of %s", aggregate, row.group())
                        .isEqualTo(aggregate == expected.get(row.group().orElse("-")) ? 1 : 0);
            }
        }
    }

    @Test
    final void theSuccessRateIsOfFinishedRuns() {
        archive(
                TimedRun.pipelineRun().succeeded("True", "Succeeded"),
                TimedRun.pipelineRun().succeeded("False", "Failed"),
                TimedRun.pipelineRun().succeeded("False", "Cancelled"),
                TimedRun.pipelineRun().succeeded("Unknown", "Running"));

        assertThat(only(query().aggregates(Aggregate.SUCCESS_RATE)).rate(Aggregate.SUCCESS_RATE))
                .hasValue(1.0 / 3.0);
    }

    // Times

    @Test
    final void durationsAreFromStartToCompletion() {
        archive(
                TimedRun.pipelineRun().started(T).ended("2026-03-01T10:00:10Z"),
                TimedRun.pipelineRun().started(T).ended("2026-03-02T12:03:04.5Z"),
                TimedRun.pipelineRun().started(T).ended("2026-03-01T10:00:20.000001Z"),
                TimedRun.pipelineRun().started("2026-03-01T11:00:00Z"),
                TimedRun.pipelineRun().ended("2026-03-01T10:00:20Z"));

        StatisticsRow row = only(query().aggregates(
                        Aggregate.AVG_DURATION,
                        Aggregate.MIN_DURATION,
                        Aggregate.MAX_DURATION,
                        Aggregate.TOTAL_DURATION,
                        Aggregate.LAST_RUNTIME));
        Duration longest = Duration.parse("P1DT2H3M4.5S");
        Duration total = longest.plusSeconds(30).plus(1, ChronoUnit.MICROS);
        assertThat(row.duration(Aggregate.MIN_DURATION)).contains(Duration.ofSeconds(10));
        assertThat(row.duration(Aggregate.MAX_DURATION)).contains(longest);
        assertThat(row.duration(Aggregate.TOTAL_DURATION)).contains(total);
        assertThat(row.duration(Aggregate.AVG_DURATION))
                .contains(total.dividedBy(3).truncatedTo(ChronoUnit.MICROS));
        assertThat(row.time(Aggregate.LAST_RUNTIME)).contains(Instant.parse("2026-03-01T11:00:00Z"));
    }

    @Test
    final void aMeanIsRoundedToTheNearestMicrosecond() {
        archive(
                TimedRun.pipelineRun().started(T).ended("2026-03-01T10:00:00.000001Z"),
                TimedRun.pipelineRun().started(T).ended("2026-03-01T10:00:00.000002Z"));

        assertThat(only(query().aggregates(Aggregate.AVG_DURATION)).duration(Aggregate.AVG_DURATION))
                .contains(Duration.of(2, ChronoUnit.MICROS));
    }

    @Test
    final void percentilesLieBetweenTheTwoNearestValues() {
        for (int seconds = 10; seconds >= 1; seconds--) {
            archive(TimedRun.pipelineRun()
                    .created("2026-03-01T09:59:%02dZ".formatted(60 - seconds))
                    .started(T)
                    .ended("2026-03-01T10:00:%02dZ".formatted(10 * (seconds - 1) % 60 == 0 ? 0 : seconds)));
        }
        archive(TimedRun.pipelineRun().started("2026-03-01T10:00:00Z"));

        StatisticsRow row = only(query().aggregates(
                        Aggregate.P50_DURATION,
                        Aggregate.P50_QUEUE_TIME,
                        Aggregate.P90_QUEUE_TIME,
                        Aggregate.P99_QUEUE_TIME));
        // Waited 1 to 10 seconds: places 4.5, 8.1 and 8.91 of 0 to 9. Took 0, 2, 3, 4, 5, 6, 0, 8, 9, 10.
        assertThat(row.duration(Aggregate.P50_QUEUE_TIME)).contains(Duration.ofMillis(5500));
        assertThat(row.duration(Aggregate.P90_QUEUE_TIME)).contains(Duration.ofMillis(9100));
        assertThat(row.duration(Aggregate.P99_QUEUE_TIME)).contains(Duration.ofMillis(9910));
        assertThat(row.duration(Aggregate.P50_DURATION)).contains(Duration.ofMillis(4500));
    }

    @Test
    final void percentilesOfOneRunAreThatRun() {
        archive(TimedRun.pipelineRun()
                .created("2026-03-01T09:59:58Z")
                .started(T)
                .ended("2026-03-01T10:00:07Z"));

        StatisticsRow row = only(query().aggregates(Aggregate.P99_DURATION, Aggregate.P90_QUEUE_TIME));
        assertThat(row.duration(Aggregate.P99_DURATION)).contains(Duration.ofSeconds(7));
        assertThat(row.duration(Aggregate.P90_QUEUE_TIME)).contains(Duration.ofSeconds(2));
    }

    @Test
    final void clocksThatDisagreeMakeDurationsNegative() {
        archive(TimedRun.pipelineRun().started(T).ended("2026-03-01T09:59:59.5Z"));

        assertThat(only(query().aggregates(Aggregate.MIN_DURATION)).duration(Aggregate.MIN_DURATION))
                .contains(Duration.ofMillis(-500));
    }

    // Groups

    @ParameterizedTest
    @CsvSource({
        "YEAR,2026-01-01T00:00:00Z,2025-12-31T23:00:00Z",
        "MONTH,2026-04-01T00:00:00Z,2026-03-31T22:00:00Z",
        "WEEK,2026-03-30T00:00:00Z,2026-03-29T22:00:00Z",
        "DAY,2026-04-01T00:00:00Z,2026-03-31T22:00:00Z",
        "HOUR,2026-04-01T21:00:00Z,2026-04-01T21:00:00Z",
        "MINUTE,2026-04-01T21:34:00Z,2026-04-01T21:34:00Z"
    })
    final void unitsOfTimeBeginAsTheZoneSays(CalendarUnit unit, Instant inUtc, Instant inZurich) {
        archive(TimedRun.pipelineRun().created("2026-04-01T21:34:56.789Z"));
        ByTime grouping = new ByTime(unit, RunMoment.CREATED);

        assertThat(only(query().groupBy(grouping)).groupTime()).contains(inUtc);
        assertThat(only(query().groupBy(grouping).zone(ZoneId.of("Europe/Zurich")))
                        .groupTime())
                .contains(inZurich);
    }

    @Test
    final void aDayOnWhichClocksChangeIsOneDay() {
        archive(
                TimedRun.pipelineRun().started("2026-03-28T23:30:00Z"),
                TimedRun.pipelineRun().started("2026-03-29T21:59:59Z"),
                TimedRun.pipelineRun().started("2026-03-29T22:00:00Z"),
                TimedRun.pipelineRun().started("2026-10-25T00:30:00Z"),
                TimedRun.pipelineRun().started("2026-10-25T01:30:00Z"));

        StatisticsQuery.Builder days =
                query().groupBy(new ByTime(CalendarUnit.DAY, RunMoment.STARTED)).zone(ZoneId.of("Europe/Zurich"));
        assertThat(totals(days))
                .isEqualTo(Map.of("2026-03-28T23:00:00Z", 2L, "2026-03-29T22:00:00Z", 1L, "2026-10-24T22:00:00Z", 2L));
        StatisticsQuery.Builder hours = query().groupBy(new ByTime(CalendarUnit.HOUR, RunMoment.STARTED))
                .zone(ZoneId.of("Europe/Zurich"));
        assertThat(totals(hours)).containsKeys("2026-10-25T00:00:00Z", "2026-10-25T01:00:00Z");
    }

    @ParameterizedTest
    @CsvSource({"CREATED,2026-03-01T00:00:00Z", "STARTED,2026-03-02T00:00:00Z", "ENDED,2026-03-03T00:00:00Z"})
    final void aGroupingByTimeGoesByTheTimeNamed(RunMoment moment, Instant day) {
        archive(
                TimedRun.pipelineRun()
                        .created("2026-03-01T10:00:00Z")
                        .started("2026-03-02T10:00:00Z")
                        .ended("2026-03-03T10:00:00Z"),
                TimedRun.pipelineRun());

        RunStatistics found = summarize(query().groupBy(new ByTime(CalendarUnit.DAY, moment)));
        assertThat(found.rows())
                .extracting(StatisticsRow::groupTime)
                .containsExactly(Optional.of(day), Optional.empty());
    }

    @Test
    final void aPropertyThatARunLacksIsAGroupWithoutAValue() {
        archive(
                TimedRun.pipelineRun().label("tekton.dev/pipeline", "build"),
                TimedRun.pipelineRun().namespace("other").label("tekton.dev/pipeline", "build"),
                TimedRun.pipelineRun().with("/spec/pipelineRef", "name", "\"deploy\""),
                TimedRun.pipelineRun()
                        .label("tekton.dev/pipeline", "build")
                        .with("/spec/pipelineRef", "name", "\"not looked at\""),
                TimedRun.pipelineRun().annotation("pipelinesascode.tekton.dev/repository", "shop"));

        assertThat(totals(query().groupBy(ByField.PIPELINE)))
                .isEqualTo(Map.of("ci/build", 2L, "ci/deploy", 1L, "other/build", 1L, "-", 1L));
        assertThat(totals(query().groupBy(ByField.REPOSITORY))).isEqualTo(Map.of("ci/shop", 1L, "-", 4L));
        assertThat(totals(query().groupBy(ByField.NAMESPACE))).isEqualTo(Map.of("ci", 4L, "other", 1L));
    }

    @Test
    final void upstreamGroupsByLabelAndKeepsTheNamespace() {
        archive(
                TimedRun.pipelineRun().label("tekton.dev/pipeline", "build"),
                TimedRun.pipelineRun().with("/spec/pipelineRef", "name", "\"deploy\""),
                TimedRun.pipelineRun().annotation("pipelinesascode.tekton.dev/repository", "shop"));

        assertThat(totals(StatisticsQuery.parse("ci/results/-", "total", "pipeline", "")))
                .isEqualTo(Map.of("ci/build", 1L, "ci/", 2L));
        assertThat(totals(StatisticsQuery.parse("ci/results/-", "total", "repository", "")))
                .isEqualTo(Map.of("ci/shop", 1L, "ci/", 2L));
    }

    @Test
    final void runsCanBeGroupedByStateTaskAndAnyLabel() {
        archive(
                TimedRun.taskRun().succeeded("False", "TaskRunTimeout").label("tekton.dev/task", "lint"),
                TimedRun.taskRun().succeeded("True", "Succeeded").with("/spec/taskRef", "name", "\"lint\""),
                TimedRun.taskRun().label("o'hara--;/*", "\"quoted\" $1 %s {records} :parent"),
                TimedRun.taskRun().label("o'hara--;/*", ""));

        assertThat(totals(query().kinds(RunKind.TASK_RUN).groupBy(ByField.STATE)))
                .isEqualTo(Map.of("TIMEOUT", 1L, "SUCCESS", 1L, "UNKNOWN", 2L));
        assertThat(totals(query().kinds(RunKind.TASK_RUN).groupBy(ByField.TASK)))
                .isEqualTo(Map.of("ci/lint", 2L, "-", 2L));
        assertThat(totals(query().kinds(RunKind.TASK_RUN).groupBy(new ByLabel("o'hara--;/*"))))
                .isEqualTo(Map.of("\"quoted\" $1 %s {records} :parent", 1L, "", 1L, "-", 2L));
    }

    @Test
    final void groupsComeByTheirValueUnlessSortedByAFigure() {
        for (String text : List.of("b", "a", "B", "ä", "\uE000", "\uD83D\uDE80", "b")) {
            archive(TimedRun.pipelineRun().label("k", text));
        }
        archive(TimedRun.pipelineRun());
        StatisticsQuery.Builder byLabel = query().groupBy(new ByLabel("k")).aggregates(Aggregate.TOTAL);

        assertThat(summarize(byLabel).rows())
                .extracting(row -> row.group().orElse("-"))
                .containsExactly("B", "a", "b", "ä", "\uE000", "\uD83D\uDE80", "-");
        assertThat(summarize(byLabel.orderBy(Aggregate.TOTAL, Direction.DESC)).rows())
                .extracting(row -> row.group().orElse("-"))
                .containsExactly("b", "B", "a", "ä", "\uE000", "\uD83D\uDE80", "-");
    }

    @Test
    final void groupsWithoutTheFigureComeLastInBothDirections() {
        archive(
                TimedRun.pipelineRun().namespace("a").started(T).ended("2026-03-01T10:00:01Z"),
                TimedRun.pipelineRun().namespace("b"),
                TimedRun.pipelineRun().namespace("c").started(T).ended("2026-03-01T10:00:02Z"));
        StatisticsQuery.Builder query =
                query().groupBy(ByField.NAMESPACE).aggregates(Aggregate.AVG_DURATION, Aggregate.TOTAL);

        assertThat(summarize(query.orderBy(Aggregate.AVG_DURATION, Direction.ASC))
                        .rows())
                .extracting(row -> row.group().orElse("-"))
                .containsExactly("a", "c", "b");
        assertThat(summarize(query.orderBy(Aggregate.AVG_DURATION, Direction.DESC))
                        .rows())
                .extracting(row -> row.group().orElse("-"))
                .containsExactly("c", "a", "b");
    }

    @Test
    final void theLimitSaysHowManyGroupsItCutOff() {
        for (String namespace : List.of("a", "b", "c")) {
            archive(TimedRun.pipelineRun().namespace(namespace));
        }

        RunStatistics found = summarize(query().groupBy(ByField.NAMESPACE).limit(2));
        assertThat(found.rows()).extracting(row -> row.group().orElse("-")).containsExactly("a", "b");
        assertThat(found.groups()).isEqualTo(3);
        assertThat(found.isCut()).isTrue();
    }

    // What users write

    @Test
    final void valuesThatCannotBeReadAreMissing() {
        archive(
                TimedRun.pipelineRun()
                        .created("yesterday")
                        .started("2026-13-45T99:00:00Z")
                        .ended(""),
                TimedRun.pipelineRun().created("2026-03-01").started("infinity").ended("epoch"),
                TimedRun.pipelineRun()
                        .with("/metadata", "creationTimestamp", "{}")
                        .with("/status", "startTime", "17")
                        .with("/status", "completionTime", "null"),
                TimedRun.pipelineRun().with("/status", "conditions", "{\"type\":\"Succeeded\"}"),
                TimedRun.pipelineRun().with("/status", "conditions", "[7,null,\"Succeeded\",[]]"),
                TimedRun.pipelineRun().with("/metadata", "labels", "[\"k\"]"),
                TimedRun.pipelineRun().with("/metadata", "labels", "{\"k\":7}"),
                TimedRun.pipelineRun().with("/spec", "pipelineRef", "\"deploy\""));

        StatisticsRow row = only(query().aggregates(Aggregate.values()));
        assertThat(counts(row)).containsExactly(8L, 0L, 0L, 0L, 0L, 0L, 8L, 8L);
        assertThat(row.duration(Aggregate.MAX_DURATION)).isEmpty();
        assertThat(totals(query().groupBy(new ByTime(CalendarUnit.DAY, RunMoment.CREATED))))
                .isEqualTo(Map.of("-", 8L));
        assertThat(totals(query().groupBy(new ByLabel("k")))).isEqualTo(Map.of("-", 8L));
        assertThat(totals(query().groupBy(ByField.PIPELINE))).isEqualTo(Map.of("-", 8L));
    }

    @Test
    final void textsThatDatabasesCannotKeepDoNotFailTheQuery() {
        archive(
                TimedRun.pipelineRun().with("/metadata", "labels", "{\"k\":\"x\",\"z\":\"\\u0000\"}"),
                TimedRun.pipelineRun().with("/metadata", "labels", "{\"k\":\"x\"}"));

        assertThat(totals(query().groupBy(new ByLabel("k")))).isEqualTo(Map.of("x", 2L));
        assertThat(totals(query().counting(Counting.UPSTREAM).groupBy(ByField.PIPELINE)))
                .isEqualTo(Map.of("ci/", 2L));
    }

    @Test
    final void aFilterNarrowsDownWhatIsCounted() {
        archive(
                TimedRun.pipelineRun().label("team", "a").succeeded("True", "Succeeded"),
                TimedRun.pipelineRun().label("team", "a").succeeded("False", "Failed"),
                TimedRun.pipelineRun().label("team", "b").succeeded("False", "Failed"),
                TimedRun.taskRun().label("team", "a").succeeded("False", "Failed"),
                TimedRun.pipelineRun());
        StatisticsQuery.Builder failed =
                query().filter("data.status.conditions[0].reason == 'Failed'").aggregates(Aggregate.FAILED);

        assertThat(only(failed).count(Aggregate.FAILED)).isEqualTo(2);
        assertThat(totals(failed.groupBy(new ByLabel("team")))).isEqualTo(Map.of("a", 1L, "b", 1L));
        assertThat(totals(failed.allRecords().counting(Counting.UPSTREAM).groupBy(ByField.NAMESPACE)))
                .isEqualTo(Map.of("ci", 3L));
        assertThat(only(query().filter("data_type == TASK_RUN")).count(Aggregate.TOTAL))
                .isZero();
    }

    @Test
    final void aFilterThatIsNoneIsRefused() {
        for (String filter : List.of("this is no filter (", "1", "summary.status == FAILURE", "data.x == 'a")) {
            assertThatThrownBy(() -> summarize(query().filter(filter)))
                    .as(filter)
                    .isInstanceOfSatisfying(
                            ResultsException.class, e -> assertThat(e.code()).isEqualTo(ResultsException.Code.INVALID));
        }
    }

    // Any query over any runs

    @Test
    final void anyQueryIsAnsweredAsTheReferenceAnswersIt() {
        long seed = System.nanoTime();
        Random random = new Random(seed);
        List<TimedRun> runs =
                Stream.generate(() -> randomRun(random)).limit(150).toList();
        for (int i = 0; i < runs.size(); i += 50) {
            archive(runs.subList(i, i + 50).toArray(TimedRun[]::new));
        }
        RecordStatistics reference = new InMemoryRecordStatistics(store);
        for (int i = 0; i < 120; i++) {
            StatisticsQuery query = randomQuery(random, i % 4 == 0 ? Set.of(Ability.values()) : abilities());
            RunStatistics expected = reference.summarize(query);
            RunStatistics found = summarize(query);
            assertThat(found.rows())
                    .as("seed %d, query %d: %s", seed, i, describe(query))
                    .isEqualTo(expected.rows());
            assertThat(found.groups()).as("seed %d, query %d", seed, i).isEqualTo(expected.groups());
        }
    }

    private static String describe(StatisticsQuery query) {
        return query.parent() + " " + query.kinds() + " " + query.counting() + " by " + query.grouping() + " in "
                + query.zone() + " filter " + query.filter() + " order " + query.order() + " span " + query.span()
                + " limit " + query.limit();
    }

    private static <T> T one(Random random, List<T> of) {
        return of.get(random.nextInt(of.size()));
    }

    private static TimedRun randomRun(Random random) {
        TimedRun run = one(
                        random,
                        List.<Function<Random, TimedRun>>of(
                                r -> TimedRun.pipelineRun(),
                                r -> TimedRun.pipelineRun(),
                                r -> TimedRun.taskRun(),
                                r -> TimedRun.of("tekton.dev/v1beta1", "PipelineRun")))
                .apply(random);
        run.namespace(one(random, List.of("a", "b", "c-1")));
        Instant time = Instant.parse("2025-12-30T20:00:00Z")
                .plusSeconds(random.nextInt(120 * 24 * 3600))
                .plus(random.nextInt(3) * (long) random.nextInt(1_000_000), ChronoUnit.MICROS);
        if (random.nextInt(10) > 0) {
            run.created(time.toString());
        }
        if (random.nextInt(5) > 0) {
            time = time.plusMillis(random.nextInt(30_000));
            run.started(
                    random.nextInt(4) == 0
                            ? time.atZone(ZoneId.of("+05:30"))
                                    .toOffsetDateTime()
                                    .toString()
                            : time.toString());
            if (random.nextInt(4) > 0) {
                run.ended(time.plus(random.nextInt(2_000_000_000), ChronoUnit.MICROS)
                        .toString());
            }
        }
        if (random.nextInt(6) == 0) {
            run.condition("Other", "True", one(random, List.of("Succeeded", "Running", "Strange")));
        }
        if (random.nextInt(6) > 0) {
            run.succeeded(
                    one(random, List.of("True", "False", "Unknown")),
                    one(
                            random,
                            List.of(
                                    "Succeeded",
                                    "Completed",
                                    "Failed",
                                    "Cancelled",
                                    "Running",
                                    "StepFailed",
                                    "TaskRunTimeout",
                                    "PipelineRunTimeout",
                                    "TaskRunCancelled",
                                    "")));
        }
        for (String label : List.of("tekton.dev/pipeline", "tekton.dev/task", "team")) {
            if (random.nextBoolean()) {
                run.label(label, one(random, List.of("x", "Y", "z z", "ü", "")));
            }
        }
        if (random.nextInt(3) == 0) {
            run.annotation("pipelinesascode.tekton.dev/repository", one(random, List.of("r1", "r2")));
        }
        if (random.nextInt(3) == 0) {
            run.with("/spec/pipelineRef", "name", "\"ref\"").with("/spec/taskRef", "name", "\"task-ref\"");
        }
        return run;
    }

    /** Any query that needs no more than these abilities. */
    private static StatisticsQuery randomQuery(Random random, Set<Ability> within) {
        Counting counting = one(random, List.of(Counting.values()));
        List<Aggregate> asked = new ArrayList<>();
        for (Aggregate aggregate : Aggregate.values()) {
            if (random.nextInt(3) == 0 && within.containsAll(StatisticsAbilities.neededFor(aggregate, counting))) {
                asked.add(aggregate);
            }
        }
        asked.add(Aggregate.TOTAL);
        StatisticsQuery.Builder query = StatisticsQuery.builder(one(random, List.of("-", "a", "b", "nobody")))
                .aggregates(asked.toArray(Aggregate[]::new))
                .counting(counting);
        switch (random.nextInt(4)) {
            case 0 -> query.allRecords();
            case 1 -> query.kinds(RunKind.TASK_RUN);
            case 2 -> query.kinds(RunKind.PIPELINE_RUN, RunKind.TASK_RUN);
            default -> {}
        }
        if (random.nextInt(6) > 0) {
            List<Grouping> groupings = groupings(random);
            groupings.removeIf(grouping -> !within.containsAll(StatisticsAbilities.neededFor(grouping, counting)));
            query.groupBy(one(random, groupings));
            if (random.nextBoolean()) {
                query.orderBy(one(random, asked), one(random, List.of(Direction.values())));
            }
        }
        if (random.nextInt(3) == 0) {
            Instant from = Instant.parse("2026-01-01T00:00:00Z").plusSeconds(random.nextInt(90 * 24 * 3600));
            query.within(
                    one(random, List.of(RunMoment.values())),
                    from,
                    from.plusSeconds(1 + random.nextInt(60 * 24 * 3600)));
        }
        if (within.contains(Ability.ZONES)) {
            query.zone(one(random, ZONES));
        }
        if (random.nextInt(4) == 0) {
            query.filter(one(random, FILTERS));
        }
        return query.limit(random.nextInt(4) == 0 ? 1 + random.nextInt(5) : StatisticsQuery.DEFAULT_LIMIT)
                .build();
    }

    private static List<Grouping> groupings(Random random) {
        List<Grouping> groupings = new ArrayList<>(List.of(ByField.values()));
        groupings.add(new ByLabel("team"));
        for (int i = 0; i < 2; i++) {
            groupings.add(
                    new ByTime(one(random, List.of(CalendarUnit.values())), one(random, List.of(RunMoment.values()))));
        }
        return groupings;
    }
}

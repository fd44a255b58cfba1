package ch.sbb.esta.results.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import ch.sbb.esta.results.ListOrder;
import ch.sbb.esta.results.ListOrder.Direction;
import ch.sbb.esta.results.ListOrder.Field;
import ch.sbb.esta.results.ListQuery;
import ch.sbb.esta.results.Page;
import ch.sbb.esta.results.Record;
import ch.sbb.esta.results.RecordName;
import ch.sbb.esta.results.RecordSummary;
import ch.sbb.esta.results.Result;
import ch.sbb.esta.results.Result.Stored;
import ch.sbb.esta.results.ResultName;
import ch.sbb.esta.results.ResultsException.Code;
import ch.sbb.esta.results.RunPlacement;
import ch.sbb.esta.results.RunReading;
import ch.sbb.esta.results.filter.Filter;
import ch.sbb.esta.results.spi.RecordCreation;
import ch.sbb.esta.results.testkit.ResultsStoreContract.Ability;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Lists and their pages. */
abstract class StoreListsContract extends StoreEditsContract {

    @Test
    final void pagesPutTogetherAreTheWholeListInOrder() {
        for (int i = 0; i < 23; i++) {
            store.archive(List.of(SampleRun.pipelineRun("run-" + i).placed()));
            clock.advance(Duration.ofMillis(i % 3 == 0 ? 1 : 0));
        }
        store.archive(List.of(SampleRun.pipelineRun("run-4").version("2").placed()));
        for (Field field : Field.values()) {
            for (Direction direction : Direction.values()) {
                ListOrder order = new ListOrder(field, direction);
                if (field.isOfRun() || isRefused(order)) {
                    continue;
                }
                for (int size : new int[] {1, 5, 22, 23, 24}) {
                    List<Result> results = all(ListQuery.of("ci").orderBy(order).pageSize(size), store::listResults);
                    List<Record> records =
                            all(ListQuery.of("ci/results/-").orderBy(order).pageSize(size), store::listRecords);
                    assertThat(results).as("%s by %s", order, size).hasSize(23).doesNotHaveDuplicates();
                    assertThat(records).as("%s by %s", order, size).hasSize(23).doesNotHaveDuplicates();
                    assertOrdered(order, results.stream().map(Result::stored).toList());
                    assertOrdered(order, records.stream().map(Record::stored).toList());
                }
            }
        }
    }

    /** Whether the store lacks the order; it must say so then. */
    private boolean isRefused(ListOrder order) {
        boolean isDescendingId = order.field() == Field.ID && order.direction() == Direction.DESC;
        if ((!order.field().isOfRun() || can(Ability.TIMES_OF_RUNS))
                && (!isDescendingId || can(Ability.ID_DESCENDING))) {
            return false;
        }
        assertFails(
                Code.INVALID,
                order.toString(),
                () -> store.listResults(ListQuery.of("ci").orderBy(order)));
        assertFails(
                Code.INVALID,
                order.toString(),
                () -> store.listRecords(ListQuery.of("ci/results/-").orderBy(order)));
        return true;
    }

    private static void assertOrdered(ListOrder order, List<Stored> rows) {
        Comparator<Stored> ascending = switch (order.field()) {
            case ID -> Comparator.comparing(Stored::uid);
            case CREATE_TIME -> Comparator.comparing(Stored::createTime).thenComparing(Stored::uid);
            case UPDATE_TIME -> Comparator.comparing(Stored::updateTime).thenComparing(Stored::uid);
            case START_TIME, END_TIME -> throw new IllegalArgumentException(order.toString());
        };
        assertThat(rows)
                .as("%s", order)
                .isSortedAccordingTo(order.direction() == Direction.ASC ? ascending : ascending.reversed());
    }

    /** Runs that have not ended are the latest: last when the oldest comes first, first when the latest does. */
    @Test
    final void resultsAreSortedByTheTimesOfTheirRuns() {
        for (int i = 0; i < 17; i++) {
            String start = i % 3 == 0 ? "null" : "\"" + (i == 1 ? "9999" : 2021 + i % 5) + "-03-01T10:00:00Z\"";
            String end = i % 3 != 2 ? "null" : "\"2026-03-01T11:0" + i % 4 + ":00Z\"";
            store.archive(List.of(
                    placed(new String(SampleRun.pipelineRun("run-" + i).json(), StandardCharsets.UTF_8)
                            .replace("\"2026-03-01T10:00:00Z\"", start)
                            .replace("\"2026-03-01T10:05:00.123456789Z\"", end)
                            .getBytes(StandardCharsets.UTF_8))));
        }
        // A Result without a summary.
        store.archive(List.of(SampleRun.taskRun(T).ownedBy(P).placed()));
        for (Field field : List.of(Field.START_TIME, Field.END_TIME)) {
            Comparator<Result> ascending = Comparator.comparing((Result result) -> result.summary()
                            .flatMap(field == Field.START_TIME ? RecordSummary::startTime : RecordSummary::endTime)
                            .orElse(Instant.MAX))
                    .thenComparing(result -> result.stored().uid());
            for (Direction direction : Direction.values()) {
                ListOrder order = new ListOrder(field, direction);
                if (isRefused(order)) {
                    continue;
                }
                for (int size : new int[] {1, 5, 17, 18, 19}) {
                    assertThat(all(ListQuery.of("ci").orderBy(order).pageSize(size), store::listResults))
                            .as("%s by %s", order, size)
                            .hasSize(18)
                            .doesNotHaveDuplicates()
                            .isSortedAccordingTo(direction == Direction.ASC ? ascending : ascending.reversed());
                }
            }
        }
    }

    /** What has no time of a run is the latest, whatever it holds: unfinished runs, times that are none, Records that are no runs. */
    @Test
    final void recordsAreSortedByTheTimesOfTheirRuns() {
        List<String> starts = List.of(
                "\"2026-03-01T10:00:00Z\"",
                "\"2024-02-29T23:59:59.123456789+02:00\"",
                "\"9999-12-31T23:59:59Z\"",
                "\"2026-02-30T00:00:00Z\"",
                "\"yesterday\"",
                "20260301",
                "null",
                "{\"time\":\"2026-03-01T10:00:00Z\"}");
        Map<RecordName, Instant> times = new HashMap<>();
        for (int i = 0; i < 24; i++) {
            String start = starts.get(i % starts.size());
            String json = new String(SampleRun.taskRun("run-" + i).ownedBy(P).json(), StandardCharsets.UTF_8)
                    .replace("\"2026-03-01T10:00:00Z\"", start)
                    .replace("\"2026-03-01T10:05:00.123456789Z\"", starts.get((i + i / 8) % starts.size()));
            RunPlacement run = placed(json.getBytes(StandardCharsets.UTF_8));
            store.archive(List.of(run));
            times.put(run.record(), timeOrLatest(i % starts.size()));
        }
        store.archive(List.of(
                SampleRun.pipelineRun(P).placed(), SampleRun.pipelineRun(Q).placed()));
        times.put(RESULT.record(P), timeOrLatest(0));
        times.put(new ResultName(SampleRun.NAMESPACE, Q).record(Q), timeOrLatest(0));
        if (store instanceof RecordCreation creation) {
            for (int i = 0; i < 5; i++) {
                RecordName log = RESULT.record("log-" + i);
                byte[] data = "{\"status\":{\"startTime\":\"2020-03-01T10:00:00Z\"}}".getBytes(StandardCharsets.UTF_8);
                creation.createRecord(log, "results.tekton.dev/v1alpha3.Log", data);
                times.put(log, Instant.MAX);
            }
        }
        Comparator<Record> ascending = Comparator.comparing(
                        (Record record) -> times.getOrDefault(record.name(), Instant.MIN))
                .thenComparing(record -> record.stored().uid());
        for (Direction direction : Direction.values()) {
            ListOrder order = new ListOrder(Field.START_TIME, direction);
            if (isRefused(order)) {
                continue;
            }
            for (String parent : List.of("ci/results/-", "-/results/-")) {
                for (int size : new int[] {1, 4, times.size(), 1000}) {
                    assertThat(all(ListQuery.of(parent).orderBy(order).pageSize(size), store::listRecords))
                            .as("%s %s by %s", parent, order, size)
                            .doesNotHaveDuplicates()
                            .isSortedAccordingTo(direction == Direction.ASC ? ascending : ascending.reversed())
                            .extracting(Record::name)
                            .containsExactlyInAnyOrderElementsOf(times.keySet());
                }
            }
        }
        assertFilteredPagesAreThoseOfTheWholeList();
    }

    private static Instant timeOrLatest(int start) {
        return switch (start) {
            case 0 -> Instant.parse("2026-03-01T10:00:00Z");
            case 1 -> Instant.parse("2024-02-29T21:59:59.123456Z");
            case 2 -> Instant.parse("9999-12-31T23:59:59Z");
            default -> Instant.MAX;
        };
    }

    private void assertFilteredPagesAreThoseOfTheWholeList() {
        List<String> filters = List.of(
                "data_type == TASK_RUN",
                "data_type == TASK_RUN && data.metadata.name == 'run-run-1'",
                "data_type == TASK_RUN && data.status.startTime < timestamp('2030-01-01T00:00:00Z')",
                "data_type == 'results.tekton.dev/v1alpha3.Log'",
                "name.startsWith('run-1') || name.startsWith('log')",
                "data.metadata.name == 'none'");
        for (Field field : List.of(Field.START_TIME, Field.END_TIME)) {
            for (Direction direction : Direction.values()) {
                ListOrder order = new ListOrder(field, direction);
                if (isRefused(order)) {
                    continue;
                }
                for (String parent : List.of("ci/results/-", "-/results/-", RESULT.toString())) {
                    ListQuery query = ListQuery.of(parent).orderBy(order);
                    List<Record> whole = all(query, store::listRecords);
                    for (String text : filters) {
                        Filter filter = Filter.forRecords(text);
                        assertThat(all(query.filter(text).pageSize(3), store::listRecords))
                                .as("%s where %s", query.order(), text)
                                .containsExactlyElementsOf(
                                        whole.stream().filter(filter::matches).toList());
                    }
                }
            }
        }
    }

    @Test
    final void theBasicViewLeavesTheDataOfRecordsAway() {
        store.archive(List.of(
                SampleRun.pipelineRun(P).placed(),
                SampleRun.taskRun(T).ownedBy(P).note("\\u0000").placed()));
        for (Field field : Field.values()) {
            ListOrder order = new ListOrder(field, Direction.ASC);
            if (isRefused(order)) {
                continue;
            }
            ListQuery query = ListQuery.of("ci/results/-")
                    .orderBy(order)
                    .filter("data.spec.n == 1.5")
                    .pageSize(1);
            Page<Record> full = store.listRecords(query);
            Page<Record> basic = store.listRecords(query.view(ListQuery.View.BASIC));

            assertThat(full.items()).singleElement().matches(Record::hasData);
            assertThat(basic.items())
                    .singleElement()
                    .matches(record -> !record.hasData())
                    .isEqualTo(full.items().get(0).withoutData());
            assertThat(basic.nextPageToken()).isEqualTo(full.nextPageToken());
        }
        assertThat(store.listResults(ListQuery.of("ci").view(ListQuery.View.BASIC)))
                .isEqualTo(store.listResults(ListQuery.of("ci")));
    }

    @Test
    final void aRecordWithoutItsDataIsNoUpdate() {
        store.archive(List.of(SampleRun.pipelineRun(P).placed()));
        Record basic = store.listRecords(ListQuery.of("ci/results/-").view(ListQuery.View.BASIC))
                .items()
                .get(0);
        Record before = record(basic.name());

        assertFails(
                Code.INVALID,
                "",
                () -> store.updateRecord(
                        basic.name(), basic.type(), basic.data(), basic.stored().etag()));
        assertThat(record(basic.name())).isEqualTo(before);
        assertThat(RunReading.of(basic.data()).run()).isEmpty();
    }

    @Test
    final void pagesHoldEveryRowOnceWhileOthersComeAndGo() {
        List<RunPlacement> runs = new ArrayList<>();
        for (int i = 0; i < 30; i++) {
            runs.add(SampleRun.pipelineRun("stays-" + i).placed());
        }
        store.archive(runs);
        for (Direction direction : Direction.values()) {
            for (Field field : List.of(Field.ID, Field.CREATE_TIME, Field.UPDATE_TIME)) {
                ListOrder order = new ListOrder(field, direction);
                if (isRefused(order)) {
                    continue;
                }
                ListQuery query = ListQuery.of("ci/results/-").orderBy(order).pageSize(7);
                List<String> seen = new ArrayList<>();
                Optional<String> token = Optional.of("");
                for (int page = 0; token.isPresent(); page++) {
                    Page<Record> found = store.listRecords(query.pageToken(token.get()));
                    found.items().forEach(record -> seen.add(record.name().record()));
                    token = found.nextPageToken();
                    clock.advance(Duration.ofSeconds(page % 2 == 0 ? 1 : -1));
                    String guest = "guest-" + page;
                    store.deleteResult(new ResultName(SampleRun.NAMESPACE, "guest-" + (page - 2)));
                    store.archive(List.of(SampleRun.pipelineRun(guest).placed()));
                }
                assertThat(seen).doesNotHaveDuplicates();
                assertThat(seen.stream().filter(name -> name.startsWith("stays-")))
                        .as("%s %s", field, direction)
                        .hasSize(30);
                all(ListQuery.of("ci"), store::listResults).stream()
                        .map(Result::name)
                        .filter(name -> name.result().startsWith("guest-"))
                        .forEach(store::deleteResult);
            }
        }
    }

    @Test
    final void aDashMeansAny() {
        store.archive(List.of(
                SampleRun.pipelineRun(P).placed(),
                SampleRun.taskRun(T).ownedBy(P).placed(),
                SampleRun.pipelineRun(Q).placed(),
                placed(new String(SampleRun.pipelineRun(Q).json(), StandardCharsets.UTF_8)
                        .replace("\"namespace\":\"ci\"", "\"namespace\":\"cd\"")
                        .getBytes(StandardCharsets.UTF_8))));

        assertThat(all(ListQuery.of("-"), store::listResults)).hasSize(3);
        assertThat(all(ListQuery.of("cd"), store::listResults)).hasSize(1);
        assertThat(all(ListQuery.of("nobody"), store::listResults)).isEmpty();
        assertThat(all(ListQuery.of("-/results/-"), store::listRecords)).hasSize(4);
        assertThat(all(ListQuery.of("ci/results/-"), store::listRecords)).hasSize(3);
        assertThat(all(ListQuery.of("-/results/" + Q), store::listRecords)).hasSize(2);
        assertThat(all(ListQuery.of("ci/results/" + P), store::listRecords)).hasSize(2);
    }

    @Test
    final void aListOfTheOtherKindOfParentIsInvalid() {
        assertFails(Code.INVALID, "\"ci/results/-\"", () -> store.listResults(ListQuery.of("ci/results/-")));
        assertFails(Code.INVALID, "\"ci\"", () -> store.listRecords(ListQuery.of("ci")));
    }

    @ParameterizedTest
    @ValueSource(ints = {-1, 20_000, 10_001, Integer.MIN_VALUE})
    final void aPageSizeOutOfRangeIsInvalid(int size) {
        assertFails(
                Code.INVALID,
                "" + size,
                () -> store.listResults(ListQuery.of("ci").pageSize(size)));
    }

    @Test
    final void aForeignOrMangledTokenIsInvalid() {
        for (int i = 0; i < 3; i++) {
            store.archive(List.of(SampleRun.pipelineRun("run-" + i).placed()));
        }
        ListOrder byTime = ListOrder.parse("create_time");
        ListQuery query = ListQuery.of("ci").orderBy(byTime).pageSize(1);
        String token = store.listResults(query).nextPageToken().orElseThrow();

        assertThat(store.listResults(query.pageToken(token).pageSize(7)).items())
                .hasSize(2);
        List<ThrowingCallable> foreign = List.of(
                () -> store.listResults(ListQuery.of("cd").orderBy(byTime).pageToken(token)),
                () -> store.listResults(ListQuery.of("ci").pageToken(token)),
                () -> store.listRecords(
                        ListQuery.of("ci/results/-").orderBy(byTime).pageToken(token)),
                () -> store.listResults(query.pageToken("x" + token)),
                () -> store.listResults(query.pageToken(token.substring(1))),
                () -> store.listResults(query.pageToken("'; DROP TABLE results; --")),
                () -> store.listResults(query.pageToken("\u0000")));
        foreign.forEach(call -> assertFails(Code.INVALID, "page token", call));
    }
}

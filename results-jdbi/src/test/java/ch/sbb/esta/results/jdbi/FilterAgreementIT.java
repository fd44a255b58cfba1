package ch.sbb.esta.results.jdbi;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import ch.sbb.esta.results.ListQuery;
import ch.sbb.esta.results.Record;
import ch.sbb.esta.results.RecordName;
import ch.sbb.esta.results.RecordSummary;
import ch.sbb.esta.results.Result;
import ch.sbb.esta.results.ResultName;
import ch.sbb.esta.results.ResultsException;
import ch.sbb.esta.results.SummaryStatus;
import ch.sbb.esta.results.filter.Filter;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.function.Function;
import java.util.function.Predicate;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** What a filter selects in Java and what its SQL selects are the same, for filters and rows by chance. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class FilterAgreementIT {

    private static final int ROWS = 120;
    private static final int FILTERS = 600;
    private static final int MANY_FILTERS = 20_000;

    private final Fixture fixture = new Fixture(Servers.current().newDatabase());
    private final String schema = fixture.newSchema();
    private final JdbiResultsStore store =
            JdbiResultsStore.builder(fixture.pool(), schema).build();

    @BeforeAll
    void fill() {
        Random random = new Random(1);
        for (int i = 0; i < ROWS; i++) {
            RandomFilters chance = new RandomFilters(random, true);
            ResultName result = new ResultName(i % 3 == 0 ? "ci" : "shop", "result-" + i);
            UpstreamRows.insertResult(fixture, schema, result);
            if (random.nextInt(4) > 0) {
                Map<String, String> annotations =
                        Map.of("a", chance.annotation(), "k" + chance.annotation(), chance.annotation());
                String etag = store.findResult(result).orElseThrow().stored().etag();
                store.updateResult(result, annotations, summary(random, chance, result), etag);
            }
            String type = i % 2 == 0 ? "tekton.dev/v1.PipelineRun" : "tekton.dev/v1.TaskRun";
            store.createRecord(
                    new RecordName(result, "record-" + i),
                    type,
                    chance.document().getBytes(StandardCharsets.UTF_8));
        }
    }

    private static Optional<RecordSummary> summary(Random random, RandomFilters chance, ResultName result) {
        if (random.nextInt(4) == 0) {
            return Optional.empty();
        }
        Instant start = Instant.parse("2026-03-01T00:00:00Z").plusMillis(random.nextInt(3) * 500L);
        return Optional.of(new RecordSummary(
                new RecordName(result, "r"),
                random.nextBoolean() ? "a" : "tekton.dev/v1.TaskRun",
                random.nextBoolean() ? start : null,
                random.nextBoolean() ? start.plusSeconds(random.nextInt(3)) : null,
                SummaryStatus.of(random.nextInt(5)),
                Map.of("k", chance.annotation())));
    }

    @Test
    void onRecords() {
        agreeOnRecords(0, FILTERS);
    }

    @Test
    void onResults() {
        agreeOnResults(0, FILTERS);
    }

    @Test
    @Tag("long")
    void onRecordsForLong() {
        agreeOnRecords(FILTERS, MANY_FILTERS);
    }

    @Test
    @Tag("long")
    void onResultsForLong() {
        agreeOnResults(FILTERS, MANY_FILTERS);
    }

    private void agreeOnRecords(long from, long to) {
        ListQuery all = ListQuery.of("-/results/-").pageSize(10_000);
        List<Record> rows = store.listRecords(all).items();
        assertThat(rows).hasSize(ROWS);
        agree(true, from, to, filter -> {
            Predicate<Record> selected = Filter.forRecords(filter)::matches;
            return assertSame(
                    rows,
                    selected,
                    store.listRecords(all.filter(filter)).items(),
                    row -> row.name() + " " + new String(row.data(), StandardCharsets.UTF_8));
        });
    }

    private void agreeOnResults(long from, long to) {
        ListQuery all = ListQuery.of("-").pageSize(10_000);
        List<Result> rows = store.listResults(all).items();
        assertThat(rows).hasSize(ROWS);
        agree(false, from, to, filter -> {
            Predicate<Result> selected = Filter.forResults(filter)::matches;
            List<Result> expected = rows.stream().filter(selected).toList();
            assertThat(store.listResults(all.filter(filter)).items())
                    .extracting(Result::name)
                    .containsExactlyElementsOf(
                            expected.stream().map(Result::name).toList());
            return expected.size();
        });
    }

    private static <T> int assertSame(
            List<T> rows, Predicate<T> inJava, List<T> bySql, Function<T, String> description) {
        List<String> expected = rows.stream().filter(inJava).map(description).toList();
        List<String> found = bySql.stream().map(description).toList();
        assertThat(found.stream().filter(row -> !expected.contains(row)))
                .as("selected by SQL only")
                .isEmpty();
        assertThat(expected.stream().filter(row -> !found.contains(row)))
                .as("selected in Java only")
                .isEmpty();
        assertThat(found).containsExactlyElementsOf(expected);
        return expected.size();
    }

    /** The check takes a filter and answers how many rows it selects. */
    private static void agree(boolean records, long from, long to, Function<String, Integer> check) {
        int valid = 0;
        int selective = 0;
        for (long seed = from; seed < to; seed++) {
            String filter = new RandomFilters(new Random(seed), records).filter();
            try {
                int selected = check.apply(filter);
                valid++;
                selective += selected > 0 && selected < ROWS ? 1 : 0;
            } catch (ResultsException e) {
                if (e.code() != ResultsException.Code.INVALID
                        || !String.valueOf(e.getMessage()).contains("column")) {
                    fail("seed " + seed + ": " + filter, e);
                }
            } catch (AssertionError e) {
                throw new AssertionError("seed " + seed + ": " + filter, e);
            }
        }
        assertThat(valid).as("filters that mean something").isGreaterThan((int) (to - from) / 2);
        assertThat(selective).as("filters that select some and not all").isGreaterThan((int) (to - from) / 20);
    }

    @AfterAll
    void close() {
        fixture.close();
    }
}

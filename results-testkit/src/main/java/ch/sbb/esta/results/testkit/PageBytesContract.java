package ch.sbb.esta.results.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import ch.sbb.esta.results.ListOrder;
import ch.sbb.esta.results.ListOrder.Direction;
import ch.sbb.esta.results.ListOrder.Field;
import ch.sbb.esta.results.ListQuery;
import ch.sbb.esta.results.Page;
import ch.sbb.esta.results.Record;
import ch.sbb.esta.results.Result;
import ch.sbb.esta.results.spi.ResultsStore;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** How a {@link ResultsStore} bounds its pages by bytes. A provider's test extends this class and says how to get an empty store. */
public abstract class PageBytesContract {

    private static final int LARGE = 3_000;
    private static final int BOUND = 12_000;

    private final ManualClock clock = new ManualClock(Instant.parse("2026-03-01T12:00:00Z"));

    @SuppressWarnings("NullAway.Init") // set before each test
    private ResultsStore store;

    /** For subclasses. */
    protected PageBytesContract() {}

    /**
     * Makes a store without rows; called before each test.
     *
     * @param clock what the store must take the time from
     * @param maxPageBytes how many bytes a page may hold: data of Records, annotations of Results and of their summaries
     * @return an empty store
     * @throws Exception when the backend cannot be had; the test fails
     */
    protected abstract ResultsStore newStore(InstantSource clock, long maxPageBytes) throws Exception;

    @BeforeEach
    final void makeStore() throws Exception {
        store = newStore(clock, BOUND);
        for (int i = 0; i < 10; i++) {
            String text = "x".repeat(LARGE);
            store.archive(List.of(SampleRun.pipelineRun("run-" + i).note(text).placed()));
            clock.advance(Duration.ofSeconds(i % 2));
        }
    }

    @Test
    final void aPageOfRecordsEndsWhereItsDataWouldBecomeTooLarge() {
        for (ListOrder order : orders()) {
            List<Page<Record>> pages = pages(ListQuery.of("ci/results/-").orderBy(order), store::listRecords);

            assertThat(pages).as("%s", order).hasSize(4);
            assertThat(pages).allMatch(page -> page.items().size() <= 3);
            assertThat(pages.stream().flatMap(page -> page.items().stream()))
                    .as("%s", order)
                    .doesNotHaveDuplicates()
                    .hasSize(10);
        }
    }

    @Test
    final void aPageOfResultsEndsWhereItsAnnotationsWouldBecomeTooLarge() {
        store.listResults(ListQuery.of("ci"))
                .items()
                .forEach(result -> store.updateResult(
                        result.name(),
                        Map.of("text", "\u00fc".repeat(LARGE / 2)),
                        result.summary(),
                        result.stored().etag()));
        for (ListOrder order : orders()) {
            List<Page<Result>> pages = pages(ListQuery.of("ci").orderBy(order), store::listResults);

            assertThat(pages).as("%s", order).hasSize(4);
            assertThat(pages).allMatch(page -> page.items().size() <= 3);
            assertThat(pages.stream().flatMap(page -> page.items().stream()))
                    .as("%s", order)
                    .doesNotHaveDuplicates()
                    .hasSize(10);
        }
    }

    @Test
    final void whatIsLargerThanAPageIsAPageOfItsOwn() {
        Result result = store.listResults(ListQuery.of("ci")).items().get(4);
        store.updateResult(
                result.name(),
                Map.of("text", "x".repeat(2 * BOUND)),
                result.summary(),
                result.stored().etag());
        Record record = store.listRecords(ListQuery.of("ci/results/-")).items().get(1);
        store.updateRecord(
                record.name(),
                record.type(),
                ("\"" + "x".repeat(2 * BOUND) + "\"").getBytes(StandardCharsets.UTF_8),
                record.stored().etag());

        assertThat(pages(ListQuery.of("ci"), store::listResults))
                .filteredOn(page ->
                        page.items().stream().anyMatch(item -> item.name().equals(result.name())))
                .singleElement()
                .satisfies(page -> assertThat(page.items()).hasSize(1));
        assertThat(pages(ListQuery.of("ci/results/-"), store::listRecords))
                .filteredOn(page ->
                        page.items().stream().anyMatch(item -> item.name().equals(record.name())))
                .singleElement()
                .satisfies(page -> assertThat(page.items()).hasSize(1));
    }

    @Test
    final void dataThatAreNotReadDoNotCount() {
        ListQuery query = ListQuery.of("ci/results/-").view(ListQuery.View.BASIC);

        Page<Record> page = store.listRecords(query);

        assertThat(page.items()).hasSize(10);
        assertThat(page.nextPageToken()).isEmpty();
    }

    private static List<ListOrder> orders() {
        List<ListOrder> orders = new ArrayList<>();
        for (Field field : Field.values()) {
            for (Direction direction : Direction.values()) {
                orders.add(new ListOrder(field, direction));
            }
        }
        return orders;
    }

    private static <T> List<Page<T>> pages(ListQuery query, Function<ListQuery, Page<T>> list) {
        List<Page<T>> pages = new ArrayList<>();
        Optional<String> token = Optional.of("");
        while (token.isPresent()) {
            Page<T> page = list.apply(query.pageToken(token.get()));
            pages.add(page);
            token = page.nextPageToken();
        }
        return pages;
    }
}

package ch.sbb.esta.results.memory;

import ch.sbb.esta.results.Aggregate;
import ch.sbb.esta.results.Counting;
import ch.sbb.esta.results.ListOrder.Direction;
import ch.sbb.esta.results.ListQuery;
import ch.sbb.esta.results.Pages;
import ch.sbb.esta.results.Record;
import ch.sbb.esta.results.ResultsException;
import ch.sbb.esta.results.RunStatistics;
import ch.sbb.esta.results.StatisticsQuery;
import ch.sbb.esta.results.StatisticsQuery.Order;
import ch.sbb.esta.results.StatisticsRow;
import ch.sbb.esta.results.spi.RecordStatistics;
import ch.sbb.esta.results.spi.ResultsReader;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Counts and measures by reading every record: what any {@link RecordStatistics} must answer, for stores small enough to be read whole.
 *
 * <p>Records that change while it reads are counted as they are when their page is read. It keeps two numbers for each run on the heap.
 *
 * <p>Thread-safe.
 */
public final class InMemoryRecordStatistics implements RecordStatistics {

    private static final int PAGE_SIZE = 1_000;

    private final ResultsReader records;

    /**
     * Creates statistics over the records of a store.
     *
     * @param records where the records are; not closed
     */
    public InMemoryRecordStatistics(ResultsReader records) {
        this.records = Objects.requireNonNull(records, "records");
    }

    @Override
    public RunStatistics summarize(StatisticsQuery query) {
        Map<GroupKey, GroupFigures> groups = new TreeMap<>(GroupKey.ORDER);
        if (query.grouping().isEmpty()) {
            groups.put(GroupKey.NONE, new GroupFigures(query.counting()));
        }
        records(query)
                .map(RunFacts::of)
                .filter(run -> isWithin(run, query))
                .forEach(run -> groups.computeIfAbsent(
                                GroupKey.of(run, query), key -> new GroupFigures(query.counting()))
                        .add(run));
        List<StatisticsRow> rows = groups.entrySet().stream()
                .map(group -> group.getValue().row(group.getKey().row(), query.aggregates()))
                .sorted(order(query))
                .limit(query.limit())
                .toList();
        return new RunStatistics(rows, groups.size());
    }

    private Stream<Record> records(StatisticsQuery query) {
        String parent =
                query.parent().orElse("-") + "/results/" + query.result().orElse("-");
        return Pages.stream(filtered(ListQuery.of(parent), query).pageSize(PAGE_SIZE), records::listRecords)
                .filter(record -> query.kinds().isEmpty()
                        || query.kinds().stream()
                                .anyMatch(kind -> kind.recordType().equals(record.type())));
    }

    private static ListQuery filtered(ListQuery list, StatisticsQuery query) {
        query.filter().ifPresent(filter -> {
            throw ResultsException.invalid("statistics take no filter yet; name kinds, a span and a parent instead");
        });
        return list;
    }

    private static boolean isWithin(RunFacts run, StatisticsQuery query) {
        Optional<StatisticsQuery.Span> span = query.span();
        if (span.isEmpty()) {
            return true;
        }
        Instant time = run.time(span.get().moment());
        return time != null
                && !time.isBefore(span.get().from())
                && time.isBefore(span.get().until());
    }

    /** Sorting is stable, so that equal groups stay in the order of their values. */
    private static Comparator<StatisticsRow> order(StatisticsQuery query) {
        Optional<Order> asked = query.order();
        if (asked.isEmpty()) {
            return (one, other) -> 0;
        }
        Order order = asked.get();
        boolean ascending = order.direction() == Direction.ASC;
        Comparator<Comparable<Object>> values = ascending ? Comparator.naturalOrder() : Comparator.reverseOrder();
        boolean missingFirst = query.counting() == Counting.UPSTREAM && !ascending;
        return Comparator.comparing(
                row -> comparable(row, order.aggregate()),
                missingFirst ? Comparator.nullsFirst(values) : Comparator.nullsLast(values));
    }

    @SuppressWarnings("unchecked") // counts, rates, times and durations are compared with their own kind only
    private static @Nullable Comparable<Object> comparable(StatisticsRow row, Aggregate aggregate) {
        Object value = switch (aggregate.kind()) {
            case COUNT -> row.count(aggregate);
            case RATE ->
                row.rate(aggregate).isEmpty() ? null : row.rate(aggregate).getAsDouble();
            case TIME -> row.time(aggregate).orElse(null);
            case DURATION -> row.duration(aggregate).orElse(null);
        };
        return (Comparable<Object>) value;
    }
}

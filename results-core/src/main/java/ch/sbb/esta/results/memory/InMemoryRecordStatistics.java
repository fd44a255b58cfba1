package ch.sbb.esta.results.memory;

import ch.sbb.esta.results.ListQuery;
import ch.sbb.esta.results.Pages;
import ch.sbb.esta.results.Record;
import ch.sbb.esta.results.RunStatistics;
import ch.sbb.esta.results.StatisticsQuery;
import ch.sbb.esta.results.StatisticsRow;
import ch.sbb.esta.results.spi.RecordStatistics;
import ch.sbb.esta.results.spi.ResultsReader;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Stream;

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
        Map<GroupKey, GroupFigures> groups = new HashMap<>();
        if (query.grouping().isEmpty()) {
            groups.put(GroupKey.NONE, new GroupFigures(query.counting()));
        }
        records(query)
                .map(record -> query.kinds().isEmpty() ? RunFacts.of(record) : RunFacts.ofRun(record))
                .filter(run -> isWithin(run, query))
                .forEach(run -> groups.computeIfAbsent(
                                GroupKey.of(run, query), key -> new GroupFigures(query.counting()))
                        .add(run));
        List<StatisticsRow> rows = groups.entrySet().stream()
                .map(group -> group.getValue().row(group.getKey().row(), query.aggregates()))
                .sorted(query.rowOrder())
                .limit(query.limit())
                .toList();
        return new RunStatistics(rows, groups.size());
    }

    private Stream<Record> records(StatisticsQuery query) {
        String parent =
                query.parent().orElse("-") + "/results/" + query.result().orElse("-");
        ListQuery list = ListQuery.of(parent).filter(query.filter().orElse("")).pageSize(PAGE_SIZE);
        return Pages.stream(list, records::listRecords)
                .filter(record -> query.kinds().isEmpty()
                        || query.kinds().stream()
                                .anyMatch(kind -> kind.recordType().equals(record.type())));
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
}

package ch.sbb.esta.results.memory;

import ch.sbb.esta.results.ArchiveOutcome;
import ch.sbb.esta.results.ArchiveOutcome.Status;
import ch.sbb.esta.results.Escaped;
import ch.sbb.esta.results.Expiry;
import ch.sbb.esta.results.JsonText;
import ch.sbb.esta.results.ListOrder;
import ch.sbb.esta.results.ListQuery;
import ch.sbb.esta.results.Page;
import ch.sbb.esta.results.PageToken;
import ch.sbb.esta.results.QuarantinedRun;
import ch.sbb.esta.results.Record;
import ch.sbb.esta.results.RecordName;
import ch.sbb.esta.results.RecordSummary;
import ch.sbb.esta.results.Result;
import ch.sbb.esta.results.Result.Stored;
import ch.sbb.esta.results.ResultContent;
import ch.sbb.esta.results.ResultName;
import ch.sbb.esta.results.ResultsException;
import ch.sbb.esta.results.ResultsException.Code;
import ch.sbb.esta.results.RunKind;
import ch.sbb.esta.results.RunMoment;
import ch.sbb.esta.results.RunPlacement;
import ch.sbb.esta.results.RunReading;
import ch.sbb.esta.results.RunSnapshot;
import ch.sbb.esta.results.Tombstone;
import ch.sbb.esta.results.filter.Filter;
import ch.sbb.esta.results.internal.KnownPlaces;
import ch.sbb.esta.results.internal.PageWeight;
import ch.sbb.esta.results.spi.Quarantine;
import ch.sbb.esta.results.spi.RecordCreation;
import ch.sbb.esta.results.spi.ResultCreation;
import ch.sbb.esta.results.spi.ResultsStore;
import ch.sbb.esta.results.spi.RetentionStore;
import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.UUID;
import java.util.function.ToLongFunction;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Keeps Results, Records, the quarantine and what has expired on the heap. Nothing survives the process.
 *
 * <p>Thread-safe: every call holds one lock.
 */
public final class InMemoryResultsStore
        implements ResultsStore, Quarantine, ResultCreation, RecordCreation, RetentionStore {

    private static final int MAX_QUARANTINE_PAGE = 1000;
    private static final long MAX_PAGE_BYTES = 64L << 20;

    private final InstantSource clock;
    private final long maxPageBytes;
    private final NavigableMap<ResultName, Result> results = new TreeMap<>();
    private final NavigableMap<RecordName, Record> records = new TreeMap<>();
    private final NavigableMap<String, QuarantinedRun> quarantine = new TreeMap<>();
    private final Graveyard graveyard = new Graveyard();
    private long lastEtag;

    /**
     * Creates an empty store.
     *
     * @param clock says what the time is
     */
    public InMemoryResultsStore(InstantSource clock) {
        this(clock, MAX_PAGE_BYTES);
    }

    /**
     * Creates an empty store whose pages are smaller or larger.
     *
     * @param clock says what the time is
     * @param maxPageBytes how many bytes a page holds before it ends early, at least 1: data of Records, annotations of Results and of
     *     their summaries; a single item may be larger. 64 MiB unless given
     * @throws ResultsException {@code INVALID} when it is less than 1
     */
    public InMemoryResultsStore(InstantSource clock, long maxPageBytes) {
        this.clock = Objects.requireNonNull(clock, "clock");
        if (maxPageBytes < 1) {
            throw ResultsException.invalid("maxPageBytes " + maxPageBytes + " is less than 1");
        }
        this.maxPageBytes = maxPageBytes;
    }

    @Override
    public synchronized List<ArchiveOutcome> archive(List<RunPlacement> batch) {
        return KnownPlaces.of(batch, this::storedRuns).stream()
                .map(this::archive)
                .toList();
    }

    private Set<RecordName> storedRuns(Set<RecordName> names) {
        return names.stream()
                .filter(name -> {
                    Record record = records.get(name);
                    Result result = results.get(name.result());
                    return (record != null && KnownPlaces.isRun(record.type()))
                            || (result != null && KnownPlaces.speaksOf(result, name));
                })
                .collect(Collectors.toSet());
    }

    private ArchiveOutcome archive(RunPlacement placement) {
        RunSnapshot run = placement.run();
        RecordName name = placement.record();
        if (graveyard.holds(run)) {
            return ArchiveOutcome.expired(run.namespace(), run.uid());
        }
        Record old = records.get(name);
        Status status = Status.CREATED;
        if (old != null) {
            Optional<RunSnapshot> stored =
                    RunReading.of(old.data()).run().filter(other -> other.uid().equals(run.uid()));
            if (stored.isEmpty()) {
                return refuse(placement, ArchiveOutcome.quarantined(Code.CONFLICT, name + " holds another object"));
            }
            if (!run.version().supersedes(stored.get().version())) {
                return ArchiveOutcome.archived(Status.STALE, name);
            }
            boolean same = old.type().equals(run.kind().recordType()) && JsonEquality.test(old.data(), run.json());
            status = same ? Status.UNCHANGED : Status.UPDATED;
        }
        mergeResult(placement);
        if (status != Status.UNCHANGED) {
            Stored stored = old == null ? newlyStored() : changed(old.stored());
            records.put(name, new Record(name, stored, run.kind().recordType(), run.json()));
        }
        return ArchiveOutcome.archived(status, name);
    }

    private ArchiveOutcome refuse(RunPlacement placement, ArchiveOutcome refusal) {
        RunSnapshot run = placement.run();
        put(QuarantinedRun.of(run.namespace(), refusal, run.json(), now()));
        return refusal;
    }

    private void mergeResult(RunPlacement placement) {
        ResultName name = placement.record().result();
        Result old = results.get(name);
        ResultContent before = old == null ? ResultContent.EMPTY : content(old);
        ResultContent after = before.merge(placement);
        if (old == null) {
            results.put(name, result(name, newlyStored(), after));
        } else if (!after.equals(before)) {
            results.put(name, result(name, changed(old.stored()), after));
        }
    }

    private static ResultContent content(Result result) {
        return new ResultContent(result.annotations(), result.summary().orElse(null));
    }

    private static Result result(ResultName name, Stored stored, ResultContent content) {
        return new Result(name, stored, content.annotations(), content.summary().orElse(null));
    }

    @Override
    public synchronized Result updateResult(
            ResultName name, Map<String, String> annotations, Optional<RecordSummary> summary, String etag) {
        Result old = results.get(Objects.requireNonNull(name, "name"));
        requireEtag(name, old == null ? null : old.stored(), etag);
        Result current = Objects.requireNonNull(old);
        ResultContent content = new ResultContent(annotations, summary.orElse(null));
        if (content.equals(content(current))) {
            return current;
        }
        Result result = result(name, changed(current.stored()), content);
        results.put(name, result);
        return result;
    }

    @Override
    public synchronized Record updateRecord(RecordName name, String type, byte[] data, String etag) {
        Objects.requireNonNull(type, "type");
        JsonText.check(data);
        Record old = records.get(Objects.requireNonNull(name, "name"));
        requireEtag(name, old == null ? null : old.stored(), etag);
        Record current = Objects.requireNonNull(old);
        if (type.equals(current.type()) && JsonEquality.test(current.data(), data)) {
            return current;
        }
        Record record = new Record(name, changed(current.stored()), type, data.clone());
        records.put(name, record);
        return record;
    }

    @Override
    public synchronized Result createResult(
            ResultName name, Map<String, String> annotations, Optional<RecordSummary> summary) {
        ResultContent content = new ResultContent(annotations, summary.orElse(null));
        return results.computeIfAbsent(
                Objects.requireNonNull(name, "name"), absent -> result(name, newlyStored(), content));
    }

    @Override
    public synchronized Record createRecord(RecordName name, String type, byte[] data) {
        Objects.requireNonNull(type, "type");
        JsonText.check(data);
        if (!results.containsKey(Objects.requireNonNull(name, "name").result())) {
            throw ResultsException.notFound(name.result());
        }
        return records.computeIfAbsent(name, absent -> new Record(name, newlyStored(), type, data.clone()));
    }

    private static void requireEtag(Object name, @Nullable Stored stored, String etag) {
        Objects.requireNonNull(etag, "etag");
        if (stored == null) {
            throw ResultsException.notFound(name);
        }
        if (!stored.etag().equals(etag)) {
            throw new ResultsException(
                            Code.CONFLICT,
                            "the etag is not " + Escaped.of(etag) + " any more; read it again and repeat the change")
                    .about(name);
        }
    }

    @Override
    public synchronized void deleteResult(ResultName name) {
        results.remove(Objects.requireNonNull(name, "name"));
        records.keySet().removeIf(record -> record.result().equals(name));
    }

    @Override
    public synchronized void deleteRecord(RecordName name) {
        records.remove(Objects.requireNonNull(name, "name"));
    }

    @Override
    public synchronized Optional<Result> findResult(ResultName name) {
        return Optional.ofNullable(results.get(Objects.requireNonNull(name, "name")));
    }

    @Override
    public synchronized Optional<Record> findRecord(RecordName name) {
        return Optional.ofNullable(records.get(Objects.requireNonNull(name, "name")));
    }

    @Override
    public synchronized Page<Result> listResults(ListQuery query) {
        query.requireCollection(ListQuery.Collection.RESULTS);
        Optional<Filter> filter = query.filter().map(Filter::forResults);
        ListOrder.Field field = query.order().field();
        Stream<Placed<Result>> matching = results.values().stream()
                .filter(result -> matches(query.parent(), result.name().parent()))
                .filter(result -> filter.isEmpty() || filter.get().matches(result))
                .map(result -> new Placed<>(PageToken.of(result, field), result));
        return page(matching, query, PageWeight::of);
    }

    @Override
    public synchronized Page<Record> listRecords(ListQuery query) {
        query.requireCollection(ListQuery.Collection.RECORDS);
        Optional<Filter> filter = query.filter().map(Filter::forRecords);
        boolean basic = query.view() == ListQuery.View.BASIC;
        Stream<Placed<Record>> matching = records.values().stream()
                .filter(record -> matches(query.parent(), record.name().parent())
                        && matches(query.result(), record.name().result().result()))
                .filter(record -> filter.isEmpty() || filter.get().matches(record))
                .map(record ->
                        new Placed<>(position(record, query.order().field()), basic ? record.withoutData() : record));
        return page(matching, query, PageWeight::of);
    }

    private static boolean matches(Optional<String> asked, String segment) {
        return asked.isEmpty() || asked.get().equals(segment);
    }

    private static PageToken position(Record record, ListOrder.Field field) {
        return switch (field) {
            case START_TIME -> runTime(record, RunMoment.STARTED);
            case END_TIME -> runTime(record, RunMoment.ENDED);
            case ID, CREATE_TIME, UPDATE_TIME -> PageToken.of(record.stored(), field);
        };
    }

    private static PageToken runTime(Record record, RunMoment moment) {
        RunFacts facts = RunFacts.of(record);
        Instant time = facts.isRun() ? facts.time(moment) : null;
        return new PageToken(
                time == null ? PageToken.LATEST : time, record.stored().uid());
    }

    /** An item with its place in the order. */
    private record Placed<T>(PageToken position, T item) {}

    private <T> Page<T> page(Stream<Placed<T>> matching, ListQuery query, ToLongFunction<T> weight) {
        Comparator<PageToken> ascending = Comparator.comparing(PageToken::time).thenComparing(PageToken::uid);
        Comparator<PageToken> order =
                query.order().direction() == ListOrder.Direction.ASC ? ascending : ascending.reversed();
        Optional<PageToken> start = query.position();
        List<Placed<T>> found = matching.filter(
                        placed -> start.isEmpty() || order.compare(placed.position, start.get()) > 0)
                .sorted(Comparator.comparing(Placed::position, order))
                .limit(query.pageSize() + 1L)
                .toList();
        int shown = 0;
        long bytes = 0;
        while (shown < found.size() && shown < query.pageSize()) {
            bytes += weight.applyAsLong(found.get(shown).item);
            if (shown > 0 && bytes > maxPageBytes) {
                break;
            }
            shown++;
        }
        List<T> items = found.subList(0, shown).stream().map(Placed::item).toList();
        return new Page<>(
                items,
                shown == found.size() ? null : found.get(shown - 1).position.encode(query));
    }

    @Override
    public synchronized void put(QuarantinedRun entry) {
        quarantine.put(entry.id(), entry);
    }

    @Override
    public synchronized Optional<QuarantinedRun> find(String id) {
        return Optional.ofNullable(quarantine.get(Objects.requireNonNull(id, "id")));
    }

    @Override
    public synchronized Page<QuarantinedRun> list(String afterId, int limit) {
        Objects.requireNonNull(afterId, "afterId");
        if (limit < 1 || limit > MAX_QUARANTINE_PAGE) {
            throw ResultsException.invalid("limit " + limit + " is not between 1 and " + MAX_QUARANTINE_PAGE);
        }
        List<QuarantinedRun> items =
                new ArrayList<>(quarantine.tailMap(afterId, false).values());
        boolean more = items.size() > limit;
        List<QuarantinedRun> shown = more ? items.subList(0, limit) : items;
        return new Page<>(shown, more ? shown.get(limit - 1).id() : null);
    }

    @Override
    public synchronized void delete(String id) {
        quarantine.remove(Objects.requireNonNull(id, "id"));
    }

    @Override
    public synchronized boolean mark(Expiry expiry, Sighting seen) {
        ResultName name = expiry.result();
        if (graveyard.findMark(name) != null) {
            return true;
        }
        Result result = results.get(name);
        Map<RecordName, String> etags = new HashMap<>();
        recordsOf(name)
                .forEach(record -> etags.put(record.name(), record.stored().etag()));
        if (result == null || !result.stored().etag().equals(seen.etag()) || !etags.equals(seen.records())) {
            return false;
        }
        graveyard.mark(expiry, etags.keySet());
        return true;
    }

    @Override
    public synchronized Page<Expiry> listMarked(String parent, String after, int limit) {
        return graveyard.listMarked(parent, after, limit);
    }

    @Override
    public synchronized long deleteMarked(ResultName name) {
        Graveyard.Marked marked = graveyard.findMark(Objects.requireNonNull(name, "name"));
        if (marked == null) {
            return 0;
        }
        boolean shared = recordsOf(name).stream()
                .anyMatch(record -> RunKind.findByRecordType(record.type()).isPresent()
                        && !marked.records().contains(record.name()));
        long before = (long) records.size() + results.size();
        records.keySet()
                .removeIf(record -> record.result().equals(name)
                        && (!shared || marked.records().contains(record)));
        if (!shared) {
            results.remove(name);
        }
        graveyard.unmark(name);
        return before - records.size() - results.size();
    }

    private List<Record> recordsOf(ResultName name) {
        return records.values().stream()
                .filter(record -> record.name().result().equals(name))
                .toList();
    }

    @Override
    public synchronized Optional<Tombstone> findTombstone(String namespace, String uid) {
        return graveyard.findTombstone(namespace, uid);
    }

    @Override
    public synchronized Page<Tombstone> listTombstones(String parent, Instant before, String after, int limit) {
        return graveyard.listTombstones(parent, before, after, limit);
    }

    @Override
    public synchronized void deleteTombstones(List<Tombstone> tombstones) {
        graveyard.deleteTombstones(tombstones);
    }

    private Instant now() {
        return clock.instant().truncatedTo(ChronoUnit.MICROS);
    }

    private Stored newlyStored() {
        String uid = UUID.randomUUID().toString();
        Instant now = now();
        return new Stored(uid, now, now, etag(uid));
    }

    private Stored changed(Stored before) {
        return new Stored(before.uid(), before.createTime(), now(), etag(before.uid()));
    }

    /** Grows with every change, also while the clock stands still. */
    private String etag(String uid) {
        lastEtag = Math.max(ChronoUnit.NANOS.between(Instant.EPOCH, clock.instant()), lastEtag + 1);
        return uid + "-" + lastEtag;
    }
}

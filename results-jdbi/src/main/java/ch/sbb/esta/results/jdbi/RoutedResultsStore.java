package ch.sbb.esta.results.jdbi;

import ch.sbb.esta.results.ArchiveOutcome;
import ch.sbb.esta.results.Expiry;
import ch.sbb.esta.results.ListQuery;
import ch.sbb.esta.results.Page;
import ch.sbb.esta.results.QuarantinedRun;
import ch.sbb.esta.results.Record;
import ch.sbb.esta.results.RecordName;
import ch.sbb.esta.results.RecordSummary;
import ch.sbb.esta.results.Result;
import ch.sbb.esta.results.ResultName;
import ch.sbb.esta.results.ResultsException;
import ch.sbb.esta.results.ResultsException.Code;
import ch.sbb.esta.results.RunPlacement;
import ch.sbb.esta.results.RunStatistics;
import ch.sbb.esta.results.StatisticsQuery;
import ch.sbb.esta.results.Tombstone;
import ch.sbb.esta.results.spi.Quarantine;
import ch.sbb.esta.results.spi.RecordCreation;
import ch.sbb.esta.results.spi.RecordStatistics;
import ch.sbb.esta.results.spi.ResultsStore;
import ch.sbb.esta.results.spi.RetentionStore;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * One store over those of all tenants: each call goes to the store of the namespace that it names; {@link TenantStores} makes it.
 *
 * <p>A batch to archive is a transaction for each namespace. Where one tenant's fails, those of the others are committed all the same, and
 * then the call fails, to be repeated. Runs of namespaces that are no tenants are put aside where {@link TenantStores#routed(Quarantine)}
 * says, else the call fails because of them in the same way.
 *
 * <p>What is asked of all parents, {@code -}, is read by one statement over the tables of all tenants in the registry, as a role that may
 * read them and nothing else. Each tenant answers for its own namespace alone. Tenants that are kept elsewhere are not in it, nor are those
 * whose tables are not up to date or not as they should be; {@link #findUnreadable()} names these. Marks and tombstones are read tenant by
 * tenant.
 *
 * <p>Thread-safe.
 */
public final class RoutedResultsStore
        implements ResultsStore, Quarantine, RecordCreation, RetentionStore, RecordStatistics {

    private static final int MAX_QUARANTINE_PAGE = 1000;

    private final TenantStores stores;
    private final TenantReading all;
    private final @Nullable Quarantine homeless;
    private final InstantSource clock;

    RoutedResultsStore(TenantStores stores, @Nullable Quarantine homeless, InstantSource clock) {
        this.stores = stores;
        this.all = new TenantReading(stores);
        this.homeless = homeless;
        this.clock = clock;
    }

    @Override
    public List<ArchiveOutcome> archive(List<RunPlacement> batch) {
        Map<String, List<Integer>> byNamespace = new LinkedHashMap<>();
        for (int i = 0; i < batch.size(); i++) {
            byNamespace
                    .computeIfAbsent(batch.get(i).record().parent(), namespace -> new ArrayList<>())
                    .add(i);
        }
        ArchiveOutcome[] outcomes = new ArchiveOutcome[batch.size()];
        @Nullable ResultsException failure = null;
        for (Map.Entry<String, List<Integer>> part : byNamespace.entrySet()) {
            List<RunPlacement> runs = part.getValue().stream().map(batch::get).toList();
            try {
                List<ArchiveOutcome> own = archive(part.getKey(), runs);
                for (int i = 0; i < own.size(); i++) {
                    outcomes[part.getValue().get(i)] = own.get(i);
                }
            } catch (ResultsException e) {
                failure = worse(failure, e);
            }
        }
        if (failure != null) {
            throw failure;
        }
        return List.of(outcomes);
    }

    /** What may succeed later tells more than what must not be repeated as it is. */
    private static ResultsException worse(@Nullable ResultsException one, ResultsException other) {
        if (one == null) {
            return other;
        }
        boolean later = !one.isRetryable() && other.isRetryable();
        ResultsException told = later ? other : one;
        told.addSuppressed(later ? one : other);
        return told;
    }

    private List<ArchiveOutcome> archive(String namespace, List<RunPlacement> runs) {
        JdbiResultsStore store;
        try {
            store = stores.store(namespace);
        } catch (ResultsException e) {
            Quarantine aside = homeless;
            if (e.code() != Code.NOT_FOUND || aside == null) {
                throw e;
            }
            ArchiveOutcome refusal = ArchiveOutcome.quarantined(e.code(), String.valueOf(e.getMessage()));
            runs.forEach(run ->
                    aside.put(QuarantinedRun.of(namespace, refusal, run.run().json(), clock.instant())));
            return runs.stream().map(run -> refusal).toList();
        }
        return store.archive(runs);
    }

    @Override
    public Result updateResult(
            ResultName name, Map<String, String> annotations, Optional<RecordSummary> summary, String etag) {
        return stores.store(name.parent()).updateResult(name, annotations, summary, etag);
    }

    @Override
    public Record updateRecord(RecordName name, String type, byte[] data, String etag) {
        return stores.store(name.parent()).updateRecord(name, type, data, etag);
    }

    @Override
    public Record createRecord(RecordName name, String type, byte[] data) {
        return stores.store(name.parent()).createRecord(name, type, data);
    }

    @Override
    public void deleteResult(ResultName name) {
        stores.store(name.parent()).deleteResult(name);
    }

    @Override
    public void deleteRecord(RecordName name) {
        stores.store(name.parent()).deleteRecord(name);
    }

    @Override
    public Optional<Result> findResult(ResultName name) {
        return stores.store(name.parent()).findResult(name);
    }

    @Override
    public Optional<Record> findRecord(RecordName name) {
        return stores.store(name.parent()).findRecord(name);
    }

    @Override
    public Page<Result> listResults(ListQuery query) {
        query.requireCollection(ListQuery.Collection.RESULTS);
        return query.parent()
                .map(parent -> stores.store(parent).listResults(query))
                .orElseGet(() -> all.listResults(query));
    }

    @Override
    public Page<Record> listRecords(ListQuery query) {
        query.requireCollection(ListQuery.Collection.RECORDS);
        return query.parent()
                .map(parent -> stores.store(parent).listRecords(query))
                .orElseGet(() -> all.listRecords(query));
    }

    @Override
    public RunStatistics summarize(StatisticsQuery query) {
        return query.parent()
                .map(parent -> stores.statistics(parent).summarize(query))
                .orElseGet(() -> all.summarize(query));
    }

    /**
     * Names the tenants of the registry that are left out of what is asked of all: their tables are missing, older than this library, closed
     * to the reader of all tenants, or replaced by something else.
     *
     * @return their namespaces; empty when all can be read
     * @throws ResultsException {@code UNAVAILABLE} or {@code TIMEOUT} when the database does not answer
     */
    public List<String> findUnreadable() {
        return all.findUnreadable();
    }

    /**
     * {@inheritDoc}
     *
     * <p>What names no namespace, or none that is a tenant, goes where {@link TenantStores#routed(Quarantine)} says.
     *
     * @throws ResultsException {@code NOT_FOUND} when nothing was said and the entry belongs to no tenant
     */
    @Override
    public void put(QuarantinedRun entry) {
        Quarantine quarantine;
        try {
            quarantine = stores.store(entry.namespace());
        } catch (ResultsException e) {
            if (e.code() != Code.NOT_FOUND || homeless == null) {
                throw e;
            }
            quarantine = homeless;
        }
        quarantine.put(entry);
    }

    @Override
    public Optional<QuarantinedRun> find(String id) {
        Objects.requireNonNull(id, "id");
        Optional<QuarantinedRun> found = all.findQuarantined(id);
        return found.isPresent() || homeless == null ? found : homeless.find(id);
    }

    @Override
    public Page<QuarantinedRun> list(String afterId, int limit) {
        Objects.requireNonNull(afterId, "afterId");
        if (limit < 1 || limit > MAX_QUARANTINE_PAGE) {
            throw ResultsException.invalid("limit " + limit + " is not between 1 and " + MAX_QUARANTINE_PAGE);
        }
        Page<QuarantinedRun> own = all.listQuarantined(afterId, limit);
        return homeless == null ? own : merged(own, homeless.list(afterId, limit), limit);
    }

    /** Nothing beyond the end of either page that has another one behind it. */
    private static Page<QuarantinedRun> merged(Page<QuarantinedRun> one, Page<QuarantinedRun> other, int limit) {
        Optional<String> end = Stream.of(one, other)
                .flatMap(page -> page.nextPageToken().stream())
                .min(Comparator.naturalOrder());
        List<QuarantinedRun> items = Stream.concat(one.items().stream(), other.items().stream())
                .filter(entry -> end.isEmpty() || entry.id().compareTo(end.get()) <= 0)
                .sorted(Comparator.comparing(QuarantinedRun::id))
                .toList();
        if (items.size() > limit) {
            items = items.subList(0, limit);
        } else if (end.isEmpty()) {
            return new Page<>(items, null);
        }
        return new Page<>(items, items.get(items.size() - 1).id());
    }

    @Override
    public void delete(String id) {
        Objects.requireNonNull(id, "id");
        all.findQuarantined(id)
                .ifPresent(entry -> stores.store(entry.namespace()).delete(id));
        if (homeless != null) {
            homeless.delete(id);
        }
    }

    @Override
    public boolean mark(Expiry expiry, Sighting seen) {
        return stores.store(expiry.result().parent()).mark(expiry, seen);
    }

    @Override
    public Page<Expiry> listMarked(String parent, String after, int limit) {
        return ListQuery.of(parent).parent().isPresent()
                ? stores.store(parent).listMarked(parent, after, limit)
                : inTurn(
                        after,
                        limit,
                        cursor -> stores.store(cursor.parent).listMarked(cursor.parent, cursor.after, cursor.limit));
    }

    @Override
    public long deleteMarked(ResultName result) {
        return stores.store(result.parent()).deleteMarked(result);
    }

    @Override
    public Optional<Tombstone> findTombstone(String namespace, String uid) {
        return stores.store(namespace).findTombstone(namespace, uid);
    }

    @Override
    public Page<Tombstone> listTombstones(String parent, Instant before, String after, int limit) {
        return ListQuery.of(parent).parent().isPresent()
                ? stores.store(parent).listTombstones(parent, before, after, limit)
                : inTurn(
                        after,
                        limit,
                        cursor -> stores.store(cursor.parent)
                                .listTombstones(cursor.parent, before, cursor.after, cursor.limit));
    }

    private record Cursor(String parent, String after, int limit) {}

    /** Tokens begin with the namespace, so a page goes on where the one before has ended. */
    private <T> Page<T> inTurn(String after, int limit, Function<Cursor, Page<T>> read) {
        if (limit < 1 || limit > RetentionStore.MAX_PAGE) {
            throw ResultsException.invalid("limit " + limit + " is not between 1 and " + RetentionStore.MAX_PAGE);
        }
        int slash = after.indexOf('/');
        String first = slash < 0 ? "" : after.substring(0, slash);
        List<T> items = new ArrayList<>();
        for (TenantTables tenant : stores.registered()) {
            String namespace = tenant.namespace();
            if (namespace.compareTo(first) < 0) {
                continue;
            }
            if (items.size() == limit) {
                return new Page<>(items, namespace + "/");
            }
            String start = namespace.equals(first) ? after : "";
            Page<T> page = read.apply(new Cursor(namespace, start, limit - items.size()));
            items.addAll(page.items());
            if (page.nextPageToken().isPresent()) {
                return new Page<>(items, page.nextPageToken().get());
            }
        }
        return new Page<>(items, null);
    }

    @Override
    public void deleteTombstones(List<Tombstone> tombstones) {
        tombstones.stream()
                .collect(Collectors.groupingBy(Tombstone::namespace, LinkedHashMap::new, Collectors.toList()))
                .forEach((namespace, own) -> stores.store(namespace).deleteTombstones(own));
    }
}

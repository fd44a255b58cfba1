package ch.sbb.esta.results.archive;

import ch.sbb.esta.results.ArchiveOutcome;
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
import ch.sbb.esta.results.memory.InMemoryResultsStore;
import ch.sbb.esta.results.spi.Quarantine;
import ch.sbb.esta.results.spi.ResultsStore;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** A store in front of another, that fails when told to: before a call takes effect or after it. */
final class FaultyStore implements ResultsStore, Quarantine {

    private final InMemoryResultsStore store;
    private final List<Integer> batches = new CopyOnWriteArrayList<>();
    private volatile Consumer<List<RunPlacement>> before = batch -> {};
    private volatile Consumer<List<RunPlacement>> after = batch -> {};
    private volatile Consumer<QuarantinedRun> beforePut = entry -> {};
    private volatile @Nullable CountDownLatch gate;

    FaultyStore(InMemoryResultsStore store) {
        this.store = store;
    }

    static ResultsException unavailable() {
        return new ResultsException(Code.UNAVAILABLE, "the database is away");
    }

    void before(Consumer<List<RunPlacement>> fault) {
        before = fault;
    }

    void after(Consumer<List<RunPlacement>> fault) {
        after = fault;
    }

    void beforePut(Consumer<QuarantinedRun> fault) {
        beforePut = fault;
    }

    /** From now on every archive call waits for {@link #release()}. */
    void hold() {
        gate = new CountDownLatch(1);
    }

    void release() {
        CountDownLatch held = gate;
        gate = null;
        if (held != null) {
            held.countDown();
        }
    }

    /** The sizes of the batches, in order, failed ones included. */
    List<Integer> batches() {
        return batches;
    }

    @Override
    public List<ArchiveOutcome> archive(List<RunPlacement> batch) {
        batches.add(batch.size());
        CountDownLatch held = gate;
        if (held != null) {
            try {
                held.await();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw unavailable();
            }
        }
        before.accept(batch);
        List<ArchiveOutcome> outcomes = store.archive(batch);
        after.accept(batch);
        return outcomes;
    }

    @Override
    public void put(QuarantinedRun entry) {
        beforePut.accept(entry);
        store.put(entry);
    }

    @Override
    public Optional<QuarantinedRun> find(String id) {
        return store.find(id);
    }

    @Override
    public Page<QuarantinedRun> list(String afterId, int limit) {
        return store.list(afterId, limit);
    }

    @Override
    public void delete(String id) {
        store.delete(id);
    }

    @Override
    public Result updateResult(
            ResultName name, Map<String, String> annotations, Optional<RecordSummary> summary, String etag) {
        return store.updateResult(name, annotations, summary, etag);
    }

    @Override
    public Record updateRecord(RecordName name, String type, byte[] data, String etag) {
        return store.updateRecord(name, type, data, etag);
    }

    @Override
    public void deleteResult(ResultName name) {
        store.deleteResult(name);
    }

    @Override
    public void deleteRecord(RecordName name) {
        store.deleteRecord(name);
    }

    @Override
    public Optional<Result> findResult(ResultName name) {
        return store.findResult(name);
    }

    @Override
    public Optional<Record> findRecord(RecordName name) {
        return store.findRecord(name);
    }

    @Override
    public Page<Result> listResults(ListQuery query) {
        return store.listResults(query);
    }

    @Override
    public Page<Record> listRecords(ListQuery query) {
        return store.listRecords(query);
    }
}

package ch.sbb.esta.results.grpc.server;

import ch.sbb.esta.results.ArchiveOutcome;
import ch.sbb.esta.results.ListQuery;
import ch.sbb.esta.results.Page;
import ch.sbb.esta.results.Record;
import ch.sbb.esta.results.RecordName;
import ch.sbb.esta.results.RecordSummary;
import ch.sbb.esta.results.Result;
import ch.sbb.esta.results.ResultName;
import ch.sbb.esta.results.RunPlacement;
import ch.sbb.esta.results.spi.ResultsStore;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** A store that hands every call on. */
abstract class ForwardingStore implements ResultsStore {

    private final ResultsStore store;

    ForwardingStore(ResultsStore store) {
        this.store = store;
    }

    @Override
    public List<ArchiveOutcome> archive(List<RunPlacement> batch) {
        return store.archive(batch);
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

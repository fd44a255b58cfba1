package ch.sbb.esta.results.samples.benchmarks;

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
import ch.sbb.esta.results.RunPlacement;
import ch.sbb.esta.results.spi.Quarantine;
import ch.sbb.esta.results.spi.ResultsStore;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;

/** Takes runs and keeps nothing, so that what is measured is what brings them. It counts them. Thread-safe. */
final class ForgetfulStore implements ResultsStore, Quarantine {

    private final AtomicLong taken = new AtomicLong();
    private final AtomicLong quarantined = new AtomicLong();

    long taken() {
        return taken.get();
    }

    long quarantined() {
        return quarantined.get();
    }

    @Override
    public List<ArchiveOutcome> archive(List<RunPlacement> batch) {
        taken.addAndGet(batch.size());
        return batch.stream()
                .map(run -> ArchiveOutcome.archived(ArchiveOutcome.Status.CREATED, run.record()))
                .toList();
    }

    @Override
    public Optional<Result> findResult(ResultName name) {
        return Optional.empty();
    }

    @Override
    public Optional<Record> findRecord(RecordName name) {
        return Optional.empty();
    }

    @Override
    public Page<Result> listResults(ListQuery query) {
        return new Page<>(List.of(), null);
    }

    @Override
    public Page<Record> listRecords(ListQuery query) {
        return new Page<>(List.of(), null);
    }

    @Override
    public Result updateResult(
            ResultName name, Map<String, String> annotations, Optional<RecordSummary> summary, String etag) {
        throw ResultsException.notFound(name.toString());
    }

    @Override
    public Record updateRecord(RecordName name, String type, byte[] data, String etag) {
        throw ResultsException.notFound(name.toString());
    }

    @Override
    public void deleteResult(ResultName name) {}

    @Override
    public void deleteRecord(RecordName name) {}

    @Override
    public void put(QuarantinedRun entry) {
        quarantined.incrementAndGet();
    }

    @Override
    public Optional<QuarantinedRun> find(String id) {
        return Optional.empty();
    }

    @Override
    public Page<QuarantinedRun> list(String afterId, int limit) {
        return new Page<>(List.of(), null);
    }

    @Override
    public void delete(String id) {}
}

package ch.sbb.esta.results.grpc;

import ch.sbb.esta.results.ArchiveOutcome;
import ch.sbb.esta.results.JsonText;
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
import ch.sbb.esta.results.RunSnapshot;
import ch.sbb.esta.results.internal.KnownPlaces;
import ch.sbb.esta.results.spi.Quarantine;
import ch.sbb.esta.results.spi.RecordCreation;
import ch.sbb.esta.results.spi.ResultCreation;
import ch.sbb.esta.results.spi.ResultsStore;
import io.grpc.Channel;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.IntStream;

/**
 * Keeps Results and Records in a Tekton Results API server.
 *
 * <p><b>Concurrency.</b> Thread-safe. Archiving reads, decides and writes with the etag it has read, so that writers in several
 * processes cannot overwrite a newer version with an older one, as far as the server checks etags atomically.
 *
 * <p><b>Idempotency.</b> Archiving the same snapshots again changes nothing: what the server holds is compared by content.
 *
 * <p><b>Ordering.</b> As {@link ResultsStore} says. The protocol has no transactions: a batch is written run by run, each Result before
 * its Records, and a call that fails may have written a part; to repeat it is harmless. Lists go as {@link GrpcResultsClient} says.
 *
 * <p><b>Tenancy.</b> Every row is written under the run's own namespace, as far as the token allows.
 *
 * <p><b>Failure.</b> A run that the server refuses as invalid, that is larger than a request may be, that holds characters which the
 * server's database cannot keep, or whose Record holds another object goes to the quarantine. Every other failure of
 * {@link #archive} is thrown and concerns no run but the server: {@code UNAVAILABLE} and {@code TIMEOUT}, also where the server
 * answers {@code UNKNOWN}, and {@code DENIED}. The other calls fail as those of {@link GrpcResultsClient}.
 *
 * <p><b>Lifecycle.</b> The channel and the quarantine are not closed.
 */
public final class GrpcResultsStore implements ResultsStore, ResultCreation, RecordCreation {

    private final GrpcResultsClient client;
    private final RunWriter writer;
    private final Quarantine quarantine;
    private final InstantSource clock;

    /**
     * Creates a store; calls nothing.
     *
     * @param channel leads to the server, with TLS unless its maker decided otherwise; not closed
     * @param options timeouts, sizes and token
     * @param quarantine keeps the runs that the server refuses, because the protocol has no place for them
     * @param clock says what the time is
     */
    public GrpcResultsStore(Channel channel, GrpcOptions options, Quarantine quarantine, InstantSource clock) {
        this.client = new GrpcResultsClient(channel, options);
        this.quarantine = Objects.requireNonNull(quarantine, "quarantine");
        this.clock = Objects.requireNonNull(clock, "clock");
        this.writer = new RunWriter(client);
    }

    @Override
    public List<ArchiveOutcome> archive(List<RunPlacement> batch) {
        List<RunPlacement> runs = KnownPlaces.of(this, List.copyOf(batch));
        List<Integer> byRecord = IntStream.range(0, runs.size())
                .boxed()
                .sorted(Comparator.comparing(i -> runs.get(i).record()))
                .toList();
        ArchiveOutcome[] outcomes = new ArchiveOutcome[runs.size()];
        for (int i : byRecord) {
            outcomes[i] = archive(runs.get(i));
        }
        return List.of(outcomes);
    }

    private ArchiveOutcome archive(RunPlacement placement) {
        ArchiveOutcome outcome = writer.archive(placement);
        if (outcome.status() == ArchiveOutcome.Status.QUARANTINED) {
            RunSnapshot run = placement.run();
            quarantine.put(QuarantinedRun.of(
                    run.namespace(), outcome, run.json(), clock.instant().truncatedTo(ChronoUnit.MICROS)));
        }
        return outcome;
    }

    @Override
    public Optional<Result> findResult(ResultName name) {
        return client.findResult(name);
    }

    @Override
    public Optional<Record> findRecord(RecordName name) {
        return client.findRecord(name);
    }

    @Override
    public Page<Result> listResults(ListQuery query) {
        return client.listResults(query);
    }

    @Override
    public Page<Record> listRecords(ListQuery query) {
        return client.listRecords(query);
    }

    /** {@inheritDoc} A server takes every update for a change; one that says what is there already is not sent. */
    @Override
    public Result updateResult(
            ResultName name, Map<String, String> annotations, Optional<RecordSummary> summary, String etag) {
        Optional<Result> same = client.findResult(name)
                .filter(current -> current.stored().etag().equals(etag)
                        && current.annotations().equals(annotations)
                        && current.summary().equals(summary));
        return same.isPresent() ? same.get() : client.updateResult(name, annotations, summary.orElse(null), etag);
    }

    /** {@inheritDoc} A server takes every update for a change; one that says what is there already is not sent. */
    @Override
    public Record updateRecord(RecordName name, String type, byte[] data, String etag) {
        JsonText.check(data);
        Optional<Record> same = client.findRecord(name)
                .filter(current -> current.stored().etag().equals(etag)
                        && current.type().equals(type)
                        && StoredJson.isSame(current.data(), data));
        return same.isPresent() ? same.get() : client.updateRecord(name, type, data, etag);
    }

    @Override
    public Result createResult(ResultName name, Map<String, String> annotations, Optional<RecordSummary> summary) {
        try {
            return client.createResult(name, annotations, summary.orElse(null));
        } catch (ResultsException e) {
            if (e.code() == ResultsException.Code.ALREADY_EXISTS) {
                return client.findResult(name).orElseThrow(() -> e);
            }
            throw e;
        }
    }

    @Override
    public Record createRecord(RecordName name, String type, byte[] data) {
        JsonText.check(data);
        try {
            return client.createRecord(name, type, data);
        } catch (ResultsException e) {
            if (RunWriter.saysMissingResult(e)) {
                throw ResultsException.notFound(name.result());
            }
            if (e.code() == ResultsException.Code.ALREADY_EXISTS) {
                return client.findRecord(name).orElseThrow(() -> e);
            }
            throw e;
        }
    }

    @Override
    public void deleteResult(ResultName name) {
        client.deleteResult(Objects.requireNonNull(name, "name"));
    }

    @Override
    public void deleteRecord(RecordName name) {
        client.deleteRecord(Objects.requireNonNull(name, "name"));
    }
}

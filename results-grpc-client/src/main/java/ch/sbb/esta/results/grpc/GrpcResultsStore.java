package ch.sbb.esta.results.grpc;

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
import io.grpc.Channel;
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
 * <p><b>Failure.</b> A run that the server refuses as invalid, that is larger than a request may be, or that holds characters which
 * the server's database cannot keep is answered as {@code QUARANTINED}; to keep its bytes is the caller's part. Every other failure
 * of {@link #archive} is thrown and concerns no run but the server: {@code UNAVAILABLE} and {@code TIMEOUT}, also where the server
 * answers {@code UNKNOWN}, and {@code DENIED}. The other calls fail as those of {@link GrpcResultsClient}.
 *
 * <p><b>Lifecycle.</b> The channel is not closed.
 */
public final class GrpcResultsStore implements ResultsStore {

    private final GrpcResultsClient client;
    private final RunWriter writer;

    /**
     * Creates a store; calls nothing.
     *
     * @param channel leads to the server, with TLS unless its maker decided otherwise; not closed
     * @param options timeouts, sizes and token
     */
    public GrpcResultsStore(Channel channel, GrpcOptions options) {
        this.client = new GrpcResultsClient(channel, options);
        this.writer = new RunWriter(client);
    }

    @Override
    public List<ArchiveOutcome> archive(List<RunPlacement> batch) {
        List<RunPlacement> runs = List.copyOf(batch);
        List<Integer> byRecord = IntStream.range(0, runs.size())
                .boxed()
                .sorted(Comparator.comparing(i -> runs.get(i).record()))
                .toList();
        ArchiveOutcome[] outcomes = new ArchiveOutcome[runs.size()];
        for (int i : byRecord) {
            outcomes[i] = writer.archive(runs.get(i));
        }
        return List.of(outcomes);
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

    @Override
    public Result updateResult(
            ResultName name, Map<String, String> annotations, Optional<RecordSummary> summary, String etag) {
        return client.updateResult(name, annotations, summary.orElse(null), etag);
    }

    @Override
    public Record updateRecord(RecordName name, String type, byte[] data, String etag) {
        return client.updateRecord(name, type, data, etag);
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

package ch.sbb.esta.results.spi;

import ch.sbb.esta.results.ArchiveOutcome;
import ch.sbb.esta.results.Record;
import ch.sbb.esta.results.RecordName;
import ch.sbb.esta.results.RecordSummary;
import ch.sbb.esta.results.Result;
import ch.sbb.esta.results.ResultName;
import ch.sbb.esta.results.RunPlacement;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Keeps Results and Records.
 *
 * <p><b>Concurrency.</b> Implementations are thread-safe; several processes may write to the same tables.
 *
 * <p><b>Idempotency.</b> Archiving the same snapshots again changes nothing: no row, no time, no etag.
 *
 * <p><b>Ordering.</b> Snapshots of one run may arrive in any order, repeatedly, in one batch or in several; what stays is the newest by
 * {@link ch.sbb.esta.results.RunVersion}.
 *
 * <p><b>Tenancy.</b> Every row is written under the run's own namespace.
 *
 * <p><b>Failure.</b> {@code ResultsException}: {@code UNAVAILABLE} or {@code TIMEOUT} when nothing of a batch may be taken for
 * archived and the same call is to be repeated; {@code CONFLICT} for a wrong etag; {@code NOT_FOUND}; {@code INVALID}.
 *
 * <p><b>Lifecycle.</b> What is handed in, such as a {@code DataSource}, is not closed.
 */
public interface ResultsStore extends ResultsReader {

    /**
     * Archives runs. All that can be stored is stored in one transaction; a run that the store refuses is put into the quarantine and
     * does not hold up the others. A run that was archived already where another rule puts it ({@link RunPlacement#otherResults()}) stays
     * there, under whatever name it arrives now; the outcome names the Record. A run that has expired is not stored again, where the store is a {@link RetentionStore} too.
     *
     * @param batch the runs with their places; the same run may occur more than once
     * @return one outcome for each element of the batch, in its order
     * @throws ch.sbb.esta.results.ResultsException {@code UNAVAILABLE} or {@code TIMEOUT}: nothing is to be taken for archived
     */
    List<ArchiveOutcome> archive(List<RunPlacement> batch);

    /**
     * Replaces annotations and summary of a Result whole.
     *
     * @param name the Result
     * @param annotations the new annotations
     * @param summary the new summary; empty clears it
     * @param etag the etag that the Result must have
     * @return the Result as it is now
     * @throws ch.sbb.esta.results.ResultsException {@code NOT_FOUND}, or {@code CONFLICT} when the etag is another
     */
    Result updateResult(ResultName name, Map<String, String> annotations, Optional<RecordSummary> summary, String etag);

    /**
     * Replaces the data of a Record.
     *
     * @param name the Record
     * @param type the type of the new data
     * @param data the new object as UTF-8 JSON
     * @param etag the etag that the Record must have
     * @return the Record as it is now
     * @throws ch.sbb.esta.results.ResultsException {@code NOT_FOUND}, {@code CONFLICT} when the etag is another, {@code INVALID} when
     *     the data is not JSON
     */
    Record updateRecord(RecordName name, String type, byte[] data, String etag);

    /**
     * Deletes a Result with all its Records; no effect when there is none.
     *
     * @param name the Result
     */
    void deleteResult(ResultName name);

    /**
     * Deletes a Record; no effect when there is none.
     *
     * @param name the Record
     */
    void deleteRecord(RecordName name);
}

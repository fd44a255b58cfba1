package ch.sbb.esta.results.spi;

import ch.sbb.esta.results.ListQuery;
import ch.sbb.esta.results.Page;
import ch.sbb.esta.results.Record;
import ch.sbb.esta.results.RecordName;
import ch.sbb.esta.results.Result;
import ch.sbb.esta.results.ResultName;
import java.util.Optional;

/**
 * Reads Results and Records.
 *
 * <p><b>Concurrency.</b> Implementations are thread-safe.
 *
 * <p><b>Ordering.</b> The pages of a list, put together, hold each row that exists during the whole walk exactly once, whatever happens
 * to other rows meanwhile. A row whose sort value changes during the walk may be seen twice or not at all.
 *
 * <p><b>Tenancy.</b> The parent of a name is the tenant; a reader that is bound to one tenant answers for others as if they were empty.
 *
 * <p><b>Failure.</b> {@code ResultsException}: {@code INVALID} for a malformed query, {@code UNAVAILABLE} or {@code TIMEOUT} when the
 * store cannot answer. A failed list is never an empty or a short page.
 *
 * <p><b>Lifecycle.</b> What is handed in is not closed.
 */
public interface ResultsReader {

    /**
     * Finds a Result.
     *
     * @param name the full name
     * @return the Result, or empty when there is none
     */
    Optional<Result> findResult(ResultName name);

    /**
     * Finds a Record with its data.
     *
     * @param name the full name
     * @return the Record, or empty when there is none
     */
    Optional<Record> findRecord(RecordName name);

    /**
     * Lists Results.
     *
     * @param query a query whose parent is a namespace or {@code -}
     * @return one page
     */
    Page<Result> listResults(ListQuery query);

    /**
     * Lists Records, with their data unless the query says otherwise.
     *
     * @param query a query whose parent is a result name, each segment possibly {@code -}
     * @return one page
     */
    Page<Record> listRecords(ListQuery query);
}

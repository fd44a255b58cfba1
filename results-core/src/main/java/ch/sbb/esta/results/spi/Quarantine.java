package ch.sbb.esta.results.spi;

import ch.sbb.esta.results.Page;
import ch.sbb.esta.results.QuarantinedRun;
import java.util.Optional;

/**
 * Keeps what could not be archived, with the reason, until somebody has looked at it. A run in the quarantine is never safe and
 * therefore never pruned.
 *
 * <p><b>Concurrency.</b> Implementations are thread-safe.
 *
 * <p><b>Idempotency.</b> The same bytes for the same reason are kept once; their last time and count move on.
 *
 * <p><b>Ordering.</b> Lists go by id.
 *
 * <p><b>Tenancy.</b> An entry belongs to the namespace that its object names, and to none where the object names no valid one.
 *
 * <p><b>Failure.</b> {@code ResultsException} with {@code UNAVAILABLE} or {@code TIMEOUT}: the entry is not kept, repeat the call.
 *
 * <p><b>Lifecycle.</b> What is handed in is not closed.
 */
public interface Quarantine {

    /**
     * Keeps an object.
     *
     * @param entry the object and the reason
     */
    void put(QuarantinedRun entry);

    /**
     * Finds an entry.
     *
     * @param id the id of {@link QuarantinedRun#id()}
     * @return the entry, or empty when there is none
     */
    Optional<QuarantinedRun> find(String id);

    /**
     * Lists entries by id.
     *
     * @param afterId where to go on: the id of the last entry before, or empty text to begin
     * @param limit how many at most, 1 to 1,000
     * @return one page, whose token is the {@code afterId} of the next
     */
    Page<QuarantinedRun> list(String afterId, int limit);

    /**
     * Removes an entry, because it was archived at last or because nobody wants it; no effect when there is none.
     *
     * @param id the id of {@link QuarantinedRun#id()}
     */
    void delete(String id);
}

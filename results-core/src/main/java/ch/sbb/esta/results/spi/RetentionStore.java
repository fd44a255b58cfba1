package ch.sbb.esta.results.spi;

import ch.sbb.esta.results.Expiry;
import ch.sbb.esta.results.Page;
import ch.sbb.esta.results.RecordName;
import ch.sbb.esta.results.ResultName;
import ch.sbb.esta.results.Tombstone;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;

/**
 * Lets Results expire in steps that survive a crash: a further ability of a {@link ResultsStore}. A Result is marked, together with
 * tombstones for its runs; then somebody deletes the logs; then the rows and the mark are deleted. The tombstones stay.
 *
 * <p>As long as a tombstone stands, {@link ResultsStore#archive} answers {@code EXPIRED} for its run, and for a run whose owning
 * PipelineRun has one, and writes nothing.
 *
 * <p><b>Concurrency.</b> Implementations are thread-safe; several processes may work on the same tables. A run that is archived while
 * its Result is marked either is seen by the mark or gets {@code EXPIRED}.
 *
 * <p><b>Idempotency.</b> Marking what is marked and deleting what is gone change nothing.
 *
 * <p><b>Ordering.</b> Lists go by namespace and name or UID.
 *
 * <p><b>Tenancy.</b> A mark or tombstone belongs to the namespace of its Result.
 *
 * <p><b>Failure.</b> {@code ResultsException} with {@code UNAVAILABLE} or {@code TIMEOUT}: the call has taken effect or not, repeat it.
 *
 * <p><b>Lifecycle.</b> What is handed in is not closed.
 */
public interface RetentionStore {

    /** The largest page. */
    int MAX_PAGE = 1000;

    /**
     * Marks a Result as expired and puts up tombstones for its runs, unless the Result or one of its Records has changed, came or went
     * since it was looked at.
     *
     * @param expiry the Result with its runs
     * @param seen what the decision was made on
     * @return whether the Result is marked now; false when it has changed or is gone
     */
    boolean mark(Expiry expiry, Sighting seen);

    /**
     * Lists what is marked and not deleted yet.
     *
     * @param parent the namespace, or {@code -} for all
     * @param after the token of the page before, or empty text to begin
     * @param limit how many at most, 1 to {@value #MAX_PAGE}
     * @return one page
     */
    Page<Expiry> listMarked(String parent, String after, int limit);

    /**
     * Deletes a marked Result with all its Records, and the mark. Where runs came into the Result after it was marked, those stay, and
     * so does the Result; the Records that were there before are deleted.
     *
     * @param result the Result
     * @return how many rows of Results and Records were deleted; 0 when it is not marked
     */
    long deleteMarked(ResultName result);

    /**
     * Finds the tombstone of a run.
     *
     * @param namespace the namespace of the run
     * @param uid the UID of the run
     * @return the tombstone, or empty when the run may be archived
     */
    Optional<Tombstone> findTombstone(String namespace, String uid);

    /**
     * Lists tombstones; those of a Result that is still marked are left out.
     *
     * @param parent the namespace, or {@code -} for all
     * @param before only tombstones from before this time
     * @param after the token of the page before, or empty text to begin
     * @param limit how many at most, 1 to {@value #MAX_PAGE}
     * @return one page
     */
    Page<Tombstone> listTombstones(String parent, Instant before, String after, int limit);

    /**
     * Removes tombstones: their runs may be archived from now on. Those of a Result that is marked stay, and so does one that was put
     * up anew since it was listed.
     *
     * @param tombstones which, as they were listed
     */
    void deleteTombstones(List<Tombstone> tombstones);

    /**
     * What somebody saw of a Result.
     *
     * @param etag the etag of the Result
     * @param records the etags of all its Records, by name; copied
     */
    record Sighting(String etag, Map<RecordName, String> records) {

        /**
         * Copies the map.
         *
         * @param etag the etag of the Result
         * @param records the etags of all its Records, by name; copied
         */
        public Sighting {
            Objects.requireNonNull(etag, "etag");
            records = Map.copyOf(records);
        }
    }
}

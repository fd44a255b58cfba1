package ch.sbb.esta.results.spi;

import ch.sbb.esta.results.LogVolume;
import ch.sbb.esta.results.RecordName;

/**
 * Deletes the logs of TaskRuns: a further ability of what keeps logs.
 *
 * <p><b>Concurrency.</b> Implementations are thread-safe. What is read while it is deleted is {@code NOT_FOUND}, now or when the
 * reader comes to it.
 *
 * <p><b>Idempotency.</b> Deleting what is gone, or gone in part, deletes the rest.
 *
 * <p><b>Ordering.</b> What says that a log is sealed goes last, so that half a log is never taken for a live one.
 *
 * <p><b>Tenancy.</b> Nothing outside of the namespace of the record is touched.
 *
 * <p><b>Failure.</b> {@code ResultsException} with {@code UNAVAILABLE}, {@code TIMEOUT} or {@code DENIED}: some may be deleted, call
 * again; {@code CONFLICT} when somebody keeps adding to the logs meanwhile.
 *
 * <p><b>Lifecycle.</b> What is handed in is not closed.
 */
public interface LogDeletion {

    /**
     * Measures what {@link #delete} would delete.
     *
     * @param taskRun the record of the TaskRun, which need not exist
     * @param uid the UID of the TaskRun
     * @return how much there is
     */
    LogVolume measure(RecordName taskRun, String uid);

    /**
     * Deletes all logs of a TaskRun, of all its attempts and containers.
     *
     * @param taskRun the record of the TaskRun, which need not exist
     * @param uid the UID of the TaskRun
     * @return how much was deleted by this call
     */
    LogVolume delete(RecordName taskRun, String uid);
}

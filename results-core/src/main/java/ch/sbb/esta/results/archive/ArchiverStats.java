package ch.sbb.esta.results.archive;

import ch.sbb.esta.results.ArchiveOutcome;
import java.time.Instant;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * What an archiver holds and has done since it was made. The numbers are read one after the other, so they may be apart by what
 * happened meanwhile.
 *
 * @param waiting what is not archived yet
 * @param outcomes how many runs had which outcome, only those that occurred; a run told again by the watcher counts again
 * @param admissions how many events had which fate at the entrance, only those that occurred
 * @param retries how many rounds of the worker ended in a failure and were repeated
 * @param dropped how many finished or deleted runs were refused because queue and spool both failed, or were lost so on closing
 * @param setAside how many files of the spool were set aside because they were damaged or because the quarantine refused their object
 * @param storeFailure why nothing or not everything can be archived now, or null when the last round went well
 * @param spoolFailure why the spool does not work now, or null when it worked when it was used last
 */
public record ArchiverStats(
        Waiting waiting,
        Map<ArchiveOutcome.Status, Long> outcomes,
        Map<Admission, Long> admissions,
        long retries,
        long dropped,
        long setAside,
        @Nullable Failure storeFailure,
        @Nullable Failure spoolFailure) {

    /**
     * Copies the maps and checks that no component but the failures is null.
     *
     * @param waiting what is not archived yet
     * @param outcomes how many runs had which outcome, only those that occurred; a run told again by the watcher counts again
     * @param admissions how many events had which fate at the entrance, only those that occurred
     * @param retries how many rounds of the worker ended in a failure and were repeated
     * @param dropped how many finished or deleted runs were refused because queue and spool both failed, or were lost so on closing
     * @param setAside how many files of the spool were set aside because they were damaged or because the quarantine refused their object
     * @param storeFailure why nothing or not everything can be archived now, or null when the last round went well
     * @param spoolFailure why the spool does not work now, or null when it worked when it was used last
     */
    public ArchiverStats {
        Objects.requireNonNull(waiting, "waiting");
        outcomes = Map.copyOf(outcomes);
        admissions = Map.copyOf(admissions);
    }

    /**
     * How many runs had an outcome.
     *
     * @param status the outcome
     * @return the count, 0 when it has not occurred
     */
    public long outcomes(ArchiveOutcome.Status status) {
        return outcomes.getOrDefault(status, 0L);
    }

    /**
     * How many events had a fate at the entrance.
     *
     * @param admission the fate
     * @return the count, 0 when it has not occurred
     */
    public long admissions(Admission admission) {
        return admissions.getOrDefault(admission, 0L);
    }

    /**
     * Whether the archiver does its work: neither store nor spool failed when used last, and no run was dropped.
     *
     * @return false when somebody should look
     */
    public boolean isHealthy() {
        return storeFailure == null && spoolFailure == null && dropped == 0;
    }

    /**
     * What is not archived yet.
     *
     * @param runs how many objects wait in memory, the batch in work included
     * @param bytes how many bytes of JSON they have
     * @param spooled how many objects wait on disk
     * @param oldest when the one that waits longest in memory was accepted, or null when none waits
     */
    public record Waiting(
            int runs, long bytes, int spooled, @Nullable Instant oldest) {}

    /**
     * A failure that lasts.
     *
     * @param message what happened last, fit for a log line
     * @param since when it began
     * @param attempts how often it was met since then
     */
    public record Failure(String message, Instant since, long attempts) {

        /**
         * Checks that no component is null.
         *
         * @param message what happened last, fit for a log line
         * @param since when it began
         * @param attempts how often it was met since then
         */
        public Failure {
            Objects.requireNonNull(message, "message");
            Objects.requireNonNull(since, "since");
        }
    }
}

package ch.sbb.esta.results.logs;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * How {@link SegmentedLogs} stands at one moment, and what it has done since it was opened.
 *
 * @param writers logs that are being written now
 * @param spoolBytes bytes of text and line index that are in the spool and not in the blob store
 * @param spoolBound how many bytes may be there; when they are, nothing is taken and containers are not read on
 * @param segments segments stored
 * @param failures attempts to store, to look or to spool that failed, each repetition counted
 * @param failingSince since when the blob store or the spool's disk does not work, for any log; null while both do
 * @param lastError what came of the last attempt of what has not worked for longest, escaped and bounded, fit for a log line; null while
 *     everything works
 */
public record LogStoreStats(
        int writers,
        long spoolBytes,
        long spoolBound,
        long segments,
        long failures,
        @Nullable Instant failingSince,
        @Nullable String lastError) {

    /**
     * Whether everything works. What does not is tried again; nothing is lost while the spool has room and the cluster holds the rest.
     *
     * @return true while nothing fails
     */
    public boolean isHealthy() {
        return failingSince == null;
    }
}

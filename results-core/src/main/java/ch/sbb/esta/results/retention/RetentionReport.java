package ch.sbb.esta.results.retention;

import ch.sbb.esta.results.Failure;
import ch.sbb.esta.results.LogVolume;
import java.time.Instant;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What one run of retention did, or what a preview would do.
 *
 * <p>Immutable and thread-safe.
 */
public final class RetentionReport {

    private final Mode mode;
    private final Instant started;
    private final Instant ended;
    private final Tally tally;
    private final Map<String, Long> byPolicy;
    private final List<Failure> failures;

    /** Whether anything was deleted. */
    public enum Mode {
        /** Nothing was changed; the numbers say what would be. */
        PREVIEW,
        /** What had expired was deleted. */
        DELETE
    }

    /** Takes over the tally: nobody counts on. */
    RetentionReport(Mode mode, Instant started, Instant ended, Tally tally) {
        this.mode = mode;
        this.started = started;
        this.ended = ended;
        this.tally = tally;
        this.byPolicy = Collections.unmodifiableMap(new LinkedHashMap<>(tally.byPolicy));
        this.failures = tally.failures.first();
    }

    /**
     * Whether anything was deleted.
     *
     * @return the mode
     */
    public Mode mode() {
        return mode;
    }

    /**
     * When it began.
     *
     * @return the time by which ages were reckoned
     */
    public Instant started() {
        return started;
    }

    /**
     * When it ended.
     *
     * @return the time
     */
    public Instant ended() {
        return ended;
    }

    /**
     * How many Results were looked at, as far as they were old enough for any policy or have no end.
     *
     * @return 0 or more
     */
    public long examined() {
        return tally.examined;
    }

    /**
     * How many Results expired.
     *
     * @return those deleted with all that belongs to them, also when an earlier run had begun; in a preview those that would be
     */
    public long expired() {
        return tally.expired;
    }

    /**
     * How many Results expired by which policy.
     *
     * @return unmodifiable, by the name of the policy
     */
    public Map<String, Long> expiredByPolicy() {
        return byPolicy;
    }

    /**
     * How many of the Results that were looked at are kept by annotation, as far as that was seen before another reason to keep them.
     *
     * @return 0 or more
     */
    public long kept() {
        return tally.kept;
    }

    /**
     * How many Results had expired, but were changed by somebody while they were looked at: they are for the next run.
     *
     * @return 0 or more
     */
    public long changed() {
        return tally.changed;
    }

    /**
     * How many rows of Results and Records were deleted.
     *
     * @return 0 or more; in a preview those that would be
     */
    public long rows() {
        return tally.rows;
    }

    /**
     * How much of logs was deleted.
     *
     * @return blobs and their bytes; in a preview what would be
     */
    public LogVolume logs() {
        return tally.logs;
    }

    /**
     * How many tombstones were taken down.
     *
     * @return 0 or more; 0 in a preview
     */
    public long tombstonesRemoved() {
        return tally.tombstones;
    }

    /**
     * What failed. What failed on a Result is tried again by the next run.
     *
     * @return unmodifiable; the first 100
     */
    public List<Failure> failures() {
        return failures;
    }

    /**
     * How often something failed.
     *
     * @return 0 or more
     */
    public long failureCount() {
        return tally.failures.count();
    }

    /**
     * Why it ended before everything was looked at.
     *
     * @return the reason, fit for a log line, or empty when everything was looked at
     */
    public Optional<String> halted() {
        return Optional.ofNullable(tally.halted);
    }

    /** For example {@code DELETE: 3 of 10 Results expired, 12 rows, 8 objects of 4096 bytes; 1 kept, 0 changed, 0 failures}. */
    @Override
    public String toString() {
        @Nullable String halted = tally.halted;
        return mode + ": " + tally.expired + " of " + tally.examined + " Results expired, " + tally.rows + " rows, "
                + tally.logs + "; " + tally.kept + " kept, " + tally.changed + " changed, " + tally.failures.count()
                + " failures" + (halted == null ? "" : "; ended early: " + halted);
    }
}

package ch.sbb.esta.results.prune;

import ch.sbb.esta.results.Failure;
import ch.sbb.esta.results.spi.ClusterRuns.RunKey;
import java.time.Instant;
import java.util.Collections;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;

/**
 * What one round of a {@link Pruner} did, or what a preview would do.
 *
 * <p>Immutable and thread-safe.
 */
public final class PruneReport {

    private final Mode mode;
    private final Instant started;
    private final Instant ended;
    private final PruneTally tally;
    private final Map<Outcome, Long> outcomes;
    private final List<Entry> entries;
    private final List<Failure> failures;

    /** Whether anything was deleted. */
    public enum Mode {
        /** Nothing was changed. */
        PREVIEW,
        /** What was due and safe was deleted. */
        DELETE
    }

    /** What became of a run that was due. */
    public enum Outcome {
        /** It was deleted; where somebody's finalizer holds it, it is marked. */
        DELETED,
        /** It would have been deleted, had this not been a preview. */
        WOULD_BE_DELETED,
        /** Somebody else had deleted it. */
        GONE,
        /** It changed after it was found due: a later round looks at it again. */
        CHANGED,
        /** Something of it would be lost: a later round looks at it again. */
        UNSAFE,
        /** It could not be looked at or deleted. */
        FAILED
    }

    /** Takes over the tally: nobody counts on. */
    PruneReport(Mode mode, Instant started, Instant ended, PruneTally tally) {
        this.mode = mode;
        this.started = started;
        this.ended = ended;
        this.tally = tally;
        this.outcomes = Collections.unmodifiableMap(new EnumMap<>(tally.outcomes));
        this.entries = List.copyOf(tally.entries);
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
     * How many runs the cluster listed, children included.
     *
     * @return 0 or more
     */
    public long examined() {
        return tally.examined;
    }

    /**
     * How many of the runs that were due had an outcome.
     *
     * @param outcome which
     * @return 0 or more
     */
    public long count(Outcome outcome) {
        return outcomes.getOrDefault(outcome, 0L);
    }

    /**
     * How many runs an annotation keeps, as far as they were due otherwise.
     *
     * @return 0 or more
     */
    public long kept() {
        return tally.kept;
    }

    /**
     * How many runs are kept as the last of their pipeline and state, as far as they were due otherwise.
     *
     * @return 0 or more
     */
    public long keptAsLast() {
        return tally.keptAsLast;
    }

    /**
     * What became of the runs that were due.
     *
     * @return unmodifiable; the first 1,000
     */
    public List<Entry> entries() {
        return entries;
    }

    /**
     * The end of the oldest run that was due and not safe: something has kept it from being stored since then.
     *
     * @return the time, or empty when every run that was due was safe
     */
    public Optional<Instant> oldestUnsafe() {
        return Optional.ofNullable(tally.oldestUnsafe);
    }

    /**
     * What failed; it is tried again by the next round.
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

    /** For example {@code DELETE: 3 of 120 runs deleted, …}. */
    @Override
    public String toString() {
        return mode + ": of " + tally.examined + " runs " + outcomes + ", " + tally.kept + " kept, " + tally.keptAsLast
                + " kept as the last, " + tally.failures.count() + " failures";
    }

    /**
     * What became of one run.
     *
     * @param run which
     * @param outcome what became of it
     * @param reason why, fit for a log line; empty for a deleted one
     */
    public record Entry(RunKey run, Outcome outcome, String reason) {

        /**
         * Checks that no component is null.
         *
         * @param run which
         * @param outcome what became of it
         * @param reason why, fit for a log line; empty for a deleted one
         */
        public Entry {
            Objects.requireNonNull(run, "run");
            Objects.requireNonNull(outcome, "outcome");
            Objects.requireNonNull(reason, "reason");
        }
    }
}

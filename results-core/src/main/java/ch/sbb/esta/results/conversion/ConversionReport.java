package ch.sbb.esta.results.conversion;

import ch.sbb.esta.results.Failure;
import ch.sbb.esta.results.internal.FailureLog;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What one run of a {@link RecordConversion} did, or what a preview would do.
 *
 * <p>Immutable and thread-safe.
 */
public final class ConversionReport {

    private final Mode mode;
    private final Instant started;
    private final Instant ended;
    private final Counts counts;
    private final List<Failure> failures;

    /** Whether anything was written. */
    public enum Mode {
        /** Nothing was changed; the numbers say what would be. */
        PREVIEW,
        /** Records were rewritten. */
        CONVERT
    }

    /** Counts while a conversion runs. Not thread-safe. */
    static final class Counts {

        final FailureLog failures = new FailureLog();
        long examined;
        long converted;
        long summaries;
        long overtaken;
        int failuresInARow;

        @Nullable
        String halted;

        void failed(String subject, RuntimeException e) {
            failuresInARow++;
            failures.add(new Failure(subject, String.valueOf(e.getMessage())));
        }
    }

    /** Takes over the counts: nobody counts on. */
    ConversionReport(Mode mode, Instant started, Instant ended, Counts counts) {
        this.mode = mode;
        this.started = started;
        this.ended = ended;
        this.counts = counts;
        this.failures = counts.failures.first();
    }

    /**
     * Whether anything was written.
     *
     * @return the mode
     */
    public Mode mode() {
        return mode;
    }

    /**
     * When it began.
     *
     * @return the time
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
     * How many Records of an older version were looked at.
     *
     * @return 0 or more
     */
    public long examined() {
        return counts.examined;
    }

    /**
     * How many Records were rewritten.
     *
     * @return 0 or more; in a preview those that would be
     */
    public long converted() {
        return counts.converted;
    }

    /**
     * How many Results got another type in their summary.
     *
     * @return 0 or more; in a preview those that would
     */
    public long summaries() {
        return counts.summaries;
    }

    /**
     * How many Records were changed or deleted by somebody while they were looked at, and were left to them. The next run looks at what is
     * there then.
     *
     * @return 0 or more
     */
    public long overtaken() {
        return counts.overtaken;
    }

    /**
     * What failed. The Records are as they were; the next run tries again.
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
        return counts.failures.count();
    }

    /**
     * Why it ended before everything was looked at.
     *
     * @return the reason, fit for a log line, or empty when everything was looked at
     */
    public Optional<String> halted() {
        return Optional.ofNullable(counts.halted);
    }

    /**
     * Whether no Record of an older version is left that was there when it began.
     *
     * @return true when everything was looked at and rewritten; false in a preview that found something
     */
    public boolean isComplete() {
        boolean leftAsTheyWere = mode == Mode.PREVIEW && counts.converted > 0;
        return halted().isEmpty() && counts.failures.count() == 0 && counts.overtaken == 0 && !leftAsTheyWere;
    }

    /** For example {@code CONVERT: 3 of 5 Records converted, 1 summaries; 1 overtaken, 1 failures}. */
    @Override
    public String toString() {
        return mode + ": " + counts.converted + " of " + counts.examined + " Records converted, " + counts.summaries
                + " summaries; " + counts.overtaken + " overtaken, " + counts.failures.count() + " failures"
                + halted().map(why -> "; ended early: " + why).orElse("");
    }
}

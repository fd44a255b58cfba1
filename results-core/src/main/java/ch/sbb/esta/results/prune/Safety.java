package ch.sbb.esta.results.prune;

import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Whether a run may leave the cluster without anything being lost, and if not, why.
 *
 * <p>Immutable and thread-safe.
 */
public final class Safety {

    /** Nothing would be lost. */
    public static final Safety SAFE = new Safety(List.of());

    private final List<String> reasons;

    private Safety(List<String> reasons) {
        this.reasons = List.copyOf(reasons);
    }

    /**
     * Says why a run is not safe.
     *
     * @param reasons what is missing, fit for a log line; {@link #SAFE} when there are none; copied
     * @return the value
     */
    public static Safety of(List<String> reasons) {
        return reasons.isEmpty() ? SAFE : new Safety(reasons);
    }

    /**
     * Whether nothing would be lost.
     *
     * @return true without reasons
     */
    public boolean isSafe() {
        return reasons.isEmpty();
    }

    /**
     * What is missing.
     *
     * @return unmodifiable, the first ten that were found; empty for a safe run
     */
    public List<String> reasons() {
        return reasons;
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof Safety that && reasons.equals(that.reasons);
    }

    @Override
    public int hashCode() {
        return Objects.hash(reasons);
    }

    /** {@code safe}, or for example {@code TaskRun ci/"build": the log of "step-a" is LIVE}. */
    @Override
    public String toString() {
        return reasons.isEmpty() ? "safe" : String.join("; ", reasons);
    }
}

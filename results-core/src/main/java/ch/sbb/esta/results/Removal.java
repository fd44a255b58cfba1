package ch.sbb.esta.results;

import java.time.Duration;
import java.util.Objects;

/**
 * How a tenant is taken away. In each way its logins are revoked at once and its sessions ended. Of several grace periods that were asked for
 * the longest holds.
 *
 * @param reclaim what becomes of its data
 * @param grace how long the data stay after the tenant was first removed; zero where they are retained
 * @param mode whether anything is changed
 */
public record Removal(Reclaim reclaim, Duration grace, Mode mode) {

    private static final Duration LONGEST_GRACE = Duration.ofDays(3650);

    /** What becomes of a tenant's data. */
    public enum Reclaim {
        /** They stay; provisioning again brings the tenant back. */
        RETAIN,
        /** They go, too, when the grace period is over. */
        DELETE
    }

    /** Whether anything is changed. */
    public enum Mode {
        /** Nothing is changed; the report says what would be. */
        PREVIEW,
        /** The tenant is removed. */
        REMOVE
    }

    /**
     * Checks that no component is null and that the grace period is usable.
     *
     * @param reclaim what becomes of its data
     * @param grace how long the data stay after the tenant was first removed; zero where they are retained
     * @param mode whether anything is changed
     * @throws ResultsException {@code INVALID} for a negative grace period, one of more than ten years, or one for data that are retained
     */
    public Removal {
        Objects.requireNonNull(reclaim, "reclaim");
        Objects.requireNonNull(grace, "grace");
        Objects.requireNonNull(mode, "mode");
        if (grace.isNegative() || grace.compareTo(LONGEST_GRACE) > 0) {
            throw ResultsException.invalid("grace period " + grace + " is not between 0 and 3650 days");
        }
        if (reclaim == Reclaim.RETAIN && !grace.isZero()) {
            throw ResultsException.invalid("a tenant that is retained has no grace period");
        }
    }

    /**
     * Keeps the data.
     *
     * @return the removal
     */
    public static Removal retain() {
        return new Removal(Reclaim.RETAIN, Duration.ZERO, Mode.REMOVE);
    }

    /**
     * Deletes the data when the tenant has been removed for some time. Somebody must ask again after that time: nothing is deleted by itself.
     * Where a longer time was asked for before, that one holds; removing with {@link #retain()} in between takes it back.
     *
     * @param grace since the tenant was first removed; zero to delete them now
     * @return the removal
     * @throws ResultsException {@code INVALID} for a negative grace period, or one of more than ten years
     */
    public static Removal deleteAfter(Duration grace) {
        return new Removal(Reclaim.DELETE, grace, Mode.REMOVE);
    }

    /**
     * The same removal, only looked at.
     *
     * @return a copy that changes nothing
     */
    public Removal preview() {
        return new Removal(reclaim, grace, Mode.PREVIEW);
    }
}

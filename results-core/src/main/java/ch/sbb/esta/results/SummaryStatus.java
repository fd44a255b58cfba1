package ch.sbb.esta.results;

import java.util.Optional;
import java.util.Set;

/** How a run ended, with the numbers of Tekton Results. */
public enum SummaryStatus {
    /** Not finished. */
    UNKNOWN(0),
    /** The condition {@code Succeeded} is {@code True}. */
    SUCCESS(1),
    /** The condition {@code Succeeded} is {@code False}, for a reason that is neither timeout nor cancelling. */
    FAILURE(2),
    /** Ended by a timeout. */
    TIMEOUT(3),
    /** Cancelled. */
    CANCELLED(4);

    private static final Set<String> TIMEOUT_REASONS =
            Set.of("TaskRunTimeout", "PipelineRunTimeout", "CustomRunTimedOut");
    private static final Set<String> CANCELLED_REASONS =
            Set.of("TaskRunCancelled", "Cancelled", "CustomRunCancelled", "PipelineRunCancelled");

    private final int number;

    SummaryStatus(int number) {
        this.number = number;
    }

    /**
     * The number on the wire and in the column {@code recordsummary_status}.
     *
     * @return 0 to 4
     */
    public int number() {
        return number;
    }

    /**
     * Finds a status by its number.
     *
     * @param number the number on the wire
     * @return the status, or {@link #UNKNOWN} for a number that this version does not know
     */
    public static SummaryStatus of(int number) {
        for (SummaryStatus status : values()) {
            if (status.number == number) {
                return status;
            }
        }
        return UNKNOWN;
    }

    /**
     * Reads the status off a condition. Unlike upstream, which maps a list of reasons, every finished run gets one: timeout and
     * cancelling by reason, the rest by the condition's status.
     *
     * @param succeeded the condition of type {@code Succeeded}, if there is one
     * @return {@link #UNKNOWN} while the condition is missing or neither true nor false
     */
    public static SummaryStatus of(Optional<Condition> succeeded) {
        if (succeeded.isEmpty() || !succeeded.get().isFinal()) {
            return UNKNOWN;
        }
        Condition condition = succeeded.get();
        if (TIMEOUT_REASONS.contains(condition.reason())) {
            return TIMEOUT;
        }
        if (CANCELLED_REASONS.contains(condition.reason())) {
            return CANCELLED;
        }
        return condition.status().equals("True") ? SUCCESS : FAILURE;
    }
}

package ch.sbb.esta.results;

import java.util.Locale;
import java.util.Optional;
import java.util.Set;

/**
 * A figure over a set of runs.
 *
 * <p>Durations are from {@code status.startTime} to {@code status.completionTime}, queue times from
 * {@code metadata.creationTimestamp} to {@code status.startTime}, both in microseconds; a run that lacks one of the two times is not part
 * of such a figure. A percentile {@code p} of {@code n} values in ascending order is the value at the place {@code p * (n - 1)}, counted
 * from 0, on the straight line between its two neighbours ({@code percentile_cont} of SQL), rounded to microseconds.
 */
public enum Aggregate {
    /** How many runs. */
    TOTAL(Kind.COUNT),
    /** How many have succeeded. */
    SUCCEEDED(Kind.COUNT),
    /** How many have failed, neither by a timeout nor by being cancelled. */
    FAILED(Kind.COUNT),
    /** How many ended by a timeout. */
    TIMED_OUT(Kind.COUNT),
    /** How many were cancelled. */
    CANCELLED(Kind.COUNT),
    /** How many have started and not finished. */
    RUNNING(Kind.COUNT),
    /** How many have neither started nor finished. */
    PENDING(Kind.COUNT),
    /** How many are counted by none of {@code SUCCEEDED}, {@code FAILED}, {@code CANCELLED} and {@code RUNNING}: those timed out or pending. */
    OTHERS(Kind.COUNT),
    /** {@code SUCCEEDED} by the number of all finished runs, those cancelled or timed out included; 0 to 1. */
    SUCCESS_RATE(Kind.RATE),
    /** When the latest run started. */
    LAST_RUNTIME(Kind.TIME),
    /** The mean duration. */
    AVG_DURATION(Kind.DURATION),
    /** The shortest duration. */
    MIN_DURATION(Kind.DURATION),
    /** The longest duration. */
    MAX_DURATION(Kind.DURATION),
    /** The sum of all durations. */
    TOTAL_DURATION(Kind.DURATION),
    /** The median duration. */
    P50_DURATION(Kind.DURATION),
    /** The duration that nine of ten runs do not exceed. */
    P90_DURATION(Kind.DURATION),
    /** The duration that 99 of 100 runs do not exceed. */
    P99_DURATION(Kind.DURATION),
    /** The median queue time. */
    P50_QUEUE_TIME(Kind.DURATION),
    /** The queue time that nine of ten runs do not exceed. */
    P90_QUEUE_TIME(Kind.DURATION),
    /** The queue time that 99 of 100 runs do not exceed. */
    P99_QUEUE_TIME(Kind.DURATION);

    private static final Set<Aggregate> OURS = Set.of(
            TIMED_OUT,
            PENDING,
            SUCCESS_RATE,
            P50_DURATION,
            P90_DURATION,
            P99_DURATION,
            P50_QUEUE_TIME,
            P90_QUEUE_TIME,
            P99_QUEUE_TIME);

    private final Kind kind;

    /** What a figure is, and so which accessor of {@link StatisticsRow} has it. */
    public enum Kind {
        /** A number of runs: {@link StatisticsRow#count}. */
        COUNT,
        /** A share: {@link StatisticsRow#rate}. */
        RATE,
        /** A point in time: {@link StatisticsRow#time}. */
        TIME,
        /** A length of time: {@link StatisticsRow#duration}. */
        DURATION
    }

    Aggregate(Kind kind) {
        this.kind = kind;
    }

    /**
     * What the figure is.
     *
     * @return the kind
     */
    public Kind kind() {
        return kind;
    }

    /**
     * The name in requests and answers of Tekton Results.
     *
     * @return for example {@code avg_duration}
     */
    public String text() {
        return name().toLowerCase(Locale.ROOT);
    }

    /**
     * Whether the server of Tekton Results knows it.
     *
     * @return false for percentiles, the success rate, {@code TIMED_OUT} and {@code PENDING}
     */
    public boolean isOfTektonResults() {
        return !OURS.contains(this);
    }

    /**
     * Finds an aggregate.
     *
     * @param text its {@link #text()}
     * @return the aggregate, or empty when there is none of that name
     */
    public static Optional<Aggregate> find(String text) {
        for (Aggregate aggregate : values()) {
            if (aggregate.text().equals(text)) {
                return Optional.of(aggregate);
            }
        }
        return Optional.empty();
    }
}

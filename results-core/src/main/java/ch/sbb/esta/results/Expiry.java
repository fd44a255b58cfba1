package ch.sbb.esta.results;

import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Objects;

/**
 * A Result that has expired and is being deleted: its logs first, then its rows.
 *
 * @param result the Result
 * @param policy the name of the policy by which it expired
 * @param time when it was found expired, cut to microseconds
 * @param runs the runs that it holds; copied
 */
public record Expiry(ResultName result, String policy, Instant time, List<Tombstone> runs) {

    /**
     * Checks that no component is null and that the runs are of the Result.
     *
     * @param result the Result
     * @param policy the name of the policy by which it expired
     * @param time when it was found expired, cut to microseconds
     * @param runs the runs that it holds; copied
     * @throws ResultsException {@code INVALID} when a run is of another Result
     */
    public Expiry {
        Objects.requireNonNull(result, "result");
        Objects.requireNonNull(policy, "policy");
        time = time.truncatedTo(ChronoUnit.MICROS);
        runs = List.copyOf(runs);
        for (Tombstone run : runs) {
            if (!run.record().result().equals(result)) {
                throw ResultsException.invalid(run + " is not of " + result);
            }
        }
    }
}

package ch.sbb.esta.results.retention;

import ch.sbb.esta.results.Escaped;
import ch.sbb.esta.results.ResultsException;
import java.time.Duration;
import java.util.Objects;

/**
 * How long some runs are kept.
 *
 * @param name what the report calls it
 * @param selector which runs it is for
 * @param retention how long they are kept after they were completed, more than zero
 */
public record RetentionPolicy(String name, RetentionSelector selector, Duration retention) {

    /**
     * Checks that the time is more than zero.
     *
     * @param name what the report calls it
     * @param selector which runs it is for
     * @param retention how long they are kept after they were completed, more than zero
     * @throws ResultsException {@code INVALID} for a time of zero or less, by which nothing would be kept
     */
    public RetentionPolicy {
        Objects.requireNonNull(name, "name");
        Objects.requireNonNull(selector, "selector");
        if (retention.isZero() || retention.isNegative()) {
            throw ResultsException.invalid("the retention " + retention + " of the policy " + Escaped.of(name)
                    + " is not more than zero, so that nothing would be kept");
        }
    }
}

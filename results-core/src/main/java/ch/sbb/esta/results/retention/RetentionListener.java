package ch.sbb.esta.results.retention;

import ch.sbb.esta.results.Expiry;
import ch.sbb.esta.results.LogVolume;

/** Is told of each Result that retention has deleted, or would delete. */
@FunctionalInterface
public interface RetentionListener {

    /**
     * A Result with its Records and logs is gone, or would go in a preview. Called by the thread that runs retention; what it throws is
     * logged.
     *
     * @param expiry the Result, the policy and its runs
     * @param rows how many rows of Results and Records
     * @param logs how much of logs
     */
    void onExpired(Expiry expiry, long rows, LogVolume logs);
}

package ch.sbb.esta.results.logs;

import ch.sbb.esta.results.LogInfo;

/** Is told of logs that came to their end. Called from the collector's threads, one log at a time per thread; returns soon. */
@FunctionalInterface
public interface LogListener {

    /**
     * A log was sealed by this collector.
     *
     * @param log what is stored, with its state and defects
     */
    void onSealed(LogInfo log);
}

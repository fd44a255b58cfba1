package ch.sbb.esta.results.internal;

import java.time.Duration;

/** Waits between two pieces of work. */
@FunctionalInterface
public interface Pause {

    /**
     * Waits.
     *
     * @param time how long; zero or less returns at once
     * @return false when whoever waits has to stop, for one because its thread was interrupted, which then still is
     */
    boolean await(Duration time);
}

package ch.sbb.esta.results.testkit;

import static java.util.Objects.requireNonNull;

import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.concurrent.atomic.AtomicReference;

/**
 * A clock that stands still until a test moves it, also backwards, as clocks of machines do after a correction.
 *
 * <p>Safe for use by many threads; a reader sees every step at once.
 */
public final class ManualClock implements InstantSource {

    private final AtomicReference<Instant> now;

    /**
     * Makes a clock that shows the given instant.
     *
     * @param start what the clock shows until it is moved
     */
    public ManualClock(Instant start) {
        now = new AtomicReference<>(requireNonNull(start, "start"));
    }

    /**
     * Moves the clock by a duration.
     *
     * @param step how far; negative moves it back
     * @return what the clock shows now
     */
    public Instant advance(Duration step) {
        requireNonNull(step, "step");
        return now.updateAndGet(instant -> instant.plus(step));
    }

    /**
     * Sets the clock.
     *
     * @param instant what the clock shows from now on
     */
    public void set(Instant instant) {
        now.set(requireNonNull(instant, "instant"));
    }

    @Override
    public Instant instant() {
        return now.get();
    }

    @Override
    public String toString() {
        return "ManualClock[" + now.get() + "]";
    }
}

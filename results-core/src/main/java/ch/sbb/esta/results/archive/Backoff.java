package ch.sbb.esta.results.archive;

import java.time.Duration;
import java.util.random.RandomGenerator;

/** Exponential waits with jitter: between half and the whole of a delay that doubles up to a cap. Used by one thread. */
final class Backoff {

    private final Duration first;
    private final Duration max;
    private final RandomGenerator random;
    private int failures;

    Backoff(Duration first, Duration max, RandomGenerator random) {
        this.first = first;
        this.max = max;
        this.random = random;
    }

    Duration next() {
        Duration delay = first;
        for (int i = 0; i < failures && delay.compareTo(max) < 0; i++) {
            delay = delay.multipliedBy(2);
        }
        failures++;
        long nanos = (delay.compareTo(max) < 0 ? delay : max).toNanos();
        return Duration.ofNanos(nanos / 2 + random.nextLong(nanos / 2 + 1));
    }

    void reset() {
        failures = 0;
    }
}

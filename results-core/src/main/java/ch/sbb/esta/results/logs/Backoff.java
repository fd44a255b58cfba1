package ch.sbb.esta.results.logs;

import java.time.Duration;
import java.util.concurrent.ThreadLocalRandom;

/** How long to wait before the next try: at once, then a little, then twice as long each time. Not thread-safe. */
final class Backoff {

    private final Duration min;
    private final Duration max;
    private int tries;

    Backoff(LogCollectorConfig config) {
        this.min = config.minBackoff();
        this.max = config.maxBackoff();
    }

    /** The next wait, a quarter more or less, so that streams that were cut together do not come back together. */
    Duration next() {
        tries++;
        if (tries == 1) {
            return Duration.ZERO;
        }
        long millis = min.toMillis() << Math.min(tries - 2, 20);
        long wait = Math.max(1, Math.min(millis, max.toMillis()));
        return Duration.ofMillis(ThreadLocalRandom.current().nextLong(wait - wait / 4, wait + wait / 4 + 1));
    }

    void reset() {
        tries = 0;
    }
}

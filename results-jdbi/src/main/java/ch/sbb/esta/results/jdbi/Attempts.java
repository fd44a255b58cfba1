package ch.sbb.esta.results.jdbi;

import java.time.Duration;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * How often one call has been tried, and whether to try it again: transactions that lost against others a number of times, lost
 * connections for a span of time. An interrupted thread does not try again.
 */
final class Attempts {

    private static final int MOST_REPETITIONS = 10;
    private static final long LONGEST_PAUSE_MILLIS = 1000;

    private final long failoverNanos;
    private int repetitions;
    private int losses;
    private long firstLoss;

    Attempts(Duration failoverTimeout) {
        failoverNanos = failoverTimeout.toNanos();
    }

    /** Whether to repeat a transaction of which nothing was committed, or may be committed twice; waits for a moment before it says yes. */
    boolean repeat(Throwable failure) {
        if (Thread.currentThread().isInterrupted()) {
            return false;
        }
        if (SqlErrors.isRepeatable(failure)) {
            return ++repetitions < MOST_REPETITIONS && pause(5L << repetitions);
        }
        return SqlErrors.isLost(failure) && repeatLost();
    }

    /** The first time at once: a pool may hold connections that broke while nobody used them. */
    private boolean repeatLost() {
        long now = System.nanoTime();
        losses++;
        if (losses == 1) {
            firstLoss = now;
            return failoverNanos > 0;
        }
        if (now - firstLoss >= failoverNanos) {
            return false;
        }
        return pause(Math.min(LONGEST_PAUSE_MILLIS, 25L << Math.min(losses, 10)));
    }

    private static boolean pause(long mostMillis) {
        LockSupport.parkNanos(
                TimeUnit.MILLISECONDS.toNanos(ThreadLocalRandom.current().nextLong(mostMillis) + 1));
        return !Thread.currentThread().isInterrupted();
    }
}

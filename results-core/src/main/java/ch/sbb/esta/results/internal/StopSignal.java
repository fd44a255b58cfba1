package ch.sbb.esta.results.internal;

import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/** Says to everybody at once that something ends, also to those who wait. Thread-safe. */
public final class StopSignal implements Pause {

    private final CountDownLatch stopped = new CountDownLatch(1);

    /** Nothing has ended yet. */
    public StopSignal() {}

    /** Ends it for good. */
    public void stop() {
        stopped.countDown();
    }

    /**
     * Whether it has ended.
     *
     * @return true after {@link #stop()}
     */
    public boolean isStopped() {
        return stopped.getCount() == 0;
    }

    /** {@inheritDoc} Ends early when it is stopped. */
    @Override
    public boolean await(Duration time) {
        try {
            return !stopped.await(time.toNanos(), TimeUnit.NANOSECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }
}

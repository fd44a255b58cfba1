package ch.sbb.esta.results.logs;

import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/** Says to everybody at once that the collector stops. Thread-safe. */
final class Stop {

    private final CountDownLatch stopped = new CountDownLatch(1);

    void stop() {
        stopped.countDown();
    }

    boolean isStopped() {
        return stopped.getCount() == 0;
    }

    void check() {
        if (isStopped()) {
            throw new Stopped();
        }
    }

    /** Waits, but not over the stop. */
    void pause(Duration duration) {
        boolean now;
        try {
            now = stopped.await(duration.toNanos(), TimeUnit.NANOSECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new Stopped();
        }
        if (now) {
            throw new Stopped();
        }
    }

    /** The collector stops: what was begun is left as it is. */
    static final class Stopped extends RuntimeException {

        private static final long serialVersionUID = 1L;

        Stopped() {
            super("the collector stops", null, false, false);
        }
    }
}

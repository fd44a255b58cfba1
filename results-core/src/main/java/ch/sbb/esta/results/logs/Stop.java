package ch.sbb.esta.results.logs;

import ch.sbb.esta.results.internal.StopSignal;
import java.time.Duration;

/** Says to everybody at once that the collector stops. Thread-safe. */
final class Stop {

    private final StopSignal signal = new StopSignal();

    void stop() {
        signal.stop();
    }

    boolean isStopped() {
        return signal.isStopped();
    }

    void check() {
        if (isStopped()) {
            throw new Stopped();
        }
    }

    /** Waits, but not over the stop. */
    void pause(Duration duration) {
        if (!signal.await(duration)) {
            throw new Stopped();
        }
    }

    /** The collector stops, or leaves the log to another one: what was begun is left as it is. */
    static final class Stopped extends RuntimeException {

        private static final long serialVersionUID = 1L;

        Stopped() {
            super("the collector stops", null, false, false);
        }
    }
}

package ch.sbb.esta.results.prune;

import ch.sbb.esta.results.internal.Pause;
import java.time.Duration;
import java.util.function.LongSupplier;

/** Spreads deletions over time. Used by one thread. */
final class Pace {

    private final long step;
    private final LongSupplier nanoTime;
    private final Pause pause;
    private long next;
    private boolean begun;

    Pace(int perSecond, LongSupplier nanoTime, Pause pause) {
        this.step = 1_000_000_000L / perSecond;
        this.nanoTime = nanoTime;
        this.pause = pause;
    }

    /** Waits until the next deletion may come; false when the round has to end. */
    boolean awaitTurn() {
        long left = begun ? next - nanoTime.getAsLong() : 0;
        return pause.await(Duration.ofNanos(Math.max(0, left)));
    }

    /** A deletion was made. */
    void took() {
        next = nanoTime.getAsLong() + step;
        begun = true;
    }
}

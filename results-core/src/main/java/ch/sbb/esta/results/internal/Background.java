package ch.sbb.esta.results.internal;

import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** A thread that works until it is told to stop; it can be started again. Thread-safe. */
public final class Background implements AutoCloseable {

    private static final Duration FIRST = Duration.ofMinutes(1);
    private static final double JITTER = 0.1;

    private final String name;
    private final Object lifecycle = new Object();
    private @Nullable Running running;

    private record Running(Thread thread, StopSignal signal) {}

    /**
     * Starts nothing yet.
     *
     * @param name the beginning of the thread's name
     */
    public Background(String name) {
        this.name = Objects.requireNonNull(name, "name");
    }

    /**
     * Begins to work. No effect when it was begun already.
     *
     * @param work ends soon after the signal that it is given
     */
    public void start(Consumer<StopSignal> work) {
        Objects.requireNonNull(work, "work");
        synchronized (lifecycle) {
            if (running != null) {
                return;
            }
            StopSignal signal = new StopSignal();
            Thread thread = Threads.named(name).newThread(() -> work.accept(signal));
            running = new Running(thread, signal);
            thread.start();
        }
    }

    /**
     * Begins to work in rounds: first after a minute, or the interval if that is shorter; each pause is up to a tenth shorter or longer
     * by chance, so that many processes do not meet. No effect when it was begun already.
     *
     * @param interval from the end of a round to the next one
     * @param round throws nothing, and ends soon after the signal that it is given
     */
    public void repeat(Duration interval, Consumer<StopSignal> round) {
        start(signal -> {
            Duration pause = interval.compareTo(FIRST) < 0 ? interval : FIRST;
            while (signal.await(jittered(pause))) {
                pause = interval;
                round.accept(signal);
            }
        });
    }

    private static Duration jittered(Duration time) {
        double factor = 1 + JITTER * (2 * ThreadLocalRandom.current().nextDouble() - 1);
        return Duration.ofNanos((long) (time.toNanos() * factor));
    }

    /** Gives the signal, and waits until the thread has ended. No effect when it was not begun. */
    @Override
    public void close() {
        close(false);
    }

    /** Gives the signal, interrupts the thread, and waits until it has ended. No effect when it was not begun. */
    public void interrupt() {
        close(true);
    }

    private void close(boolean interrupt) {
        Running current;
        synchronized (lifecycle) {
            current = running;
            running = null;
        }
        if (current == null) {
            return;
        }
        current.signal.stop();
        if (interrupt) {
            current.thread.interrupt();
        }
        try {
            current.thread.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}

package ch.sbb.esta.results.internal;

import java.time.Duration;
import java.util.Comparator;
import java.util.HashMap;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * What is to be done with runs, and when; one entry for each UID. What was tried in vain comes again, after pauses that double. Thread-safe.
 *
 * @param <W> what is to be done with one run; compared by {@code equals}
 */
public final class RetryQueue<W> {

    /** More than that must be found again otherwise. */
    private static final int MOST = 500_000;

    /** Times are compared by their distance from here, because the clock may run over. */
    private static final long BASE = System.nanoTime();

    private final Map<String, Task<W>> tasks = new HashMap<>();
    /** May hold entries that were replaced; those are passed over. */
    private final PriorityQueue<Task<W>> order = new PriorityQueue<>(Comparator.comparingLong(task -> task.due - BASE));

    private final Duration first;
    private final Duration longest;
    private boolean open;

    /**
     * Something to do.
     *
     * @param uid {@code metadata.uid} of the run
     * @param work what
     * @param attempts how often it was tried in vain
     * @param due by {@link System#nanoTime()}
     * @param <W> what is to be done
     */
    public record Task<W>(String uid, W work, int attempts, long due) {}

    /**
     * Makes a queue that is closed.
     *
     * @param first from a first failure to the next attempt
     * @param longest the longest such pause
     */
    public RetryQueue(Duration first, Duration longest) {
        this.first = first;
        this.longest = longest;
    }

    /** Begins to take what is to be done. */
    public synchronized void open() {
        open = true;
    }

    /** Forgets everything, lets {@link #work} return, and takes nothing more. */
    public synchronized void close() {
        open = false;
        tasks.clear();
        order.clear();
        notifyAll();
    }

    /**
     * Something is to be done at once, in the place of what was to be done with the run. No effect while closed, and when it is full.
     *
     * @param uid the run's UID
     * @param work what
     * @param ahead before everything that is to be done at once with less of it
     */
    public synchronized void put(String uid, W work, Duration ahead) {
        if (open && (tasks.size() < MOST || tasks.containsKey(uid))) {
            put(new Task<>(uid, work, 0, System.nanoTime() - ahead.toNanos()));
        }
    }

    private void put(Task<W> task) {
        tasks.put(task.uid, task);
        order.add(task);
        notifyAll();
    }

    /**
     * Something has changed for a run: what was tried in vain is tried anew at once.
     *
     * @param uid the run's UID
     */
    public synchronized void hurry(String uid) {
        Task<W> task = tasks.get(uid);
        if (task != null && task.attempts > 0) {
            put(new Task<>(uid, task.work, 0, System.nanoTime()));
        }
    }

    /**
     * Nothing is to be done any more.
     *
     * @param uid the run's UID
     */
    public synchronized void forget(String uid) {
        tasks.remove(uid);
    }

    /**
     * Does what is to be done, one after the other, until the queue is closed or the thread interrupted.
     *
     * @param attempt does one thing; false when it is to be tried again. It throws nothing.
     */
    public void work(Predicate<Task<W>> attempt) {
        try {
            for (Task<W> task = take(); task != null; task = take()) {
                if (attempt.test(task)) {
                    done(task);
                } else {
                    again(task);
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Waits for the next task; null once closed. */
    private synchronized @Nullable Task<W> take() throws InterruptedException {
        while (open) {
            Task<W> next = order.peek();
            if (next != null && !next.equals(tasks.get(next.uid))) {
                order.remove();
                continue;
            }
            long wait = next == null ? Long.MAX_VALUE : next.due - System.nanoTime();
            if (next != null && wait <= 0) {
                order.remove();
                return next;
            }
            TimeUnit.NANOSECONDS.timedWait(this, wait);
        }
        return null;
    }

    private synchronized void done(Task<W> task) {
        tasks.remove(task.uid, task);
        notifyAll();
    }

    /** Tries again later, unless something newer is to be done with the run. */
    private synchronized void again(Task<W> task) {
        if (open && task.equals(tasks.get(task.uid))) {
            Duration pause = first.multipliedBy(1L << Math.min(task.attempts, 20));
            Duration bounded = pause.compareTo(longest) < 0 ? pause : longest;
            put(new Task<>(task.uid, task.work, task.attempts + 1, System.nanoTime() + bounded.toNanos()));
        }
        notifyAll();
    }

    /**
     * How many runs something is to be done with.
     *
     * @return 0 or more
     */
    public synchronized int waiting() {
        return tasks.size();
    }
}

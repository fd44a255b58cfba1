package ch.sbb.esta.results.prune;

import ch.sbb.esta.results.spi.ClusterRuns.RunKey;
import java.time.Duration;
import java.util.Comparator;
import java.util.HashMap;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** Which runs are to be looked at, and when; one entry for each UID. Thread-safe. */
final class FinalizerQueue {

    /** More than that are found again by the next sweep. */
    private static final int MOST = 500_000;
    /** So far ahead of all releases are additions: a run that waits for one is not protected. */
    private static final long AHEAD = TimeUnit.HOURS.toNanos(1);

    /** Times are compared by their distance from here, because the clock may run over. */
    private static final long BASE = System.nanoTime();

    private final Map<String, Task> tasks = new HashMap<>();
    /** May hold entries that were replaced; those are passed over. */
    private final PriorityQueue<Task> order = new PriorityQueue<>(Comparator.comparingLong(task -> task.due - BASE));

    private final Duration first;
    private final Duration longest;
    private boolean open;

    /** What is to be done. */
    enum Work {
        ADD,
        RELEASE
    }

    /**
     * Something to do.
     *
     * @param attempts how often it was tried in vain
     * @param due by {@link System#nanoTime()}
     */
    record Task(RunKey run, Work work, int attempts, long due) {}

    FinalizerQueue(Duration first, Duration longest) {
        this.first = first;
        this.longest = longest;
    }

    synchronized void open() {
        open = true;
    }

    synchronized void close() {
        open = false;
        tasks.clear();
        order.clear();
        notifyAll();
    }

    /** Something is to be done at once, in the place of what was to be done with the run. */
    synchronized void put(RunKey run, Work work) {
        if (open && (tasks.size() < MOST || tasks.containsKey(run.uid()))) {
            put(new Task(run, work, 0, System.nanoTime() - (work == Work.ADD ? AHEAD : 0)));
        }
    }

    private void put(Task task) {
        tasks.put(task.run.uid(), task);
        order.add(task);
        notifyAll();
    }

    /** Something has changed for a run that waits. */
    synchronized void hurry(String uid) {
        Task task = tasks.get(uid);
        if (task != null && task.attempts > 0) {
            put(task.run, task.work);
        }
    }

    synchronized void forget(String uid) {
        tasks.remove(uid);
    }

    /** Waits for the next task; null once closed. Each task is to be followed by {@link #done} or {@link #again}. */
    synchronized @Nullable Task take() throws InterruptedException {
        while (open) {
            Task next = order.peek();
            if (next != null && !next.equals(tasks.get(next.run.uid()))) {
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

    synchronized void done(Task task) {
        tasks.remove(task.run.uid(), task);
        notifyAll();
    }

    /** Tries again later, unless something newer is to be done with the run. */
    synchronized void again(Task task) {
        if (open && task.equals(tasks.get(task.run.uid()))) {
            Duration pause = first.multipliedBy(1L << Math.min(task.attempts, 20));
            Duration bounded = pause.compareTo(longest) < 0 ? pause : longest;
            put(new Task(task.run, task.work, task.attempts + 1, System.nanoTime() + bounded.toNanos()));
        }
        notifyAll();
    }

    synchronized int waiting() {
        return tasks.size();
    }
}

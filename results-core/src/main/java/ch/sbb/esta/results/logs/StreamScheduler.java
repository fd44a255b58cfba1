package ch.sbb.esta.results.logs;

import ch.sbb.esta.results.internal.Threads;
import ch.sbb.esta.results.logs.FairQueue.Urgency;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/**
 * Gives collections their turns: as many at once as streams are allowed, each on a thread of its own, the others wait in a fair queue or
 * for their time. Thread-safe.
 */
final class StreamScheduler {

    private final int maxStreams;
    private final Consumer<ContainerCollection> onDone;
    private final ThreadFactory threads = Threads.named("log-collector");
    private final ScheduledThreadPoolExecutor timer =
            new ScheduledThreadPoolExecutor(1, Threads.named("log-collector-timer"));
    private final FairQueue<ContainerCollection> queue = new FairQueue<>();
    private final Map<ContainerCollection, Future<?>> later = new HashMap<>();
    private final Map<ContainerCollection, Thread> running = new HashMap<>();
    private final Set<ContainerCollection> woken = new HashSet<>();
    private boolean stopped;

    StreamScheduler(int maxStreams, Consumer<ContainerCollection> onDone) {
        this.maxStreams = maxStreams;
        this.onDone = onDone;
        timer.setRemoveOnCancelPolicy(true);
    }

    /** Does something again and again. */
    void every(Duration period, Runnable task) {
        timer.scheduleWithFixedDelay(task, period.toNanos(), period.toNanos(), TimeUnit.NANOSECONDS);
    }

    /** Does something once on a thread of its own. */
    void once(Runnable task) {
        threads.newThread(task).start();
    }

    synchronized void add(ContainerCollection collection) {
        enqueue(collection);
    }

    /** Something was learned of the container: it need not wait for its time, and may be in a hurry now. */
    synchronized void wake(ContainerCollection collection) {
        Future<?> waiting = later.remove(collection);
        if (waiting != null) {
            waiting.cancel(false);
            enqueue(collection);
        } else if (running.containsKey(collection)) {
            woken.add(collection);
        } else if (collection.urgency() == Urgency.URGENT) {
            queue.hurry(collection.id().namespace(), collection);
        }
    }

    synchronized List<ContainerCollection> running() {
        return new ArrayList<>(running.keySet());
    }

    synchronized int waiting() {
        return queue.size() + later.size();
    }

    synchronized int queued() {
        return queue.size();
    }

    synchronized boolean isUrgentQueued() {
        return queue.hasUrgent();
    }

    /** Begins no turn any more. */
    synchronized void stop() {
        stopped = true;
        timer.shutdownNow();
        later.clear();
        while (queue.poll().isPresent()) {
            continue;
        }
    }

    /** Waits until no turn is under way; says whether that came in time. */
    synchronized boolean awaitQuiet(Duration most) throws InterruptedException {
        long end = System.nanoTime() + most.toNanos();
        while (!running.isEmpty()) {
            long left = end - System.nanoTime();
            if (left <= 0) {
                return false;
            }
            TimeUnit.NANOSECONDS.timedWait(this, left);
        }
        return true;
    }

    /** Interrupts the turns that do not end by themselves. */
    synchronized void interrupt() {
        running.values().forEach(Thread::interrupt);
    }

    private void enqueue(ContainerCollection collection) {
        if (!stopped) {
            queue.add(collection.id().namespace(), collection, collection.urgency());
            fill();
        }
    }

    private void fill() {
        while (!stopped && running.size() < maxStreams) {
            Optional<ContainerCollection> next = queue.poll();
            if (next.isEmpty()) {
                return;
            }
            ContainerCollection collection = next.get();
            Thread thread = threads.newThread(() -> run(collection));
            running.put(collection, thread);
            thread.start();
        }
    }

    private void run(ContainerCollection collection) {
        ContainerCollection.Next next = ContainerCollection.Next.STOP;
        try {
            next = collection.turn();
        } finally {
            after(collection, next);
            if (collection.isDone()) {
                onDone.accept(collection);
            }
        }
    }

    private synchronized void after(ContainerCollection collection, ContainerCollection.Next next) {
        running.remove(collection);
        boolean wake = woken.remove(collection);
        Duration delay = next.delay();
        if (delay != null && !stopped) {
            if (wake || delay.isZero()) {
                enqueue(collection);
            } else {
                later.put(collection, timer.schedule(() -> wake(collection), delay.toNanos(), TimeUnit.NANOSECONDS));
            }
        }
        fill();
        notifyAll();
    }
}

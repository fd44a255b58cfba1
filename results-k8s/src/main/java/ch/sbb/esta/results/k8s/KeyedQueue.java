package ch.sbb.esta.results.k8s;

import ch.sbb.esta.results.internal.Threads;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Works on keys: each is in the queue once, on one thread at a time, and again when it was added meanwhile. What fails is tried again,
 * later each time. Times are those of the clock, which is looked at some times per second. Thread-safe.
 */
final class KeyedQueue implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(KeyedQueue.class);
    private static final Duration FIRST_PAUSE = Duration.ofMillis(500);
    private static final int MOST_DOUBLINGS = 8;
    private static final int TICK_MILLIS = 200;
    private static final int SECONDS_TO_FINISH = 10;

    /** Works on a key; what it throws is a failure, which is told to nobody else. */
    interface Work {

        /**
         * Works.
         *
         * @return when to come back, or empty for not before the key is added again
         * @throws RuntimeException when the key is to be tried again
         */
        Optional<Instant> on(String key);
    }

    private final InstantSource clock;
    private final Work work;
    private final int workers;
    private final ExecutorService threads;
    private final Object lock = new Object();
    private final Map<String, Instant> due = new HashMap<>();
    private final Set<String> running = new HashSet<>();
    private final Map<String, Integer> failures = new HashMap<>();
    private boolean closed;

    KeyedQueue(String name, int workers, InstantSource clock, Work work) {
        this.clock = clock;
        this.work = work;
        this.workers = workers;
        this.threads = Executors.newFixedThreadPool(workers, Threads.named(name));
    }

    void start() {
        for (int i = 0; i < workers; i++) {
            threads.execute(this::run);
        }
    }

    /** Works on a key as soon as possible. What has failed before waits no longer for that. */
    void add(String key) {
        add(key, Instant.MIN);
    }

    void add(String key, Instant when) {
        synchronized (lock) {
            due.merge(key, when, (a, b) -> a.isBefore(b) ? a : b);
            lock.notify();
        }
    }

    private void run() {
        try {
            for (String key = take(); key != null; key = take()) {
                work(key);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private @Nullable String take() throws InterruptedException {
        synchronized (lock) {
            while (!closed) {
                Instant now = clock.instant();
                String next = null;
                Instant earliest = now;
                for (Map.Entry<String, Instant> entry : due.entrySet()) {
                    if (!entry.getValue().isAfter(earliest) && !running.contains(entry.getKey())) {
                        next = entry.getKey();
                        earliest = entry.getValue();
                    }
                }
                if (next != null) {
                    due.remove(next);
                    running.add(next);
                    return next;
                }
                lock.wait(TICK_MILLIS);
            }
            return null;
        }
    }

    private void work(String key) {
        Optional<Instant> again;
        boolean failed = false;
        try {
            again = work.on(key);
        } catch (RuntimeException e) {
            LOG.debug("{} failed and is tried again", key, e);
            failed = true;
            again = Optional.empty();
        }
        synchronized (lock) {
            running.remove(key);
            if (failed) {
                int count = failures.merge(key, 1, Integer::sum);
                again = Optional.of(clock.instant().plus(pause(count)));
            } else {
                failures.remove(key);
            }
            again.ifPresent(when -> due.merge(key, when, (a, b) -> a.isBefore(b) ? a : b));
            lock.notifyAll();
        }
    }

    /** Half a second after the first failure, about two minutes after the ninth and all later ones. */
    private static Duration pause(int failures) {
        Duration longest = FIRST_PAUSE.multipliedBy(1L << Math.min(failures - 1, MOST_DOUBLINGS));
        return longest.multipliedBy(500 + ThreadLocalRandom.current().nextInt(501))
                .dividedBy(1000);
    }

    /** Whether nothing runs and nothing is due now. */
    boolean isIdle() {
        synchronized (lock) {
            Instant now = clock.instant();
            return running.isEmpty() && due.values().stream().allMatch(when -> when.isAfter(now));
        }
    }

    /** Lets what runs come to its end for some seconds, then interrupts it. */
    @Override
    public void close() {
        synchronized (lock) {
            closed = true;
            lock.notifyAll();
        }
        threads.shutdown();
        try {
            if (!threads.awaitTermination(SECONDS_TO_FINISH, TimeUnit.SECONDS)) {
                threads.shutdownNow();
            }
        } catch (InterruptedException e) {
            threads.shutdownNow();
            Thread.currentThread().interrupt();
        }
    }
}

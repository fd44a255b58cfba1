package ch.sbb.esta.results.archive;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * What waits in memory, in the order of arrival, one slot for each key, bounded in slots and bytes; what is in work counts until it is
 * done. Thread-safe.
 */
final class RunQueue {

    private final int maxRuns;
    private final long maxBytes;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private final Map<String, QueuedRun> waiting = new LinkedHashMap<>();
    private final Map<String, QueuedRun> inWork = new HashMap<>();
    private long bytes;
    private long changes;
    private boolean open;

    RunQueue(int maxRuns, long maxBytes) {
        this.maxRuns = maxRuns;
        this.maxBytes = maxBytes;
    }

    void open() {
        lock.lock();
        try {
            open = true;
        } finally {
            lock.unlock();
        }
    }

    /** Answers {@code QUEUED}, {@code REPLACED}, {@code STALE}, {@code REFUSED} (no room) or {@code NOT_RUNNING}. */
    Admission offer(QueuedRun run) {
        lock.lock();
        try {
            if (!open) {
                return Admission.NOT_RUNNING;
            }
            QueuedRun older = waiting.get(run.key());
            if (isStale(run, older) || isStale(run, inWork.get(run.key()))) {
                return Admission.STALE;
            }
            int freed = older == null ? 0 : older.size();
            if ((older == null && waiting.size() + inWork.size() >= maxRuns) || bytes - freed + run.size() > maxBytes) {
                return Admission.REFUSED;
            }
            if (older != null && older.isLasting()) {
                run.markLasting();
            }
            waiting.put(run.key(), run);
            bytes += run.size() - freed;
            signal();
            return older == null ? Admission.QUEUED : Admission.REPLACED;
        } finally {
            lock.unlock();
        }
    }

    /** That a stale event was a deletion is still news: the newer version that waits will not be found again either. */
    private static boolean isStale(QueuedRun run, @Nullable QueuedRun known) {
        if (known == null || run.supersedes(known)) {
            return false;
        }
        if (run.isLasting()) {
            known.markLasting();
        }
        return true;
    }

    /** Moves the oldest into work: as many as fit, and one at least if {@code room} is not used yet. */
    List<QueuedRun> take(BatchRoom room) {
        lock.lock();
        try {
            List<QueuedRun> taken = new ArrayList<>();
            Iterator<QueuedRun> oldest = waiting.values().iterator();
            while (oldest.hasNext()) {
                QueuedRun run = oldest.next();
                if (inWork.containsKey(run.key())) {
                    continue;
                }
                if (!room.take(run.size())) {
                    break;
                }
                oldest.remove();
                inWork.put(run.key(), run);
                taken.add(run);
            }
            return taken;
        } finally {
            lock.unlock();
        }
    }

    /** Frees the slot of what was in work; what came from the spool has none. */
    void done(QueuedRun run) {
        lock.lock();
        try {
            if (inWork.remove(run.key(), run)) {
                bytes -= run.size();
            }
            signal();
        } finally {
            lock.unlock();
        }
    }

    /** Closes the queue and hands out all that it held. */
    List<QueuedRun> drain() {
        lock.lock();
        try {
            open = false;
            List<QueuedRun> left = new ArrayList<>(inWork.values());
            left.addAll(waiting.values());
            inWork.clear();
            waiting.clear();
            bytes = 0;
            signal();
            return left;
        } finally {
            lock.unlock();
        }
    }

    ArchiverStats.Waiting waiting(int spooled) {
        lock.lock();
        try {
            Instant oldest = null;
            for (QueuedRun run : inWork.values()) {
                oldest = oldest == null || run.acceptedAt().isBefore(oldest) ? run.acceptedAt() : oldest;
            }
            if (oldest == null && !waiting.isEmpty()) {
                oldest = waiting.values().iterator().next().acceptedAt();
            }
            return new ArchiverStats.Waiting(waiting.size() + inWork.size(), bytes, spooled, oldest);
        } finally {
            lock.unlock();
        }
    }

    boolean isOpen() {
        lock.lock();
        try {
            return open;
        } finally {
            lock.unlock();
        }
    }

    boolean isEmpty() {
        lock.lock();
        try {
            return waiting.isEmpty() && inWork.isEmpty();
        } finally {
            lock.unlock();
        }
    }

    /** Wakes whoever waits for a change: something came, went or is to be looked at again. */
    void wake() {
        lock.lock();
        try {
            signal();
        } finally {
            lock.unlock();
        }
    }

    private void signal() {
        changes++;
        changed.signalAll();
    }

    /** A mark for {@link #awaitChange}: what happens after it is not missed. */
    long changes() {
        lock.lock();
        try {
            return changes;
        } finally {
            lock.unlock();
        }
    }

    void awaitChange(long since) throws InterruptedException {
        lock.lock();
        try {
            while (changes == since) {
                changed.await();
            }
        } finally {
            lock.unlock();
        }
    }

    /** Waits until the condition holds, looking again at each change. */
    boolean await(Duration limit, BooleanSupplier condition) throws InterruptedException {
        lock.lock();
        try {
            long nanos = limit.toNanos();
            while (!condition.getAsBoolean()) {
                if (nanos <= 0) {
                    return false;
                }
                nanos = changed.awaitNanos(nanos);
            }
            return true;
        } finally {
            lock.unlock();
        }
    }
}

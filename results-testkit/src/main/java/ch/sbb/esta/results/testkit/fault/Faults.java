package ch.sbb.esta.results.testkit.fault;

import ch.sbb.esta.results.testkit.fault.FaultProxy.Direction;
import java.time.Duration;
import java.util.EnumMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/** The faults that are set, and the waiting that they cause. The fields are guarded by the lock: change them through {@link #change}. */
final class Faults {

    Duration delay = Duration.ZERO;
    long bytesPerSecond = Long.MAX_VALUE;
    boolean blackHole;
    boolean closed;
    final Map<Direction, Long> cutAfter = new EnumMap<>(Direction.class);

    private final AtomicLong toServer = new AtomicLong();
    private final AtomicLong toClient = new AtomicLong();
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();

    void change(Runnable how) {
        lock.lock();
        try {
            how.run();
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    void clear() {
        delay = Duration.ZERO;
        bytesPerSecond = Long.MAX_VALUE;
        blackHole = false;
        cutAfter.clear();
    }

    AtomicLong delivered(Direction direction) {
        return direction == Direction.TO_SERVER ? toServer : toClient;
    }

    /** Waits as long as a black hole is set. */
    void awaitOpen() throws InterruptedException {
        lock.lock();
        try {
            while (blackHole && !closed) {
                changed.await();
            }
        } finally {
            lock.unlock();
        }
    }

    /** Waits for the delay that is set when the wait begins, or a shorter one that is set meanwhile. */
    void awaitDelay() throws InterruptedException {
        lock.lock();
        try {
            long start = System.nanoTime();
            long left = delay.toNanos();
            while (left > 0 && !closed) {
                changed.awaitNanos(left);
                left = delay.toNanos() - (System.nanoTime() - start);
            }
        } finally {
            lock.unlock();
        }
    }

    /** Waits as long as so many bytes take at the speed that is set. */
    void awaitSpeed(long bytes) throws InterruptedException {
        lock.lock();
        try {
            long start = System.nanoTime();
            long left = nanos(bytes);
            while (left > 0 && !closed) {
                changed.awaitNanos(left);
                left = nanos(bytes) - (System.nanoTime() - start);
            }
        } finally {
            lock.unlock();
        }
    }

    private long nanos(long bytes) {
        return bytesPerSecond == Long.MAX_VALUE
                ? 0
                : (long) ((double) bytes / bytesPerSecond * TimeUnit.SECONDS.toNanos(1));
    }

    /** How many bytes to write at once, so that a slow connection trickles instead of stopping and bursting. */
    int slice(int most) {
        lock.lock();
        try {
            return (int) Math.max(1, Math.min(most, bytesPerSecond == Long.MAX_VALUE ? most : bytesPerSecond / 20));
        } finally {
            lock.unlock();
        }
    }

    /** How many more bytes a connection may carry before it is cut. */
    long allowance(Direction direction, long carried) {
        lock.lock();
        try {
            Long limit = cutAfter.get(direction);
            return limit == null ? Long.MAX_VALUE : Math.max(0, limit - carried);
        } finally {
            lock.unlock();
        }
    }
}

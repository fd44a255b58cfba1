package ch.sbb.esta.results.testkit.fault;

import ch.sbb.esta.results.Page;
import ch.sbb.esta.results.ResultsException;
import ch.sbb.esta.results.ResultsException.Code;
import ch.sbb.esta.results.spi.BlobStore;
import java.io.InputStream;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import java.util.function.Supplier;

/**
 * A {@link BlobStore} over another that fails when told to: at a certain call, before or after it has taken effect, or at every call
 * while it is down. It fails with {@code UNAVAILABLE}, as a store behind a network does.
 *
 * <p>Thread-safe.
 */
public final class FaultyBlobStore implements BlobStore {

    private final BlobStore store;
    private final AtomicLong calls = new AtomicLong();
    private final AtomicLong puts = new AtomicLong();
    /** Shared by the calls under way. */
    private final ReentrantReadWriteLock gate = new ReentrantReadWriteLock();

    private volatile boolean down;
    private volatile long failingCall = -1;
    private volatile Moment moment = Moment.BEFORE;

    /** When a call fails. */
    public enum Moment {
        /** It has no effect. */
        BEFORE,
        /** It has taken effect, but its caller does not learn that. */
        AFTER
    }

    /**
     * Decorates a store.
     *
     * @param store the store that does the work
     */
    public FaultyBlobStore(BlobStore store) {
        this.store = Objects.requireNonNull(store, "store");
    }

    /**
     * Lets one call fail.
     *
     * @param number which, 1 for the next one
     * @param when before or after its effect
     */
    public void failCall(long number, Moment when) {
        moment = Objects.requireNonNull(when, "when");
        failingCall = calls.get() + number;
    }

    /**
     * Lets every call fail before it takes effect, until {@link #start}. Waits for the calls under way: once this has returned, none of
     * them takes effect late. Must not be called from inside of a call.
     */
    public void stop() {
        gate.writeLock().lock();
        try {
            down = true;
        } finally {
            gate.writeLock().unlock();
        }
    }

    /** Ends what {@link #stop} began. */
    public void start() {
        down = false;
    }

    /**
     * How many calls there were, failed ones included.
     *
     * @return the number of calls of every kind
     */
    public long calls() {
        return calls.get();
    }

    /**
     * How many puts there were, failed ones included.
     *
     * @return the number of calls of {@link #putIfAbsent}
     */
    public long puts() {
        return puts.get();
    }

    @Override
    public Put putIfAbsent(String key, Content content) {
        puts.incrementAndGet();
        return call(() -> store.putIfAbsent(key, content));
    }

    @Override
    public InputStream get(String key) {
        return call(() -> store.get(key));
    }

    @Override
    public InputStream getRange(String key, long offset, long length) {
        return call(() -> store.getRange(key, offset, length));
    }

    @Override
    public Optional<Blob> find(String key) {
        return call(() -> store.find(key));
    }

    @Override
    public Page<Blob> list(String prefix, String afterKey) {
        return call(() -> store.list(prefix, afterKey));
    }

    @Override
    public void delete(String key) {
        call(() -> {
            store.delete(key);
            return Put.EXISTS;
        });
    }

    private <T> T call(Supplier<T> work) {
        gate.readLock().lock();
        try {
            long number = calls.incrementAndGet();
            if (down || (number == failingCall && moment == Moment.BEFORE)) {
                throw fault(number, "it had no effect");
            }
            T result = work.get();
            if (number == failingCall) {
                throw fault(number, "it had taken effect");
            }
            return result;
        } finally {
            gate.readLock().unlock();
        }
    }

    private static ResultsException fault(long number, String effect) {
        return new ResultsException(Code.UNAVAILABLE, "call " + number + " was made to fail; " + effect);
    }
}

package ch.sbb.esta.results.s3;

import ch.sbb.esta.results.s3.S3Probe.Condition;
import ch.sbb.esta.results.spi.BlobStore.Put;
import java.util.Optional;
import java.util.concurrent.locks.Lock;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Keeps writers of one key apart where the store does not: in this process, by letting one after the other look and put. Thread-safe.
 */
final class WriterGuard {

    /** Locks are shared by keys of the same hash; they are held during a put. */
    private final Lock[] locks = Stream.generate(ReentrantLock::new).limit(64).toArray(Lock[]::new);

    private volatile @Nullable S3Probe probe;

    void found(S3Probe probe) {
        this.probe = probe;
    }

    S3Health health() {
        return S3Health.of(probe);
    }

    /** Before a probe the best is supposed. */
    Condition single() {
        S3Probe known = probe;
        return known == null ? Condition.HONOURED : known.put();
    }

    /** Before a probe the best is supposed. */
    Condition multipart() {
        S3Probe known = probe;
        return known == null ? Condition.HONOURED : known.multipart();
    }

    /** Puts; where the store does not refuse to overwrite, after a look and with nobody else of this process. */
    Optional<Put> put(Condition condition, String key, BooleanSupplier taken, Supplier<Optional<Put>> put) {
        if (condition == Condition.HONOURED) {
            return put.get();
        }
        Lock lock = locks[Math.floorMod(key.hashCode(), locks.length)];
        lock.lock();
        try {
            return taken.getAsBoolean() ? Optional.of(Put.EXISTS) : put.get();
        } finally {
            lock.unlock();
        }
    }
}

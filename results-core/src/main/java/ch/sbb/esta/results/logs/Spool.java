package ch.sbb.esta.results.logs;

import ch.sbb.esta.results.Escaped;
import ch.sbb.esta.results.ResultsException;
import ch.sbb.esta.results.ResultsException.Code;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.InstantSource;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The directory in which growing segments lie, and the bound on them. Every instance has a directory of its own below the configured
 * one, with a lock file; what dead processes left is removed at the start. Thread-safe.
 */
final class Spool implements AutoCloseable, SpoolFile.Disk {

    private static final Logger LOG = LoggerFactory.getLogger(Spool.class);
    private static final String PREFIX = "logs-";
    private static final String LOCK = "lock";

    private final Path directory;
    private final FileChannel lockFile;
    private final long bound;
    private final InstantSource clock;
    private final Outage outage = new Outage();
    private final LongAdder failures = new LongAdder();
    private final AtomicLong names = new AtomicLong();
    private final AtomicLong used = new AtomicLong();
    private final AtomicInteger waiting = new AtomicInteger();
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition released = lock.newCondition();

    Spool(Path parent, long bound, InstantSource clock) {
        this.bound = bound;
        this.clock = clock;
        try {
            Files.createDirectories(parent);
            removeDead(parent);
            // Locked before it has a name that others look for.
            Path made = Files.createTempDirectory(parent, "new-");
            lockFile = FileChannel.open(made.resolve(LOCK), StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
            lockFile.lock();
            directory = Files.move(made, parent.resolve(PREFIX + UUID.randomUUID()));
        } catch (IOException e) {
            throw new ResultsException(
                    Code.UNAVAILABLE,
                    "the spool directory " + Escaped.of(parent.toString()) + " cannot be used: make it writable or "
                            + "configure another: " + Escaped.of(e.toString()),
                    e);
        }
    }

    SpoolFile newFile(int bufferBytes) {
        return new SpoolFile(directory.resolve(Long.toString(names.incrementAndGet())), bufferBytes, this);
    }

    long bound() {
        return bound;
    }

    long used() {
        return used.get();
    }

    /** Since when the disk takes nothing. */
    Outage outage() {
        return outage;
    }

    long failures() {
        return failures.sum();
    }

    @Override
    public void written() {
        outage.succeeded();
    }

    @Override
    public void failed(IOException e) {
        failures.increment();
        outage.failed(e, clock.instant());
    }

    boolean tryReserve(long bytes) {
        long before = used.get();
        while (bytes <= bound - before) {
            if (used.compareAndSet(before, before + bytes)) {
                return true;
            }
            before = used.get();
        }
        return false;
    }

    /** Waits for space for a while; an interrupt ends the wait and stays set. */
    boolean tryReserve(long bytes, long nanos) {
        lock.lock();
        waiting.incrementAndGet();
        try {
            long left = nanos;
            while (bytes > bound - used.get() && left > 0) {
                left = released.awaitNanos(left);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            waiting.decrementAndGet();
            lock.unlock();
        }
        return tryReserve(bytes);
    }

    void release(long bytes) {
        if (used.addAndGet(-bytes) == 0) {
            // Nothing needs the disk.
            outage.succeeded();
        }
        // Who begins to wait after this look sees the room.
        if (waiting.get() == 0) {
            return;
        }
        lock.lock();
        try {
            released.signalAll();
        } finally {
            lock.unlock();
        }
    }

    ResultsException full(long wanted) {
        return new ResultsException(
                Code.UNAVAILABLE,
                "the log spool has no room for " + wanted + " bytes: its bound of " + bound
                        + " bytes is reached because the blob store takes less than the containers write;"
                        + " nothing was taken, call again");
    }

    @Override
    public void close() {
        try {
            lockFile.close();
            remove(directory);
        } catch (IOException e) {
            LOG.warn("The spool directory {} could not be removed", directory, e);
        }
    }

    private static void removeDead(Path parent) throws IOException {
        try (DirectoryStream<Path> directories = Files.newDirectoryStream(parent, PREFIX + "*")) {
            for (Path each : directories) {
                if (isDead(each)) {
                    remove(each);
                }
            }
        }
    }

    private static boolean isDead(Path directory) throws IOException {
        try (FileChannel channel = FileChannel.open(directory.resolve(LOCK), StandardOpenOption.WRITE);
                FileLock taken = channel.tryLock()) {
            return taken != null;
        } catch (OverlappingFileLockException e) {
            // Of this process.
            return false;
        } catch (NoSuchFileException e) {
            // Its removal was cut off.
            return true;
        }
    }

    private static void remove(Path directory) throws IOException {
        try (DirectoryStream<Path> files = Files.newDirectoryStream(directory)) {
            for (Path file : files) {
                Files.deleteIfExists(file);
            }
        } catch (NoSuchFileException e) {
            return;
        }
        Files.deleteIfExists(directory);
    }
}

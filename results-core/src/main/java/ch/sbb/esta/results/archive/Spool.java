package ch.sbb.esta.results.archive;

import ch.sbb.esta.results.ResultsException;
import java.io.FileOutputStream;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What waits on disk: one file for each key, the newest version of each, forced to the disk before a call returns. A file that was not
 * written whole is renamed to {@code *.damaged}, reported, and kept. Thread-safe; the directory belongs to one open spool alone.
 */
final class Spool {

    private static final Logger LOG = LoggerFactory.getLogger(Spool.class);
    private static final String SUFFIX = ".spool";
    private static final String UNWRITTEN = ".tmp";

    private final Path directory;
    private final InstantSource clock;
    private final ReentrantLock lock = new ReentrantLock();
    private final AtomicLong setAside = new AtomicLong();
    private @Nullable FileChannel lockFile;
    private final AtomicInteger files = new AtomicInteger();

    Spool(Path directory, InstantSource clock) {
        this.directory = directory;
        this.clock = clock;
    }

    /** Takes possession of the directory and counts what a process before has left. */
    void open() {
        lock.lock();
        FileChannel channel = null;
        try {
            Files.createDirectories(directory);
            channel = FileChannel.open(directory.resolve(".lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
            if (tryLock(channel) == null) {
                throw new ResultsException(
                        ResultsException.Code.CONFLICT,
                        "spool directory " + directory + " is in use by another archiver; give each its own");
            }
            count();
            lockFile = channel;
        } catch (IOException e) {
            throw new ResultsException(
                    ResultsException.Code.UNAVAILABLE,
                    "spool directory " + directory + " cannot be used (" + e + "); it must be a writable directory",
                    e);
        } finally {
            if (lockFile == null && channel != null) {
                closeQuietly(channel);
            }
            lock.unlock();
        }
    }

    private static @Nullable FileLock tryLock(FileChannel channel) throws IOException {
        try {
            return channel.tryLock();
        } catch (OverlappingFileLockException e) {
            return null;
        }
    }

    private static void closeQuietly(FileChannel channel) {
        try {
            channel.close();
        } catch (IOException e) {
            LOG.warn("closing the lock file of a spool failed", e);
        }
    }

    private void count() throws IOException {
        int count = 0;
        try (DirectoryStream<Path> all = Files.newDirectoryStream(directory)) {
            for (Path file : all) {
                String name = String.valueOf(file.getFileName());
                if (name.endsWith(UNWRITTEN)) {
                    putAside(file, "it was not written to its end");
                } else if (name.endsWith(SUFFIX)) {
                    count++;
                }
            }
        } catch (DirectoryIteratorException e) {
            throw e.getCause();
        }
        files.set(count);
    }

    void close() {
        lock.lock();
        try {
            if (lockFile != null) {
                closeQuietly(lockFile);
                lockFile = null;
            }
        } finally {
            lock.unlock();
        }
    }

    int size() {
        return files.get();
    }

    long setAside() {
        return setAside.get();
    }

    boolean holds(String key) {
        return files.get() > 0 && Files.exists(path(key));
    }

    /**
     * Writes an object, unless a newer version of the same run is there.
     *
     * @return whether it was written
     */
    boolean put(QueuedRun run) throws IOException {
        // An interrupt of the watcher's thread must not cost a run: channels of files fail when it is set.
        boolean interrupted = Thread.interrupted();
        lock.lock();
        try {
            requireOpen();
            Path path = path(run.key());
            Optional<QueuedRun> there = read(path);
            if (there.isPresent() && !run.supersedes(there.get())) {
                return false;
            }
            write(path, SpoolFile.of(run.origin(), run.json()).encode());
            if (there.isEmpty()) {
                files.incrementAndGet();
            }
            return true;
        } finally {
            lock.unlock();
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    private void requireOpen() throws IOException {
        if (lockFile == null) {
            throw new IOException("the spool is closed");
        }
    }

    private void write(Path path, byte[] content) throws IOException {
        Path unwritten = directory.resolve(path.getFileName() + UNWRITTEN);
        try {
            try (FileOutputStream out = new FileOutputStream(unwritten.toFile())) {
                out.write(content);
                out.getFD().sync();
            }
            Files.move(unwritten, path, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        } catch (IOException e) {
            Files.deleteIfExists(unwritten);
            throw e;
        }
        forceDirectory();
    }

    /** Without it the name of a new file may be lost with the power; a system without such a thing needs none. */
    private void forceDirectory() throws IOException {
        if (directory.getFileSystem().supportedFileAttributeViews().contains("posix")) {
            try (FileChannel channel = FileChannel.open(directory, StandardOpenOption.READ)) {
                channel.force(true);
            }
        }
    }

    /** Reads some objects back, in no order, leaving out those that are in work; they stay on disk until {@link #delete}. */
    List<QueuedRun> read(BatchRoom room, Set<String> inWork) throws IOException {
        lock.lock();
        try {
            requireOpen();
            List<QueuedRun> runs = new ArrayList<>();
            try (DirectoryStream<Path> all = Files.newDirectoryStream(directory, "*" + SUFFIX)) {
                for (Path file : all) {
                    String name = String.valueOf(file.getFileName());
                    if (inWork.contains(name.substring(0, name.length() - SUFFIX.length()))) {
                        continue;
                    }
                    if (!room.take(Files.size(file))) {
                        break;
                    }
                    read(file).ifPresent(runs::add);
                }
            } catch (DirectoryIteratorException e) {
                throw e.getCause();
            }
            return runs;
        } finally {
            lock.unlock();
        }
    }

    private Optional<QueuedRun> read(Path file) throws IOException {
        byte[] content;
        try {
            content = Files.readAllBytes(file);
        } catch (NoSuchFileException e) {
            return Optional.empty();
        }
        Optional<QueuedRun> run = SpoolFile.decode(content)
                .map(decoded -> QueuedRun.readBack(decoded, clock.instant()))
                .filter(r -> path(r.key()).equals(file));
        if (run.isEmpty()) {
            putAside(file, "its content does not fit its checksum or its name");
            files.decrementAndGet();
        }
        return run;
    }

    /** Removes what was archived, unless a newer version has taken its place meanwhile. */
    void delete(QueuedRun run) throws IOException {
        lock.lock();
        try {
            requireOpen();
            Path path = path(run.key());
            if (isStill(run, path) && Files.deleteIfExists(path)) {
                files.decrementAndGet();
            }
        } finally {
            lock.unlock();
        }
    }

    private static boolean isStill(QueuedRun run, Path path) throws IOException {
        Optional<SpoolFile> archived = run.file();
        try {
            return archived.isPresent() && Arrays.equals(archived.get().encode(), Files.readAllBytes(path));
        } catch (NoSuchFileException e) {
            return false;
        }
    }

    /** The last resort for what neither the store nor the quarantine takes: kept under another name for somebody to look at. */
    void reject(QueuedRun run) throws IOException {
        lock.lock();
        try {
            requireOpen();
            Path target = free(path(run.key()), ".rejected");
            write(target, SpoolFile.of(run.origin(), run.json()).encode());
            setAside.incrementAndGet();
            run.fields()
                    .run(() -> LOG.error(
                            "{} is kept as {}, because neither the store nor the quarantine takes it", run, target));
        } finally {
            lock.unlock();
        }
    }

    private void putAside(Path file, String why) throws IOException {
        Path target = free(file, ".damaged");
        Files.move(file, target, StandardCopyOption.ATOMIC_MOVE);
        setAside.incrementAndGet();
        LOG.error("{} of the spool was set aside as {}, because {}", file.getFileName(), target.getFileName(), why);
    }

    private Path free(Path file, String ending) {
        Path target = directory.resolve(file.getFileName() + ending);
        for (int i = 1; Files.exists(target); i++) {
            target = directory.resolve(file.getFileName() + "." + i + ending);
        }
        return target;
    }

    private Path path(String key) {
        return directory.resolve(key + SUFFIX);
    }
}

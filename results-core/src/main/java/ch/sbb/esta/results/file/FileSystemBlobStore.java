package ch.sbb.esta.results.file;

import static java.nio.file.LinkOption.NOFOLLOW_LINKS;

import ch.sbb.esta.results.BlobKey;
import ch.sbb.esta.results.Escaped;
import ch.sbb.esta.results.Page;
import ch.sbb.esta.results.ResultsException;
import ch.sbb.esta.results.ResultsException.Code;
import ch.sbb.esta.results.internal.ExactStream;
import ch.sbb.esta.results.spi.BlobStore;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.channels.SeekableByteChannel;
import java.nio.file.AccessDeniedException;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.DirectoryStream;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;

/**
 * A {@link BlobStore} in a directory: one file for each blob, below a directory for each segment of its key.
 *
 * <p>A put writes a file beside the blobs, forces it to the disk, and gives it its name by a hard link, which fails when the name is
 * taken; a power cut leaves the whole blob or none. Several processes may use one directory. Symbolic links inside the directory are
 * not followed: a blob behind one does not exist. The file system must know hard links. Thread-safe.
 */
public final class FileSystemBlobStore implements BlobStore {

    // No key is mapped to this name.
    private static final String TEMPORARY = "~tmp";
    private static final int ATTEMPTS = 100;
    private static final Duration ABANDONED = Duration.ofDays(1);
    private static final Set<OpenOption> READ = Set.of(StandardOpenOption.READ, NOFOLLOW_LINKS);
    private static final Set<OpenOption> WRITE =
            Set.of(StandardOpenOption.WRITE, StandardOpenOption.CREATE_NEW, NOFOLLOW_LINKS);

    private final Path root;
    private final Path temporary;

    /**
     * Opens a store; its directory is made when there is none.
     *
     * @param directory where the blobs lie; nothing else may be kept there
     * @throws ResultsException {@code UNAVAILABLE} or {@code DENIED} when the directory cannot be used, {@code INVALID} when its file
     *     system knows no hard links
     */
    public FileSystemBlobStore(Path directory) {
        Objects.requireNonNull(directory, "directory");
        try {
            Files.createDirectories(directory);
            root = directory.toRealPath();
            temporary = root.resolve(TEMPORARY);
            Files.createDirectories(temporary);
        } catch (IOException e) {
            throw failed("open", directory.toString(), e);
        }
        sweep(requireHardLinks());
    }

    @Override
    public Put putIfAbsent(String key, Content content) {
        Path target = FileKeys.path(root, BlobKey.check(key));
        Objects.requireNonNull(content, "content");
        Path file = temporary.resolve(UUID.randomUUID().toString());
        try {
            if (isBlob(target)) {
                return Put.EXISTS;
            }
            try {
                write(file, content);
                return publish(file, target);
            } finally {
                Files.deleteIfExists(file);
            }
        } catch (IOException e) {
            throw failed("put", key, e);
        }
    }

    @Override
    public InputStream get(String key) {
        return getRange(key, 0, Long.MAX_VALUE);
    }

    @Override
    public InputStream getRange(String key, long offset, long length) {
        BlobKey.checkRange(offset, length);
        Path file = FileKeys.path(root, BlobKey.check(key));
        try {
            if (!isBlob(file)) {
                throw ResultsException.notFound(key);
            }
            SeekableByteChannel channel = Files.newByteChannel(file, READ);
            channel.position(Math.min(offset, channel.size()));
            return new Range(Channels.newInputStream(channel), length);
        } catch (NoSuchFileException e) {
            throw ResultsException.notFound(key);
        } catch (IOException e) {
            throw failed("get", key, e);
        }
    }

    @Override
    public Optional<Blob> find(String key) {
        Path file = FileKeys.path(root, BlobKey.check(key));
        try {
            return isBlob(file) ? Optional.of(new Blob(key, Files.size(file))) : Optional.empty();
        } catch (NoSuchFileException e) {
            return Optional.empty();
        } catch (IOException e) {
            throw failed("find", key, e);
        }
    }

    @Override
    public Page<Blob> list(String prefix, String afterKey) {
        BlobKey.checkPrefix(prefix);
        Objects.requireNonNull(afterKey, "afterKey");
        try {
            return new FileListing(root, prefix, afterKey).page();
        } catch (IOException e) {
            throw failed("list", prefix, e);
        }
    }

    @Override
    public void delete(String key) {
        Path file = FileKeys.path(root, BlobKey.check(key));
        try {
            if (!isBlob(file)) {
                return;
            }
            Files.deleteIfExists(file);
            Path directory = file.getParent();
            while (directory != null && !directory.equals(root)) {
                Files.deleteIfExists(directory);
                directory = directory.getParent();
            }
        } catch (DirectoryNotEmptyException e) {
            // The directory is still needed.
            return;
        } catch (IOException e) {
            throw failed("delete", key, e);
        }
    }

    private static void write(Path file, Content content) throws IOException {
        try (FileChannel channel = FileChannel.open(file, WRITE);
                InputStream in = new ExactStream(content.open(), content.length())) {
            byte[] buffer = new byte[64 * 1024];
            for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
                ByteBuffer bytes = ByteBuffer.wrap(buffer, 0, n);
                while (bytes.hasRemaining()) {
                    channel.write(bytes);
                }
            }
            channel.force(true);
        }
    }

    /** Tries again when a delete has just taken an empty directory away. */
    private Put publish(Path file, Path target) throws IOException {
        for (int attempt = 1; ; attempt++) {
            try {
                List<Path> changed = makeDirectories(target);
                Files.createLink(target, file);
                for (Path directory : changed) {
                    force(directory);
                }
                return Put.CREATED;
            } catch (FileAlreadyExistsException e) {
                if (isBlob(target)) {
                    return Put.EXISTS;
                }
                if (attempt == ATTEMPTS) {
                    throw e;
                }
            } catch (NoSuchFileException e) {
                if (attempt == ATTEMPTS) {
                    throw e;
                }
            }
        }
    }

    private List<Path> makeDirectories(Path target) throws IOException {
        List<Path> changed = new ArrayList<>();
        Path directory = root;
        for (Path name : root.relativize(target)) {
            Path next = directory.resolve(name);
            if (next.equals(target)) {
                break;
            }
            if (!isDirectory(next)) {
                changed.add(directory);
                try {
                    Files.createDirectory(next);
                } catch (FileAlreadyExistsException e) {
                    if (!isDirectory(next) && Files.exists(next, NOFOLLOW_LINKS)) {
                        throw new NotDirectoryException(next.toString());
                    }
                }
            }
            directory = next;
        }
        changed.add(directory);
        return changed;
    }

    /** Every step from the root down must be a real directory, the last one a real file: links could lead out. */
    private boolean isBlob(Path file) throws IOException {
        Path directory = root;
        for (Path name : root.relativize(file)) {
            Path next = directory.resolve(name);
            if (next.equals(file)) {
                break;
            }
            if (!isDirectory(next)) {
                return false;
            }
            directory = next;
        }
        try {
            return Files.readAttributes(file, BasicFileAttributes.class, NOFOLLOW_LINKS)
                    .isRegularFile();
        } catch (NoSuchFileException e) {
            return false;
        }
    }

    private static boolean isDirectory(Path path) throws IOException {
        try {
            return Files.readAttributes(path, BasicFileAttributes.class, NOFOLLOW_LINKS)
                    .isDirectory();
        } catch (NoSuchFileException e) {
            return false;
        }
    }

    /** Makes a new name in a directory outlive a power cut. */
    private static void force(Path directory) throws IOException {
        try (FileChannel channel = FileChannel.open(directory, StandardOpenOption.READ)) {
            channel.force(true);
        } catch (NoSuchFileException e) {
            throw new NoSuchFileException(directory.toString(), null, "the directory was removed from outside");
        }
    }

    /** Removes what a process left that died within a put; by the file system's own clock, which every file of it goes by. */
    private void sweep(FileTime now) {
        Instant dead = now.toInstant().minus(ABANDONED);
        try (DirectoryStream<Path> files = Files.newDirectoryStream(temporary)) {
            for (Path file : files) {
                if (Files.getLastModifiedTime(file, NOFOLLOW_LINKS).toInstant().isBefore(dead)) {
                    Files.deleteIfExists(file);
                }
            }
        } catch (NoSuchFileException e) {
            // Its put, or another sweep, was faster.
            return;
        } catch (IOException e) {
            throw failed("sweep", temporary.toString(), e);
        }
    }

    private FileTime requireHardLinks() {
        Path file = temporary.resolve(UUID.randomUUID().toString());
        Path link = temporary.resolve(UUID.randomUUID().toString());
        try {
            Files.createFile(file);
            Files.createLink(link, file);
            return Files.getLastModifiedTime(file, NOFOLLOW_LINKS);
        } catch (UnsupportedOperationException e) {
            throw new ResultsException(
                    Code.INVALID,
                    "the file system of " + Escaped.of(root.toString())
                            + " knows no hard links, by which blobs get their names; choose another directory",
                    e);
        } catch (IOException e) {
            throw failed("link a file in", root.toString(), e);
        } finally {
            remove(file);
            remove(link);
        }
    }

    private static void remove(Path file) {
        try {
            Files.deleteIfExists(file);
        } catch (IOException e) {
            throw failed("remove", file.toString(), e);
        }
    }

    private static ResultsException failed(String verb, String subject, IOException e) {
        Code code = e instanceof AccessDeniedException ? Code.DENIED : Code.UNAVAILABLE;
        return new ResultsException(
                code, "could not " + verb + " " + Escaped.of(subject) + ": " + Escaped.of(e.toString()), e);
    }

    /** The first bytes of a stream. */
    private static final class Range extends FilterInputStream {

        private long left;

        Range(InputStream in, long length) {
            super(in);
            left = length;
        }

        @Override
        public int read() throws IOException {
            byte[] one = new byte[1];
            return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
        }

        @Override
        public int read(byte[] buffer, int offset, int count) throws IOException {
            if (left == 0 && count > 0) {
                return -1;
            }
            int n = in.read(buffer, offset, (int) Math.min(count, left));
            left -= Math.max(n, 0);
            return n;
        }

        @Override
        public long skip(long count) throws IOException {
            long n = in.skip(Math.min(count, left));
            left -= n;
            return n;
        }

        @Override
        public boolean markSupported() {
            return false;
        }
    }
}

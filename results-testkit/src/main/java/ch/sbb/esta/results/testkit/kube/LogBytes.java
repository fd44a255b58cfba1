package ch.sbb.esta.results.testkit.kube;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** Bytes that only grow: on the heap while they are few, then in a temporary file that vanishes when it is closed. Guarded by its owner. */
final class LogBytes implements AutoCloseable {

    private static final int MOST_ON_HEAP = 256 * 1024;

    private byte[] heap = new byte[1024];
    private long size;
    private @Nullable FileChannel file;

    void append(byte[] bytes, int from, int length) {
        try {
            FileChannel open = file;
            if (open == null && size + length > MOST_ON_HEAP) {
                open = spill();
            }
            if (open == null) {
                int needed = (int) size + length;
                if (needed > heap.length) {
                    heap = Arrays.copyOf(heap, Math.max(needed, heap.length * 2));
                }
                System.arraycopy(bytes, from, heap, (int) size, length);
            } else {
                write(open, ByteBuffer.wrap(bytes, from, length), size);
            }
            size += length;
        } catch (IOException e) {
            throw new UncheckedIOException(
                    "a container log could not be written to its temporary file: is the disk full?", e);
        }
    }

    /** Reads bytes that are there. The file was written moments ago: reading it does not wait for a disk. */
    byte[] read(long from, int length) {
        byte[] bytes = new byte[length];
        FileChannel open = file;
        if (open == null) {
            System.arraycopy(heap, (int) from, bytes, 0, length);
            return bytes;
        }
        try {
            ByteBuffer into = ByteBuffer.wrap(bytes);
            while (into.hasRemaining()) {
                if (open.read(into, from + into.position()) < 0) {
                    throw new IOException(
                            "the temporary file of a container log is shorter than what was written to it");
                }
            }
            return bytes;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    long size() {
        return size;
    }

    private FileChannel spill() throws IOException {
        Path path = Files.createTempFile("container-", ".log");
        FileChannel opened = FileChannel.open(
                path, StandardOpenOption.READ, StandardOpenOption.WRITE, StandardOpenOption.DELETE_ON_CLOSE);
        write(opened, ByteBuffer.wrap(heap, 0, (int) size), 0);
        heap = new byte[0];
        file = opened;
        return opened;
    }

    private static void write(FileChannel channel, ByteBuffer bytes, long at) throws IOException {
        long position = at;
        while (bytes.hasRemaining()) {
            position += channel.write(bytes, position);
        }
    }

    @Override
    public void close() {
        FileChannel open = file;
        if (open != null) {
            try {
                open.close();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }
}

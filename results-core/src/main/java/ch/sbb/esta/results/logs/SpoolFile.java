package ch.sbb.esta.results.logs;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.RandomAccessFile;
import java.io.SequenceInputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * Bytes that wait on the disk. What fits into the buffer never gets there. An append takes effect wholly or, when it throws, not at all.
 * Not thread-safe. A {@link RandomAccessFile} and no channel, because an interrupt of the writing thread would close a channel.
 */
final class SpoolFile extends OutputStream {

    private final Path path;
    private final byte[] buffer;
    private final Disk disk;
    private int buffered;
    private long written;
    private @Nullable RandomAccessFile file;

    /** Is told how writing went. */
    interface Disk {

        void written();

        void failed(IOException e);
    }

    SpoolFile(Path path, int bufferBytes, Disk disk) {
        this.path = path;
        this.disk = disk;
        this.buffer = new byte[bufferBytes];
    }

    long size() {
        return written + buffered;
    }

    /** Makes sure that the next bytes, up to so many, go to the buffer and therefore cannot fail. */
    void makeRoom(int bytes) throws IOException {
        if (buffer.length - buffered < bytes) {
            spill();
        }
    }

    @Override
    public void write(int b) throws IOException {
        write(new byte[] {(byte) b}, 0, 1);
    }

    @Override
    public void write(byte[] bytes, int offset, int length) throws IOException {
        if (length > buffer.length - buffered) {
            spill();
            if (length > buffer.length) {
                writeAt(written, bytes, offset, length);
                written += length;
                return;
            }
        }
        System.arraycopy(bytes, offset, buffer, buffered, length);
        buffered += length;
    }

    /** Reads everything from the start; nothing may be appended meanwhile. */
    InputStream open() throws IOException {
        InputStream rest = new ByteArrayInputStream(buffer, 0, buffered);
        return written == 0 ? rest : new SequenceInputStream(Files.newInputStream(path), rest);
    }

    /** Throws the bytes away. */
    @Override
    public void close() throws IOException {
        buffered = 0;
        if (file != null) {
            file.close();
            file = null;
            Files.deleteIfExists(path);
        }
    }

    private void spill() throws IOException {
        if (buffered > 0) {
            writeAt(written, buffer, 0, buffered);
            written += buffered;
            buffered = 0;
        }
    }

    private void writeAt(long position, byte[] bytes, int offset, int length) throws IOException {
        try {
            RandomAccessFile open = file;
            if (open == null) {
                open = new RandomAccessFile(path.toFile(), "rw");
                file = open;
            }
            open.seek(position);
            open.write(bytes, offset, length);
        } catch (IOException e) {
            disk.failed(e);
            throw e;
        }
        disk.written();
    }
}

package ch.sbb.esta.results.internal;

import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.zip.CRC32;
import java.util.zip.CheckedInputStream;
import java.util.zip.Deflater;
import java.util.zip.DeflaterInputStream;

/**
 * Packs a text into a gzip file (RFC 1952) while it is read. Not thread-safe; closing it closes the text.
 */
public final class GzipInput extends InputStream {

    /** ID1, ID2, CM = deflate, no flags, no time, XFL = 0, OS = unknown. */
    private static final byte[] HEADER = {0x1f, (byte) 0x8b, 8, 0, 0, 0, 0, 0, 0, (byte) 255};

    private final CheckedInputStream text;
    private final Counted counted;
    private final Deflater deflater = new Deflater(Deflater.DEFAULT_COMPRESSION, true);
    private final InputStream body;
    private ByteBuffer frame = ByteBuffer.wrap(HEADER);
    private boolean atTrailer;

    /**
     * Packs a text.
     *
     * @param text what to pack
     */
    public GzipInput(InputStream text) {
        this.counted = new Counted(text);
        this.text = new CheckedInputStream(counted, new CRC32());
        this.body = new DeflaterInputStream(this.text, deflater, 8192);
    }

    @Override
    public int read() throws IOException {
        byte[] one = new byte[1];
        return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
    }

    @Override
    public int read(byte[] buffer, int offset, int length) throws IOException {
        if (length == 0) {
            return 0;
        }
        if (!frame.hasRemaining() && !atTrailer) {
            int n = body.read(buffer, offset, length);
            if (n >= 0) {
                return n;
            }
            atTrailer = true;
            frame = ByteBuffer.allocate(8)
                    .order(ByteOrder.LITTLE_ENDIAN)
                    .putInt((int) text.getChecksum().getValue())
                    .putInt((int) counted.count)
                    .flip();
        }
        int n = Math.min(length, frame.remaining());
        if (n == 0) {
            return -1;
        }
        frame.get(buffer, offset, n);
        return n;
    }

    @Override
    public void close() throws IOException {
        try {
            body.close();
        } finally {
            deflater.end();
        }
    }

    private static final class Counted extends FilterInputStream {

        private long count;

        Counted(InputStream in) {
            super(in);
        }

        @Override
        public int read() throws IOException {
            int b = in.read();
            count += b < 0 ? 0 : 1;
            return b;
        }

        @Override
        public int read(byte[] buffer, int offset, int length) throws IOException {
            int n = in.read(buffer, offset, length);
            count += Math.max(n, 0);
            return n;
        }
    }
}

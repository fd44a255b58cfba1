package ch.sbb.esta.results.internal;

import ch.sbb.esta.results.ResultsException;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;

/**
 * The bytes of a content that must be exactly as many as announced: with fewer or more, the read that would end it throws
 * {@code INVALID}, so that whoever copies never takes the wrong bytes for the whole. Not thread-safe.
 */
public final class ExactStream extends FilterInputStream {

    private final long length;
    private long left;

    /**
     * Guards a stream.
     *
     * @param in the bytes
     * @param length how many were announced
     * @throws IOException when no bytes were announced and whether there are any cannot be read
     */
    public ExactStream(InputStream in, long length) throws IOException {
        super(in);
        this.length = length;
        this.left = length;
        if (length < 0) {
            throw ResultsException.invalid("a content cannot have " + length + " bytes");
        }
        if (length == 0) {
            requireEnd();
        }
    }

    @Override
    public int read() throws IOException {
        byte[] one = new byte[1];
        return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
    }

    @Override
    public int read(byte[] buffer, int offset, int count) throws IOException {
        if (count == 0) {
            return 0;
        }
        if (left == 0) {
            return -1;
        }
        int n = in.read(buffer, offset, (int) Math.min(count, left));
        if (n < 0) {
            throw ResultsException.invalid(
                    "the content announced " + length + " bytes but ended after " + (length - left));
        }
        left -= n;
        if (left == 0) {
            requireEnd();
        }
        return n;
    }

    @Override
    public long skip(long count) throws IOException {
        byte[] buffer = new byte[8192];
        long skipped = 0;
        while (skipped < count) {
            int n = read(buffer, 0, (int) Math.min(buffer.length, count - skipped));
            if (n < 0) {
                break;
            }
            skipped += n;
        }
        return skipped;
    }

    @Override
    public boolean markSupported() {
        return false;
    }

    private void requireEnd() throws IOException {
        if (in.read() >= 0) {
            throw ResultsException.invalid("the content announced " + length + " bytes but has more");
        }
    }
}

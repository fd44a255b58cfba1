package ch.sbb.esta.results.grpc;

import java.io.IOException;
import java.io.InputStream;

/** A part of a text that can only be had from its beginning. For one thread at a time. */
final class TextRange extends InputStream {

    private static final int BUFFER = 32 << 10;

    private final InputStream text;
    private long skip;
    private long left;

    TextRange(InputStream text, long offset, long length) {
        this.text = text;
        this.skip = offset;
        this.left = length;
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
        if (left == 0 || !skipped()) {
            return -1;
        }
        int read = text.read(buffer, offset, (int) Math.min(length, left));
        left -= Math.max(0, read);
        return read;
    }

    private boolean skipped() throws IOException {
        byte[] unread = skip == 0 ? new byte[0] : new byte[BUFFER];
        while (skip > 0) {
            int read = text.read(unread, 0, (int) Math.min(BUFFER, skip));
            if (read < 0) {
                return false;
            }
            skip -= read;
        }
        return true;
    }

    @Override
    public void close() throws IOException {
        text.close();
    }
}

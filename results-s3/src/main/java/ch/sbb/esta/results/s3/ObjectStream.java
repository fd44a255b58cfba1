package ch.sbb.esta.results.s3;

import java.io.IOException;
import java.io.InputStream;
import software.amazon.awssdk.core.ResponseInputStream;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.services.s3.model.GetObjectResponse;

/** The bytes of an object. Errors of the SDK come as {@link IOException}, and closing early does not read the rest. */
final class ObjectStream extends InputStream {

    /** Reading so much to the end is cheaper than a new connection. */
    private static final long WORTH_DRAINING = 64 << 10;

    private final ResponseInputStream<GetObjectResponse> in;
    private final String where;
    private long remaining;
    private boolean closed;

    ObjectStream(ResponseInputStream<GetObjectResponse> in, String where) {
        this.in = in;
        this.where = where;
        Long length = in.response().contentLength();
        this.remaining = length == null ? Long.MAX_VALUE : length;
    }

    @Override
    public int read() throws IOException {
        byte[] one = new byte[1];
        return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
    }

    @Override
    public int read(byte[] buffer, int offset, int length) throws IOException {
        if (closed) {
            throw new IOException("the stream of " + where + " is closed");
        }
        try {
            int n = in.read(buffer, offset, length);
            if (n > 0) {
                remaining -= n;
            } else if (n < 0 && remaining > 0 && remaining < Long.MAX_VALUE) {
                throw new IOException("the connection ended");
            }
            return n;
        } catch (IOException | SdkException | IllegalStateException e) {
            throw new IOException("reading " + where + " broke off: " + e.getMessage(), e);
        }
    }

    @Override
    public int available() throws IOException {
        return closed ? 0 : in.available();
    }

    @Override
    public void close() throws IOException {
        if (closed) {
            return;
        }
        closed = true;
        if (remaining > WORTH_DRAINING) {
            in.abort();
            return;
        }
        try {
            in.close();
        } catch (IOException | SdkException e) {
            in.abort();
        }
    }
}

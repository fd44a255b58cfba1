package ch.sbb.esta.results.s3;

import ch.sbb.esta.results.ResultsException;
import ch.sbb.esta.results.spi.BlobStore.Content;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.file.FileSystemException;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.http.ContentStreamProvider;

/**
 * Content on its way into the SDK. Remembers why it could not be read: the SDK does not tell a broken source from a broken
 * connection, and would ask again.
 */
final class PutContent implements ContentStreamProvider {

    private final Content content;
    private final long length;
    private volatile @Nullable Exception failure;

    PutContent(Content content) {
        this.content = content;
        this.length = content.length();
    }

    long length() {
        return length;
    }

    @Override
    public InputStream newStream() {
        try {
            return open();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Opens a stream that fails unless the content has exactly as many bytes as it says. */
    InputStream open() throws IOException {
        try {
            failure = null;
            return new Exact(content.open());
        } catch (IOException | RuntimeException e) {
            failure = e;
            throw e;
        }
    }

    /** Looks into a content that says it is empty: nobody would ask it for its bytes. */
    void checkEmpty() {
        if (length > 0) {
            return;
        }
        try (InputStream in = open()) {
            in.transferTo(OutputStream.nullOutputStream());
        } catch (IOException e) {
            throw failure()
                    .orElseGet(() -> new ResultsException(
                            ResultsException.Code.INTERNAL, "the content to store does not close", e));
        }
    }

    /** Why the content could not be read, if that is what went wrong. */
    Optional<ResultsException> failure() {
        Exception e = failure;
        if (e == null) {
            return Optional.empty();
        }
        if (e instanceof ResultsException known) {
            return Optional.of(known);
        }
        if (e instanceof WrongLength) {
            return Optional.of(new ResultsException(ResultsException.Code.INVALID, String.valueOf(e.getMessage()), e));
        }
        ResultsException.Code code = e instanceof IOException && !(e instanceof FileSystemException)
                ? ResultsException.Code.UNAVAILABLE
                : ResultsException.Code.INTERNAL;
        return Optional.of(new ResultsException(code, "the content to store cannot be read", e));
    }

    /** A content of another length than it says. */
    private static final class WrongLength extends IOException {

        private static final long serialVersionUID = 1L;

        WrongLength(String message) {
            super(message);
        }
    }

    /** Counts what passes. */
    private final class Exact extends FilterInputStream {

        private long count;

        Exact(InputStream in) {
            super(in);
        }

        @Override
        public int read() throws IOException {
            byte[] one = new byte[1];
            return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
        }

        @Override
        public int read(byte[] buffer, int offset, int wanted) throws IOException {
            if (wanted == 0) {
                return 0;
            }
            try {
                int n = in.read(buffer, offset, wanted);
                count += Math.max(n, 0);
                // Whether there is more is asked before the last bytes go out: afterwards the store would have all it
                // waits for.
                if (n < 0 ? count < length : count > length || (count == length && in.read() >= 0)) {
                    throw new WrongLength("the content to store says that it has " + length + " bytes, but "
                            + (n < 0 ? "ended after " + count : "has more"));
                }
                return n;
            } catch (IOException | RuntimeException e) {
                failure = e;
                throw e;
            }
        }

        @Override
        public long skip(long n) throws IOException {
            byte[] dropped = new byte[(int) Math.min(8192, Math.max(n, 0))];
            return Math.max(0, read(dropped, 0, dropped.length));
        }

        @Override
        public boolean markSupported() {
            return false;
        }
    }
}

package ch.sbb.esta.results.grpc;

import ch.sbb.esta.results.LogName;
import com.google.api.HttpBody;
import com.google.protobuf.ByteString;
import io.grpc.StatusException;
import io.grpc.stub.BlockingClientCall;
import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import org.jspecify.annotations.Nullable;

/** The text of a log, chunk by chunk as the server sends it; no more is asked for than is read. For one thread at a time. */
final class RemoteText extends InputStream {

    private final LogName name;
    private final BlockingClientCall<?, HttpBody> call;
    private final GrpcFailures failures;
    private final long expectedBytes;
    private InputStream chunk;
    private long received;
    private boolean ended;

    /** Waits for the first chunk, because before it the server says whether there is such a log. */
    RemoteText(LogName name, BlockingClientCall<?, HttpBody> call, GrpcFailures failures, long expectedBytes)
            throws StatusException, InterruptedException {
        this.name = name;
        this.call = call;
        this.failures = failures;
        this.expectedBytes = expectedBytes;
        this.chunk = open(call.read());
    }

    private InputStream open(@Nullable HttpBody body) {
        if (body == null) {
            ended = true;
            return InputStream.nullInputStream();
        }
        ByteString data = body.getData();
        received += data.size();
        return data.newInput();
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
        while (true) {
            int read = chunk.read(buffer, offset, length);
            if (read > 0) {
                return read;
            }
            if (ended) {
                requireWhole();
                return -1;
            }
            next();
        }
    }

    private void next() throws IOException {
        try {
            chunk = open(call.read());
        } catch (StatusException e) {
            ended = true;
            throw new IOException("the text broke off after byte " + received, failures.of(e, "GetLog", name));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new InterruptedIOException("interrupted after byte " + received + " of " + name);
        }
    }

    /** Servers say that a log is stored before its last bytes are. */
    private void requireWhole() throws IOException {
        if (received < expectedBytes) {
            throw new IOException(
                    "the server sent " + received + " bytes of " + name + ", of which it says that it has "
                            + expectedBytes + "; it may not have finished storing it, read it again");
        }
    }

    @Override
    public void close() {
        call.cancel("closed by the reader", null);
    }
}

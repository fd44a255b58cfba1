package ch.sbb.esta.results.logs;

import ch.sbb.esta.results.ContainerLogId;
import ch.sbb.esta.results.ResultsException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * The text of a log between two places. It passes on no byte that was not checked, and goes over from segments to the sealed object
 * when the log is sealed while it is read. Not thread-safe.
 */
final class LogText extends InputStream {

    private final LogReader reader;
    private final ContainerLogId id;
    private final long end;
    private long position;
    private ByteBuffer text = ByteBuffer.allocate(0);
    private @Nullable InputStream members;
    private boolean progress;
    private boolean closed;

    LogText(LogReader reader, ContainerLogId id, long from, long end) {
        this.reader = reader;
        this.id = id;
        this.position = from;
        this.end = end;
    }

    @Override
    public int read() throws IOException {
        return fill() ? take(1).get() & 0xff : -1;
    }

    @Override
    public int read(byte[] buffer, int offset, int length) throws IOException {
        if (length == 0) {
            return 0;
        }
        if (!fill()) {
            return -1;
        }
        int n = (int) Math.min(Math.min(length, text.remaining()), end - position);
        take(n).get(buffer, offset, n);
        return n;
    }

    @Override
    public int available() {
        return (int) Math.min(text.remaining(), end - position);
    }

    @Override
    public void close() throws IOException {
        closed = true;
        if (members != null) {
            members.close();
            members = null;
        }
    }

    private ByteBuffer take(int n) {
        position += n;
        return text;
    }

    private boolean fill() throws IOException {
        if (closed) {
            throw new IOException("the stream is closed");
        }
        while (position < end && !text.hasRemaining()) {
            try {
                next();
            } catch (ResultsException e) {
                if (e.isRetryable()) {
                    throw new IOException("reading the log " + id + " broke off at byte " + position, e);
                }
                throw e;
            }
        }
        return position < end;
    }

    private void next() throws IOException {
        InputStream in = members;
        if (in == null) {
            in = reader.openMembers(id, position, end);
            members = in;
            progress = false;
        }
        TextMember.Text member = TextMember.read(in);
        if (member == null) {
            in.close();
            members = null;
            if (!progress) {
                throw new IOException("reading the log " + id + " broke off at byte " + position + " of " + end);
            }
            return;
        }
        long skip = position - member.offset();
        if (skip < 0 || skip >= member.bytes().remaining()) {
            throw GzipMember.corrupt("the log " + id + " goes on with byte " + member.offset() + " where byte "
                    + position + " should come");
        }
        progress = true;
        text = member.bytes().position((int) skip);
    }
}

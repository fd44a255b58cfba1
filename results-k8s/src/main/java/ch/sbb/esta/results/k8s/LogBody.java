package ch.sbb.esta.results.k8s;

import io.fabric8.kubernetes.client.http.AsyncBody;
import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The body of an answer as a blocking stream. It asks the HTTP client for the next piece only when all before it was read, so that a slow
 * reader slows the sender down instead of filling the heap.
 *
 * <p>fabric8's own stream forgets what it has taken when a connection breaks; here everything that arrived is read before the failure is
 * thrown.
 */
final class LogBody extends InputStream implements AsyncBody.Consumer<List<ByteBuffer>> {

    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private final Deque<ByteBuffer> arrived = new ArrayDeque<>();
    private final Consumer<LogBody> onClose;
    private @Nullable AsyncBody body;
    private @Nullable Throwable failure;
    private boolean asked;
    private boolean ended;
    private boolean closed;

    LogBody(Consumer<LogBody> onClose) {
        this.onClose = onClose;
    }

    /** Connects this stream with the body, once the head of the answer is there. */
    void start(AsyncBody started) {
        if (connect(started)) {
            started.cancel();
        }
        CompletableFuture<Void> unused = started.done().whenComplete((nothing, thrown) -> end(thrown));
    }

    /** Returns whether this stream was closed before there was an answer. */
    private boolean connect(AsyncBody started) {
        lock.lock();
        try {
            body = started;
            return closed;
        } finally {
            lock.unlock();
        }
    }

    @Override
    public void consume(List<ByteBuffer> pieces, AsyncBody from) {
        lock.lock();
        try {
            asked = false;
            if (!closed) {
                pieces.stream().filter(ByteBuffer::hasRemaining).forEach(arrived::add);
            }
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    private void end(@Nullable Throwable thrown) {
        lock.lock();
        try {
            ended = true;
            failure = thrown;
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    @Override
    public int read() throws IOException {
        byte[] one = new byte[1];
        return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
    }

    @Override
    public int read(byte[] to, int offset, int length) throws IOException {
        Objects.checkFromIndexSize(offset, length, to.length);
        if (length == 0) {
            return 0;
        }
        while (true) {
            AsyncBody ask;
            lock.lock();
            try {
                if (closed) {
                    throw new IOException("the log stream is closed");
                }
                ByteBuffer piece = arrived.peek();
                if (piece != null) {
                    return take(piece, to, offset, length);
                }
                if (ended) {
                    return end();
                }
                ask = asked ? null : body;
                if (ask == null) {
                    changed.await();
                } else {
                    asked = true;
                }
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw interrupted(e);
            } finally {
                lock.unlock();
            }
            if (ask != null) {
                // Outside the lock: some clients deliver the piece within this call.
                ask.consume();
            }
        }
    }

    private int take(ByteBuffer piece, byte[] to, int offset, int length) {
        int taken = Math.min(length, piece.remaining());
        piece.get(to, offset, taken);
        if (!piece.hasRemaining()) {
            arrived.remove();
        }
        return taken;
    }

    private int end() throws IOException {
        if (failure == null) {
            return -1;
        }
        if (failure instanceof CancellationException) {
            throw new IOException("the log stream is closed");
        }
        throw new IOException("the log stream was cut", failure);
    }

    private static InterruptedIOException interrupted(InterruptedException cause) {
        InterruptedIOException interrupted = new InterruptedIOException("interrupted while waiting for a log");
        interrupted.initCause(cause);
        return interrupted;
    }

    @Override
    public int available() {
        lock.lock();
        try {
            return arrived.stream().mapToInt(ByteBuffer::remaining).sum();
        } finally {
            lock.unlock();
        }
    }

    /** Ends the request and wakes a blocked reader, which gets an {@link IOException}. */
    @Override
    public void close() {
        AsyncBody cancel;
        lock.lock();
        try {
            if (closed) {
                return;
            }
            closed = true;
            arrived.clear();
            cancel = ended ? null : body;
            changed.signalAll();
        } finally {
            lock.unlock();
        }
        onClose.accept(this);
        if (cancel != null) {
            cancel.cancel();
        }
    }
}

package ch.sbb.esta.results.k8s;

import io.fabric8.kubernetes.client.http.AsyncBody;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The body of a watch, line by line. Lines are handed on one after the other by the executor, and the next piece is asked for when those of
 * the last one were taken: whoever is slow slows the sender down instead of filling the heap.
 */
final class WatchBody implements AsyncBody.Consumer<List<ByteBuffer>> {

    private static final int KEPT_BYTES = 64 * 1024;

    private final Executor executor;
    private final Consumer<byte[]> onLine;
    private ByteArrayOutputStream line = new ByteArrayOutputStream();
    private CompletableFuture<?> tail = CompletableFuture.completedFuture("nothing yet");
    private @Nullable AsyncBody body;
    private boolean cancelled;

    WatchBody(Executor executor, Consumer<byte[]> onLine) {
        this.executor = executor;
        this.onLine = onLine;
    }

    /**
     * Begins to read.
     *
     * @param onEnd is told what was left without an end of line, and why the body ended; null for an end without a failure
     */
    void start(AsyncBody started, BiConsumer<byte[], @Nullable Throwable> onEnd) {
        boolean late;
        synchronized (this) {
            body = started;
            late = cancelled;
        }
        CompletableFuture<Void> unused = started.done()
                .whenComplete((nothing, thrown) -> inTurn(() -> onEnd.accept(line.toByteArray(), thrown)));
        if (late) {
            started.cancel();
        } else {
            started.consume();
        }
    }

    @Override
    public void consume(List<ByteBuffer> pieces, AsyncBody from) {
        inTurn(() -> {
            pieces.forEach(this::take);
            from.consume();
        });
    }

    private synchronized void inTurn(Runnable task) {
        tail = tail.whenCompleteAsync((nothing, thrown) -> task.run(), executor);
    }

    private void take(ByteBuffer piece) {
        byte[] bytes = new byte[piece.remaining()];
        piece.get(bytes);
        int from = 0;
        for (int i = 0; i < bytes.length; i++) {
            if (bytes[i] == '\n') {
                line.write(bytes, from, i - from);
                from = i + 1;
                endLine();
            }
        }
        line.write(bytes, from, bytes.length - from);
    }

    private void endLine() {
        byte[] text = line.toByteArray();
        if (text.length > KEPT_BYTES) {
            line = new ByteArrayOutputStream();
        } else {
            line.reset();
        }
        if (text.length > 0) {
            onLine.accept(text);
        }
    }

    /** Ends the request. */
    void cancel() {
        AsyncBody open;
        synchronized (this) {
            cancelled = true;
            open = body;
        }
        if (open != null) {
            open.cancel();
        }
    }
}

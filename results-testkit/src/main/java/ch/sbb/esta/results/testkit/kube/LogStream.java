package ch.sbb.esta.results.testkit.kube;

import io.vertx.core.Context;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerResponse;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * One answer to a log request: text in chunks without length and without trailer. A follow goes on as the file grows, as fast as the peer takes it, and ends
 * when the container has ended and all of it is delivered. Runs on the event loop of its connection.
 */
final class LogStream {

    private final ContainerLogFile file;
    private final LogReader reader;
    private final boolean follow;
    private final HttpServerResponse response;
    private final Context context;
    private final AtomicBoolean awake = new AtomicBoolean();
    private final Runnable listener = this::wake;
    private boolean closed;

    LogStream(ContainerLogFile file, LogReader reader, boolean follow, HttpServerResponse response, Context context) {
        this.file = file;
        this.reader = reader;
        this.follow = follow;
        this.response = response;
        this.context = context;
    }

    void start() {
        response.setChunked(true).putHeader("Content-Type", "text/plain");
        // The head goes out before the first line, which may be minutes off.
        response.write(Buffer.buffer());
        response.exceptionHandler(failure -> close());
        response.closeHandler(done -> close());
        response.drainHandler(done -> wake());
        file.open(listener);
        wake();
    }

    private void wake() {
        if (awake.compareAndSet(false, true)) {
            context.runOnContext(nothing -> {
                awake.set(false);
                pump();
            });
        }
    }

    private void pump() {
        while (!closed && !response.writeQueueFull()) {
            // Asked before reading: what is appended in between is still read.
            boolean last = !follow || file.isEnded();
            Buffer text = reader.read();
            if (text.length() > 0) {
                response.write(text);
            } else if (last || reader.isExhausted()) {
                close();
                response.end();
            } else {
                return;
            }
        }
    }

    private void close() {
        if (!closed) {
            closed = true;
            file.close(listener);
        }
    }
}

package ch.sbb.esta.results.testkit.kube;

import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.core.http.ServerWebSocket;
import java.util.concurrent.TimeUnit;

/** The two ways of a watch ({@code k8s.io/apiserver/pkg/endpoints/handlers/watch.go}). */
final class EventSinks {

    private static final long LEAST_MILLIS = 300;

    private EventSinks() {}

    /** One JSON text per line in a response without length. */
    static EventSink chunked(HttpServerResponse response) {
        response.setChunked(true).putHeader("Content-Type", "application/json");
        // A client waits for the head before it takes the watch for open, however long the first event may be off.
        response.write(Buffer.buffer());
        return new EventSink() {
            @Override
            public void send(Buffer event) {
                response.write(event.appendByte((byte) '\n'));
            }

            @Override
            public boolean isFull() {
                return response.writeQueueFull();
            }

            @Override
            public void onDrain(Runnable action) {
                response.drainHandler(done -> action.run());
            }

            @Override
            public void onClosed(Runnable action) {
                response.exceptionHandler(failure -> action.run());
                response.closeHandler(done -> action.run());
            }

            @Override
            public void end() {
                if (!response.ended() && !response.closed()) {
                    response.end();
                }
            }
        };
    }

    /**
     * One text frame per event. A socket is not closed in its first moments: the Vert.x client of fabric8 7.8 waits for ever for one that
     * is closed before it has put its handlers on it.
     */
    static EventSink webSocket(ServerWebSocket socket, Vertx vertx) {
        long opened = System.nanoTime();
        return new EventSink() {
            @Override
            public void send(Buffer event) {
                socket.writeFinalTextFrame(event.toString());
            }

            @Override
            public boolean isFull() {
                return socket.writeQueueFull();
            }

            @Override
            public void onDrain(Runnable action) {
                socket.drainHandler(done -> action.run());
            }

            @Override
            public void onClosed(Runnable action) {
                socket.exceptionHandler(failure -> action.run());
                socket.closeHandler(done -> action.run());
            }

            @Override
            public void end() {
                long left = LEAST_MILLIS - TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - opened);
                if (left > 0) {
                    vertx.setTimer(left, id -> close());
                } else {
                    close();
                }
            }

            private void close() {
                if (!socket.isClosed()) {
                    socket.close();
                }
            }
        };
    }
}

package ch.sbb.esta.results.testkit.kube;

import io.vertx.core.buffer.Buffer;

/** Where a watch sends its events: the body of a response or a websocket. */
interface EventSink {

    void send(Buffer event);

    /** Whether the peer takes them slower than they are sent. */
    boolean isFull();

    void onDrain(Runnable action);

    void onClosed(Runnable action);

    void end();
}

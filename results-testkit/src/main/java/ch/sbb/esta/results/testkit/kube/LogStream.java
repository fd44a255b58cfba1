package ch.sbb.esta.results.testkit.kube;

import io.vertx.core.Context;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerResponse;
import java.time.ZoneId;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/**
 * One answer to a log request: text in chunks without length and without trailer. A follow goes on as the file grows, as fast as the peer takes it, and ends
 * when the container has ended and all of it is delivered. At the end of a file that was rotated it goes on with the newest one; where the rotation came
 * before it first reached the end, it does not learn of it and stays where nothing comes any more. Runs on the event loop of its connection.
 */
final class LogStream {

    /** How often a stream on a dead file looks whether the container has ended. */
    private static final int STUCK_MILLIS = 50;

    private final AttemptLog log;
    private final LogReader reader;
    private final boolean follow;
    private final @Nullable LogFault fault;
    private final HttpServerResponse response;
    private final Context context;
    private final AtomicBoolean awake = new AtomicBoolean();
    private final Runnable listener = this::wake;
    private ContainerLogFile file;
    private boolean watching;
    private boolean reopened;
    private long sent;
    private boolean closed;

    /**
     * What is asked for and what is to become of it.
     *
     * @param zone of the timestamps
     * @param fault null for an answer as it should be
     */
    record Request(
            LogOptions options, ZoneId zone, @Nullable LogFault fault) {}

    LogStream(AttemptLog log, Request request, HttpServerResponse response, Context context) {
        this.log = log;
        this.file = log.newest();
        this.reader = new LogReader(file, request.options, request.zone);
        this.follow = request.options.follow();
        this.fault = request.fault;
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
        log.opened(this);
        if (fault != null && fault.bytes == 0) {
            atFault(fault);
        }
        wake();
    }

    /** Ends the answer now, cleanly, in the middle of whatever it delivers. */
    void cut() {
        context.runOnContext(nothing -> finish());
    }

    /** Closes the connection now. */
    void reset() {
        context.runOnContext(nothing -> breakOff());
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
            boolean ended = file.isEnded();
            Buffer text = reader.read();
            if (text.length() > 0) {
                send(text);
            } else if (reader.isExhausted() || !follow || !goesOn(ended)) {
                finish();
                return;
            } else if (reopened) {
                reopened = false;
            } else {
                return;
            }
        }
    }

    /** At the end of the file: whether anything may come, from this file or from another one. */
    private boolean goesOn(boolean ended) {
        if (!ended) {
            watching = true;
            return true;
        }
        if (!file.isRotated()) {
            return false;
        }
        if (!watching) {
            // Nobody tells it of the new file. Only the container's end ends it.
            return !log.newest().isEnded() && stay();
        }
        file.close(listener);
        file = log.newest();
        file.open(listener);
        reader.reopen(file);
        reopened = true;
        return true;
    }

    private boolean stay() {
        context.owner().setTimer(STUCK_MILLIS, id -> wake());
        return true;
    }

    private void send(Buffer text) {
        long left = fault == null || fault.kind == LogFault.Kind.ANSWER ? Long.MAX_VALUE : fault.bytes - sent;
        Buffer part = text.length() <= left ? text : text.getBuffer(0, (int) Math.max(0, left));
        sent += text.length();
        if (part.length() > 0) {
            response.write(part);
        }
        if (fault != null && text.length() >= left) {
            atFault(fault);
        }
    }

    private void atFault(LogFault at) {
        switch (at.kind) {
            case END -> finish();
            case RESET -> breakOff();
            default -> {
                // A stall: what comes is swallowed, and the end of the container too.
            }
        }
    }

    private void finish() {
        if (!closed && !isStalled()) {
            close();
            response.end();
        }
    }

    private boolean isStalled() {
        return fault != null && fault.kind == LogFault.Kind.STALL && sent >= fault.bytes;
    }

    private void breakOff() {
        if (!closed) {
            close();
            response.reset();
        }
    }

    private void close() {
        if (!closed) {
            closed = true;
            file.close(listener);
            log.closed(this);
        }
    }
}

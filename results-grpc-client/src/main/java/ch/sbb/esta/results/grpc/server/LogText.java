package ch.sbb.esta.results.grpc.server;

import ch.sbb.esta.results.ResultsException;
import com.google.api.HttpBody;
import com.google.protobuf.ByteString;
import io.grpc.Context;
import io.grpc.stub.ServerCallStreamObserver;
import java.io.IOException;
import java.io.InputStream;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Sends the text of a log in chunks, as fast as the caller takes them: one chunk is in memory at a time, and no thread waits for a caller
 * that reads slowly. When the caller hangs up the text is closed, which ends a read that blocks.
 */
final class LogText {

    /** As servers of Tekton Results cut it. */
    static final int CHUNK_BYTES = 32_768;

    private static final Logger LOG = LoggerFactory.getLogger(LogText.class);
    private static final String TYPE = "text/plain";

    private final ServerCallStreamObserver<HttpBody> caller;
    private final InputStream text;
    private boolean over;

    private LogText(ServerCallStreamObserver<HttpBody> caller, InputStream text) {
        this.caller = caller;
        this.text = text;
    }

    /** To be called by the method of the service itself: later no handlers can be set. */
    static void send(ServerCallStreamObserver<HttpBody> caller, Supplier<InputStream> open) {
        caller.setOnCancelHandler(() -> {});
        InputStream text;
        try {
            Calls.requireWanted();
            text = open.get();
        } catch (RuntimeException e) {
            caller.onError(CallFailures.of(e, "GetLog"));
            return;
        }
        LogText log = new LogText(caller, text);
        Context.current().addListener(context -> log.close(), Runnable::run);
        caller.setOnReadyHandler(log::sendWhileReady);
    }

    /** Called by one thread at a time, as all handlers of a call. */
    private void sendWhileReady() {
        byte[] chunk = new byte[CHUNK_BYTES];
        while (!over && caller.isReady()) {
            int length;
            try {
                length = text.readNBytes(chunk, 0, CHUNK_BYTES);
            } catch (IOException | RuntimeException e) {
                fail(e);
                return;
            }
            if (length > 0) {
                caller.onNext(HttpBody.newBuilder()
                        .setContentType(TYPE)
                        .setData(ByteString.copyFrom(chunk, 0, length))
                        .build());
            }
            if (length < CHUNK_BYTES) {
                over = true;
                close();
                caller.onCompleted();
            }
        }
    }

    private void fail(Exception e) {
        over = true;
        close();
        if (caller.isCancelled() || Context.current().isCancelled()) {
            return;
        }
        RuntimeException failure = e instanceof RuntimeException unchecked ? unchecked : broken((IOException) e);
        caller.onError(CallFailures.of(failure, "GetLog"));
    }

    private static RuntimeException broken(IOException e) {
        return new ResultsException(
                ResultsException.Code.UNAVAILABLE, "the log broke off while it was read; read it again", e);
    }

    private void close() {
        try {
            text.close();
        } catch (IOException | RuntimeException e) {
            LOG.debug("the text of a log could not be closed", e);
        }
    }
}

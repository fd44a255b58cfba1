package ch.sbb.esta.results.k8s;

import io.fabric8.kubernetes.client.http.AsyncBody;
import io.fabric8.kubernetes.client.http.BasicBuilder;
import io.fabric8.kubernetes.client.http.HttpRequest;
import io.fabric8.kubernetes.client.http.HttpResponse;
import io.fabric8.kubernetes.client.http.Interceptor;
import java.io.ByteArrayOutputStream;
import java.net.HttpURLConnection;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * Mends two faults of fabric8's watches, without which one goes quiet or loses characters.
 *
 * <p>A websocket that is answered with the HTTP status 410 when it reconnects is tried again for ever with the same expired version: it
 * is reported here. A plain HTTP watch decodes every piece of the stream for itself, which breaks characters of several bytes: here only
 * whole lines go on, in ASCII.
 */
final class WatchRepair implements Interceptor {

    static final String NAME = "RESULTS-WATCH";

    private final Runnable gone;

    WatchRepair(Runnable gone) {
        this.gone = gone;
    }

    @Override
    public CompletableFuture<Boolean> afterFailure(BasicBuilder builder, HttpResponse<?> response, RequestTags tags) {
        if (response.code() == HttpURLConnection.HTTP_GONE && isWatch(response.request())) {
            gone.run();
        }
        return CompletableFuture.completedFuture(false);
    }

    @Override
    public AsyncBody.Consumer<List<ByteBuffer>> consumer(
            AsyncBody.Consumer<List<ByteBuffer>> consumer, HttpRequest request) {
        return isWatch(request) ? new AsciiLines(consumer) : consumer;
    }

    private static boolean isWatch(@Nullable HttpRequest request) {
        String query = request == null ? null : request.uri().getQuery();
        return query != null && (query.startsWith("watch=true") || query.contains("&watch=true"));
    }

    /** Hands on whole lines of JSON, with everything but ASCII escaped. */
    static final class AsciiLines implements AsyncBody.Consumer<List<ByteBuffer>> {

        private final AsyncBody.Consumer<List<ByteBuffer>> to;
        private final ByteArrayOutputStream line = new ByteArrayOutputStream();

        AsciiLines(AsyncBody.Consumer<List<ByteBuffer>> to) {
            this.to = to;
        }

        @Override
        public void consume(List<ByteBuffer> pieces, AsyncBody body) throws Exception {
            StringBuilder lines = new StringBuilder();
            for (ByteBuffer piece : pieces) {
                while (piece.hasRemaining()) {
                    byte next = piece.get();
                    line.write(next);
                    if (next == '\n') {
                        appendAscii(lines, line.toString(StandardCharsets.UTF_8));
                        line.reset();
                    }
                }
            }
            if (lines.isEmpty()) {
                body.consume();
            } else {
                byte[] ascii = lines.toString().getBytes(StandardCharsets.US_ASCII);
                to.consume(List.of(ByteBuffer.wrap(ascii)), body);
            }
        }

        /** Outside of strings JSON has only ASCII, and within them every UTF-16 unit has an escape. */
        private static void appendAscii(StringBuilder to, String text) {
            for (int i = 0; i < text.length(); i++) {
                char c = text.charAt(i);
                if (c < 0x80) {
                    to.append(c);
                } else {
                    to.append(String.format("\\u%04x", (int) c));
                }
            }
        }

        @Override
        public <U> @Nullable U unwrap(Class<U> target) {
            return to.unwrap(target);
        }
    }
}

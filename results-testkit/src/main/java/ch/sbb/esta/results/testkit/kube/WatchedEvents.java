package ch.sbb.esta.results.testkit.kube;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.net.http.HttpResponse;
import java.net.http.WebSocket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.assertj.core.api.Assertions;
import org.jspecify.annotations.Nullable;

/** The events of one watch as they arrive, for tests that wait for the next. */
final class WatchedEvents implements AutoCloseable {

    private static final Duration PATIENCE = Duration.ofSeconds(60);

    private final BlockingQueue<JsonNode> events = new LinkedBlockingQueue<>();
    private final Runnable closer;
    private volatile boolean ended;

    private WatchedEvents(Runnable closer) {
        this.closer = closer;
    }

    /** Watches by a response in chunks; the answer must be 200. */
    static WatchedEvents chunked(KubeHttp http, String path) {
        HttpResponse<InputStream> response = http.open(path);
        Assertions.assertThat(response.statusCode()).isEqualTo(200);
        InputStream body = response.body();
        WatchedEvents watched = new WatchedEvents(() -> closeQuietly(body));
        Thread reader = new Thread(() -> watched.read(body), "watched-events");
        reader.setDaemon(true);
        reader.start();
        return watched;
    }

    /** Watches by a websocket. */
    static WatchedEvents webSocket(KubeHttp http, String path) {
        Frames frames = new Frames();
        WebSocket socket = http.openWebSocket(path, frames);
        WatchedEvents watched = new WatchedEvents(socket::abort);
        frames.to(watched);
        return watched;
    }

    JsonNode next() {
        try {
            JsonNode event = events.poll(PATIENCE.toSeconds(), TimeUnit.SECONDS);
            if (event == null) {
                throw new AssertionError("no event within " + PATIENCE + (ended ? ": the watch has ended" : ""));
            }
            return event;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError("interrupted while waiting for an event", e);
        }
    }

    /** The next event of a type, past bookmarks. */
    JsonNode next(String type) {
        JsonNode event = next();
        while (event.path("type").asText().equals("BOOKMARK")) {
            event = next();
        }
        Assertions.assertThat(event.path("type").asText())
                .as("type of %s", event)
                .isEqualTo(type);
        return event.path("object");
    }

    boolean isEnded() {
        return ended;
    }

    private void read(InputStream body) {
        try (BufferedReader lines = new BufferedReader(new InputStreamReader(body, StandardCharsets.UTF_8))) {
            @Nullable String line = lines.readLine();
            while (line != null) {
                events.add(Json.parse(line.getBytes(StandardCharsets.UTF_8)));
                line = lines.readLine();
            }
            ended = true;
        } catch (IOException e) {
            // The test has closed the stream, or it broke: both are its end.
            ended = true;
        }
    }

    private static void closeQuietly(InputStream body) {
        try {
            body.close();
        } catch (IOException e) {
            throw new AssertionError("a watch could not be closed", e);
        }
    }

    @Override
    public void close() {
        closer.run();
    }

    /** Joins the parts of a frame; servers send text or binary frames. */
    private static final class Frames implements WebSocket.Listener {

        private final StringBuilder text = new StringBuilder();
        private final BlockingQueue<JsonNode> early = new LinkedBlockingQueue<>();
        private @Nullable WatchedEvents target;

        synchronized void to(WatchedEvents watched) {
            target = watched;
            early.drainTo(watched.events);
        }

        @Override
        public synchronized @Nullable CompletionStage<?> onText(WebSocket socket, CharSequence data, boolean last) {
            text.append(data);
            if (last) {
                JsonNode event = Json.parse(text.toString().getBytes(StandardCharsets.UTF_8));
                text.setLength(0);
                WatchedEvents watched = target;
                (watched == null ? early : watched.events).add(event);
            }
            socket.request(1);
            return null;
        }

        @Override
        public @Nullable CompletionStage<?> onBinary(WebSocket socket, java.nio.ByteBuffer data, boolean last) {
            return onText(socket, StandardCharsets.UTF_8.decode(data), last);
        }

        @Override
        public synchronized @Nullable CompletionStage<?> onClose(WebSocket socket, int code, String reason) {
            WatchedEvents watched = target;
            if (watched != null) {
                watched.ended = true;
            }
            return null;
        }
    }
}

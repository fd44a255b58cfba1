package ch.sbb.esta.results.testkit.kube;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.net.http.WebSocket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** Plain HTTP to a cluster, without a client library that hides what the server says. */
final class KubeHttp {

    /** An answer: its status code and its body, a JSON text value where it is no JSON. */
    record Answer(int code, JsonNode body) {

        String at(String pointer) {
            return body.at(pointer).asText();
        }
    }

    private static final Duration PATIENCE = Duration.ofSeconds(60);

    private final KubeConnection connection;
    private final HttpClient client;

    KubeHttp(KubeConnection connection) {
        this.connection = connection;
        HttpClient.Builder builder = HttpClient.newBuilder().connectTimeout(PATIENCE);
        if (connection.url().startsWith("https:")) {
            builder.sslContext(ClientTls.context(connection));
        } else {
            builder.version(HttpClient.Version.HTTP_1_1);
        }
        this.client = builder.build();
    }

    static String encode(String value) {
        return URLEncoder.encode(value, StandardCharsets.UTF_8);
    }

    Answer get(String path) {
        return send(request(path).GET());
    }

    Answer post(String path, JsonNode body) {
        return send(json(path, "application/json").POST(BodyPublishers.ofByteArray(Json.bytes(body))));
    }

    Answer put(String path, JsonNode body) {
        return send(json(path, "application/json").PUT(BodyPublishers.ofByteArray(Json.bytes(body))));
    }

    Answer patch(String path, String type, String body) {
        return send(json(path, type).method("PATCH", BodyPublishers.ofString(body)));
    }

    Answer merge(String path, String body) {
        return patch(path, "application/merge-patch+json", body);
    }

    Answer apply(String path, String configuration) {
        return patch(path, "application/apply-patch+yaml", configuration);
    }

    Answer delete(String path) {
        return send(request(path).DELETE());
    }

    Answer delete(String path, String options) {
        return send(json(path, "application/json").method("DELETE", BodyPublishers.ofString(options)));
    }

    Answer send(String method, String path, String body) {
        return send(json(path, "application/json").method(method, BodyPublishers.ofString(body)));
    }

    /** Opens a body that arrives over time. */
    HttpResponse<InputStream> open(String path) {
        return await(request(path).GET().build(), BodyHandlers.ofInputStream());
    }

    WebSocket openWebSocket(String path, WebSocket.Listener listener) {
        // golang.org/x/net/websocket, server.go: without an Origin the handshake is refused.
        WebSocket.Builder builder = client.newWebSocketBuilder().header("Origin", connection.url());
        if (!connection.token().isEmpty()) {
            builder.header("Authorization", "Bearer " + connection.token());
        }
        URI uri = URI.create(connection.url().replaceFirst("^http", "ws") + path);
        try {
            return builder.buildAsync(uri, listener).get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted while a websocket to " + uri + " was opened", e);
        } catch (ExecutionException | TimeoutException e) {
            throw new IllegalStateException("no websocket to " + uri, e);
        }
    }

    private HttpRequest.Builder json(String path, String type) {
        return request(path).header("Content-Type", type);
    }

    private HttpRequest.Builder request(String path) {
        HttpRequest.Builder builder =
                HttpRequest.newBuilder(URI.create(connection.url() + path)).header("Accept", "application/json, */*");
        if (!connection.token().isEmpty()) {
            builder.header("Authorization", "Bearer " + connection.token());
        }
        return builder;
    }

    private Answer send(HttpRequest.Builder request) {
        HttpResponse<byte[]> response = await(request.timeout(PATIENCE).build(), BodyHandlers.ofByteArray());
        byte[] body = response.body();
        boolean json = response.headers().firstValue("Content-Type").orElse("").startsWith("application/json");
        return new Answer(
                response.statusCode(),
                json && body.length > 0
                        ? Json.parse(body)
                        : Json.object().textNode(new String(body, StandardCharsets.ISO_8859_1)));
    }

    private <T> HttpResponse<T> await(HttpRequest request, HttpResponse.BodyHandler<T> handler) {
        try {
            return client.send(request, handler);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted in " + request, e);
        } catch (IOException e) {
            throw new UncheckedIOException("no answer to " + request, e);
        }
    }
}

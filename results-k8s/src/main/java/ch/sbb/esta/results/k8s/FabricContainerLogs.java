package ch.sbb.esta.results.k8s;

import ch.sbb.esta.results.PodSnapshot;
import ch.sbb.esta.results.ResultsException;
import ch.sbb.esta.results.spi.ContainerLogs;
import ch.sbb.esta.results.spi.Watching;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.http.AsyncBody;
import io.fabric8.kubernetes.client.http.HttpRequest;
import io.fabric8.kubernetes.client.http.HttpResponse;
import java.io.IOException;
import java.io.InputStream;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;

/**
 * The logs of the containers of TaskRuns, read from the Kubernetes API through the HTTP client of fabric8.
 *
 * <p>A stream holds at most one piece of what arrived, some ten kilobytes; a reader that does not read stops the sender. Each open log has
 * a connection of its own over HTTP/1.1, because an API server allows only 100 streams on a connection of HTTP/2. For that a second HTTP
 * client is built from the one that was handed in, with the same factory, configuration and interceptors; with {@code http2Disable} in
 * the configuration of the client none is needed. Requests are not repeated here: what is answered with 429 or 5xx is {@code UNAVAILABLE}.
 *
 * <p>A connection that is cut ends its stream with an {@link IOException} or an end of stream. One that is cut without a word is not
 * noticed here: whoever follows a log looks after the container's state and closes a stream that stays silent for too long.
 *
 * <p>Thread-safe. The client that is handed in is not closed; closing this object ends the streams and the HTTP client of its own.
 */
public final class FabricContainerLogs implements ContainerLogs, AutoCloseable {

    /** A Status with a sentence is far smaller; what lies behind is not read. */
    private static final int MAX_ERROR_BYTES = 64 * 1024;

    private final KubernetesClient client;
    private final FabricConfig config;
    private final ApiRequests requests;
    private final StreamHttpClient http;
    private final Set<LogBody> streams = ConcurrentHashMap.newKeySet();
    private volatile boolean closed;

    /**
     * Creates the adapter; nothing is asked of the cluster yet.
     *
     * @param client talks to the cluster
     * @param config which namespaces, and how long an answer may take to begin
     */
    public FabricContainerLogs(KubernetesClient client, FabricConfig config) {
        this.client = Objects.requireNonNull(client, "client");
        this.config = Objects.requireNonNull(config, "config");
        this.requests = new ApiRequests(client, config);
        this.http = StreamHttpClient.of(client);
    }

    @Override
    public Watching watchPods(PodHandler handler) {
        Objects.requireNonNull(handler, "handler");
        return WatchSession.start(
                client, config, List.of(ResourceVersions.pods(config.runs())), () -> new PodRelay(handler));
    }

    @Override
    public Optional<PodSnapshot> findPod(String namespace, String name) {
        try {
            return PodSnapshot.parse(requests.get(path(namespace, name)));
        } catch (ResultsException e) {
            if (e.code() == ResultsException.Code.NOT_FOUND) {
                return Optional.empty();
            }
            throw e.about("Pod " + namespace + "/" + name);
        }
    }

    @Override
    public InputStream open(Request request) {
        if (closed) {
            throw new IllegalStateException("these logs are closed");
        }
        try {
            return send(http.client()
                    .newHttpRequestBuilder()
                    .uri(ApiRequests.url(client, logPath(request)))
                    .build());
        } catch (ResultsException e) {
            throw e.about("log of " + request.namespace() + "/" + request.pod() + "/" + request.container());
        }
    }

    private InputStream send(HttpRequest request) {
        LogBody stream = new LogBody(streams::remove);
        CompletableFuture<HttpResponse<AsyncBody>> answer;
        try {
            answer = http.client().consumeBytes(request, stream);
        } catch (RuntimeException e) {
            throw ApiFailures.of(e);
        }
        CompletableFuture<HttpResponse<AsyncBody>> started = answer.thenApply(response -> {
            stream.start(response.body());
            return response;
        });
        HttpResponse<AsyncBody> response;
        try {
            response = ApiRequests.await(started, config);
        } catch (ResultsException e) {
            stream.close();
            answer.cancel(true);
            throw e;
        }
        if (!response.isSuccessful()) {
            throw failure(response.code(), stream);
        }
        streams.add(stream);
        if (closed) {
            stream.close();
        }
        return stream;
    }

    /** Reads the sentence of an error, but does not wait for it for ever: the status says enough. */
    private ResultsException failure(int status, LogBody stream) {
        CompletableFuture<Void> limit = CompletableFuture.runAsync(
                stream::close,
                CompletableFuture.delayedExecutor(config.requestTimeout().toMillis(), TimeUnit.MILLISECONDS));
        try (stream) {
            return LogFailures.of(status, stream.readNBytes(MAX_ERROR_BYTES));
        } catch (IOException e) {
            return LogFailures.of(status, new byte[0]);
        } finally {
            limit.cancel(false);
        }
    }

    private static ApiPath path(String namespace, String pod) {
        return ApiPath.of(ClusterObjects.POD, Objects.requireNonNull(namespace, "namespace"))
                .segment(Objects.requireNonNull(pod, "pod"));
    }

    private static ApiPath logPath(Request request) {
        ApiPath path = path(request.namespace(), request.pod())
                .segment("log")
                .query("container", request.container())
                .query("timestamps", "true");
        if (request.since() != null) {
            path.query(
                    "sinceTime", request.since().truncatedTo(ChronoUnit.SECONDS).toString());
        }
        return switch (request.mode()) {
            case READ -> path;
            case FOLLOW -> path.query("follow", "true");
            case PREVIOUS -> path.query("previous", "true");
        };
    }

    /** Ends every open stream. Watches that were started go on until they are closed. */
    @Override
    public void close() {
        closed = true;
        streams.forEach(LogBody::close);
        http.close();
    }
}

package ch.sbb.esta.results.k8s;

import ch.sbb.esta.results.ResultsException;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.http.HttpRequest;
import io.fabric8.kubernetes.client.http.HttpResponse;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** Requests whose answers are read as bytes, because fabric8's models do not keep every field. */
final class ApiRequests {

    private final KubernetesClient client;
    private final FabricConfig config;

    ApiRequests(KubernetesClient client, FabricConfig config) {
        this.client = client;
        this.config = config;
    }

    byte[] get(ApiPath path) {
        return send(request(path));
    }

    byte[] create(ApiPath path, String object) {
        return send(request(path).post("application/json", object));
    }

    byte[] replace(ApiPath path, String object) {
        return send(request(path).put("application/json", object));
    }

    byte[] jsonPatch(ApiPath path, String patch) {
        return send(request(path).patch("application/json-patch+json", patch));
    }

    byte[] mergePatch(ApiPath path, String patch) {
        return send(request(path).patch("application/merge-patch+json", patch));
    }

    /** Applies a configuration in JSON; the path names the field manager. */
    byte[] apply(ApiPath path, String configuration) {
        return send(request(path).patch("application/apply-patch+yaml", configuration));
    }

    byte[] delete(ApiPath path, String options) {
        return send(request(path).delete("application/json", options));
    }

    private HttpRequest.Builder request(ApiPath path) {
        return client.getHttpClient()
                .newHttpRequestBuilder()
                .uri(url(client, path))
                .setHeader("Accept", "application/json")
                .timeout(config.requestTimeout().toMillis(), TimeUnit.MILLISECONDS);
    }

    static String url(KubernetesClient client, ApiPath path) {
        String master = client.getMasterUrl().toString();
        return (master.endsWith("/") ? master.substring(0, master.length() - 1) : master) + path;
    }

    private byte[] send(HttpRequest.Builder request) {
        CompletableFuture<HttpResponse<byte[]>> answer;
        try {
            answer = client.getHttpClient().sendAsync(request.build(), byte[].class);
        } catch (RuntimeException e) {
            throw ApiFailures.of(e);
        }
        HttpResponse<byte[]> response = await(answer, config);
        if (!response.isSuccessful()) {
            throw ApiFailures.ofStatus(response.code(), response.body());
        }
        return response.body();
    }

    static <T> T await(Future<T> answer, FabricConfig config) {
        try {
            return answer.get(config.requestTimeout().toMillis(), TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            answer.cancel(true);
            Thread.currentThread().interrupt();
            throw new ResultsException(
                    ResultsException.Code.UNAVAILABLE, "interrupted while waiting for the API server", e);
        } catch (TimeoutException e) {
            answer.cancel(true);
            throw new ResultsException(
                    ResultsException.Code.TIMEOUT,
                    "the API server did not answer within " + config.requestTimeout(),
                    e);
        } catch (ExecutionException e) {
            throw ApiFailures.of(e);
        }
    }
}

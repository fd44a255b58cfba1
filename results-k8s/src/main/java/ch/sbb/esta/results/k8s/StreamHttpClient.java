package ch.sbb.esta.results.k8s;

import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.RequestConfigBuilder;
import io.fabric8.kubernetes.client.http.HttpClient;
import io.fabric8.kubernetes.client.http.StandardHttpClientBuilder;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The HTTP client for what stays open: logs and watches. An API server allows 100 streams on a connection of HTTP/2, and the JDK's client
 * opens one connection only and fails further requests; over HTTP/1.1 every stream has a connection of its own. Whether a client speaks
 * HTTP/2 is fixed when it is built, so unless the embedder's is known not to, a second one is built by the same factory, from the same
 * configuration and with the same interceptors.
 *
 * <p>It repeats nothing by itself: who reads a stream decides when to ask again.
 */
final class StreamHttpClient implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(StreamHttpClient.class);

    private final HttpClient client;
    private final boolean own;

    private StreamHttpClient(HttpClient client, boolean own) {
        this.client = client;
        this.own = own;
    }

    static StreamHttpClient of(KubernetesClient kubernetes) {
        Config config = kubernetes.getConfiguration();
        Object once = new RequestConfigBuilder(config.getRequestConfig())
                .withRequestRetryBackoffLimit(0)
                .build();
        HttpClient.DerivedClientBuilder derived = kubernetes.getHttpClient().newBuilder();
        if (derived instanceof StandardHttpClientBuilder<?, ?, ?> standard
                && !standard.isPreferHttp11()
                && standard.getClientFactory() != null) {
            HttpClient.Builder builder = standard.getClientFactory().newBuilder(config);
            standard.getInterceptors().forEach(builder::addOrReplaceInterceptor);
            builder.preferHttp11();
            builder.tag(once);
            return new StreamHttpClient(builder.build(), true);
        }
        if (!(derived instanceof StandardHttpClientBuilder) && !config.isHttp2Disable()) {
            LOG.info(
                    "The HTTP client {} cannot be built again for HTTP/1.1: logs and watches share its connections and its limit of streams",
                    kubernetes.getHttpClient().getClass().getName());
        }
        return new StreamHttpClient(derived.tag(once).build(), false);
    }

    HttpClient client() {
        return client;
    }

    @Override
    public void close() {
        if (own) {
            client.close();
        }
    }
}

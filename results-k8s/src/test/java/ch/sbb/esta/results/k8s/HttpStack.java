package ch.sbb.esta.results.k8s;

import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.ConfigBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.http.HttpClient;
import io.fabric8.kubernetes.client.jdkhttp.JdkHttpClientFactory;
import io.fabric8.kubernetes.client.vertx.VertxHttpClientFactory;

/** The HTTP clients of fabric8 that are tested. */
enum HttpStack {
    JDK,
    VERTX;

    private HttpClient.Factory factory() {
        return this == JDK ? new JdkHttpClientFactory() : new VertxHttpClientFactory();
    }

    KubernetesClient connect(String kubeconfig) {
        return connect(Config.fromKubeconfig(kubeconfig));
    }

    KubernetesClient connect(Config config) {
        // Shorter than the defaults, so that a test of an interruption does not wait for the tenth repetition.
        Config quick = new ConfigBuilder(config)
                .withRequestRetryBackoffLimit(2)
                .withWatchReconnectInterval(50)
                .build();
        return new KubernetesClientBuilder()
                .withConfig(quick)
                .withHttpClientFactory(factory())
                .build();
    }
}

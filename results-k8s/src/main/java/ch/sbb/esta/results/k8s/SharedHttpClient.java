package ch.sbb.esta.results.k8s;

import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.http.HttpClient;
import io.fabric8.kubernetes.client.http.Interceptor;
import io.fabric8.kubernetes.client.http.TlsVersion;
import java.net.InetSocketAddress;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.KeyManager;
import javax.net.ssl.TrustManager;

/**
 * Lets a second client of fabric8 use the HTTP client of the one that was handed in: a builder that builds what is there already. Its
 * options are those of the client that it comes from, so setting them does nothing.
 */
final class SharedHttpClient implements HttpClient.Factory, HttpClient.Builder {

    private final HttpClient client;

    SharedHttpClient(HttpClient client) {
        this.client = client;
    }

    @Override
    public HttpClient.Builder newBuilder(Config config) {
        return this;
    }

    @Override
    public HttpClient.Builder newBuilder() {
        return this;
    }

    @Override
    public HttpClient build() {
        return client;
    }

    @Override
    public HttpClient.Builder connectTimeout(long connectTimeout, TimeUnit unit) {
        return this;
    }

    @Override
    public HttpClient.Builder addOrReplaceInterceptor(String name, Interceptor interceptor) {
        return this;
    }

    @Override
    public HttpClient.Builder authenticatorNone() {
        return this;
    }

    @Override
    public HttpClient.Builder sslContext(KeyManager[] keyManagers, TrustManager[] trustManagers) {
        return this;
    }

    @Override
    public HttpClient.Builder followAllRedirects() {
        return this;
    }

    @Override
    public HttpClient.Builder proxyAddress(InetSocketAddress proxyAddress) {
        return this;
    }

    @Override
    public HttpClient.Builder proxyAuthorization(String credentials) {
        return this;
    }

    @Override
    public HttpClient.Builder tlsVersions(TlsVersion... tlsVersions) {
        return this;
    }

    @Override
    public HttpClient.Builder tlsServerName(String tlsServerName) {
        return this;
    }

    @Override
    public HttpClient.Builder preferHttp11() {
        return this;
    }

    @Override
    public HttpClient.Builder proxyType(HttpClient.ProxyType type) {
        return this;
    }

    @Override
    public HttpClient.DerivedClientBuilder tag(Object value) {
        return this;
    }
}

package ch.sbb.esta.results.testkit.kube;

import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.Http2Settings;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.http.HttpVersion;
import io.vertx.core.net.PemKeyCertOptions;
import java.util.List;

/** TLS of the server, with HTTP/2 by ALPN. */
final class ServerTls {

    /** {@code k8s.io/apiserver/pkg/server/secure_serving.go}: what one connection may carry at once. */
    private static final long CONCURRENT_STREAMS = 100;

    private ServerTls() {}

    static void apply(HttpServerOptions options, Certificates certificates) {
        options.setSsl(true)
                .setUseAlpn(true)
                .setAlpnVersions(List.of(HttpVersion.HTTP_2, HttpVersion.HTTP_1_1))
                .setInitialSettings(new Http2Settings().setMaxConcurrentStreams(CONCURRENT_STREAMS))
                .setKeyCertOptions(new PemKeyCertOptions()
                        .addCertValue(Buffer.buffer(certificates.certificate()))
                        .addKeyValue(Buffer.buffer(certificates.key())));
    }
}

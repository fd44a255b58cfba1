package ch.sbb.esta.results.s3;

import static ch.sbb.esta.results.s3.FaultyHttpClient.method;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.InstanceOfAssertFactories.type;

import ch.sbb.esta.results.ResultsException;
import ch.sbb.esta.results.ResultsException.Code;
import ch.sbb.esta.results.spi.BlobStore.Blob;
import ch.sbb.esta.results.spi.BlobStore.Content;
import ch.sbb.esta.results.testkit.s3.S3Server;
import com.sun.net.httpserver.HttpServer;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import software.amazon.awssdk.auth.credentials.AnonymousCredentialsProvider;
import software.amazon.awssdk.http.AbortableInputStream;
import software.amazon.awssdk.http.HttpExecuteResponse;
import software.amazon.awssdk.http.SdkHttpFullResponse;
import software.amazon.awssdk.http.SdkHttpMethod;
import software.amazon.awssdk.services.s3.S3Client;

/** Lists that break off in the middle, with status 200. */
class BrokenAnswerIT {

    private static final String BROKEN = "<?xml version=\"1.0\"?><ListBucketResult><Contents><Key>a";
    private static final String WHOLE = BROKEN + "</Key><Size>3</Size></Contents></ListBucketResult>";

    @Test
    void aListThatBreaksOffIsNoShortPage() {
        FaultyHttpClient http = Server.faulty();
        try (S3Server server = S3Server.open();
                S3Client client = Server.client(server, http)) {
            server.createBucket("broken");
            S3BlobStore store =
                    new S3BlobStore(client, S3BlobStoreConfig.builder("broken").build());
            store.putIfAbsent("a", Content.of(new byte[] {1, 2, 3}));
            http.fail(
                    method(SdkHttpMethod.GET),
                    1,
                    (request, real) -> HttpExecuteResponse.builder()
                            .response(SdkHttpFullResponse.builder()
                                    .statusCode(200)
                                    .build())
                            .responseBody(AbortableInputStream.create(
                                    new ByteArrayInputStream(BROKEN.getBytes(StandardCharsets.UTF_8))))
                            .build());
            assertThatThrownBy(() -> store.list("", ""))
                    .hasMessageContaining("breaks off")
                    .asInstanceOf(type(ResultsException.class))
                    .extracting(ResultsException::code)
                    .isEqualTo(Code.UNAVAILABLE);
            assertThat(store.list("", "").items()).extracting(Blob::key).containsExactly("a");
        } finally {
            http.close();
        }
    }

    @Test
    void ourClientAsksAgain() throws IOException {
        AtomicInteger asked = new AtomicInteger();
        HttpServer server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.createContext("/", exchange -> {
            byte[] answer = (asked.incrementAndGet() == 1 ? BROKEN : WHOLE).getBytes(StandardCharsets.UTF_8);
            exchange.sendResponseHeaders(200, answer.length);
            try (exchange) {
                exchange.getResponseBody().write(answer);
            }
        });
        server.start();
        try (S3Client client = S3ClientConfig.builder("eu-central-1")
                .endpoint(URI.create("http://127.0.0.1:" + server.getAddress().getPort()))
                .credentials(AnonymousCredentialsProvider.create())
                .build()
                .openClient()) {
            S3BlobStore store =
                    new S3BlobStore(client, S3BlobStoreConfig.builder("any").build());
            assertThat(store.list("", "").items()).containsExactly(new Blob("a", 3));
            assertThat(asked.get()).isEqualTo(2);
        } finally {
            server.stop(0);
        }
    }
}

package ch.sbb.esta.results.s3;

import static org.assertj.core.api.Assertions.assertThat;

import ch.sbb.esta.results.spi.BlobStore.Content;
import com.sun.net.httpserver.Headers;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.services.s3.S3Client;

/** What each dialect puts on the wire, as a server sees it. */
class S3DialectIT {

    private static final String STARTED = "<?xml version=\"1.0\"?><InitiateMultipartUploadResult><Bucket>any</Bucket>"
            + "<Key>a</Key><UploadId>u</UploadId></InitiateMultipartUploadResult>";
    private static final String COMPLETED =
            "<?xml version=\"1.0\"?><CompleteMultipartUploadResult><ETag>e</ETag></CompleteMultipartUploadResult>";

    private final List<Headers> seen = new CopyOnWriteArrayList<>();
    private final List<Integer> bodies = new CopyOnWriteArrayList<>();

    @SuppressWarnings("NullAway.Init") // set before each test
    private HttpServer server;

    @BeforeEach
    void start() throws IOException {
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.createContext("/", exchange -> {
            bodies.add(exchange.getRequestBody().readAllBytes().length);
            String query = String.valueOf(exchange.getRequestURI().getQuery());
            String method = exchange.getRequestMethod();
            seen.add(exchange.getRequestHeaders());
            exchange.getResponseHeaders().add("ETag", "\"e\"");
            byte[] answer = (method.equals("POST") ? query.startsWith("uploads") ? STARTED : COMPLETED : "")
                    .getBytes(StandardCharsets.UTF_8);
            boolean missing = method.equals("HEAD");
            exchange.sendResponseHeaders(missing ? 404 : 200, answer.length == 0 ? -1 : answer.length);
            try (exchange) {
                exchange.getResponseBody().write(answer);
            }
        });
        server.start();
    }

    @AfterEach
    void stop() {
        server.stop(0);
    }

    private void putBothWays(S3Dialect dialect) {
        try (S3Client client = S3ClientConfig.builder("eu-central-2")
                .endpoint(URI.create("http://127.0.0.1:" + server.getAddress().getPort()))
                .credentials(StaticCredentialsProvider.create(AwsBasicCredentials.create("key", "secret")))
                .dialect(dialect)
                .build()
                .openClient()) {
            S3BlobStore store = new S3BlobStore(
                    client,
                    S3BlobStoreConfig.builder("any")
                            .partSize(S3BlobStoreConfig.MIN_PART_SIZE)
                            .multipartThreshold(S3BlobStoreConfig.MIN_PART_SIZE)
                            .build());
            store.putIfAbsent("small", Content.of(new byte[] {1, 2, 3}));
            store.putIfAbsent("large", new Generated(S3BlobStoreConfig.MIN_PART_SIZE + 5L, 1));
            store.delete("small");
        }
    }

    private static boolean isNew(String name, List<String> values) {
        String lower = name.toLowerCase(Locale.ROOT);
        return lower.startsWith("x-amz-checksum")
                || lower.equals("x-amz-sdk-checksum-algorithm")
                || lower.equals("x-amz-trailer")
                || lower.equals("x-amz-decoded-content-length")
                || lower.equals("content-encoding")
                || (lower.equals("x-amz-content-sha256") && values.get(0).startsWith("STREAMING"));
    }

    @Test
    void theCompatibleDialectSendsNoNewerChecksumsAndNoChunks() {
        putBothWays(S3Dialect.COMPATIBLE);
        assertThat(seen)
                .isNotEmpty()
                .allSatisfy(headers ->
                        assertThat(headers.entrySet()).noneMatch(header -> isNew(header.getKey(), header.getValue())));
        assertThat(bodies).contains(3, S3BlobStoreConfig.MIN_PART_SIZE, 5);
    }

    @Test
    void theDialectOfAwsSendsThem() {
        putBothWays(S3Dialect.AWS);
        assertThat(seen)
                .anySatisfy(headers ->
                        assertThat(headers.entrySet()).anyMatch(header -> isNew(header.getKey(), header.getValue())));
    }
}

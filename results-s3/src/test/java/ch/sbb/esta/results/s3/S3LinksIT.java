package ch.sbb.esta.results.s3;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.InstanceOfAssertFactories.type;
import static org.awaitility.Awaitility.await;

import ch.sbb.esta.results.ResultsException;
import ch.sbb.esta.results.ResultsException.Code;
import ch.sbb.esta.results.spi.BlobStore.Content;
import ch.sbb.esta.results.testkit.s3.S3Server;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import software.amazon.awssdk.auth.credentials.AwsCredentialsProvider;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.presigner.S3Presigner;

/** Links, fetched by a client that knows nothing of S3. */
class S3LinksIT {

    private static final byte[] GZIP = {0x1f, (byte) 0x8b, 8, 0, 1, 2, 3};
    private static final HttpClient ANYBODY = HttpClient.newHttpClient();

    private static S3Server server;
    private static S3Client client;
    private static S3BlobStore store;

    @BeforeAll
    static void start() {
        server = S3Server.open();
        server.createBucket("linked");
        client = Server.client(server);
        store = new S3BlobStore(
                client, S3BlobStoreConfig.builder("linked").prefix("logs").build());
        store.putIfAbsent("shop/run/a.log.gz", Content.of(GZIP));
        store.putIfAbsent("shop/run/b.log.gz", Content.of(GZIP));
    }

    @AfterAll
    static void stop() {
        client.close();
        server.close();
    }

    private static HttpResponse<byte[]> fetch(URI link) throws Exception {
        return ANYBODY.send(HttpRequest.newBuilder(link).build(), HttpResponse.BodyHandlers.ofByteArray());
    }

    private static void assertAnswered(URI link) throws Exception {
        HttpResponse<byte[]> answer = fetch(link);
        assertThat(answer.statusCode()).isEqualTo(200);
        assertThat(answer.body()).isEqualTo(GZIP);
        assertThat(answer.headers().firstValue("Content-Type")).contains("application/gzip");
        assertThat(answer.headers().firstValue("Content-Encoding")).isEmpty();
    }

    @Test
    void anybodyFetchesTheGzipFileAsItIsStored() throws Exception {
        URI link = store.link("shop/run/a.log.gz", Duration.ofHours(1));
        assertThat(link.toString()).startsWith(server.endpoint() + "/linked/logs/shop/run/a.log.gz?");
        assertThat(link.getQuery()).contains("X-Amz-Expires=3600").doesNotContain(server.secretKey());
        assertAnswered(link);
    }

    @Test
    void aRangeOfALinkIsFetchedToo() throws Exception {
        HttpResponse<byte[]> answer = ANYBODY.send(
                HttpRequest.newBuilder(store.link("shop/run/a.log.gz", Duration.ofHours(1)))
                        .header("Range", "bytes=4-5")
                        .build(),
                HttpResponse.BodyHandlers.ofByteArray());
        assertThat(answer.statusCode()).isEqualTo(206);
        assertThat(answer.body()).containsExactly(1, 2);
    }

    @Test
    void aLinkIsForItsBlobAndItsTimeOnly() throws Exception {
        String link = store.link("shop/run/a.log.gz", Duration.ofHours(1)).toString();
        for (String tampered : new String[] {
            link.replace("a.log.gz", "b.log.gz"),
            link.replace("X-Amz-Expires=3600", "X-Amz-Expires=36000"),
            link.replaceAll("(X-Amz-Signature=)[0-9a-f]{4}", "$10000"),
            link.replaceAll("[?].*", "")
        }) {
            assertThat(tampered).isNotEqualTo(link);
            assertThat(fetch(URI.create(tampered)).statusCode()).as(tampered).isEqualTo(403);
        }
        HttpResponse<byte[]> put = ANYBODY.send(
                HttpRequest.newBuilder(URI.create(link))
                        .PUT(HttpRequest.BodyPublishers.ofByteArray(new byte[] {9}))
                        .build(),
                HttpResponse.BodyHandlers.ofByteArray());
        assertThat(put.statusCode()).isEqualTo(403);
        assertAnswered(URI.create(link));
    }

    @Test
    void aLinkExpires() {
        URI link = store.link("shop/run/a.log.gz", Duration.ofMillis(1));
        assertThat(link.getQuery()).contains("X-Amz-Expires=1&");
        await().atMost(Duration.ofSeconds(60))
                .pollInterval(Duration.ofMillis(200))
                .untilAsserted(() -> assertThat(fetch(link).statusCode()).isEqualTo(403));
    }

    @Test
    void whatIsNotThereIsLinkedAndNotFound() throws Exception {
        assertThat(fetch(store.link("shop/none", Duration.ofDays(7))).statusCode())
                .isEqualTo(404);
    }

    @ParameterizedTest
    @ValueSource(strings = {"PT0S", "PT-1S", "PT168H0.001S", "P30D"})
    void timesThatS3DoesNotGrantAreInvalid(String time) {
        assertThatThrownBy(() -> store.link("a", Duration.parse(time)))
                .hasMessageContaining("at most 7 days")
                .asInstanceOf(type(ResultsException.class))
                .extracting(ResultsException::code)
                .isEqualTo(Code.INVALID);
    }

    @Test
    void malformedKeysAreInvalid() {
        assertThatThrownBy(() -> store.link("../a", Duration.ofHours(1)))
                .asInstanceOf(type(ResultsException.class))
                .extracting(ResultsException::code)
                .isEqualTo(Code.INVALID);
    }

    @Test
    void aPresignerOfOnesOwnSignsForItsAddress() throws Exception {
        URI visible = URI.create("http://localhost:" + server.endpoint().getPort());
        AwsCredentialsProvider credentials = Server.credentials(server);
        try (S3Presigner presigner = S3ClientConfig.builder(server.region())
                .endpoint(visible)
                .credentials(credentials)
                .build()
                .openPresigner()) {
            S3BlobStore other = new S3BlobStore(
                    client,
                    presigner,
                    S3BlobStoreConfig.builder("linked").prefix("logs").build());
            URI link = other.link("shop/run/a.log.gz", Duration.ofHours(1));
            assertThat(link.toString()).startsWith(visible + "/linked/logs/shop/run/a.log.gz?");
            assertAnswered(link);
        }
    }

    @Test
    void virtualHostsAreTakenOverFromTheClient() {
        try (S3Client aws = S3ClientConfig.builder("eu-central-2")
                .credentials(Server.credentials(server))
                .build()
                .openClient()) {
            S3BlobStore there = new S3BlobStore(
                    aws, S3BlobStoreConfig.builder("tekton-logs").build());
            assertThat(there.link("a", Duration.ofMinutes(5)).toString())
                    .startsWith("https://tekton-logs.s3.eu-central-2.amazonaws.com/a?")
                    .contains("X-Amz-SignedHeaders=host&");
        }
        try (S3Client own = S3Client.builder()
                .region(Region.of("us-east-1"))
                .endpointOverride(URI.create("https://s3.example.org:9000"))
                .credentialsProvider(Server.credentials(server))
                .build()) {
            S3BlobStore there = new S3BlobStore(
                    own, S3BlobStoreConfig.builder("tekton-logs").build());
            assertThat(there.link("a", Duration.ofMinutes(5)).toString())
                    .startsWith("https://tekton-logs.s3.example.org:9000/a?");
        }
    }

    @Test
    void aClientThatDoesNotTellItsEndpointNeedsAPresigner() {
        S3Client silent = new S3Client() {
            @Override
            public String serviceName() {
                return "s3";
            }

            @Override
            public void close() {}
        };
        S3BlobStoreConfig config = S3BlobStoreConfig.builder("linked").build();
        assertThatThrownBy(() -> new S3BlobStore(silent, config).link("a", Duration.ofHours(1)))
                .hasMessageContaining("give the store an S3Presigner")
                .asInstanceOf(type(ResultsException.class))
                .extracting(ResultsException::code)
                .isEqualTo(Code.INVALID);
    }
}

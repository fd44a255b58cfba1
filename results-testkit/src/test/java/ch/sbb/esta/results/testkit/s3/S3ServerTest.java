package ch.sbb.esta.results.testkit.s3;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ch.sbb.esta.results.testkit.s3.S3Server.ConditionalPuts;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.core.sync.RequestBody;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.model.CommonPrefix;
import software.amazon.awssdk.services.s3.model.ListObjectsV2Response;
import software.amazon.awssdk.services.s3.model.NoSuchKeyException;
import software.amazon.awssdk.services.s3.model.S3Exception;
import software.amazon.awssdk.services.s3.model.S3Object;

class S3ServerTest {

    private static S3Client client(S3Server server, String secret) {
        return S3Client.builder()
                .endpointOverride(server.endpoint())
                .region(Region.of(server.region()))
                .forcePathStyle(true)
                .credentialsProvider(
                        StaticCredentialsProvider.create(AwsBasicCredentials.create(server.accessKey(), secret)))
                .build();
    }

    @Test
    void aStoppedServerRefusesConnectionsAndComesBackWithItsDataAtTheSameAddress() throws Exception {
        try (S3Server server = S3Server.open();
                S3Client client = client(server, server.secretKey())) {
            server.createBucket("bucket");
            server.createBucket("bucket");
            client.putObject(r -> r.bucket("bucket").key("a"), RequestBody.fromString("text"));
            URI endpoint = server.endpoint();
            InetSocketAddress address =
                    new InetSocketAddress(InetAddress.getByAddress(new byte[] {127, 0, 0, 1}), endpoint.getPort());
            for (int outage = 0; outage < 3; outage++) {
                server.stop();
                server.stop();
                for (int attempt = 0; attempt < 50; attempt++) {
                    assertThatThrownBy(() -> {
                                try (Socket socket = new Socket()) {
                                    socket.connect(address, 1000);
                                }
                            })
                            .isInstanceOf(ConnectException.class);
                }
                server.start();
                server.start();
                assertThat(server.endpoint()).isEqualTo(endpoint);
                assertThat(client.getObjectAsBytes(r -> r.bucket("bucket").key("a"))
                                .asUtf8String())
                        .isEqualTo("text");
            }
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {403, 503})
    void aRefusingServerAnswersEverythingWithTheStatusUntilItIsHealed(int status) {
        try (S3Server server = S3Server.open();
                S3Client client = client(server, server.secretKey())) {
            server.createBucket("bucket");
            client.putObject(r -> r.bucket("bucket").key("a"), RequestBody.fromString("text"));
            server.refuse(status);
            List<Runnable> calls = List.of(
                    () -> client.putObject(r -> r.bucket("bucket").key("b"), RequestBody.fromString("text")),
                    () -> client.getObjectAsBytes(r -> r.bucket("bucket").key("a")),
                    () -> client.headObject(r -> r.bucket("bucket").key("a")),
                    () -> client.deleteObject(r -> r.bucket("bucket").key("a")),
                    () -> client.listObjectsV2(r -> r.bucket("bucket")));
            for (Runnable call : calls) {
                assertThatThrownBy(call::run)
                        .isInstanceOfSatisfying(
                                S3Exception.class,
                                e -> assertThat(e.statusCode()).isEqualTo(status));
            }
            assertThatThrownBy(() -> server.refuse(200)).hasMessageContaining("200");
            server.heal();
            assertThat(client.listObjectsV2(r -> r.bucket("bucket")).contents())
                    .extracting(S3Object::key)
                    .containsExactly("a");
        }
    }

    @Test
    void aSlowServerKeepsAPutOnlyAfterItsTimeOrWhenItIsHealed() {
        try (S3Server server = S3Server.open();
                S3Client client = client(server, server.secretKey())) {
            server.createBucket("bucket");
            server.delayPuts(Duration.ofMillis(300));
            long begun = System.nanoTime();
            client.putObject(r -> r.bucket("bucket").key("a"), RequestBody.fromString("text"));
            assertThat(Duration.ofNanos(System.nanoTime() - begun)).isGreaterThan(Duration.ofMillis(299));
            server.delayPuts(Duration.ofHours(1));
            CompletableFuture<?> put = CompletableFuture.supplyAsync(
                    () -> client.putObject(r -> r.bucket("bucket").key("b"), RequestBody.fromString("text")));
            assertThat(client.listObjectsV2(r -> r.bucket("bucket")).contents()).hasSize(1);
            assertThat(put).isNotDone();
            server.heal();
            assertThat(put).succeedsWithin(Duration.ofSeconds(30));
        }
    }

    @Test
    void aKeyAndAKeyBelowItAreTwoObjectsListedInTheOrderOfKeys() {
        try (S3Server server = S3Server.open();
                S3Client client = client(server, server.secretKey())) {
            server.createBucket("bucket");
            List<String> keys = List.of("a", "a b", "a-b", "a/b", "a/b/c", "a0", "b/c");
            for (String key : keys) {
                client.putObject(r -> r.bucket("bucket").key(key), RequestBody.fromString(key));
            }
            client.copyObject(r -> r.sourceBucket("bucket")
                    .sourceKey("a/b")
                    .destinationBucket("bucket")
                    .destinationKey("a/d"));
            client.deleteObject(r -> r.bucket("bucket").key("a/b"));

            List<String> listed = new ArrayList<>();
            client.listObjectsV2Paginator(r -> r.bucket("bucket").maxKeys(2))
                    .contents()
                    .forEach(object -> listed.add(object.key()));
            assertThat(listed).containsExactly("a", "a b", "a-b", "a/b/c", "a/d", "a0", "b/c");
            List<String> first = new ArrayList<>();
            client.listObjects(r -> r.bucket("bucket")).contents().forEach(object -> first.add(object.key()));
            assertThat(first).isEqualTo(listed);
            ListObjectsV2Response folder =
                    client.listObjectsV2(r -> r.bucket("bucket").delimiter("/"));
            assertThat(folder.contents()).extracting(S3Object::key).containsExactly("a", "a b", "a-b", "a0");
            assertThat(folder.commonPrefixes()).extracting(CommonPrefix::prefix).containsExactly("a/", "b/");
            assertThat(client.listObjectsV2(r -> r.bucket("bucket").startAfter("a"))
                            .contents())
                    .extracting(S3Object::key)
                    .startsWith("a b");
            assertThat(client.getObjectAsBytes(r -> r.bucket("bucket").key("a/d"))
                            .asUtf8String())
                    .isEqualTo("a/b");
            assertThatThrownBy(() -> client.headObject(r -> r.bucket("bucket").key("a/b")))
                    .isInstanceOf(NoSuchKeyException.class);
        }
    }

    @Test
    void signaturesAreChecked() throws Exception {
        try (S3Server server = S3Server.open();
                S3Client stranger = client(server, "not the secret")) {
            server.createBucket("bucket");
            assertThatThrownBy(() -> stranger.headBucket(r -> r.bucket("bucket")))
                    .isInstanceOfSatisfying(
                            S3Exception.class, e -> assertThat(e.statusCode()).isEqualTo(403));
            HttpResponse<String> anonymous = HttpClient.newHttpClient()
                    .send(
                            HttpRequest.newBuilder(server.endpoint().resolve("/bucket"))
                                    .build(),
                            HttpResponse.BodyHandlers.ofString());
            assertThat(anonymous.statusCode()).isEqualTo(403);
        }
    }

    @Test
    void conditionsOnPutsAreHonouredIgnoredOrRefused() {
        for (ConditionalPuts mode : ConditionalPuts.values()) {
            try (S3Server server = S3Server.builder().conditionalPuts(mode).open();
                    S3Client client = client(server, server.secretKey())) {
                server.createBucket("bucket");
                client.putObject(r -> r.bucket("bucket").key("a"), RequestBody.fromString("first"));
                int status = 200;
                try {
                    client.putObject(
                            r -> r.bucket("bucket").key("a").ifNoneMatch("*"), RequestBody.fromString("second"));
                } catch (S3Exception e) {
                    status = e.statusCode();
                }
                assertThat(status)
                        .as(mode.name())
                        .isEqualTo(
                                switch (mode) {
                                    case HONOURED -> 412;
                                    case IGNORED -> 200;
                                    case REFUSED -> 501;
                                });
                assertThat(client.getObjectAsBytes(r -> r.bucket("bucket").key("a"))
                                .asUtf8String())
                        .isEqualTo(mode == ConditionalPuts.IGNORED ? "second" : "first");
            }
        }
    }

    @Test
    void aDirectoryIsFoundAgainByTheNextServer(@TempDir Path directory) {
        Path data = directory.resolve("not/there/yet");
        try (S3Server first = S3Server.builder().directory(data).open();
                S3Client client = client(first, first.secretKey())) {
            first.createBucket("bucket");
            client.putObject(r -> r.bucket("bucket").key("ns/a"), RequestBody.fromString("text"));
        }
        try (S3Server second = S3Server.builder().directory(data).open();
                S3Client client = client(second, second.secretKey())) {
            assertThat(client.getObjectAsBytes(r -> r.bucket("bucket").key("ns/a"))
                            .asUtf8String())
                    .isEqualTo("text");
        }
    }

    @Test
    void aGivenPortIsUsedAndATakenOneIsSaid() throws Exception {
        try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getByAddress(new byte[] {127, 0, 0, 1}))) {
            assertThatThrownBy(
                            () -> S3Server.builder().port(taken.getLocalPort()).open())
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining("127.0.0.1:" + taken.getLocalPort());
        }
        assertThatThrownBy(() -> S3Server.builder().port(0)).isInstanceOf(IllegalArgumentException.class);
        int port;
        try (S3Server server = S3Server.open()) {
            port = server.endpoint().getPort();
        }
        try (S3Server server = S3Server.builder().port(port).open()) {
            assertThat(server.endpoint()).isEqualTo(URI.create("http://127.0.0.1:" + port));
        }
    }

    @Test
    void aClosedServerDoesNotStartAgain() {
        S3Server server = S3Server.open();
        server.close();
        server.close();
        assertThatThrownBy(server::start).isInstanceOf(IllegalStateException.class);
        assertThatThrownBy(() -> server.createBucket("late")).isInstanceOf(IllegalStateException.class);
    }

    @Test
    void eachServerHasItsOwnCredentials() {
        try (S3Server one = S3Server.open();
                S3Server other = S3Server.open()) {
            assertThat(one.accessKey()).isNotEqualTo(other.accessKey());
            assertThat(one.secretKey()).isNotEqualTo(other.secretKey());
            assertThat(one.endpoint()).isNotEqualTo(other.endpoint());
        }
    }
}

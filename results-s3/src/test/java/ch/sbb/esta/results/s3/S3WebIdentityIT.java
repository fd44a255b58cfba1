package ch.sbb.esta.results.s3;

import static org.assertj.core.api.Assertions.assertThat;

import ch.sbb.esta.results.ResultsException;
import ch.sbb.esta.results.spi.BlobStore.Content;
import ch.sbb.esta.results.testkit.s3.S3Server;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import software.amazon.awssdk.services.s3.S3Client;

/** The role of a Kubernetes service account, as on EKS: a token in a file, exchanged for credentials. */
class S3WebIdentityIT {

    private static final List<String> ASKED = new CopyOnWriteArrayList<>();

    private static S3Server server;
    private static HttpServer exchange;

    @BeforeAll
    static void start() throws IOException {
        server = S3Server.open();
        server.createBucket("roles");
        exchange = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        exchange.createContext("/", call -> {
            ASKED.add(new String(call.getRequestBody().readAllBytes(), StandardCharsets.UTF_8));
            byte[] answer = credentials().getBytes(StandardCharsets.UTF_8);
            call.getResponseHeaders().add("Content-Type", "text/xml");
            call.sendResponseHeaders(200, answer.length);
            try (call) {
                call.getResponseBody().write(answer);
            }
        });
        exchange.start();
    }

    @AfterAll
    static void stop() {
        exchange.stop(0);
        server.close();
    }

    private static String credentials() {
        return "<AssumeRoleWithWebIdentityResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\">"
                + "<AssumeRoleWithWebIdentityResult><Credentials><AccessKeyId>" + server.accessKey()
                + "</AccessKeyId><SecretAccessKey>" + server.secretKey()
                + "</SecretAccessKey><SessionToken>session</SessionToken><Expiration>"
                + Instant.now().plusSeconds(3600).truncatedTo(java.time.temporal.ChronoUnit.SECONDS)
                + "</Expiration></Credentials></AssumeRoleWithWebIdentityResult></AssumeRoleWithWebIdentityResponse>";
    }

    private static ChildProcess process(Path directory, boolean withSts) throws IOException {
        Path token = Files.writeString(directory.resolve("token"), "token-of-the-account");
        return ChildProcess.start(
                Account.class,
                entry -> withSts || !entry.startsWith("sts-"),
                Map.of(
                        "AWS_WEB_IDENTITY_TOKEN_FILE", token.toString(),
                        "AWS_ROLE_ARN", "arn:aws:iam::123456789012:role/logs",
                        "AWS_REGION", server.region(),
                        "AWS_ENDPOINT_URL_STS",
                                "http://127.0.0.1:" + exchange.getAddress().getPort(),
                        "AWS_CONFIG_FILE", directory.resolve("none").toString(),
                        "AWS_SHARED_CREDENTIALS_FILE", directory.resolve("none").toString()),
                server.endpoint().toString(),
                server.region());
    }

    @Test
    void theDefaultChainExchangesTheToken(@TempDir Path directory) throws Exception {
        try (ChildProcess child = process(directory, true)) {
            assertThat(child.await("stored ")).isEqualTo("CREATED");
            assertThat(child.await("linked ")).contains("X-Amz-Security-Token=session");
        }
        assertThat(ASKED)
                .singleElement()
                .asString()
                .contains("Action=AssumeRoleWithWebIdentity")
                .contains("WebIdentityToken=token-of-the-account");
    }

    @Test
    void withoutTheArtifactTheErrorNamesIt(@TempDir Path directory) throws Exception {
        try (ChildProcess child = process(directory, false)) {
            assertThat(child.await("refused "))
                    .startsWith("DENIED")
                    .contains("software.amazon.awssdk:sts")
                    .doesNotContain("token-of-the-account");
        }
    }

    /** Uses the default chain. */
    static final class Account {

        private Account() {}

        public static void main(String[] args) {
            try (S3Client client = S3ClientConfig.builder(args[1])
                    .endpoint(URI.create(args[0]))
                    .build()
                    .openClient()) {
                S3BlobStore store = new S3BlobStore(
                        client, S3BlobStoreConfig.builder("roles").build());
                System.out.println("stored " + store.putIfAbsent("a", Content.of(new byte[] {1})));
                System.out.println("linked " + store.link("a", Duration.ofHours(1)));
            } catch (ResultsException e) {
                System.out.println("refused " + e.code() + " " + e.getMessage());
            }
        }
    }
}

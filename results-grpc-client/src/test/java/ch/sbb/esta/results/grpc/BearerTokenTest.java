package ch.sbb.esta.results.grpc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import ch.sbb.esta.results.ResultName;
import ch.sbb.esta.results.ResultsException;
import ch.sbb.esta.results.ResultsException.Code;
import io.grpc.ChannelCredentials;
import io.grpc.Status;
import io.grpc.TlsChannelCredentials;
import io.grpc.TlsServerCredentials;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.TrustManagerFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class BearerTokenTest {

    private static final ResultName RESULT = ResultName.parse("ci/results/a");

    @Test
    void eachCallAsksForATokenAndSendsItOverTls(@TempDir Path folder) throws Exception {
        KeyStore keys = selfSigned(folder);
        AtomicInteger asked = new AtomicInteger();
        try (ResultsServer server =
                ResultsServer.start(serverSide(keys), new UpstreamResults(InstantSource.system()))) {
            GrpcResultsClient client = new GrpcResultsClient(
                    server.channel(clientSide(keys)), withToken(() -> "token-" + asked.incrementAndGet() + "\n"));

            assertThat(client.findResult(RESULT)).isEmpty();
            assertThat(client.findResult(RESULT)).isEmpty();

            assertThat(server.authorizations()).containsExactly("Bearer token-1", "Bearer token-2");
        }
    }

    @Test
    void aServerThatIsNotTrustedIsUnavailableAndSeesNoToken(@TempDir Path folder) throws Exception {
        try (ResultsServer server =
                ResultsServer.start(serverSide(selfSigned(folder)), new UpstreamResults(InstantSource.system()))) {
            GrpcResultsClient client =
                    new GrpcResultsClient(server.channel(TlsChannelCredentials.create()), withToken(() -> "s3cr3t"));

            assertThat(failure(client).code()).isEqualTo(Code.UNAVAILABLE);
            assertThat(server.authorizations()).isEmpty();
        }
    }

    @Test
    void aTokenIsNotSentWithoutTlsUnlessAllowed() {
        try (ResultsServer server = ResultsServer.start()) {
            ResultsException e = failure(new GrpcResultsClient(server.channel(), withToken(() -> "s3cr3t")));

            assertThat(e.code()).isEqualTo(Code.DENIED);
            assertThat(e).hasMessageContaining("tokenOverPlaintext");
            assertThat(server.authorizations()).isEmpty();

            GrpcOptions allowed = GrpcOptions.builder()
                    .bearerToken(() -> "s3cr3t")
                    .tokenOverPlaintext()
                    .build();
            assertThat(new GrpcResultsClient(server.channel(), allowed).findResult(RESULT))
                    .isEmpty();
            assertThat(server.authorizations()).containsExactly("Bearer s3cr3t");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"", " \n", "s3cr3t\nX-Other: 1", "s3cr3t ü"})
    void aTokenThatNoHeaderCanCarryIsDeniedAndNotShown(String token) {
        try (ResultsServer server = ResultsServer.start()) {
            GrpcOptions options = GrpcOptions.builder()
                    .bearerToken(() -> token)
                    .tokenOverPlaintext()
                    .build();

            ResultsException e = failure(new GrpcResultsClient(server.channel(), options));

            assertThat(e.code()).isEqualTo(Code.DENIED);
            assertThat(e.getMessage())
                    .contains("the supplier of the bearer token")
                    .doesNotContain("s3cr3t");
            assertThat(server.calls()).isEmpty();
        }
    }

    @Test
    void aSupplierThatFailsIsDeniedWithItsCause() {
        IllegalStateException broken = new IllegalStateException("no file");
        try (ResultsServer server = ResultsServer.start()) {
            GrpcOptions options = GrpcOptions.builder()
                    .bearerToken(() -> {
                        throw broken;
                    })
                    .tokenOverPlaintext()
                    .build();

            ResultsException e = failure(new GrpcResultsClient(server.channel(), options));

            assertThat(e.code()).isEqualTo(Code.DENIED);
            assertThat(e).hasRootCause(broken);
        }
    }

    @Test
    void aRefusalSaysWithWhichIdentityTheCallWasMade() {
        try (ResultsServer server = ResultsServer.start()) {
            server.failWith(method -> Status.UNAUTHENTICATED.withDescription("permission denied"));
            GrpcOptions options = GrpcOptions.builder()
                    .bearerToken(() -> "s3cr3t")
                    .tokenOverPlaintext()
                    .build();

            assertThat(failure(new GrpcResultsClient(server.channel(), GrpcOptions.defaults())))
                    .hasMessageContaining("made without a bearer token");
            assertThat(failure(new GrpcResultsClient(server.channel(), options)).getMessage())
                    .contains("made with the supplied bearer token")
                    .doesNotContain("s3cr3t");
        }
    }

    private static GrpcOptions withToken(Supplier<String> tokens) {
        return GrpcOptions.builder().bearerToken(tokens).build();
    }

    private static ResultsException failure(GrpcResultsClient client) {
        ResultsException e = catchThrowableOfType(ResultsException.class, () -> client.findResult(RESULT));
        assertThat(e).as("a failure").isNotNull();
        return e;
    }

    private static io.grpc.ServerCredentials serverSide(KeyStore keys) throws GeneralSecurityException {
        KeyManagerFactory factory = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
        factory.init(keys, "changeit".toCharArray());
        return TlsServerCredentials.newBuilder()
                .keyManager(factory.getKeyManagers())
                .build();
    }

    private static ChannelCredentials clientSide(KeyStore keys) throws GeneralSecurityException, IOException {
        KeyStore trusted = KeyStore.getInstance("PKCS12");
        trusted.load(null, null);
        trusted.setCertificateEntry("ca", keys.getCertificate("server"));
        TrustManagerFactory factory = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        factory.init(trusted);
        return TlsChannelCredentials.newBuilder()
                .trustManager(factory.getTrustManagers())
                .build();
    }

    /** By the JDK's own keytool, because the JDK has no other public way to sign a certificate. */
    private static KeyStore selfSigned(Path folder) throws Exception {
        Path file = folder.resolve("keys.p12");
        List<String> command = List.of(
                Path.of(System.getProperty("java.home"), "bin", "keytool").toString(),
                "-genkeypair",
                "-alias",
                "server",
                "-keyalg",
                "EC",
                "-validity",
                "2",
                "-dname",
                "CN=localhost",
                "-ext",
                "SAN=dns:localhost,ip:127.0.0.1",
                "-storetype",
                "PKCS12",
                "-keystore",
                file.toString(),
                "-storepass",
                "changeit");
        Process keytool = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(folder.resolve("keytool.log").toFile())
                .start();
        assertThat(keytool.waitFor(1, TimeUnit.MINUTES)).isTrue();
        assertThat(keytool.exitValue())
                .as(() -> read(folder.resolve("keytool.log")))
                .isZero();
        KeyStore keys = KeyStore.getInstance("PKCS12");
        try (InputStream in = Files.newInputStream(file)) {
            keys.load(in, "changeit".toCharArray());
        }
        return keys;
    }

    private static String read(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            return e.toString();
        }
    }
}

package ch.sbb.esta.results.grpc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import ch.sbb.esta.results.ResultName;
import ch.sbb.esta.results.ResultsException;
import ch.sbb.esta.results.ResultsException.Code;
import io.grpc.Metadata;
import io.grpc.Status;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** As whom calls are made, and what is said when they are refused. */
class IdentityTest {

    private static final ResultName RESULT = ResultName.parse("ci/results/a");

    @Test
    void aTokenFileIsReadAgainWhenItHasChanged(@TempDir Path folder) throws Exception {
        Path file = Files.writeString(folder.resolve("token"), "first\n");
        try (ResultsServer server = ResultsServer.start()) {
            GrpcResultsClient client = new GrpcResultsClient(
                    server.channel(),
                    GrpcOptions.builder()
                            .bearerTokenFile(file)
                            .tokenOverPlaintext()
                            .build());
            assertThat(client.findResult(RESULT)).isEmpty();
            assertThat(client.findResult(RESULT)).isEmpty();

            // As the kubelet does it: another file under the same name, of the same size.
            Path next = Files.writeString(folder.resolve("next"), "other\n");
            Files.setLastModifiedTime(next, FileTime.from(Instant.now().plusSeconds(1)));
            Files.move(next, file, StandardCopyOption.REPLACE_EXISTING);
            assertThat(client.findResult(RESULT)).isEmpty();

            assertThat(server.authorizations()).containsExactly("Bearer first", "Bearer first", "Bearer other");
        }
    }

    @Test
    void aTokenFileThatIsMissingIsNamed(@TempDir Path folder) {
        Path file = folder.resolve("no-token");
        try (ResultsServer server = ResultsServer.start()) {
            ResultsException e =
                    failure(server, GrpcOptions.builder().bearerTokenFile(file).tokenOverPlaintext());

            assertThat(e.code()).isEqualTo(Code.DENIED);
            assertThat(e).hasMessageContaining(file.toString());
            assertThat(server.calls()).isEmpty();
        }
    }

    @Test
    void aRefusalSaysAsWhomTheCallWasMadeAndNeverTheToken(@TempDir Path folder) throws Exception {
        Path file = Files.writeString(folder.resolve("token"), "s3cr3t");
        try (ResultsServer server = ResultsServer.start()) {
            server.failWith(method -> Status.UNAUTHENTICATED.withDescription("permission denied"));

            assertThat(failure(server, GrpcOptions.builder()))
                    .hasMessageContaining("the call was made without a bearer token");
            assertThat(failure(
                            server, GrpcOptions.builder().bearerToken("s3cr3t").tokenOverPlaintext()))
                    .hasMessageContaining("with a fixed bearer token")
                    .hasMessageNotContaining("s3cr3t");
            assertThat(failure(
                            server,
                            GrpcOptions.builder()
                                    .bearerTokenFile(file)
                                    .tokenOverPlaintext()
                                    .impersonate(Impersonation.of("alice"))))
                    .hasMessageContaining("with the bearer token of the file")
                    .hasMessageContaining(file.toString())
                    .hasMessageContaining("impersonating the user")
                    .hasMessageContaining("alice")
                    .hasMessageNotContaining("s3cr3t");
        }
    }

    @Test
    void impersonationIsSentInItsHeaders() {
        try (ResultsServer server = ResultsServer.start()) {
            GrpcOptions options = GrpcOptions.builder()
                    .impersonate(Impersonation.of("system:serviceaccount:ci:bot")
                            .group("system:authenticated")
                            .group("dev ops")
                            .uid("u-1")
                            .extra("scopes.example.org", List.of("view", "list")))
                    .build();

            assertThat(new GrpcResultsClient(server.channel(), options).findResult(RESULT))
                    .isEmpty();

            Metadata headers = server.headers().get(0);
            assertThat(all(headers, "impersonate-user")).containsExactly("system:serviceaccount:ci:bot");
            assertThat(all(headers, "impersonate-group")).containsExactly("system:authenticated", "dev ops");
            assertThat(all(headers, "impersonate-uid")).containsExactly("u-1");
            assertThat(all(headers, "impersonate-extra-scopes.example.org")).containsExactly("view", "list");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"", " ", "a\nb", "ä"})
    void whatNoHeaderCanCarryIsRefused(String text) {
        assertThatThrownBy(() -> Impersonation.of(text)).isInstanceOf(ResultsException.class);
        assertThatThrownBy(() -> Impersonation.of("a").group(text)).isInstanceOf(ResultsException.class);
        assertThatThrownBy(() -> Impersonation.of("a").extra("key", List.of(text)))
                .isInstanceOf(ResultsException.class);
        assertThatThrownBy(() -> Impersonation.of("a").extra("Key", List.of("v")))
                .isInstanceOf(ResultsException.class);
    }

    @Test
    void twoTokensAreOneTooMany() {
        GrpcOptions.Builder builder = GrpcOptions.builder().bearerToken("a");

        assertThatThrownBy(() -> builder.bearerTokenFile(Path.of("token")))
                .isInstanceOf(ResultsException.class)
                .hasMessageContaining("a fixed bearer token already");
    }

    private static List<String> all(Metadata headers, String name) {
        Iterable<String> values = headers.getAll(Metadata.Key.of(name, Metadata.ASCII_STRING_MARSHALLER));
        return values == null
                ? List.of()
                : java.util.stream.StreamSupport.stream(values.spliterator(), false)
                        .toList();
    }

    private static ResultsException failure(ResultsServer server, GrpcOptions.Builder options) {
        GrpcResultsClient client = new GrpcResultsClient(server.channel(), options.build());
        ResultsException e = catchThrowableOfType(ResultsException.class, () -> client.findResult(RESULT));
        assertThat(e).as("a failure").isNotNull();
        return e;
    }
}

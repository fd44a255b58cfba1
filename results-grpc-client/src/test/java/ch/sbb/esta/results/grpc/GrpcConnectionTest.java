package ch.sbb.esta.results.grpc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import ch.sbb.esta.results.ListQuery;
import ch.sbb.esta.results.ResultName;
import ch.sbb.esta.results.ResultsException;
import ch.sbb.esta.results.ResultsException.Code;
import io.grpc.Attributes;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.ClientInterceptor;
import io.grpc.EquivalentAddressGroup;
import io.grpc.MethodDescriptor;
import io.grpc.NameResolver;
import io.grpc.NameResolverProvider;
import io.grpc.NameResolverRegistry;
import io.grpc.Status;
import io.grpc.StatusOr;
import io.grpc.TlsServerCredentials;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import org.awaitility.Awaitility;
import org.awaitility.Durations;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Over real sockets. */
class GrpcConnectionTest {

    private static final ResultName RESULT = ResultName.parse("ci/results/a");

    @TempDir
    @SuppressWarnings("NullAway.Init") // set before each test
    private Path folder;

    @Test
    void anAuthorityOfAFileIsTrusted() throws Exception {
        TestKeys keys = TestKeys.of("localhost");
        try (ResultsServer server = tlsServer(keys);
                GrpcConnection connection = GrpcConnection.builder(at(server))
                        .trusting(keys.certificate())
                        .open()) {
            assertThat(client(connection, GrpcOptions.defaults()).findResult(RESULT))
                    .isEmpty();
        }
    }

    @Test
    void aServerOfAnotherAuthorityIsNotTrustedAndTheMessageSaysSo() throws Exception {
        TestKeys keys = TestKeys.of("localhost");
        TestKeys other = TestKeys.of("other");
        try (ResultsServer server = tlsServer(keys);
                GrpcConnection connection = GrpcConnection.builder(at(server))
                        .trusting(other.certificate())
                        .attempts(1)
                        .open()) {
            GrpcOptions options = GrpcOptions.builder().bearerToken("s3cr3t").build();

            ResultsException e = failure(client(connection, options));

            assertThat(e.code()).isEqualTo(Code.UNAVAILABLE);
            assertThat(e).hasMessageContaining("do not agree on TLS").hasMessageContaining("certificate");
            assertThat(server.calls()).isEmpty();
        }
    }

    @Test
    void theCertificateMustBeForTheNameUnlessAnotherOneIsGiven() throws Exception {
        TestKeys keys = TestKeys.of("results.example.org");
        try (ResultsServer server = tlsServer(keys)) {
            GrpcConnection.Builder builder = GrpcConnection.builder(at(server))
                    .trusting(keys.certificate())
                    .attempts(1);
            try (GrpcConnection connection = builder.open()) {
                assertThat(failure(client(connection, GrpcOptions.defaults())).code())
                        .isEqualTo(Code.UNAVAILABLE);
            }
            try (GrpcConnection connection =
                    builder.authority("results.example.org").open()) {
                assertThat(client(connection, GrpcOptions.defaults()).findResult(RESULT))
                        .isEmpty();
            }
        }
    }

    @Test
    void aServerThatAsksForACertificateGetsOne() throws Exception {
        TestKeys keys = TestKeys.of("localhost");
        TestKeys own = TestKeys.of("client");
        var credentials = TlsServerCredentials.newBuilder()
                .keyManager(keys.certificate().toFile(), keys.key().toFile())
                .trustManager(own.certificate().toFile())
                .clientAuth(TlsServerCredentials.ClientAuth.REQUIRE)
                .build();
        try (ResultsServer server = ResultsServer.start(credentials, new UpstreamResults(InstantSource.system()))) {
            GrpcConnection.Builder builder = GrpcConnection.builder(at(server))
                    .trusting(keys.certificate())
                    .attempts(1);
            try (GrpcConnection connection = builder.open()) {
                assertThat(failure(client(connection, GrpcOptions.defaults())).code())
                        .isEqualTo(Code.UNAVAILABLE);
            }
            try (GrpcConnection connection =
                    builder.clientCertificate(own.certificate(), own.key()).open()) {
                assertThat(client(connection, GrpcOptions.defaults()).findResult(RESULT))
                        .isEmpty();
            }
        }
    }

    @Test
    void tlsIsSpokenUnlessPlaintextIsAskedFor() {
        try (ResultsServer server = ResultsServer.start()) {
            try (GrpcConnection connection =
                    GrpcConnection.builder(at(server)).attempts(1).open()) {
                assertThat(failure(client(connection, GrpcOptions.defaults())).code())
                        .isEqualTo(Code.UNAVAILABLE);
            }
            try (GrpcConnection connection = insecure(server).open()) {
                assertThat(client(connection, GrpcOptions.defaults()).findResult(RESULT))
                        .isEmpty();
            }
        }
    }

    @Test
    void allMistakesAreReportedAtOnce() {
        GrpcConnection.Builder builder = GrpcConnection.builder(" ")
                .insecure()
                .trusting(folder.resolve("no-ca.pem"))
                .clientCertificate(folder.resolve("no.crt"), folder.resolve("no.key"))
                .keepAlive(Duration.ZERO, Duration.ZERO)
                .attempts(6)
                .pauses(Duration.ofSeconds(2), Duration.ofSeconds(1));

        assertThatThrownBy(builder::open)
                .isInstanceOf(ResultsException.class)
                .hasMessageContaining("the target is blank")
                .hasMessageContaining("insecure is set and certificates are, too")
                .hasMessageContaining("no-ca.pem")
                .hasMessageContaining("no.crt")
                .hasMessageContaining("no.key")
                .hasMessageContaining("attempts is 6")
                .hasMessageContaining("keepAlive is PT0S")
                .hasMessageContaining("shorter than the first");
    }

    @Test
    void aFileThatIsNoCertificateIsRefusedWhenItIsOpened() throws Exception {
        Path file = Files.writeString(folder.resolve("ca.pem"), "nonsense");

        assertThatThrownBy(() ->
                        GrpcConnection.builder("localhost:1").trusting(file).open())
                .isInstanceOfSatisfying(
                        ResultsException.class, e -> assertThat(e.code()).isEqualTo(Code.INVALID));
    }

    @ParameterizedTest
    @ValueSource(strings = {"GetResult", "ListResults", "DeleteResult"})
    void callsThatMayBeRepeatedAreRepeatedWithinTheirNumber(String method) {
        try (ResultsServer server = ResultsServer.start();
                GrpcConnection connection = insecure(server).attempts(3).open()) {
            GrpcResultsClient client = client(connection, GrpcOptions.defaults());
            AtomicInteger failures = new AtomicInteger(2);
            server.failWith(called -> failures.getAndDecrement() > 0 ? Status.UNAVAILABLE : null);

            call(client, method);

            assertThat(server.calls()).containsExactly(method, method, method);
            server.forgetCalls();
            server.failWith(called -> Status.UNAVAILABLE);
            assertThat(catchThrowableOfType(ResultsException.class, () -> call(client, method))
                            .code())
                    .isEqualTo(Code.UNAVAILABLE);
            assertThat(server.calls()).hasSize(3);
        }
    }

    @Test
    void callsThatWriteAreNotRepeated() {
        try (ResultsServer server = ResultsServer.start();
                GrpcConnection connection = insecure(server).open()) {
            GrpcResultsClient client = client(connection, GrpcOptions.defaults());
            server.failWith(called -> Status.UNAVAILABLE);

            assertThatThrownBy(() -> client.createResult(RESULT, Map.of(), null))
                    .isInstanceOf(ResultsException.class);
            assertThatThrownBy(() -> client.updateResult(RESULT, Map.of(), null, "e"))
                    .isInstanceOf(ResultsException.class);

            assertThat(server.calls()).containsExactly("CreateResult", "UpdateResult");
        }
    }

    @Test
    void aServerThatIsDownIsNotRunDown() {
        try (ResultsServer server = ResultsServer.start();
                GrpcConnection connection = insecure(server).open()) {
            GrpcResultsClient client = client(connection, GrpcOptions.defaults());
            server.failWith(called -> Status.UNAVAILABLE);

            for (int i = 0; i < 40; i++) {
                assertThat(failure(client).code()).isEqualTo(Code.UNAVAILABLE);
            }

            assertThat(server.calls()).hasSizeBetween(41, 60);
        }
    }

    @Test
    void repetitionsEndWithTheDeadlineOfTheCall() {
        try (ResultsServer server = ResultsServer.start();
                GrpcConnection connection = insecure(server)
                        .pauses(Duration.ofSeconds(20), Duration.ofSeconds(20))
                        .open()) {
            server.failWith(called -> Status.UNAVAILABLE);
            GrpcOptions options =
                    GrpcOptions.builder().callTimeout(Duration.ofMillis(300)).build();

            assertThat(failure(client(connection, options)).code()).isEqualTo(Code.TIMEOUT);
        }
    }

    @Test
    void callsAreSpreadOverAllAddressesAndGoOnWithoutOneThatIsGone() {
        try (ResultsServer one = ResultsServer.start();
                ResultsServer two = ResultsServer.start();
                ResultsServer three = ResultsServer.start()) {
            Addresses addresses = new Addresses(List.of(one, two, three));
            NameResolverRegistry.getDefaultRegistry().register(addresses);
            try (GrpcConnection connection =
                    GrpcConnection.builder("headless:///results").insecure().open()) {
                GrpcResultsClient client = client(connection, GrpcOptions.defaults());
                // The first calls may find one address connected only.
                Awaitility.await().atMost(Durations.ONE_MINUTE).until(() -> {
                    client.findResult(RESULT);
                    return List.of(one, two, three).stream()
                            .noneMatch(server -> server.calls().isEmpty());
                });
                List.of(one, two, three).forEach(ResultsServer::forgetCalls);
                for (int i = 0; i < 30; i++) {
                    assertThat(client.findResult(RESULT)).isEmpty();
                }
                assertThat(List.of(one, two, three))
                        .allSatisfy(server -> assertThat(server.calls()).hasSizeBetween(9, 11));

                two.stop();
                for (int i = 0; i < 10; i++) {
                    assertThat(client.findResult(RESULT)).isEmpty();
                }
            } finally {
                NameResolverRegistry.getDefaultRegistry().deregister(addresses);
            }
        }
    }

    @Test
    void interceptorsSeeEveryCallAndTheBuilderCanBeReached() {
        List<String> seen = new CopyOnWriteArrayList<>();
        ClientInterceptor interceptor = new ClientInterceptor() {
            @Override
            public <Q, A> ClientCall<Q, A> interceptCall(
                    MethodDescriptor<Q, A> method, CallOptions options, Channel next) {
                seen.add(method.getFullMethodName());
                return next.newCall(method, options);
            }
        };
        try (ResultsServer server = ResultsServer.start();
                GrpcConnection connection = insecure(server)
                        .intercept(interceptor)
                        .customize(channel -> channel.userAgent("shop"))
                        .open()) {
            assertThat(client(connection, GrpcOptions.defaults()).findResult(RESULT))
                    .isEmpty();

            assertThat(seen).containsExactly("tekton.results.v1alpha2.Results/GetResult");
            assertThat(server.headers().get(0).toString()).contains("shop");
        }
    }

    @Test
    void afterClosingNothingIsCalledAnyMore() {
        try (ResultsServer server = ResultsServer.start()) {
            GrpcConnection connection = insecure(server).open();
            connection.close();

            assertThat(failure(client(connection, GrpcOptions.defaults())).code())
                    .isEqualTo(Code.UNAVAILABLE);
            assertThat(server.calls()).isEmpty();
        }
    }

    private static void call(GrpcResultsClient client, String method) {
        switch (method) {
            case "GetResult" -> assertThat(client.findResult(RESULT)).isEmpty();
            case "ListResults" ->
                assertThat(client.listResults(ListQuery.of("ci")).items()).isEmpty();
            default -> client.deleteResult(RESULT);
        }
    }

    private static GrpcConnection.Builder insecure(ResultsServer server) {
        return GrpcConnection.builder(at(server)).insecure().pauses(Duration.ofMillis(1), Duration.ofMillis(10));
    }

    private static String at(ResultsServer server) {
        return "localhost:" + server.port();
    }

    private static ResultsServer tlsServer(TestKeys keys) throws Exception {
        return ResultsServer.start(
                TlsServerCredentials.create(
                        keys.certificate().toFile(), keys.key().toFile()),
                new UpstreamResults(InstantSource.system()));
    }

    private static GrpcResultsClient client(GrpcConnection connection, GrpcOptions options) {
        return new GrpcResultsClient(connection.channel(), options);
    }

    private static ResultsException failure(GrpcResultsClient client) {
        ResultsException e = catchThrowableOfType(ResultsException.class, () -> client.findResult(RESULT));
        assertThat(e).as("a failure").isNotNull();
        return e;
    }

    /** Resolves a name to several addresses, as DNS does for a headless service. */
    private static final class Addresses extends NameResolverProvider {

        private final List<EquivalentAddressGroup> groups;

        Addresses(List<ResultsServer> servers) {
            this.groups = servers.stream()
                    .map(server -> new EquivalentAddressGroup(
                            (SocketAddress) new InetSocketAddress(InetAddress.getLoopbackAddress(), server.port()),
                            Attributes.EMPTY))
                    .toList();
        }

        @Override
        protected boolean isAvailable() {
            return true;
        }

        @Override
        protected int priority() {
            return 5;
        }

        @Override
        public String getDefaultScheme() {
            return "headless";
        }

        @Override
        public Collection<Class<? extends SocketAddress>> getProducedSocketAddressTypes() {
            return Set.of(InetSocketAddress.class);
        }

        @Override
        public NameResolver newNameResolver(URI target, NameResolver.Args args) {
            return new NameResolver() {
                @Override
                public String getServiceAuthority() {
                    return "results";
                }

                @Override
                public void start(Listener2 listener) {
                    listener.onResult(ResolutionResult.newBuilder()
                            .setAddressesOrError(StatusOr.fromValue(groups))
                            .build());
                }

                @Override
                public void shutdown() {
                    // Nothing is held.
                }
            };
        }
    }
}

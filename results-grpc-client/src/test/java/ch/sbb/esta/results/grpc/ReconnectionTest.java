package ch.sbb.esta.results.grpc;

import static org.assertj.core.api.Assertions.assertThat;

import ch.sbb.esta.results.ResultName;
import ch.sbb.esta.results.ResultsException;
import ch.sbb.esta.results.ResultsException.Code;
import ch.sbb.esta.results.testkit.fault.FaultProxy;
import ch.sbb.esta.results.testkit.fault.FaultProxy.Direction;
import io.grpc.Channel;
import io.grpc.ClientInterceptors;
import io.grpc.ConnectivityState;
import io.grpc.Grpc;
import io.grpc.InsecureChannelCredentials;
import io.grpc.ManagedChannel;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;
import org.awaitility.Awaitility;
import org.awaitility.Durations;
import org.junit.jupiter.api.Test;

class ReconnectionTest {

    private static final ResultName RESULT = ResultName.parse("ci/results/a");

    /** By gRPC's own pauses the twelfth attempt comes after more than seven minutes. */
    @Test
    void everyCallThatFindsTheServerLostConnectsButNotMoreOftenThanOnceASecond() {
        AtomicLong nanos = new AtomicLong(Long.MAX_VALUE - 5);
        try (ResultsServer server = ResultsServer.start();
                FaultProxy proxy = FaultProxy.to("localhost", server.port())) {
            proxy.cutAfter(Direction.TO_CLIENT, 0);
            ManagedChannel channel = Grpc.newChannelBuilder(
                            "localhost:" + proxy.port(), InsecureChannelCredentials.create())
                    .build();
            try {
                Channel reconnecting = ClientInterceptors.intercept(channel, new Reconnection(channel, nanos::get));
                GrpcResultsClient client = new GrpcResultsClient(reconnecting, GrpcOptions.defaults());
                for (int attempts = 1; attempts <= 12; attempts++) {
                    int wanted = attempts;
                    Awaitility.await().atMost(Duration.ofSeconds(60)).until(() -> {
                        assertThat(code(client)).isEqualTo(Code.UNAVAILABLE);
                        return proxy.acceptedConnections() >= wanted;
                    });
                    Awaitility.await()
                            .atMost(Durations.ONE_MINUTE)
                            .until(() -> channel.getState(false) == ConnectivityState.TRANSIENT_FAILURE);
                    nanos.addAndGet(Reconnection.PAUSE_NANOS);
                }
                proxy.heal();
                nanos.addAndGet(Reconnection.PAUSE_NANOS);
                Awaitility.await().atMost(Durations.ONE_MINUTE).until(() -> code(client) == null);
            } finally {
                channel.shutdownNow();
            }
        }
    }

    @Test
    void aClientIsBackAsSoonAsItsServerIs() {
        try (ResultsServer server = ResultsServer.start();
                FaultProxy proxy = FaultProxy.to("localhost", server.port());
                GrpcConnection connection = GrpcConnection.builder("localhost:" + proxy.port())
                        .insecure()
                        .attempts(1)
                        .open()) {
            GrpcResultsClient client = new GrpcResultsClient(connection.channel(), GrpcOptions.defaults());
            assertThat(code(client)).isNull();
            proxy.refuse();
            proxy.cut();
            Awaitility.await().atMost(Durations.ONE_MINUTE).until(() -> code(client) == Code.UNAVAILABLE);
            assertThat(code(client)).isEqualTo(Code.UNAVAILABLE);

            proxy.heal();

            Awaitility.await().atMost(Duration.ofSeconds(60)).until(() -> code(client) == null);
        }
    }

    private static @org.jspecify.annotations.Nullable Code code(GrpcResultsClient client) {
        try {
            assertThat(client.findResult(RESULT)).isEmpty();
            return null;
        } catch (ResultsException e) {
            return e.code();
        }
    }
}

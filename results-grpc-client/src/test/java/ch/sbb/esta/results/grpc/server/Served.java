package ch.sbb.esta.results.grpc.server;

import static org.awaitility.Awaitility.await;
import static org.awaitility.Durations.ONE_MINUTE;

import io.grpc.ChannelCredentials;
import io.grpc.Grpc;
import io.grpc.InsecureChannelCredentials;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.stub.MetadataUtils;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;

/** Services on a loopback socket, and a channel that leads there. */
final class Served implements AutoCloseable {

    private final GrpcResultsServer server;
    private final ManagedChannel channel;

    private Served(GrpcResultsServer server, ManagedChannel channel) {
        this.server = server;
        this.channel = channel;
    }

    static Served plaintext(ResultsServices services) {
        return start(GrpcResultsServer.builder(services).plaintext(), InsecureChannelCredentials.create());
    }

    static Served start(GrpcResultsServer.Builder builder, ChannelCredentials credentials) {
        GrpcResultsServer server = builder.address(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
                .drainTimeout(Duration.ofSeconds(2))
                .start();
        return new Served(
                server,
                Grpc.newChannelBuilder("localhost:" + server.port(), credentials)
                        .maxInboundMessageSize(64 << 20)
                        .build());
    }

    GrpcResultsServer server() {
        return server;
    }

    ManagedChannel channel() {
        return channel;
    }

    io.grpc.Channel withHeader(String name, String value) {
        Metadata headers = new Metadata();
        headers.put(Metadata.Key.of(name, Metadata.ASCII_STRING_MARSHALLER), value);
        return io.grpc.ClientInterceptors.intercept(channel, MetadataUtils.newAttachHeadersInterceptor(headers));
    }

    @Override
    public void close() {
        channel.shutdownNow();
        server.close();
        await("the channel ends").atMost(ONE_MINUTE).until(channel::isTerminated);
    }
}

package ch.sbb.esta.results.grpc;

import io.grpc.BindableService;
import io.grpc.ChannelCredentials;
import io.grpc.Grpc;
import io.grpc.InsecureChannelCredentials;
import io.grpc.InsecureServerCredentials;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.Server;
import io.grpc.ServerCall;
import io.grpc.ServerCall.Listener;
import io.grpc.ServerCallHandler;
import io.grpc.ServerCredentials;
import io.grpc.ServerInterceptor;
import io.grpc.Status;
import io.grpc.netty.shaded.io.grpc.netty.NettyServerBuilder;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.InstantSource;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** A server on a loopback socket, which answers as a Tekton Results API server and can be told to fail. */
final class ResultsServer implements AutoCloseable, ServerInterceptor {

    private static final Metadata.Key<String> AUTHORIZATION =
            Metadata.Key.of("authorization", Metadata.ASCII_STRING_MARSHALLER);

    private static final Metadata.Key<String> FIELDS = Metadata.Key.of("fields", Metadata.ASCII_STRING_MARSHALLER);

    private final Server server;
    private final List<ManagedChannel> channels = new CopyOnWriteArrayList<>();
    private final List<String> calls = new CopyOnWriteArrayList<>();
    private final List<String> authorizations = new CopyOnWriteArrayList<>();
    private final List<Metadata> headers = new CopyOnWriteArrayList<>();
    private volatile Fault fault = method -> null;

    /** Decides what becomes of a call. */
    interface Fault {

        /** In place of a status: the call is never answered. */
        Status SILENCE = Status.OK.withDescription("silence");

        @Nullable
        Status of(String method);
    }

    private ResultsServer(ServerCredentials credentials, BindableService... services) {
        try {
            NettyServerBuilder builder = NettyServerBuilder.forAddress(
                    new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), credentials);
            for (BindableService service : services) {
                builder.addService(service);
            }
            server = builder.intercept(this).build().start();
        } catch (IOException e) {
            throw new IllegalStateException("no loopback socket", e);
        }
    }

    static ResultsServer start() {
        return start(InsecureServerCredentials.create(), new UpstreamResults(InstantSource.system()));
    }

    static ResultsServer start(ServerCredentials credentials, BindableService... services) {
        return new ResultsServer(credentials, services);
    }

    /** Without TLS. */
    static ResultsServer serving(BindableService... services) {
        return new ResultsServer(InsecureServerCredentials.create(), services);
    }

    int port() {
        return server.getPort();
    }

    /** The headers of the calls so far. */
    List<Metadata> headers() {
        return List.copyOf(headers);
    }

    ManagedChannel channel() {
        return channel(InsecureChannelCredentials.create());
    }

    ManagedChannel channel(ChannelCredentials credentials) {
        ManagedChannel channel = Grpc.newChannelBuilder("localhost:" + server.getPort(), credentials)
                .build();
        channels.add(channel);
        return channel;
    }

    void failWith(Fault newFault) {
        this.fault = newFault;
    }

    void heal() {
        failWith(method -> null);
    }

    /** The names of the calls so far, in their order. */
    List<String> calls() {
        return List.copyOf(calls);
    }

    void forgetCalls() {
        calls.clear();
        headers.clear();
    }

    /** The authorization headers of the calls so far; empty text for none. */
    List<String> authorizations() {
        return List.copyOf(authorizations);
    }

    /** Which fields of the answer the calls so far asked for; empty text for all. */
    List<String> fields() {
        return headers.stream()
                .map(sent -> Objects.requireNonNullElse(sent.get(FIELDS), ""))
                .toList();
    }

    @Override
    public <Q, A> Listener<Q> interceptCall(ServerCall<Q, A> call, Metadata sent, ServerCallHandler<Q, A> next) {
        String method = String.valueOf(call.getMethodDescriptor().getBareMethodName());
        calls.add(method);
        headers.add(sent);
        String authorization = sent.get(AUTHORIZATION);
        authorizations.add(authorization == null ? "" : authorization);
        Status status = fault.of(method);
        if (status == null) {
            return next.startCall(call, sent);
        }
        if (!Objects.equals(status.getDescription(), Fault.SILENCE.getDescription())) {
            call.close(status, new Metadata());
        }
        return new Listener<>() {};
    }

    @Override
    public void close() {
        stop();
    }

    /** Ends the server, and the channels to it. */
    void stop() {
        channels.forEach(ManagedChannel::shutdownNow);
        try {
            if (!server.shutdownNow().awaitTermination(10, TimeUnit.SECONDS)) {
                throw new IllegalStateException("the server does not end");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}

package ch.sbb.esta.results.grpc.server;

import ch.sbb.esta.results.ResultsException;
import ch.sbb.esta.results.internal.Threads;
import io.grpc.BindableService;
import io.grpc.InsecureServerCredentials;
import io.grpc.Server;
import io.grpc.ServerBuilder;
import io.grpc.ServerCredentials;
import io.grpc.ServerInterceptor;
import io.grpc.TlsServerCredentials;
import io.grpc.health.v1.HealthCheckResponse.ServingStatus;
import io.grpc.netty.shaded.io.grpc.netty.NettyServerBuilder;
import io.grpc.protobuf.services.HealthStatusManager;
import io.grpc.protobuf.services.ProtoReflectionServiceV1;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A server that speaks the protocol of Tekton Results on a socket, with the services for health and reflection, which everybody may ask.
 *
 * <p>Health goes by the names of the services and the empty name for all of them.
 *
 * <p><b>Concurrency.</b> Thread-safe.
 *
 * <p><b>Failure.</b> As {@link ResultsServices} says.
 *
 * <p><b>Lifecycle.</b> Closing it lets running calls end for a while and then ends them; the services and an executor that was handed in
 * are not closed.
 */
public final class GrpcResultsServer implements AutoCloseable {

    private static final int THREADS = 64;
    private static final Duration CANCELLING = Duration.ofSeconds(5);
    private static final Duration CERTIFICATE_CHECK = Duration.ofSeconds(10);

    private final Server server;
    private final HealthStatusManager health = new HealthStatusManager();
    private final List<ExecutorService> own = new ArrayList<>();
    private final Duration drainTimeout;

    private GrpcResultsServer(Builder builder) {
        this.drainTimeout = builder.drainTimeout;
        NettyServerBuilder netty = NettyServerBuilder.forAddress(builder.address, credentials(builder))
                .executor(executor(builder))
                .maxInboundMessageSize(builder.maxRequestBytes)
                .maxConcurrentCallsPerConnection(builder.maxCallsPerConnection)
                .keepAliveTime(builder.keepAlive.toMillis(), TimeUnit.MILLISECONDS)
                .permitKeepAliveTime(builder.smallestClientKeepAlive.toMillis(), TimeUnit.MILLISECONDS)
                .permitKeepAliveWithoutCalls(true);
        builder.interceptors.forEach(netty::intercept);
        for (BindableService service : builder.services.bindableServices()) {
            netty.addService(service);
            health.setStatus(service.bindService().getServiceDescriptor().getName(), ServingStatus.SERVING);
        }
        netty.addService(health.getHealthService())
                .addService(ProtoReflectionServiceV1.newInstance())
                .addService(olderReflection());
        builder.customizer.accept(netty);
        this.server = netty.build();
    }

    /** Which the watcher of Tekton Results may ask before it uploads logs. */
    @SuppressWarnings("deprecation")
    private static BindableService olderReflection() {
        return io.grpc.protobuf.services.ProtoReflectionService.newInstance();
    }

    /**
     * Begins with a server on a free port that neither TLS nor plaintext was chosen for yet: one of both must be.
     *
     * @param services what is served
     * @return a new builder, not thread-safe
     */
    public static Builder builder(ResultsServices services) {
        return new Builder(services);
    }

    private Executor executor(Builder builder) {
        if (builder.executor != null) {
            return builder.executor;
        }
        ThreadPoolExecutor pool = new ThreadPoolExecutor(
                THREADS,
                THREADS,
                30,
                TimeUnit.SECONDS,
                new LinkedBlockingQueue<>(),
                Threads.named("results-grpc-server"));
        pool.allowCoreThreadTimeOut(true);
        own.add(pool);
        return pool;
    }

    private ServerCredentials credentials(Builder builder) {
        Path certificate = builder.certificate;
        Path key = builder.key;
        if (certificate == null || key == null) {
            return InsecureServerCredentials.create();
        }
        ScheduledExecutorService reader =
                Executors.newSingleThreadScheduledExecutor(Threads.named("results-grpc-certificates"));
        own.add(reader);
        ServerKeys keys = new ServerKeys(certificate, key);
        try {
            keys.read();
        } catch (IOException | GeneralSecurityException | RuntimeException e) {
            own.forEach(ExecutorService::shutdownNow);
            throw new ResultsException(
                    ResultsException.Code.INVALID,
                    "the certificate " + certificate + " or its key " + key
                            + " cannot be read; both are PEM files, the key in PKCS #8",
                    e);
        }
        long seconds = CERTIFICATE_CHECK.toSeconds();
        var unused = reader.scheduleWithFixedDelay(keys::readIfChanged, seconds, seconds, TimeUnit.SECONDS);
        return TlsServerCredentials.newBuilder().keyManager(keys.manager()).build();
    }

    private GrpcResultsServer start() {
        try {
            server.start();
            return this;
        } catch (IOException e) {
            own.forEach(ExecutorService::shutdownNow);
            throw new ResultsException(
                    ResultsException.Code.UNAVAILABLE,
                    "the server cannot listen: " + e.getMessage() + "; is the port taken?",
                    e);
        }
    }

    /**
     * The port that the server listens on.
     *
     * @return 1 to 65535
     */
    public int port() {
        return server.getPort();
    }

    /**
     * Waits until the server is closed.
     *
     * @throws InterruptedException when the waiting thread is interrupted
     */
    public void awaitClosed() throws InterruptedException {
        server.awaitTermination();
    }

    /** Says that it serves no more, lets running calls end within the drain timeout, then cancels them. */
    @Override
    public void close() {
        health.enterTerminalState();
        server.shutdown();
        try {
            if (!server.awaitTermination(drainTimeout.toMillis(), TimeUnit.MILLISECONDS)) {
                server.shutdownNow();
                // Calls that are cancelled still need the threads that are ended below: without, their callers hear
                // nothing.
                boolean unused = server.awaitTermination(CANCELLING.toMillis(), TimeUnit.MILLISECONDS);
            }
        } catch (InterruptedException e) {
            server.shutdownNow();
            Thread.currentThread().interrupt();
        } finally {
            own.forEach(ExecutorService::shutdown);
        }
    }

    /** Collects settings; {@link #start()} reports all mistakes at once. Not thread-safe. */
    public static final class Builder {

        private final ResultsServices services;
        private final List<ServerInterceptor> interceptors = new ArrayList<>();
        private InetSocketAddress address = new InetSocketAddress(0);
        private @Nullable Path certificate;
        private @Nullable Path key;
        private boolean plaintext;
        private int maxRequestBytes = 4 << 20;
        private int maxCallsPerConnection = 100;
        private Duration keepAlive = Duration.ofMinutes(1);
        private Duration smallestClientKeepAlive = Duration.ofSeconds(10);
        private Duration drainTimeout = Duration.ofSeconds(10);
        private @Nullable Executor executor;
        private Consumer<? super ServerBuilder<?>> customizer = builder -> {};

        private Builder(ResultsServices services) {
            this.services = Objects.requireNonNull(services, "services");
        }

        /**
         * Where the server listens.
         *
         * @param address its address; port 0 for a free one. By default a free port of all addresses
         * @return this
         */
        public Builder address(InetSocketAddress address) {
            this.address = Objects.requireNonNull(address, "address");
            return this;
        }

        /**
         * Encrypts. The files are read again within about 10 seconds after they change.
         *
         * @param certificate the chain of certificates as PEM, the server's first
         * @param key its private key as PEM, in PKCS #8
         * @return this
         */
        public Builder tls(Path certificate, Path key) {
            this.certificate = Objects.requireNonNull(certificate, "certificate");
            this.key = Objects.requireNonNull(key, "key");
            return this;
        }

        /**
         * Does not encrypt: tokens and data can be read on the way, unless something outside of this process encrypts.
         *
         * @return this
         */
        public Builder plaintext() {
            this.plaintext = true;
            return this;
        }

        /**
         * How large a request may be.
         *
         * @param bytes 1 KiB or more; 4 MiB by default, as of Tekton Results
         * @return this
         */
        public Builder maxRequestBytes(int bytes) {
            this.maxRequestBytes = bytes;
            return this;
        }

        /**
         * How many calls of one connection are worked on at a time; further ones wait at the caller.
         *
         * @param calls 1 or more; 100 by default
         * @return this
         */
        public Builder maxCallsPerConnection(int calls) {
            this.maxCallsPerConnection = calls;
            return this;
        }

        /**
         * After how long without a sign of a caller it is asked for one, so that dead connections are found.
         *
         * @param time 1 second or more; 1 minute by default
         * @return this
         */
        public Builder keepAlive(Duration time) {
            this.keepAlive = Objects.requireNonNull(time, "time");
            return this;
        }

        /**
         * How often callers may ask for a sign of this server; those who do it more often are cut off.
         *
         * @param time not negative; 10 seconds by default
         * @return this
         */
        public Builder smallestClientKeepAlive(Duration time) {
            this.smallestClientKeepAlive = Objects.requireNonNull(time, "time");
            return this;
        }

        /**
         * How long closing the server lets running calls go on.
         *
         * @param timeout not negative; 10 seconds by default
         * @return this
         */
        public Builder drainTimeout(Duration timeout) {
            this.drainTimeout = Objects.requireNonNull(timeout, "timeout");
            return this;
        }

        /**
         * Where calls run, which block. Not closed.
         *
         * @param executor an executor; by default one of the server's own with 64 threads
         * @return this
         */
        public Builder executor(Executor executor) {
            this.executor = Objects.requireNonNull(executor, "executor");
            return this;
        }

        /**
         * Lets an interceptor see all calls, such as one that measures them.
         *
         * @param interceptor called before those that were added earlier
         * @return this
         */
        public Builder interceptor(ServerInterceptor interceptor) {
            this.interceptors.add(Objects.requireNonNull(interceptor, "interceptor"));
            return this;
        }

        /**
         * Sets what has no option here, or what a library sets for itself, such as gRPC's OpenTelemetry.
         *
         * @param customizer called last by {@link #start()}
         * @return this
         */
        public Builder customize(Consumer<? super ServerBuilder<?>> customizer) {
            this.customizer = Objects.requireNonNull(customizer, "customizer");
            return this;
        }

        /**
         * Opens the socket.
         *
         * @return the server, listening
         * @throws ResultsException {@code INVALID} naming every mistake, or when certificate or key cannot be read; {@code UNAVAILABLE}
         *     when the address cannot be listened on
         */
        public GrpcResultsServer start() {
            List<String> mistakes = new ArrayList<>();
            if (plaintext == (certificate != null)) {
                mistakes.add(plaintext ? "both tls and plaintext are set" : "neither tls nor plaintext is set");
            }
            if (maxRequestBytes < 1024) {
                mistakes.add("maxRequestBytes is " + maxRequestBytes + ", it must be 1024 or more");
            }
            if (maxCallsPerConnection < 1) {
                mistakes.add("maxCallsPerConnection is " + maxCallsPerConnection + ", it must be 1 or more");
            }
            if (keepAlive.compareTo(Duration.ofSeconds(1)) < 0) {
                mistakes.add("keepAlive is " + keepAlive + ", it must be one second or more");
            }
            if (smallestClientKeepAlive.isNegative()) {
                mistakes.add("smallestClientKeepAlive is negative");
            }
            if (drainTimeout.isNegative()) {
                mistakes.add("drainTimeout is negative");
            }
            if (!mistakes.isEmpty()) {
                throw ResultsException.invalid("gRPC server: " + String.join("; ", mistakes));
            }
            return new GrpcResultsServer(this).start();
        }
    }
}

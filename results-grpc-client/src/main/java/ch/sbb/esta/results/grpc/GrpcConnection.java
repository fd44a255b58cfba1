package ch.sbb.esta.results.grpc;

import ch.sbb.esta.results.Escaped;
import ch.sbb.esta.results.ResultsException;
import ch.sbb.esta.results.ResultsException.Code;
import io.grpc.Channel;
import io.grpc.ChannelCredentials;
import io.grpc.ClientInterceptor;
import io.grpc.ClientInterceptors;
import io.grpc.Grpc;
import io.grpc.InsecureChannelCredentials;
import io.grpc.ManagedChannel;
import io.grpc.ManagedChannelBuilder;
import io.grpc.ManagedChannelRegistry.ProviderNotFoundException;
import io.grpc.TlsChannelCredentials;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A connection to a Tekton Results API server: over TLS, to all addresses of its name in turn, with calls repeated where that is safe.
 *
 * <p>Calls that read or delete are repeated when they end with {@code UNAVAILABLE}, within their own deadline, after pauses that double
 * and vary at random; calls that create, update or upload are not. Of all calls about one in ten may be a repetition, after the first ten:
 * a server that is down is not run down.
 *
 * <p>It connects at the first call. While the server is lost, every call makes it connect again, but not more often than once a second:
 * however long the server was away, its callers are back a second after it. Thread-safe; to be closed.
 */
public final class GrpcConnection implements AutoCloseable {

    private static final Duration CLOSING = Duration.ofSeconds(5);

    private final ManagedChannel channel;
    private final Channel reconnecting;

    private GrpcConnection(ManagedChannel channel) {
        this.channel = channel;
        this.reconnecting = ClientInterceptors.intercept(channel, new Reconnection(channel, System::nanoTime));
    }

    /**
     * Begins with all defaults: TLS, and the authorities that the JDK trusts.
     *
     * @param target {@code HOST:PORT}, for example {@code tekton-results-api-service.tekton-pipelines.svc:8080}; with a headless service
     *     calls are spread over all its pods. Any name that gRPC understands is taken, such as {@code dns:///HOST:PORT}
     * @return a new builder, not thread-safe
     */
    public static Builder builder(String target) {
        return new Builder(Objects.requireNonNull(target, "target"));
    }

    /**
     * What the clients take.
     *
     * @return the channel, closed with this
     */
    public Channel channel() {
        return reconnecting;
    }

    /** Refuses new calls at once, and ends those under way after five seconds. */
    @Override
    public void close() {
        channel.shutdown();
        try {
            if (!channel.awaitTermination(CLOSING.toMillis(), TimeUnit.MILLISECONDS)) {
                channel.shutdownNow();
            }
        } catch (InterruptedException e) {
            channel.shutdownNow();
            Thread.currentThread().interrupt();
        }
    }

    /** Collects what a connection needs; {@link #open()} reports all mistakes at once. Not thread-safe. */
    public static final class Builder {

        private final String target;
        private final List<ClientInterceptor> interceptors = new ArrayList<>();
        private boolean plaintext;
        private @Nullable Path authorities;
        private @Nullable Path certificate;
        private @Nullable Path key;
        private @Nullable String authority;
        private Duration keepAlive = Duration.ofMinutes(5);
        private Duration keepAliveTimeout = Duration.ofSeconds(20);
        private int attempts = 5;
        private Duration firstPause = Duration.ofMillis(200);
        private Duration longestPause = Duration.ofSeconds(5);
        private Consumer<? super ManagedChannelBuilder<?>> customizer = builder -> {};

        private Builder(String target) {
            this.target = target;
        }

        /**
         * Trusts the authorities of a file in place of those of the JDK.
         *
         * @param file certificates in PEM, read by {@link #open()}
         * @return this
         */
        public Builder trusting(Path file) {
            this.authorities = Objects.requireNonNull(file, "file");
            return this;
        }

        /**
         * Shows a certificate to the server.
         *
         * @param chain the certificate and those between it and its authority, in PEM; read by {@link #open()}
         * @param privateKey its key in PEM (PKCS #8), without password; read by {@link #open()}
         * @return this
         */
        public Builder clientCertificate(Path chain, Path privateKey) {
            this.certificate = Objects.requireNonNull(chain, "chain");
            this.key = Objects.requireNonNull(privateKey, "privateKey");
            return this;
        }

        /**
         * Speaks without TLS, to a server that has none. A bearer token is not sent then unless {@link
         * GrpcOptions.Builder#tokenOverPlaintext()} is set.
         *
         * @return this
         */
        public Builder insecure() {
            this.plaintext = true;
            return this;
        }

        /**
         * The name that the server's certificate must be for and that requests carry, where it is not that of the target.
         *
         * @param name for example {@code results.example.org}
         * @return this
         */
        public Builder authority(String name) {
            this.authority = Objects.requireNonNull(name, "name");
            return this;
        }

        /**
         * How a connection that died without a word is found out, while calls are under way on it.
         *
         * @param idle after how much silence the server is asked for a sign of life; 5 minutes by default, which is the least that servers
         *     written in Go accept unless told otherwise
         * @param timeout how long it has for the answer; 20 seconds by default
         * @return this
         */
        public Builder keepAlive(Duration idle, Duration timeout) {
            this.keepAlive = Objects.requireNonNull(idle, "idle");
            this.keepAliveTimeout = Objects.requireNonNull(timeout, "timeout");
            return this;
        }

        /**
         * How often a call is made that may be repeated.
         *
         * @param count 1 to 5, the first one included; 5 by default, which outlasts the second for which gRPC lets a lost server be
         * @return this
         */
        public Builder attempts(int count) {
            this.attempts = count;
            return this;
        }

        /**
         * How long the pauses between the attempts are about; each is varied at random.
         *
         * @param first before the second attempt; 200 milliseconds by default. It is doubled for each further one
         * @param longest no pause is longer; 5 seconds by default
         * @return this
         */
        public Builder pauses(Duration first, Duration longest) {
            this.firstPause = Objects.requireNonNull(first, "first");
            this.longestPause = Objects.requireNonNull(longest, "longest");
            return this;
        }

        /**
         * Puts an interceptor around every call, for metrics or traces.
         *
         * @param interceptor called before those that were added earlier
         * @return this
         */
        public Builder intercept(ClientInterceptor interceptor) {
            this.interceptors.add(Objects.requireNonNull(interceptor, "interceptor"));
            return this;
        }

        /**
         * Sets what has no option here, or what a library sets for itself, such as gRPC's OpenTelemetry.
         *
         * @param customizer called last by {@link #open()}
         * @return this
         */
        public Builder customize(Consumer<? super ManagedChannelBuilder<?>> customizer) {
            this.customizer = Objects.requireNonNull(customizer, "customizer");
            return this;
        }

        /**
         * Opens the connection; calls nothing yet.
         *
         * @return the connection, to be closed
         * @throws ResultsException {@code INVALID} naming every mistake, among them files that are missing or no certificates
         */
        public GrpcConnection open() {
            List<String> mistakes = mistakes();
            if (!mistakes.isEmpty()) {
                throw ResultsException.invalid("gRPC connection: " + String.join("; ", mistakes));
            }
            ManagedChannelBuilder<?> builder = channelBuilder()
                    .defaultServiceConfig(ServiceConfig.of(attempts, firstPause, longestPause))
                    .disableServiceConfigLookUp()
                    .keepAliveTime(keepAlive.toMillis(), TimeUnit.MILLISECONDS)
                    .keepAliveTimeout(keepAliveTimeout.toMillis(), TimeUnit.MILLISECONDS)
                    .intercept(interceptors);
            if (authority != null) {
                builder.overrideAuthority(authority);
            }
            customizer.accept(builder);
            try {
                return new GrpcConnection(builder.build());
            } catch (IllegalArgumentException | ProviderNotFoundException e) {
                throw malformed(e);
            }
        }

        private ManagedChannelBuilder<?> channelBuilder() {
            try {
                return Grpc.newChannelBuilder(target, credentials());
            } catch (IllegalArgumentException | ProviderNotFoundException e) {
                throw malformed(e);
            }
        }

        private ResultsException malformed(RuntimeException e) {
            return new ResultsException(
                    Code.INVALID,
                    "gRPC connection: the target " + Escaped.of(target) + " or a certificate or key is malformed: "
                            + Escaped.of(String.valueOf(e.getMessage())),
                    e);
        }

        private ChannelCredentials credentials() {
            if (plaintext) {
                return InsecureChannelCredentials.create();
            }
            TlsChannelCredentials.Builder tls = TlsChannelCredentials.newBuilder();
            try {
                if (authorities != null) {
                    tls.trustManager(authorities.toFile());
                }
                if (certificate != null && key != null) {
                    tls.keyManager(certificate.toFile(), key.toFile());
                }
                return tls.build();
            } catch (IOException e) {
                throw new ResultsException(Code.INVALID, "gRPC connection: a certificate cannot be read", e);
            }
        }

        private List<String> mistakes() {
            List<String> mistakes = new ArrayList<>();
            if (target.isBlank()) {
                mistakes.add("the target is blank");
            }
            if (plaintext && (authorities != null || certificate != null)) {
                mistakes.add("insecure is set and certificates are, too; leave one of both out");
            }
            readable("trusting", authorities, mistakes);
            readable("clientCertificate", certificate, mistakes);
            readable("clientCertificate", key, mistakes);
            if (attempts < 1 || attempts > ServiceConfig.MAX_ATTEMPTS) {
                mistakes.add("attempts is " + attempts + ", it must be 1 to " + ServiceConfig.MAX_ATTEMPTS);
            }
            atLeastOneMillisecond("keepAlive", keepAlive, mistakes);
            atLeastOneMillisecond("the timeout of keepAlive", keepAliveTimeout, mistakes);
            atLeastOneMillisecond("the first of the pauses", firstPause, mistakes);
            if (longestPause.compareTo(firstPause) < 0) {
                mistakes.add(
                        "the longest of the pauses, " + longestPause + ", is shorter than the first, " + firstPause);
            }
            return mistakes;
        }

        private static void readable(String option, @Nullable Path file, List<String> mistakes) {
            if (file != null && !Files.isReadable(file)) {
                mistakes.add(option + ": the file " + Escaped.of(file.toString()) + " cannot be read");
            }
        }

        private static void atLeastOneMillisecond(String option, Duration value, List<String> mistakes) {
            if (value.compareTo(Duration.ofMillis(1)) < 0) {
                mistakes.add(option + " is " + value + ", it must be a millisecond or more");
            }
        }
    }
}

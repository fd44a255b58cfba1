package ch.sbb.esta.results.grpc;

import ch.sbb.esta.results.Escaped;
import ch.sbb.esta.results.ResultsException;
import io.grpc.stub.AbstractStub;
import io.grpc.stub.MetadataUtils;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * How calls to a Tekton Results API server are made. Everything that belongs to the connection (TLS, address, retries, interceptors) is a
 * matter of the channel that is handed in: {@link GrpcConnection} makes one, any other works too.
 *
 * <p>Immutable; thread-safe as far as the supplier of tokens is.
 */
public final class GrpcOptions {

    private static final int UPSTREAM_REQUEST_LIMIT = 4 << 20;

    private final Duration callTimeout;
    private final Duration listTimeout;
    private final Duration logTimeout;
    private final int maxRequestBytes;
    private final int maxResponseBytes;
    private final @Nullable BearerToken bearerToken;
    private final @Nullable Impersonation impersonation;

    private GrpcOptions(Builder builder) {
        this.callTimeout = builder.callTimeout;
        this.listTimeout = builder.listTimeout;
        this.logTimeout = builder.logTimeout;
        this.maxRequestBytes = builder.maxRequestBytes;
        this.maxResponseBytes = builder.maxResponseBytes;
        this.bearerToken = builder.tokens == null
                ? null
                : new BearerToken(builder.tokens, builder.tokenNeedsTls, builder.tokenOrigin);
        this.impersonation = builder.impersonation;
    }

    /**
     * All defaults: no token, 10 seconds for a call, a minute for a page, 10 minutes for a log.
     *
     * @return the options
     */
    public static GrpcOptions defaults() {
        return builder().build();
    }

    /**
     * Begins with all defaults.
     *
     * @return a new builder, not thread-safe
     */
    public static Builder builder() {
        return new Builder();
    }

    Duration callTimeout() {
        return callTimeout;
    }

    Duration listTimeout() {
        return listTimeout;
    }

    Duration logTimeout() {
        return logTimeout;
    }

    int maxRequestBytes() {
        return maxRequestBytes;
    }

    int maxResponseBytes() {
        return maxResponseBytes;
    }

    /** A stub that carries size, token and impersonation. */
    <S extends AbstractStub<S>> S applyTo(S plain) {
        S stub = plain.withMaxInboundMessageSize(maxResponseBytes);
        if (bearerToken != null) {
            stub = stub.withCallCredentials(bearerToken);
        }
        if (impersonation != null) {
            stub = stub.withInterceptors(MetadataUtils.newAttachHeadersInterceptor(impersonation.headers()));
        }
        return stub;
    }

    /** As whom calls are made, for the message of one that was refused. */
    String identity() {
        String own = bearerToken == null ? "without a bearer token" : "with " + bearerToken.origin();
        return impersonation == null ? own : own + ", impersonating the user " + Escaped.of(impersonation.user());
    }

    /** The options without any token. */
    @Override
    public String toString() {
        return "callTimeout=" + callTimeout + " listTimeout=" + listTimeout + " logTimeout=" + logTimeout
                + " maxRequestBytes=" + maxRequestBytes
                + " maxResponseBytes=" + maxResponseBytes + " bearerToken="
                + (bearerToken == null ? "none" : "supplied") + " impersonation="
                + (impersonation == null ? "none" : impersonation);
    }

    /** Collects options; {@link #build()} reports all mistakes at once. Not thread-safe. */
    public static final class Builder {

        private Duration callTimeout = Duration.ofSeconds(10);
        private Duration listTimeout = Duration.ofMinutes(1);
        private Duration logTimeout = Duration.ofMinutes(10);
        private int maxRequestBytes = UPSTREAM_REQUEST_LIMIT;
        private int maxResponseBytes = 64 << 20;
        private @Nullable Supplier<String> tokens;
        private String tokenOrigin = "";
        private boolean tokenNeedsTls = true;
        private @Nullable Impersonation impersonation;

        private Builder() {}

        /**
         * How long a call may take that reads or writes one thing.
         *
         * @param timeout more than zero; 10 seconds by default
         * @return this
         */
        public Builder callTimeout(Duration timeout) {
            this.callTimeout = Objects.requireNonNull(timeout, "timeout");
            return this;
        }

        /**
         * How long a call may take that reads a page.
         *
         * @param timeout more than zero; one minute by default
         * @return this
         */
        public Builder listTimeout(Duration timeout) {
            this.listTimeout = Objects.requireNonNull(timeout, "timeout");
            return this;
        }

        /**
         * How long the transfer of one log may take, from the first byte to the last, the time of its reader or writer included.
         *
         * @param timeout more than zero; 10 minutes by default
         * @return this
         */
        public Builder logTimeout(Duration timeout) {
            this.logTimeout = Objects.requireNonNull(timeout, "timeout");
            return this;
        }

        /**
         * How large a request may be. A larger one is refused as {@code INVALID} before it is sent, because what a server answers to it
         * cannot be told from being overloaded.
         *
         * @param bytes 1 KiB or more; 4 MiB by default, which is the limit of Tekton Results
         * @return this
         */
        public Builder maxRequestBytes(int bytes) {
            this.maxRequestBytes = bytes;
            return this;
        }

        /**
         * How large an answer may be, which bounds the memory of a call; a page of large records needs room.
         *
         * @param bytes 1 KiB or more; 64 MiB by default
         * @return this
         */
        public Builder maxResponseBytes(int bytes) {
            this.maxResponseBytes = bytes;
            return this;
        }

        /**
         * Where the bearer token of a call comes from; without it calls carry none.
         *
         * @param tokens asked once for each call, from several threads and not from the caller's; may read a file
         * @return this
         */
        public Builder bearerToken(Supplier<String> tokens) {
            return tokens(Objects.requireNonNull(tokens, "tokens"), "the supplied bearer token");
        }

        /**
         * Calls carry one bearer token that does not change.
         *
         * @param token the token
         * @return this
         */
        public Builder bearerToken(String token) {
            Objects.requireNonNull(token, "token");
            return tokens(() -> token, "a fixed bearer token");
        }

        /**
         * Calls carry the bearer token that a file holds, for example
         * {@code /var/run/secrets/kubernetes.io/serviceaccount/token}. It is read again when the file has changed.
         *
         * @param file the file; it need not exist before the first call
         * @return this
         */
        public Builder bearerTokenFile(Path file) {
            Objects.requireNonNull(file, "file");
            return tokens(new TokenFile(file), "the bearer token of the file " + Escaped.of(file.toString()));
        }

        private Builder tokens(Supplier<String> newTokens, String origin) {
            if (tokens != null) {
                throw ResultsException.invalid(
                        "gRPC options: calls are to be made with " + tokenOrigin + " already; leave one of both out");
            }
            this.tokens = newTokens;
            this.tokenOrigin = origin;
            return this;
        }

        /**
         * Calls are made as somebody else, whom the own identity must be allowed to impersonate.
         *
         * @param impersonation as whom; nobody else by default
         * @return this
         */
        public Builder impersonate(Impersonation impersonation) {
            this.impersonation = Objects.requireNonNull(impersonation, "impersonation");
            return this;
        }

        /**
         * Sends the token over connections without TLS too, for a mesh that encrypts outside of this process. By default such calls
         * fail as {@code DENIED} before the token has left.
         *
         * @return this
         */
        public Builder tokenOverPlaintext() {
            this.tokenNeedsTls = false;
            return this;
        }

        /**
         * Makes the options.
         *
         * @return the options
         * @throws ResultsException {@code INVALID} naming every mistake
         */
        public GrpcOptions build() {
            List<String> mistakes = new ArrayList<>();
            positive("callTimeout", callTimeout, mistakes);
            positive("listTimeout", listTimeout, mistakes);
            positive("logTimeout", logTimeout, mistakes);
            atLeastOneKiB("maxRequestBytes", maxRequestBytes, mistakes);
            atLeastOneKiB("maxResponseBytes", maxResponseBytes, mistakes);
            if (tokens == null && !tokenNeedsTls) {
                mistakes.add("tokenOverPlaintext is set but no bearerToken");
            }
            if (!mistakes.isEmpty()) {
                throw ResultsException.invalid("gRPC options: " + String.join("; ", mistakes));
            }
            return new GrpcOptions(this);
        }

        private static void positive(String option, Duration value, List<String> mistakes) {
            if (value.isNegative() || value.isZero()) {
                mistakes.add(option + " is " + value + ", it must be more than zero");
            }
        }

        private static void atLeastOneKiB(String option, int value, List<String> mistakes) {
            if (value < 1024) {
                mistakes.add(option + " is " + value + ", it must be 1024 or more");
            }
        }
    }
}

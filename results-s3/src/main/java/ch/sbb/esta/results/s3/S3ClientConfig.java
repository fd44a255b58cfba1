package ch.sbb.esta.results.s3;

import ch.sbb.esta.results.Escaped;
import ch.sbb.esta.results.ResultsException;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.auth.credentials.AwsCredentialsProvider;
import software.amazon.awssdk.auth.credentials.DefaultCredentialsProvider;
import software.amazon.awssdk.core.checksums.RequestChecksumCalculation;
import software.amazon.awssdk.core.checksums.ResponseChecksumValidation;
import software.amazon.awssdk.http.apache5.Apache5HttpClient;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.s3.LegacyMd5Plugin;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.S3ClientBuilder;
import software.amazon.awssdk.services.s3.S3Configuration;
import software.amazon.awssdk.services.s3.presigner.S3Presigner;

/**
 * How to make an {@link S3Client} that suits an {@link S3BlobStore}, for those who have none.
 *
 * <p>Immutable and thread-safe.
 */
public final class S3ClientConfig {

    private static final Pattern REGION = Pattern.compile("[a-zA-Z0-9-]{1,64}");

    private final String region;
    private final @Nullable URI endpoint;
    private final @Nullable AwsCredentialsProvider credentials;
    private final S3Dialect dialect;
    private final Addressing addressing;
    private final int maxConnections;
    private final Duration socketTimeout;
    private final Duration callTimeout;

    private S3ClientConfig(Builder builder) {
        region = builder.region;
        endpoint = builder.endpoint;
        credentials = builder.credentials;
        dialect = builder.dialect();
        addressing = builder.addressing();
        maxConnections = builder.maxConnections;
        socketTimeout = builder.socketTimeout;
        callTimeout = builder.callTimeout;
    }

    /**
     * Begins a configuration.
     *
     * @param region the region's id, such as {@code eu-central-2}; stores that have no regions take any
     * @return a new builder
     */
    public static Builder builder(String region) {
        return new Builder(Objects.requireNonNull(region, "region"));
    }

    /**
     * How much of the protocol is used.
     *
     * @return the dialect, never null
     */
    public S3Dialect dialect() {
        return dialect;
    }

    /**
     * Where the bucket's name stands in an address.
     *
     * @return the addressing, never null
     */
    public Addressing addressing() {
        return addressing;
    }

    /**
     * Makes a client on Apache HttpClient 5.
     *
     * @return a client, to be closed by the caller
     */
    public S3Client openClient() {
        S3ClientBuilder builder = S3Client.builder()
                .region(Region.of(region))
                .credentialsProvider(
                        credentials == null
                                ? DefaultCredentialsProvider.builder().build()
                                : credentials)
                .forcePathStyle(addressing == Addressing.PATH)
                .overrideConfiguration(o -> o.apiCallTimeout(callTimeout)
                        // A proxy may break off in the middle of a list; the SDK does not repeat that by itself.
                        .retryStrategy(retry -> retry.retryOnException(S3Failures::isBroken)))
                .httpClientBuilder(Apache5HttpClient.builder()
                        .maxConnections(maxConnections)
                        .connectionTimeout(min(socketTimeout, Duration.ofSeconds(5)))
                        .connectionAcquisitionTimeout(socketTimeout)
                        .socketTimeout(socketTimeout)
                        .tcpKeepAlive(true));
        if (endpoint != null) {
            builder.endpointOverride(endpoint);
        }
        if (dialect == S3Dialect.COMPATIBLE) {
            builder.requestChecksumCalculation(RequestChecksumCalculation.WHEN_REQUIRED)
                    .responseChecksumValidation(ResponseChecksumValidation.WHEN_REQUIRED)
                    .serviceConfiguration(s -> s.chunkedEncodingEnabled(false))
                    .addPlugin(LegacyMd5Plugin.create());
        }
        return builder.build();
    }

    /**
     * Makes a presigner for the same store and with the same credentials. An {@link S3BlobStore} on a client of {@link #openClient()}
     * needs none; one that shall sign links for another address, such as the public one of a store, gets that of another configuration.
     *
     * @return a presigner, to be closed by the caller; credentials that were handed in stay open
     */
    public S3Presigner openPresigner() {
        S3Presigner.Builder builder = S3Presigner.builder()
                .region(Region.of(region))
                .credentialsProvider(
                        credentials == null
                                ? DefaultCredentialsProvider.builder().build()
                                : lent(credentials))
                .serviceConfiguration(S3Configuration.builder()
                        .pathStyleAccessEnabled(addressing == Addressing.PATH)
                        .build());
        if (endpoint != null) {
            builder.endpointOverride(endpoint);
        }
        return builder.build();
    }

    /** Hides that a provider can be closed: a presigner closes what it is given. */
    @SuppressWarnings("UnnecessaryMethodReference")
    private static AwsCredentialsProvider lent(AwsCredentialsProvider credentials) {
        return credentials::resolveCredentials;
    }

    private static Duration min(Duration one, Duration other) {
        return one.compareTo(other) < 0 ? one : other;
    }

    /** Where the bucket's name stands in an address. */
    public enum Addressing {
        /** In the host's name, as AWS wants it. */
        VIRTUAL_HOST,
        /** In the path, which works without a DNS entry for each bucket. */
        PATH
    }

    /** Collects the settings of an {@link S3ClientConfig}. Not thread-safe. */
    public static final class Builder {

        private final String region;
        private @Nullable URI endpoint;
        private @Nullable AwsCredentialsProvider credentials;
        private @Nullable S3Dialect dialect;
        private @Nullable Addressing addressing;
        private int maxConnections = 50;
        private Duration socketTimeout = Duration.ofSeconds(30);
        private Duration callTimeout = Duration.ofMinutes(5);

        private Builder(String region) {
            this.region = region;
        }

        /**
         * Sets the address of a store that is not AWS; by default AWS in the region.
         *
         * @param endpoint an http or https address without path, query and user
         * @return this builder
         */
        public Builder endpoint(URI endpoint) {
            this.endpoint = Objects.requireNonNull(endpoint, "endpoint");
            return this;
        }

        /**
         * Sets where credentials come from; by default the SDK's chain of system properties, environment, web identity, profile,
         * container and instance. Web identity, which is how a Kubernetes service account gets its role on EKS (IRSA), needs the artifact
         * {@code software.amazon.awssdk:sts} at run time; this module brings it.
         *
         * @param credentials the provider; it stays the caller's to close
         * @return this builder
         */
        public Builder credentials(AwsCredentialsProvider credentials) {
            this.credentials = Objects.requireNonNull(credentials, "credentials");
            return this;
        }

        /**
         * Sets how much of the protocol is used; by default {@link S3Dialect#COMPATIBLE} with an endpoint of one's own, else
         * {@link S3Dialect#AWS}.
         *
         * @param dialect the dialect
         * @return this builder
         */
        public Builder dialect(S3Dialect dialect) {
            this.dialect = Objects.requireNonNull(dialect, "dialect");
            return this;
        }

        /**
         * Sets where the bucket's name stands; by default {@link Addressing#PATH} with an endpoint of one's own, else
         * {@link Addressing#VIRTUAL_HOST}.
         *
         * @param addressing the addressing
         * @return this builder
         */
        public Builder addressing(Addressing addressing) {
            this.addressing = Objects.requireNonNull(addressing, "addressing");
            return this;
        }

        /**
         * Sets how many connections there are at most; by default 50. Each open stream of a blob holds one.
         *
         * @param connections 1 to 10,000
         * @return this builder
         */
        public Builder maxConnections(int connections) {
            this.maxConnections = connections;
            return this;
        }

        /**
         * Sets how long a connection may be silent; by default 30 seconds.
         *
         * @param timeout a positive time
         * @return this builder
         */
        public Builder socketTimeout(Duration timeout) {
            this.socketTimeout = Objects.requireNonNull(timeout, "timeout");
            return this;
        }

        /**
         * Sets how long a call may take with all its retries, until the answer begins; by default 5 minutes. A put has to send its
         * whole body in that time.
         *
         * @param timeout a positive time
         * @return this builder
         */
        public Builder callTimeout(Duration timeout) {
            this.callTimeout = Objects.requireNonNull(timeout, "timeout");
            return this;
        }

        /**
         * Checks all settings and makes the configuration.
         *
         * @return the configuration
         * @throws ResultsException {@code INVALID} with every mistake
         */
        public S3ClientConfig build() {
            List<String> mistakes = new ArrayList<>();
            if (!REGION.matcher(region).matches()) {
                mistakes.add("region " + Escaped.of(region) + " is no region's id");
            }
            if (endpoint != null && !isEndpoint(endpoint)) {
                // A user in the address may be a secret: it is not repeated.
                mistakes.add("the endpoint " + Escaped.of(endpoint.getScheme() + "://" + endpoint.getHost())
                        + " has to be an http or https address without user, path, query and fragment");
            }
            if (maxConnections < 1 || maxConnections > 10_000) {
                mistakes.add("max connections " + maxConnections + " is not between 1 and 10000");
            }
            checkPositive("socket timeout", socketTimeout, mistakes);
            checkPositive("call timeout", callTimeout, mistakes);
            if (!mistakes.isEmpty()) {
                throw ResultsException.invalid(
                        "the S3 client's configuration is wrong: " + String.join("; ", mistakes));
            }
            return new S3ClientConfig(this);
        }

        private static void checkPositive(String name, Duration time, List<String> mistakes) {
            if (time.isNegative() || time.isZero()) {
                mistakes.add(name + " " + time + " is not positive");
            }
        }

        private static boolean isEndpoint(URI uri) {
            String path = uri.getPath();
            return ("http".equalsIgnoreCase(uri.getScheme()) || "https".equalsIgnoreCase(uri.getScheme()))
                    && uri.getHost() != null
                    && uri.getUserInfo() == null
                    && uri.getQuery() == null
                    && uri.getFragment() == null
                    && (path == null || path.isEmpty() || path.equals("/"));
        }

        private S3Dialect dialect() {
            if (dialect != null) {
                return dialect;
            }
            return endpoint == null ? S3Dialect.AWS : S3Dialect.COMPATIBLE;
        }

        private Addressing addressing() {
            if (addressing != null) {
                return addressing;
            }
            return endpoint == null ? Addressing.VIRTUAL_HOST : Addressing.PATH;
        }
    }
}

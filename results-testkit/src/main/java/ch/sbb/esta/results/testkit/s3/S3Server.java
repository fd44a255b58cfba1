package ch.sbb.esta.results.testkit.s3;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.net.URI;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.HexFormat;
import java.util.Locale;
import java.util.Objects;
import org.gaul.s3proxy.S3Proxy;
import org.gaul.s3proxy.auth.AuthenticationType;
import org.gaul.s3proxy.blobstore.BlobStore;
import org.gaul.s3proxy.nio2blob.FilesystemNio2BlobStore;
import org.gaul.s3proxy.nio2blob.TransientNio2BlobStore;
import org.jspecify.annotations.Nullable;

/**
 * An S3 server in this JVM, on the loopback address, that checks signatures: S3Proxy over memory or over a directory.
 *
 * <p>It speaks path-style addressing and honours {@code If-None-Match: *}, unless told not to. Known gaps against a real store: no tagging, no lifecycle
 * rules; over a directory, a key cannot be an object and the beginning of another object's path at once ({@code a} and {@code a/b}), and
 * what stands between two slashes has at most 255 bytes.
 *
 * <p>Credentials are drawn at each construction. A stopped server refuses connections, keeps its data and its port, and can be started
 * again: so outages are tested.
 *
 * <p>Thread-safe.
 */
public final class S3Server implements AutoCloseable {

    private static final String HOST = "127.0.0.1";
    private static final String REGION = "eu-central-2";
    /** A store of unknown kind signs whole payloads; the default of 32 MiB is below what one put of ours may carry. */
    private static final long LARGEST_SIGNED_PAYLOAD = 256L << 20;

    private final String accessKey = random(10).toUpperCase(Locale.ROOT);
    private final String secretKey = random(20);
    private final int port;

    /** Let go at the end, because a test class may keep the closed server for as long as the JVM lives. */
    private @Nullable Trouble data;

    private @Nullable S3Proxy running;
    private @Nullable SocketChannel reservation;

    private S3Server(BlobStore data, int port) {
        this.data = new Trouble(data);
        this.port = listen(port);
    }

    /**
     * Starts a server that keeps its objects in memory, on a free port.
     *
     * @return the running server, to be closed by the caller
     */
    public static S3Server open() {
        return builder().open();
    }

    /**
     * Begins a server with other than the default settings.
     *
     * @return a new builder
     */
    public static Builder builder() {
        return new Builder();
    }

    /**
     * Where clients connect to; the same after a stop and a start.
     *
     * @return an http address without a path
     */
    public URI endpoint() {
        return endpoint(port);
    }

    /**
     * The region to sign requests for.
     *
     * @return the region's id
     */
    public String region() {
        return REGION;
    }

    /**
     * The one access key that is accepted.
     *
     * @return the access key id
     */
    public String accessKey() {
        return accessKey;
    }

    /**
     * The secret that belongs to {@link #accessKey()}.
     *
     * @return the secret access key, good for this server only
     */
    public String secretKey() {
        return secretKey;
    }

    /**
     * Creates a bucket, on a stopped server too; no effect when it exists.
     *
     * @param name the bucket's name
     * @throws IllegalStateException when the server is closed
     */
    public synchronized void createBucket(String name) {
        Objects.requireNonNull(name, "name");
        BlobStore store = data();
        if (!store.containerExists(name)) {
            store.createContainer(name);
        }
    }

    private synchronized Trouble data() {
        Trouble store = data;
        if (store == null) {
            throw new IllegalStateException("the S3 server is closed; open a new one");
        }
        return store;
    }

    /** Stops answering: open connections break and new ones are refused. The data stay. No effect on a stopped server. */
    public synchronized void stop() {
        S3Proxy server = running;
        if (server == null) {
            return;
        }
        running = null;
        stop(server);
        reservation = reserve(port);
    }

    /**
     * Answers again, at the same address and with the same data. No effect on a running server.
     *
     * @throws IllegalStateException when the server is closed, or another process has taken the port
     */
    public synchronized void start() {
        data();
        if (running == null) {
            release();
            listen(port);
        }
    }

    /**
     * Answers every request about objects with an error from now on, as an overloaded store (503) or one whose policy was changed (403) does.
     *
     * @param status 400 to 599
     */
    public void refuse(int status) {
        if (status < 400 || status > 599) {
            throw new IllegalArgumentException("status " + status + " is no refusal: give 400 to 599");
        }
        data().refuse(status);
    }

    /**
     * Takes its time from now on: whatever is put is kept, and answered, only after that.
     *
     * @param delay how long, for each put; zero for no delay
     */
    public void delayPuts(Duration delay) {
        if (Objects.requireNonNull(delay, "delay").isNegative()) {
            throw new IllegalArgumentException("the delay must not be negative, was " + delay);
        }
        data().delayPuts(delay);
    }

    /** Ends what {@link #refuse} and {@link #delayPuts} began; puts that are held back go on at once. */
    public void heal() {
        data().end();
    }

    /** Stops for good. What was kept in memory is gone, what lies in a directory stays. */
    @Override
    public synchronized void close() {
        BlobStore store = data;
        if (store == null) {
            return;
        }
        data = null;
        S3Proxy server = running;
        running = null;
        try {
            if (server != null) {
                stop(server);
            }
            release();
        } finally {
            store.close();
        }
    }

    private synchronized int listen(int wanted) {
        S3Proxy server = S3Proxy.builder()
                .blobStore(data())
                .endpoint(endpoint(wanted))
                .awsAuthentication(AuthenticationType.AWS_V4, accessKey, secretKey)
                .ignoreUnknownHeaders(true)
                .v4MaxNonChunkedRequestSize(LARGEST_SIGNED_PAYLOAD)
                .stopTimeout(0)
                .build();
        try {
            server.start();
        } catch (Exception e) {
            throw new IllegalStateException(
                    "the S3 server cannot listen on " + HOST + ":" + wanted + "; free that port or give another", e);
        }
        running = server;
        return server.getPort();
    }

    private static void stop(S3Proxy server) {
        try {
            server.stop();
        } catch (Exception e) {
            throw new IllegalStateException("the S3 server does not stop", e);
        }
    }

    /**
     * Binds the port without listening. Otherwise somebody else may get it meanwhile, or a client that tries to reconnect may be given
     * it as its own end and then be connected with itself.
     */
    private static SocketChannel reserve(int port) {
        try {
            SocketChannel channel = SocketChannel.open();
            channel.setOption(StandardSocketOptions.SO_REUSEADDR, true);
            return channel.bind(new InetSocketAddress(InetAddress.getByAddress(new byte[] {127, 0, 0, 1}), port));
        } catch (IOException e) {
            throw new UncheckedIOException("the port " + port + " cannot be kept for the stopped S3 server", e);
        }
    }

    private void release() {
        SocketChannel held = reservation;
        reservation = null;
        if (held != null) {
            try {
                held.close();
            } catch (IOException e) {
                throw new UncheckedIOException("the port " + port + " cannot be given back", e);
            }
        }
    }

    private static URI endpoint(int port) {
        return URI.create("http://" + HOST + ":" + port);
    }

    private static String random(int bytes) {
        byte[] drawn = new byte[bytes];
        new SecureRandom().nextBytes(drawn);
        return HexFormat.of().formatHex(drawn);
    }

    /** What a server does with {@code If-None-Match: *} on a put. */
    public enum ConditionalPuts {
        /** It refuses to overwrite, with 412. */
        HONOURED,
        /** It overwrites, as stores do that do not know the condition. */
        IGNORED,
        /** It refuses the request, with 501. */
        REFUSED
    }

    /** Settings of an {@link S3Server}. Not thread-safe. */
    public static final class Builder {

        private @Nullable Path directory;
        private int port;
        private ConditionalPuts conditionalPuts = ConditionalPuts.HONOURED;

        private Builder() {}

        /**
         * Keeps the objects as files instead of in memory; a later server on the same directory finds them.
         *
         * @param directory where, one sub-directory for each bucket; made when absent
         * @return this builder
         */
        public Builder directory(Path directory) {
            this.directory = Objects.requireNonNull(directory, "directory");
            return this;
        }

        /**
         * Listens on a given port; by default on a free one.
         *
         * @param port 1 to 65,535
         * @return this builder
         */
        public Builder port(int port) {
            if (port < 1 || port > 65_535) {
                throw new IllegalArgumentException("port " + port + " is none: give 1 to 65535");
            }
            this.port = port;
            return this;
        }

        /**
         * Sets what becomes of {@code If-None-Match: *} on puts and on completions of uploads in parts; by default it is honoured.
         *
         * @param conditionalPuts what the server does with the condition
         * @return this builder
         */
        public Builder conditionalPuts(ConditionalPuts conditionalPuts) {
            this.conditionalPuts = Objects.requireNonNull(conditionalPuts, "conditionalPuts");
            return this;
        }

        /**
         * Starts the server.
         *
         * @return the running server, to be closed by the caller
         * @throws IllegalStateException when it cannot listen on the port
         */
        public S3Server open() {
            BlobStore data =
                    conditionalPuts == ConditionalPuts.HONOURED ? data() : new Unconditional(data(), conditionalPuts);
            try {
                return new S3Server(data, port);
            } catch (RuntimeException e) {
                data.close();
                throw e;
            }
        }

        private BlobStore data() {
            if (directory == null) {
                return new DistinctNames(new TransientNio2BlobStore());
            }
            try {
                return new FilesystemNio2BlobStore(
                        Files.createDirectories(directory).toAbsolutePath().toString());
            } catch (IOException e) {
                throw new UncheckedIOException("the directory " + directory + " cannot be made", e);
            }
        }
    }
}

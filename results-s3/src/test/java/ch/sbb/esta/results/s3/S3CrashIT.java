package ch.sbb.esta.results.s3;

import static org.assertj.core.api.Assertions.assertThat;

import ch.sbb.esta.results.spi.BlobStore.Content;
import ch.sbb.esta.results.spi.BlobStore.Put;
import ch.sbb.esta.results.testkit.s3.S3Server;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.services.s3.S3Client;

/** A process that is killed in the middle of an upload in parts leaves nothing for ever. */
class S3CrashIT {

    private static final int PART = S3BlobStoreConfig.MIN_PART_SIZE;
    private static final long LENGTH = 2L * PART;

    private static S3Server server;
    private static S3Client client;

    @BeforeAll
    static void start() {
        server = S3Server.open();
        server.createBucket("crash");
        client = Server.client(server);
    }

    @AfterAll
    static void stop() {
        client.close();
        server.close();
    }

    @AfterEach
    void deleteAll() {
        S3BlobStore store = store(Instant.now());
        store.list("", "").items().forEach(blob -> store.delete(blob.key()));
    }

    private static S3BlobStoreConfig config() {
        return S3BlobStoreConfig.builder("crash")
                .prefix("logs")
                .partSize(PART)
                .multipartThreshold(PART)
                .build();
    }

    private static S3BlobStore store(Instant now) {
        return new S3BlobStore(client, null, config(), () -> now);
    }

    private static int uploads() {
        return client.listMultipartUploads(r -> r.bucket("crash")).uploads().size();
    }

    private static void die(long position) throws Exception {
        try (ChildProcess child = ChildProcess.start(
                Uploader.class,
                entry -> true,
                Map.of(),
                server.endpoint().toString(),
                server.region(),
                server.accessKey(),
                server.secretKey(),
                String.valueOf(position))) {
            child.await("reached");
            child.kill();
        }
    }

    /** Before the first part, in the second, and when all but the last byte is read. */
    @ParameterizedTest
    @ValueSource(longs = {0, PART + 17, LENGTH - 1})
    void theNextStartAbortsWhatAKilledProcessLeftOnceItIsOld(long position) throws Exception {
        die(position);
        assertThat(uploads()).isEqualTo(1);
        assertThat(store(Instant.now()).find("a")).isEmpty();

        store(Instant.now()).probe();
        assertThat(uploads()).as("a young upload may be under way").isEqualTo(1);

        Instant later = Instant.now().plus(config().staleUploadAge()).plusSeconds(60);
        S3BlobStore next = store(later);
        next.probe();
        assertThat(uploads()).isZero();
        assertThat(next.putIfAbsent("a", new Generated(LENGTH, 1))).isEqualTo(Put.CREATED);
        try (InputStream in = next.get("a")) {
            assertThat(in).hasSameContentAs(new Generated(LENGTH, 1).open());
        }
    }

    @Test
    void aProcessThatLivesOnAbortsThemNowAndThen() throws Exception {
        Instant[] now = {Instant.now()};
        S3BlobStore living = new S3BlobStore(client, null, config(), () -> now[0]);
        living.putIfAbsent("first", new Generated(LENGTH, 1));
        die(PART + 17);

        living.putIfAbsent("second", new Generated(LENGTH, 1));
        assertThat(uploads()).isEqualTo(1);
        now[0] = Instant.now().plus(Duration.ofHours(25));
        living.putIfAbsent("small", Content.of(new byte[] {1}));
        assertThat(uploads()).as("small puts cost no more requests").isEqualTo(1);
        living.putIfAbsent("third", new Generated(LENGTH, 1));
        assertThat(uploads()).isZero();
    }

    /** Uploads content that stops for ever at some position. */
    static final class Uploader {

        private Uploader() {}

        public static void main(String[] args) {
            long position = Long.parseLong(args[4]);
            S3Client client = S3ClientConfig.builder(args[1])
                    .endpoint(URI.create(args[0]))
                    .credentials(StaticCredentialsProvider.create(AwsBasicCredentials.create(args[2], args[3])))
                    .build()
                    .openClient();
            new S3BlobStore(client, config()).putIfAbsent("a", new Stopping(position));
            System.out.println("stored");
        }
    }

    private record Stopping(long position) implements Content {

        @Override
        public long length() {
            return LENGTH;
        }

        @Override
        public InputStream open() {
            InputStream in = new Generated(LENGTH, 1).open();
            return new InputStream() {
                private long at;

                @Override
                public int read() throws IOException {
                    byte[] one = new byte[1];
                    return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
                }

                @Override
                public int read(byte[] buffer, int offset, int wanted) throws IOException {
                    if (at == position) {
                        System.out.println("reached");
                        waitForTheEnd();
                    }
                    int n = in.read(buffer, offset, at < position ? (int) Math.min(wanted, position - at) : wanted);
                    at += Math.max(n, 0);
                    return n;
                }
            };
        }

        private static void waitForTheEnd() {
            try {
                Thread.currentThread().join();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
    }
}

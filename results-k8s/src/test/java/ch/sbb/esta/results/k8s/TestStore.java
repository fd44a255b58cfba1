package ch.sbb.esta.results.k8s;

import ch.sbb.esta.results.Page;
import ch.sbb.esta.results.file.FileSystemBlobStore;
import ch.sbb.esta.results.s3.S3BlobStore;
import ch.sbb.esta.results.s3.S3BlobStoreConfig;
import ch.sbb.esta.results.s3.S3ClientConfig;
import ch.sbb.esta.results.spi.BlobStore;
import ch.sbb.esta.results.testkit.s3.S3Server;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.math.BigInteger;
import java.net.URI;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.services.s3.S3Client;

/** Where blobs go that several processes share. */
final class TestStore implements AutoCloseable {

    private static final String BUCKET = "logs";

    private final List<String> arguments;
    private final Opened opened;
    private final Runnable end;

    private TestStore(List<String> arguments, Runnable end) {
        this.arguments = arguments;
        this.end = end;
        this.opened = open(arguments);
    }

    /** What keeps the blobs. */
    enum Kind {
        /** The kit's S3 server, over HTTP. */
        S3,
        /** Files. */
        FILES
    }

    static TestStore start(Kind kind, Path directory) {
        if (kind == Kind.FILES) {
            return new TestStore(List.of(directory.toString()), () -> {});
        }
        S3Server server = S3Server.open();
        server.createBucket(BUCKET);
        return new TestStore(arguments(server), server::close);
    }

    static List<String> arguments(S3Server server) {
        return List.of(server.endpoint().toString(), server.region(), server.accessKey(), server.secretKey());
    }

    /** What another process opens the same store by. */
    List<String> arguments() {
        return arguments;
    }

    static Opened open(List<String> arguments) {
        if (arguments.size() == 1) {
            return new Opened(new FileSystemBlobStore(Path.of(arguments.get(0))), () -> {});
        }
        S3Client client = S3ClientConfig.builder(arguments.get(1))
                .endpoint(URI.create(arguments.get(0)))
                .credentials(StaticCredentialsProvider.create(
                        AwsBasicCredentials.create(arguments.get(2), arguments.get(3))))
                .build()
                .openClient();
        return new Opened(
                new S3BlobStore(client, S3BlobStoreConfig.builder(BUCKET).build()), client::close);
    }

    BlobStore blobs() {
        return opened.blobs;
    }

    /** Every blob there is, with the SHA-256 of its content. */
    SortedMap<String, String> content() {
        SortedMap<String, String> content = new TreeMap<>();
        Optional<String> after = Optional.of("");
        while (after.isPresent()) {
            Page<BlobStore.Blob> page = blobs().list("", after.get());
            page.items().forEach(blob -> content.put(blob.key(), sha256(blob.key())));
            after = page.nextPageToken();
        }
        return content;
    }

    private String sha256(String key) {
        try (InputStream in = blobs().get(key)) {
            MessageDigest digest = MessageDigest.getInstance("SHA-256");
            return new BigInteger(1, digest.digest(in.readAllBytes())).toString(16);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }

    @Override
    public void close() {
        opened.close();
        end.run();
    }

    /** A store that was opened, with what it needs. */
    record Opened(BlobStore blobs, Runnable end) implements AutoCloseable {

        @Override
        public void close() {
            end.run();
        }
    }
}

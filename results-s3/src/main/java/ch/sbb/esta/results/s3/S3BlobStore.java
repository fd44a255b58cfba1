package ch.sbb.esta.results.s3;

import ch.sbb.esta.results.BlobKey;
import ch.sbb.esta.results.Escaped;
import ch.sbb.esta.results.Page;
import ch.sbb.esta.results.ResultsException;
import ch.sbb.esta.results.ResultsException.Code;
import ch.sbb.esta.results.spi.BlobStore;
import java.io.InputStream;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.core.ResponseInputStream;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.model.GetObjectRequest;
import software.amazon.awssdk.services.s3.model.GetObjectResponse;
import software.amazon.awssdk.services.s3.model.HeadObjectResponse;
import software.amazon.awssdk.services.s3.model.ListObjectsV2Response;
import software.amazon.awssdk.services.s3.model.S3Object;

/**
 * A {@link BlobStore} in a bucket of S3, below a prefix.
 *
 * <p><b>Concurrency.</b> Thread-safe. Each upload in parts holds one part on the heap; everything else streams.
 *
 * <p><b>Idempotency.</b> Puts carry {@code If-None-Match: *}. When the SDK repeats a put whose answer was lost, the repetition finds the
 * key taken, so {@link Put#EXISTS} may mean our own bytes. A store that ignores the condition overwrites: {@link #probe()} finds out. On
 * the completion of a multipart upload older Ceph releases ignore it; there a look beforehand is the only guard.
 *
 * <p><b>Ordering.</b> As the store promises; AWS and Ceph show a put to every reader at once.
 *
 * <p><b>Tenancy.</b> Objects outside the prefix are neither read nor listed. Objects below it whose names are no blob keys are passed
 * over in lists.
 *
 * <p><b>Failure.</b> {@code UNAVAILABLE} and {@code TIMEOUT} after the retries of the client that was handed in; {@code DENIED} when the
 * store refuses the credentials or the policy; {@code INVALID} when the bucket does not exist or the store does not understand the
 * request. A process that dies during an upload in parts leaves the parts behind: {@link #abortUploads}, or a lifecycle rule
 * {@code AbortIncompleteMultipartUpload}, removes them.
 *
 * <p><b>Lifecycle.</b> The client is not closed, and nothing else has to be.
 */
public final class S3BlobStore implements BlobStore {

    static final int MAX_PAGE = 1000;

    /** The greatest object that S3 keeps: 5 TiB. */
    private static final long MAX_SIZE = 5L << 40;

    private static final Backoff CONFLICTS = new Backoff(8, Duration.ofMillis(50), Duration.ofSeconds(2));

    private final S3Client client;
    private final S3BlobStoreConfig config;
    private final S3Requests requests;
    private final S3Failures failures;

    /** A HEAD that is answered with 404 does not say whether the key or the whole bucket is missing; so once it is asked for. */
    private volatile boolean bucketSeen;

    /**
     * Creates a store; nothing is sent yet.
     *
     * @param client the client to use; it stays the caller's to close, and its retries and timeouts apply
     * @param config bucket, prefix and settings
     */
    public S3BlobStore(S3Client client, S3BlobStoreConfig config) {
        this.client = Objects.requireNonNull(client, "client");
        this.config = Objects.requireNonNull(config, "config");
        this.requests = new S3Requests(config);
        this.failures = new S3Failures(requests);
    }

    @Override
    public Put putIfAbsent(String key, Content content) {
        BlobKey.check(key);
        PutContent source = new PutContent(Objects.requireNonNull(content, "content"));
        if (source.length() < 0 || source.length() > MAX_SIZE) {
            throw ResultsException.invalid(
                            "a blob of " + source.length() + " bytes cannot be stored: S3 takes 0 to " + MAX_SIZE)
                    .about(key);
        }
        for (int attempt = 1; ; attempt++) {
            Optional<Put> outcome =
                    source.length() > config.multipartThreshold() ? putParts(key, source) : putWhole(key, source);
            if (outcome.isPresent()) {
                bucketSeen = true;
                return outcome.get();
            }
            if (CONFLICTS.isLast(attempt)) {
                throw new ResultsException(
                                Code.UNAVAILABLE,
                                "other writers were storing " + failures.where(key) + " at the same time, " + attempt
                                        + " times in a row")
                        .about(key);
            }
            CONFLICTS.pause(attempt);
        }
    }

    private Optional<Put> putWhole(String key, PutContent content) {
        try {
            content.checkEmpty();
            client.putObject(requests.putIfAbsent(key), requests.body(key, content));
            return Optional.of(Put.CREATED);
        } catch (RuntimeException e) {
            if (S3Failures.isTaken(e)) {
                return Optional.of(Put.EXISTS);
            }
            if (S3Failures.isConflict(e)) {
                return Optional.empty();
            }
            throw content.failure().map(f -> f.about(key)).orElseGet(() -> failures.of(e, "PutObject", key));
        }
    }

    private Optional<Put> putParts(String key, PutContent content) {
        return new MultipartPut(client, requests, failures, key, () -> find(key).isPresent())
                .store(content, MultipartPut.partSize(content.length(), config.partSize()));
    }

    @Override
    public InputStream get(String key) {
        BlobKey.check(key);
        return open(requests.get(key).build(), key);
    }

    @Override
    public InputStream getRange(String key, long offset, long length) {
        BlobKey.check(key);
        BlobKey.checkRange(offset, length);
        if (length == 0 || offset >= MAX_SIZE) {
            if (find(key).isEmpty()) {
                throw failures.notFound(key, null);
            }
            return InputStream.nullInputStream();
        }
        // Some stores compute with the end before they compare it with the size: nothing absurd is sent.
        String last = length > MAX_SIZE - offset ? "" : String.valueOf(offset + length - 1);
        try {
            return open(requests.get(key).range("bytes=" + offset + "-" + last).build(), key);
        } catch (ResultsException e) {
            if (e.getCause() instanceof RuntimeException cause && S3Failures.isStatus(cause, 416)) {
                return InputStream.nullInputStream();
            }
            throw e;
        }
    }

    private InputStream open(GetObjectRequest request, String key) {
        try {
            ResponseInputStream<GetObjectResponse> in = client.getObject(request);
            bucketSeen = true;
            Long length = in.response().contentLength();
            if (request.range() != null && in.response().contentRange() == null && (length == null || length > 0)) {
                in.abort();
                throw ResultsException.invalid("the store ignores ranges: it answered a GetObject of "
                                + failures.where(key) + " with the whole object; take another store")
                        .about(key);
            }
            return new ObjectStream(in, failures.where(key));
        } catch (RuntimeException e) {
            if (S3Failures.isCode(e, "NoSuchKey")) {
                bucketSeen = true;
                throw failures.notFound(key, e);
            }
            throw failures.of(e, "GetObject", key);
        }
    }

    @Override
    public Optional<Blob> find(String key) {
        BlobKey.check(key);
        try {
            HeadObjectResponse head =
                    client.headObject(r -> r.bucket(requests.bucket()).key(requests.objectKey(key)));
            bucketSeen = true;
            return Optional.of(new Blob(key, size(head.contentLength())));
        } catch (RuntimeException e) {
            if (S3Failures.isStatus(e, 404)) {
                requireBucket();
                return Optional.empty();
            }
            throw failures.of(e, "HeadObject", key);
        }
    }

    private void requireBucket() {
        if (bucketSeen) {
            return;
        }
        try {
            client.headBucket(r -> r.bucket(requests.bucket()));
            bucketSeen = true;
        } catch (RuntimeException e) {
            throw S3Failures.isStatus(e, 404) ? failures.noBucket(e) : failures.of(e, "HeadBucket");
        }
    }

    @Override
    public Page<Blob> list(String prefix, String afterKey) {
        BlobKey.checkPrefix(prefix);
        BlobKey.checkPrefix(afterKey);
        try {
            ListObjectsV2Response page =
                    client.listObjectsV2(requests.list(prefix, afterKey).build());
            List<Blob> blobs = blobs(page);
            while (blobs.isEmpty() && Boolean.TRUE.equals(page.isTruncated())) {
                page = client.listObjectsV2(requests.list(prefix, afterKey)
                        .continuationToken(page.nextContinuationToken())
                        .build());
                blobs = blobs(page);
            }
            bucketSeen = true;
            return new Page<>(
                    blobs,
                    Boolean.TRUE.equals(page.isTruncated())
                            ? blobs.get(blobs.size() - 1).key()
                            : null);
        } catch (RuntimeException e) {
            throw failures.of(e, "ListObjectsV2");
        }
    }

    private List<Blob> blobs(ListObjectsV2Response page) {
        List<Blob> blobs = new ArrayList<>(page.contents().size());
        for (S3Object object : page.contents()) {
            String key = requests.blobKey(object.key());
            if (isKey(key)) {
                blobs.add(new Blob(key, size(object.size())));
            }
        }
        return blobs;
    }

    private static boolean isKey(String key) {
        try {
            BlobKey.check(key);
            return true;
        } catch (ResultsException e) {
            return false;
        }
    }

    private static long size(@Nullable Long size) {
        return size == null ? 0 : size;
    }

    @Override
    public void delete(String key) {
        BlobKey.check(key);
        try {
            client.deleteObject(r -> r.bucket(requests.bucket()).key(requests.objectKey(key)));
            bucketSeen = true;
        } catch (RuntimeException e) {
            if (!S3Failures.isCode(e, "NoSuchKey")) {
                throw failures.of(e, "DeleteObject", key);
            }
        }
    }

    /**
     * Aborts uploads in parts below the prefix that were begun long ago and never completed: what processes leave behind that die, or
     * that lose the store, in the middle of one.
     *
     * @param begunBefore only uploads begun earlier are aborted; a day ago is a safe choice, since a running upload that is aborted fails
     * @return how many were aborted
     */
    public int abortUploads(Instant begunBefore) {
        Objects.requireNonNull(begunBefore, "begunBefore");
        try {
            return new StaleUploads(client, config).abort(begunBefore);
        } catch (RuntimeException e) {
            throw failures.of(e, "the abortion of uploads");
        }
    }

    /**
     * Tries what is needed of the store with small objects below the prefix, which are deleted again. Call it at start: it takes about
     * a dozen requests.
     *
     * @return what the store does with conditions
     * @throws ResultsException when something does not work: {@code DENIED}, {@code INVALID} with what to do, {@code UNAVAILABLE}
     */
    public S3Probe probe() {
        return new Probing(client, requests, failures, this).run();
    }

    @Override
    public String toString() {
        return "S3BlobStore[" + Escaped.of("s3://" + config.bucket() + "/" + config.prefix()) + "]";
    }
}

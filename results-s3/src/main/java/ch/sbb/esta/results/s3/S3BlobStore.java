package ch.sbb.esta.results.s3;

import ch.sbb.esta.results.BlobKey;
import ch.sbb.esta.results.Escaped;
import ch.sbb.esta.results.Page;
import ch.sbb.esta.results.ResultsException;
import ch.sbb.esta.results.ResultsException.Code;
import ch.sbb.esta.results.s3.S3Probe.Condition;
import ch.sbb.esta.results.spi.BlobLinks;
import ch.sbb.esta.results.spi.BlobStore;
import java.io.InputStream;
import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import software.amazon.awssdk.core.ResponseInputStream;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.model.GetObjectRequest;
import software.amazon.awssdk.services.s3.model.GetObjectResponse;
import software.amazon.awssdk.services.s3.model.HeadObjectResponse;
import software.amazon.awssdk.services.s3.model.ListObjectsV2Response;
import software.amazon.awssdk.services.s3.model.PutObjectRequest;
import software.amazon.awssdk.services.s3.model.S3Object;
import software.amazon.awssdk.services.s3.presigner.S3Presigner;

/**
 * A {@link BlobStore} in a bucket of S3, below a prefix.
 *
 * <p><b>Concurrency.</b> Thread-safe. Each upload in parts holds one part on the heap; everything else streams. On a store without
 * conditional puts only one process may write, through one object of this class: {@link #health()} says so after a {@link #probe()}.
 *
 * <p><b>Idempotency.</b> Puts carry {@code If-None-Match: *}. When the SDK repeats a put whose answer was lost, the repetition finds the
 * key taken, so {@link Put#EXISTS} may mean our own bytes. A store that ignores the condition overwrites, and one that refuses it takes
 * nothing, until {@link #probe()} has found that out: from then on each put looks first. On the completion of a multipart upload older
 * Ceph releases ignore the condition; there a look beforehand is the only guard.
 *
 * <p><b>Ordering.</b> As the store promises; AWS and Ceph show a put to every reader at once.
 *
 * <p><b>Tenancy.</b> Objects outside the prefix are neither read nor listed. Objects below it whose names are no blob keys are passed
 * over in lists. The prefix belongs to this library: uploads in parts that somebody left below it are aborted when they are old. For
 * a bucket or a prefix per tenant see {@link ch.sbb.esta.results.logs.RoutedBlobStore}.
 *
 * <p><b>Failure.</b> {@code UNAVAILABLE} and {@code TIMEOUT} after the retries of the client that was handed in; {@code DENIED} when the
 * store refuses the credentials or the policy; {@code INVALID} when the bucket does not exist or the store does not understand the
 * request. A process that dies during an upload in parts leaves the parts behind. The next {@link #probe()} aborts them, or a later
 * upload, once they are older than {@link S3BlobStoreConfig#staleUploadAge()}; a lifecycle rule {@code AbortIncompleteMultipartUpload}
 * is the second net.
 *
 * <p><b>Permissions.</b> Reading needs {@code s3:GetObject} on the objects and {@code s3:ListBucket} on the bucket, which may be bound
 * to the prefix by the condition {@code s3:prefix}; without it a missing blob is {@code DENIED}. Writing needs {@code s3:PutObject} and
 * {@code s3:AbortMultipartUpload} as well, deleting {@code s3:DeleteObject}, tags {@code s3:PutObjectTagging}, finding abandoned uploads
 * {@code s3:ListBucketMultipartUploads}.
 *
 * <p><b>Lifecycle.</b> The client is not closed, and nothing else has to be.
 */
public final class S3BlobStore implements BlobStore, BlobLinks {

    static final int MAX_PAGE = 1000;

    private static final Logger LOG = LoggerFactory.getLogger(S3BlobStore.class);

    /** The greatest object that S3 keeps: 5 TiB. */
    private static final long MAX_SIZE = 5L << 40;

    private static final Backoff CONFLICTS = new Backoff(8, Duration.ofMillis(50), Duration.ofSeconds(2));

    private final S3Client client;
    private final S3BlobStoreConfig config;
    private final S3Requests requests;
    private final S3Failures failures;
    private final BlobPresigner presigner;
    private final StaleUploads uploads;
    private final WriterGuard guard = new WriterGuard();

    /** A HEAD that is answered with 404 does not say whether the key or the whole bucket is missing; so once it is asked for. */
    private volatile boolean bucketSeen;

    /**
     * Creates a store; nothing is sent yet. Links are signed with the credentials of the client, for its endpoint; a client that does
     * not tell these, or that goes through FIPS, dual stack or accelerated endpoints, needs a presigner beside it.
     *
     * @param client the client to use; it stays the caller's to close, and its retries and timeouts apply
     * @param config bucket, prefix and settings
     */
    public S3BlobStore(S3Client client, S3BlobStoreConfig config) {
        this(client, null, config, InstantSource.system());
    }

    /**
     * Creates a store whose links are signed by a presigner of one's own: for another address, or with other credentials; nothing is
     * sent yet.
     *
     * @param client the client to use; it stays the caller's to close, and its retries and timeouts apply
     * @param presigner what signs links; it stays the caller's to close
     * @param config bucket, prefix and settings
     */
    public S3BlobStore(S3Client client, S3Presigner presigner, S3BlobStoreConfig config) {
        this(client, Objects.requireNonNull(presigner, "presigner"), config, InstantSource.system());
    }

    S3BlobStore(S3Client client, @Nullable S3Presigner presigner, S3BlobStoreConfig config, InstantSource clock) {
        this.client = Objects.requireNonNull(client, "client");
        this.config = Objects.requireNonNull(config, "config");
        this.requests = new S3Requests(config);
        this.failures = new S3Failures(requests);
        this.presigner = new BlobPresigner(client, presigner, requests, failures);
        this.uploads = new StaleUploads(client, config, clock);
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
            Optional<Put> outcome = put(key, source);
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

    private Optional<Put> put(String key, PutContent content) {
        Condition multipart = guard.multipart();
        if (content.length() > config.multipartThreshold() && multipart != Condition.UNSUPPORTED) {
            return guard.put(multipart, key, () -> isTaken(key), () -> putParts(key, content, multipart));
        }
        if (content.length() > S3BlobStoreConfig.MAX_SINGLE_PUT) {
            throw ResultsException.invalid("a blob of " + content.length()
                            + " bytes cannot be stored: the store has no multipart uploads, and a single put takes at most "
                            + S3BlobStoreConfig.MAX_SINGLE_PUT)
                    .about(key);
        }
        Condition single = guard.single();
        return guard.put(single, key, () -> isTaken(key), () -> putWhole(key, content, single));
    }

    private boolean isTaken(String key) {
        return find(key).isPresent();
    }

    private Optional<Put> putWhole(String key, PutContent content, Condition condition) {
        PutObjectRequest request =
                condition == Condition.REFUSED ? requests.put(key).build() : requests.putIfAbsent(key);
        try {
            content.checkEmpty();
            client.putObject(request, requests.body(key, content));
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

    private Optional<Put> putParts(String key, PutContent content, Condition condition) {
        Optional<Put> outcome = new MultipartPut(client, requests, failures, key, () -> isTaken(key))
                .store(content, MultipartPut.partSize(content.length(), config.partSize()), condition);
        uploads.abortNowAndThen();
        return outcome;
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
            if (S3Failures.isStatus(e, 403) && isAbsent(key)) {
                throw failures.notFound(key, e);
            }
            throw failures.of(e, "GetObject", key);
        }
    }

    /**
     * Whether a list shows that there is no such object. A missing object is answered with 403 to those who may list below a prefix
     * only, because the question for one object does not name that prefix.
     */
    private boolean isAbsent(String key) {
        try {
            ListObjectsV2Response page = client.listObjectsV2(r ->
                    r.bucket(requests.bucket()).prefix(requests.objectKey(key)).maxKeys(1));
            bucketSeen = true;
            return page.contents().stream().noneMatch(object -> object.key().equals(requests.objectKey(key)));
        } catch (RuntimeException e) {
            if (S3Failures.isStatus(e, 403)) {
                return false;
            }
            throw failures.of(e, "ListObjectsV2");
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
            if (S3Failures.isStatus(e, 403) && isAbsent(key)) {
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
            if (S3Failures.isStatus(e, 404)) {
                throw failures.noBucket(e);
            }
            // Denied, but there: who may list below a prefix only may not ask for the bucket.
            if (!S3Failures.isStatus(e, 403)) {
                throw failures.of(e, "HeadBucket");
            }
            bucketSeen = true;
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
            return uploads.abort(begunBefore);
        } catch (RuntimeException e) {
            throw failures.of(e, "the abortion of uploads");
        }
    }

    /**
     * Tries what is needed of the store with small objects below the prefix, which are deleted again, and aborts abandoned uploads. Call
     * it at start: it takes about a dozen requests. A store without conditional puts is served from then on by looking before each put,
     * which {@link #health()} says; uploads that cannot be aborted are logged and do not make it fail.
     *
     * @return what the store does with conditions
     * @throws ResultsException when something does not work: {@code DENIED}, {@code INVALID} with what to do, {@code UNAVAILABLE}
     */
    public S3Probe probe() {
        S3Probe probe = new Probing(client, requests, failures, this).run();
        guard.found(probe);
        if (probe.put() != Condition.HONOURED) {
            LOG.warn("{}: {}", this, health().summary());
        }
        uploads.abortAbandoned();
        return probe;
    }

    /**
     * Says how writers are kept apart. Sends nothing.
     *
     * @return what the latest probe has shown
     */
    public S3Health health() {
        return guard.health();
    }

    /**
     * Makes a link that answers a plain GET with the object, until it expires or the credentials it was signed with do: those of a role
     * live for some hours at most.
     *
     * @param key the key of the blob
     * @param validFor how long the link works, more than zero and at most seven days; counted in whole seconds
     * @return an address with a signature; whoever has it can read the blob
     * @throws ResultsException {@code INVALID} for a malformed key, another time, or a client that tells neither endpoint nor credentials
     *     and has no presigner beside it; {@code DENIED} when there are no credentials
     */
    @Override
    public URI link(String key, Duration validFor) {
        BlobKey.check(key);
        return presigner.link(key, Objects.requireNonNull(validFor, "validFor"));
    }

    @Override
    public String toString() {
        return "S3BlobStore[" + Escaped.of("s3://" + config.bucket() + "/" + config.prefix()) + "]";
    }
}

package ch.sbb.esta.results.s3;

import ch.sbb.esta.results.ResultsException;
import ch.sbb.esta.results.ResultsException.Code;
import ch.sbb.esta.results.s3.S3Probe.Condition;
import ch.sbb.esta.results.spi.BlobStore.Put;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import software.amazon.awssdk.core.sync.RequestBody;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.model.CompletedMultipartUpload;
import software.amazon.awssdk.services.s3.model.CompletedPart;
import software.amazon.awssdk.services.s3.model.UploadPartRequest;

/** One attempt to store one blob in parts. The content is read once; what a failed part needs again is its buffer. */
final class MultipartPut {

    static final int MAX_PARTS = 10_000;

    private static final Logger LOG = LoggerFactory.getLogger(MultipartPut.class);
    private static final Backoff PART_RETRIES = new Backoff(4, Duration.ofMillis(200), Duration.ofSeconds(2));

    private final S3Client client;
    private final S3Requests requests;
    private final S3Failures failures;
    private final String key;
    private final BooleanSupplier taken;

    /** Sees with {@code taken} whether the key has an object, for stores that ignore the condition at completion. */
    MultipartPut(S3Client client, S3Requests requests, S3Failures failures, String key, BooleanSupplier taken) {
        this.client = client;
        this.requests = requests;
        this.failures = failures;
        this.key = key;
        this.taken = taken;
    }

    /** The least size of parts, not below a minimum, of which {@link #MAX_PARTS} hold a length. */
    static int partSize(long length, int minimum) {
        return (int) Math.max(minimum, (length + MAX_PARTS - 1) / MAX_PARTS);
    }

    /** Stores the content; empty when another writer was at it at the same time and nothing is decided. */
    Optional<Put> store(PutContent content, int partSize, Condition condition) {
        if (taken.getAsBoolean()) {
            return Optional.of(Put.EXISTS);
        }
        String uploadId = create();
        Optional<Put> outcome;
        try {
            outcome = upload(uploadId, content, partSize, condition);
        } catch (RuntimeException e) {
            abort(uploadId).ifPresent(e::addSuppressed);
            throw e;
        }
        if (!outcome.equals(Optional.of(Put.CREATED))) {
            abort(uploadId)
                    .ifPresent(e -> LOG.warn(
                            "a multipart upload that is not needed could not be aborted; its parts stay until they are abandoned by age,"
                                    + " or until a lifecycle rule removes them",
                            e));
        }
        return outcome;
    }

    private Optional<Put> upload(String uploadId, PutContent content, int partSize, Condition condition) {
        List<CompletedPart> parts = parts(uploadId, content, partSize);
        if (taken.getAsBoolean()) {
            return Optional.of(Put.EXISTS);
        }
        return complete(uploadId, parts, condition);
    }

    private String create() {
        try {
            return client.createMultipartUpload(requests.createUpload(key)).uploadId();
        } catch (RuntimeException e) {
            throw failures.of(e, "CreateMultipartUpload", key);
        }
    }

    private List<CompletedPart> parts(String uploadId, PutContent content, int partSize) {
        List<CompletedPart> parts = new ArrayList<>();
        byte[] buffer = new byte[(int) Math.min(partSize, content.length())];
        try (InputStream in = content.open()) {
            for (int n = in.readNBytes(buffer, 0, buffer.length); n > 0; n = in.readNBytes(buffer, 0, buffer.length)) {
                int number = parts.size() + 1;
                String etag = part(uploadId, number, buffer, n);
                parts.add(CompletedPart.builder().partNumber(number).eTag(etag).build());
            }
            return parts;
        } catch (IOException | RuntimeException e) {
            Optional<ResultsException> unreadable = content.failure();
            if (unreadable.isPresent()) {
                throw unreadable.get().about(key);
            }
            if (e instanceof RuntimeException unchecked) {
                throw unchecked;
            }
            throw new ResultsException(Code.INTERNAL, "the content to store does not close", e).about(key);
        }
    }

    private String part(String uploadId, int number, byte[] bytes, int length) {
        UploadPartRequest request = UploadPartRequest.builder()
                .bucket(requests.bucket())
                .key(requests.objectKey(key))
                .uploadId(uploadId)
                .partNumber(number)
                .build();
        RequestBody body = RequestBody.fromContentProvider(
                () -> new ByteArrayInputStream(bytes, 0, length), length, S3Requests.contentType(key));
        for (int attempt = 1; ; attempt++) {
            try {
                return client.uploadPart(request, body).eTag();
            } catch (RuntimeException e) {
                ResultsException failure = failures.of(e, "UploadPart " + number, key);
                if (!failure.isRetryable()
                        || PART_RETRIES.isLast(attempt)
                        || Thread.currentThread().isInterrupted()) {
                    throw failure;
                }
            }
            PART_RETRIES.pause(attempt);
        }
    }

    private Optional<Put> complete(String uploadId, List<CompletedPart> parts, Condition condition) {
        CompletedMultipartUpload all =
                CompletedMultipartUpload.builder().parts(parts).build();
        try {
            client.completeMultipartUpload(
                    condition == Condition.REFUSED
                            ? requests.complete(key, uploadId, all).build()
                            : requests.completeIfAbsent(key, uploadId, all));
            return Optional.of(Put.CREATED);
        } catch (RuntimeException e) {
            if (S3Failures.isTaken(e)) {
                return Optional.of(Put.EXISTS);
            }
            if (S3Failures.isConflict(e)) {
                return Optional.empty();
            }
            if (S3Failures.isCode(e, "NoSuchUpload") && taken.getAsBoolean()) {
                // The SDK repeated a completion whose answer was lost. Whose object it is, the content tells.
                return Optional.of(Put.EXISTS);
            }
            if (S3Failures.isCode(e, "NoSuchUpload")) {
                throw new ResultsException(
                                Code.UNAVAILABLE,
                                "the multipart upload of " + failures.where(key)
                                        + " was aborted by somebody else; see that lifecycle rules leave uploads a day",
                                e)
                        .about(key);
            }
            throw failures.of(e, "CompleteMultipartUpload", key);
        }
    }

    /** Removes the parts; an interrupt waits until that is done. Returns why it could not be done. */
    private Optional<ResultsException> abort(String uploadId) {
        boolean interrupted = Thread.interrupted();
        try {
            client.abortMultipartUpload(r ->
                    r.bucket(requests.bucket()).key(requests.objectKey(key)).uploadId(uploadId));
            return Optional.empty();
        } catch (RuntimeException e) {
            if (S3Failures.isCode(e, "NoSuchUpload")) {
                return Optional.empty();
            }
            return Optional.of(failures.of(e, "AbortMultipartUpload", key));
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }
}

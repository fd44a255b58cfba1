package ch.sbb.esta.results.s3;

import ch.sbb.esta.results.Escaped;
import java.time.Instant;
import java.time.InstantSource;
import java.util.concurrent.atomic.AtomicReference;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import software.amazon.awssdk.core.exception.AbortedException;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.model.ListMultipartUploadsRequest;
import software.amazon.awssdk.services.s3.model.ListMultipartUploadsResponse;
import software.amazon.awssdk.services.s3.model.MultipartUpload;

/** Finds and aborts the multipart uploads below a prefix that nobody completes any more. */
final class StaleUploads {

    private static final Logger LOG = LoggerFactory.getLogger(StaleUploads.class);

    private final S3Client client;
    private final S3BlobStoreConfig config;
    private final InstantSource clock;
    private final AtomicReference<Instant> due = new AtomicReference<>(Instant.MIN);

    StaleUploads(S3Client client, S3BlobStoreConfig config, InstantSource clock) {
        this.client = client;
        this.config = config;
        this.clock = clock;
    }

    /** As {@link #abortAbandoned}, but no more often than four times in the age at which uploads are abandoned. */
    void abortNowAndThen() {
        Instant now = clock.instant();
        Instant then = due.get();
        if (!now.isBefore(then) && due.compareAndSet(then, next(now))) {
            abortAbandoned();
        }
    }

    /** Aborts what is older than the configured age. What does not work is logged: it costs storage and nothing else. */
    void abortAbandoned() {
        Instant now = clock.instant();
        due.set(next(now));
        try {
            int aborted = abort(now.minus(config.staleUploadAge()));
            if (aborted > 0) {
                LOG.info("aborted {} abandoned multipart uploads below {}", aborted, place());
            }
        } catch (RuntimeException e) {
            if (e instanceof AbortedException) {
                Thread.currentThread().interrupt();
            }
            LOG.warn(
                    "abandoned multipart uploads below {} could not be looked for or aborted; allow s3:ListBucketMultipartUploads and"
                            + " s3:AbortMultipartUpload, or have a lifecycle rule AbortIncompleteMultipartUpload",
                    place(),
                    e);
        }
    }

    private Instant next(Instant now) {
        return now.plus(config.staleUploadAge().dividedBy(4));
    }

    private String place() {
        return Escaped.of("s3://" + config.bucket() + "/" + config.prefix());
    }

    int abort(Instant begunBefore) {
        int aborted = 0;
        ListMultipartUploadsRequest request = ListMultipartUploadsRequest.builder()
                .bucket(config.bucket())
                .prefix(config.prefix())
                .build();
        while (true) {
            ListMultipartUploadsResponse page = client.listMultipartUploads(request);
            for (MultipartUpload upload : page.uploads()) {
                // Not every store keeps to the prefix that it is asked for.
                if (upload.key().startsWith(config.prefix())
                        && upload.initiated() != null
                        && upload.initiated().isBefore(begunBefore)) {
                    aborted += abort(upload) ? 1 : 0;
                }
            }
            if (!Boolean.TRUE.equals(page.isTruncated())) {
                return aborted;
            }
            request = request.toBuilder()
                    .keyMarker(page.nextKeyMarker())
                    .uploadIdMarker(page.nextUploadIdMarker())
                    .build();
        }
    }

    private boolean abort(MultipartUpload upload) {
        try {
            client.abortMultipartUpload(
                    r -> r.bucket(config.bucket()).key(upload.key()).uploadId(upload.uploadId()));
            return true;
        } catch (RuntimeException e) {
            if (S3Failures.isCode(e, "NoSuchUpload")) {
                return false;
            }
            throw e;
        }
    }
}

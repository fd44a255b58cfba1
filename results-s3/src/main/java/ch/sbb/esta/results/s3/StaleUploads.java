package ch.sbb.esta.results.s3;

import java.time.Instant;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.model.ListMultipartUploadsRequest;
import software.amazon.awssdk.services.s3.model.ListMultipartUploadsResponse;
import software.amazon.awssdk.services.s3.model.MultipartUpload;

/** Finds and aborts the multipart uploads below a prefix that nobody completes any more. */
final class StaleUploads {

    private final S3Client client;
    private final S3BlobStoreConfig config;

    StaleUploads(S3Client client, S3BlobStoreConfig config) {
        this.client = client;
        this.config = config;
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

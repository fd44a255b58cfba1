package ch.sbb.esta.results.testkit.s3;

import ch.sbb.esta.results.testkit.s3.S3Server.ConditionalPuts;
import java.io.InputStream;
import org.gaul.s3proxy.blobstore.BlobStore;
import org.gaul.s3proxy.blobstore.ForwardingBlobStore;
import org.gaul.s3proxy.blobstore.domain.MultipartUpload;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.services.s3.model.CompleteMultipartUploadRequest;
import software.amazon.awssdk.services.s3.model.CompleteMultipartUploadResponse;
import software.amazon.awssdk.services.s3.model.PutObjectRequest;
import software.amazon.awssdk.services.s3.model.PutObjectResponse;

/** A store that does not know conditions on puts: it passes over them or refuses the request. */
final class Unconditional extends ForwardingBlobStore {

    private final ConditionalPuts mode;

    Unconditional(BlobStore store, ConditionalPuts mode) {
        super(store);
        this.mode = mode;
    }

    private void check(@Nullable String condition) {
        if (condition != null && mode == ConditionalPuts.REFUSED) {
            // S3Proxy answers it with 501.
            throw new UnsupportedOperationException("If-None-Match on a put");
        }
    }

    @Override
    public PutObjectResponse putBlob(PutObjectRequest request, InputStream body) {
        check(request.ifNoneMatch());
        return super.putBlob(request.toBuilder().ifNoneMatch(null).build(), body);
    }

    @Override
    public CompleteMultipartUploadResponse completeMultipartUpload(
            MultipartUpload upload, CompleteMultipartUploadRequest request) {
        check(request.ifNoneMatch());
        return super.completeMultipartUpload(
                upload, request.toBuilder().ifNoneMatch(null).build());
    }
}

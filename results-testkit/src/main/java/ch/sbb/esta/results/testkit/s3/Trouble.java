package ch.sbb.esta.results.testkit.s3;

import java.io.InputStream;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.gaul.s3proxy.blobstore.BlobStore;
import org.gaul.s3proxy.blobstore.ForwardingBlobStore;
import org.gaul.s3proxy.blobstore.S3Exceptions;
import org.gaul.s3proxy.blobstore.domain.MultipartUpload;
import software.amazon.awssdk.core.ResponseInputStream;
import software.amazon.awssdk.services.s3.model.CompleteMultipartUploadRequest;
import software.amazon.awssdk.services.s3.model.CompleteMultipartUploadResponse;
import software.amazon.awssdk.services.s3.model.CreateMultipartUploadRequest;
import software.amazon.awssdk.services.s3.model.DeleteObjectRequest;
import software.amazon.awssdk.services.s3.model.DeleteObjectResponse;
import software.amazon.awssdk.services.s3.model.GetObjectRequest;
import software.amazon.awssdk.services.s3.model.GetObjectResponse;
import software.amazon.awssdk.services.s3.model.HeadObjectRequest;
import software.amazon.awssdk.services.s3.model.HeadObjectResponse;
import software.amazon.awssdk.services.s3.model.ListObjectsV2Request;
import software.amazon.awssdk.services.s3.model.ListObjectsV2Response;
import software.amazon.awssdk.services.s3.model.PutObjectRequest;
import software.amazon.awssdk.services.s3.model.PutObjectResponse;
import software.amazon.awssdk.services.s3.model.UploadPartRequest;
import software.amazon.awssdk.services.s3.model.UploadPartResponse;

/** Refuses requests and holds puts back, as told. Thread-safe. */
final class Trouble extends ForwardingBlobStore {

    /** What a refused request is answered with; 0 for none. */
    private int status;

    private Duration putDelay = Duration.ZERO;
    private long changes;

    Trouble(BlobStore data) {
        super(data);
    }

    synchronized void refuse(int with) {
        status = with;
        changed();
    }

    synchronized void delayPuts(Duration by) {
        putDelay = by;
        changed();
    }

    synchronized void end() {
        status = 0;
        putDelay = Duration.ZERO;
        changed();
    }

    private synchronized void changed() {
        changes++;
        notifyAll();
    }

    private synchronized void check() {
        if (status != 0) {
            throw S3Exceptions.fromStatusCode(status);
        }
    }

    /** Waits as told, but not over a change of what is told. */
    private synchronized void checkPut() {
        check();
        long seen = changes;
        long end = System.nanoTime() + putDelay.toNanos();
        try {
            for (long left = end - System.nanoTime(); left > 0 && seen == changes; left = end - System.nanoTime()) {
                TimeUnit.NANOSECONDS.timedWait(this, left);
            }
        } catch (InterruptedException e) {
            // The server stops.
            Thread.currentThread().interrupt();
        }
        check();
    }

    @Override
    public ListObjectsV2Response list(ListObjectsV2Request request) {
        check();
        return super.list(request);
    }

    @Override
    public HeadObjectResponse blobMetadata(HeadObjectRequest request) {
        check();
        return super.blobMetadata(request);
    }

    @Override
    public ResponseInputStream<GetObjectResponse> getBlob(GetObjectRequest request) {
        check();
        return super.getBlob(request);
    }

    @Override
    public DeleteObjectResponse removeBlob(DeleteObjectRequest request) {
        check();
        return super.removeBlob(request);
    }

    @Override
    public PutObjectResponse putBlob(PutObjectRequest request, InputStream body) {
        checkPut();
        return super.putBlob(request, body);
    }

    @Override
    public MultipartUpload initiateMultipartUpload(CreateMultipartUploadRequest request) {
        check();
        return super.initiateMultipartUpload(request);
    }

    @Override
    public UploadPartResponse uploadMultipartPart(MultipartUpload upload, UploadPartRequest request, InputStream body) {
        checkPut();
        return super.uploadMultipartPart(upload, request, body);
    }

    @Override
    public CompleteMultipartUploadResponse completeMultipartUpload(
            MultipartUpload upload, CompleteMultipartUploadRequest request) {
        check();
        return super.completeMultipartUpload(upload, request);
    }
}

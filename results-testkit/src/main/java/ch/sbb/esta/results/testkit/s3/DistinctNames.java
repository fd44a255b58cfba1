package ch.sbb.esta.results.testkit.s3;

import java.io.InputStream;
import java.util.List;
import org.gaul.s3proxy.blobstore.BlobStore;
import org.gaul.s3proxy.blobstore.ForwardingBlobStore;
import org.gaul.s3proxy.blobstore.domain.MultipartUpload;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.core.ResponseInputStream;
import software.amazon.awssdk.services.s3.model.CompleteMultipartUploadRequest;
import software.amazon.awssdk.services.s3.model.CompleteMultipartUploadResponse;
import software.amazon.awssdk.services.s3.model.CopyObjectRequest;
import software.amazon.awssdk.services.s3.model.CopyObjectResponse;
import software.amazon.awssdk.services.s3.model.CreateMultipartUploadRequest;
import software.amazon.awssdk.services.s3.model.DeleteObjectRequest;
import software.amazon.awssdk.services.s3.model.DeleteObjectResponse;
import software.amazon.awssdk.services.s3.model.GetObjectRequest;
import software.amazon.awssdk.services.s3.model.GetObjectResponse;
import software.amazon.awssdk.services.s3.model.HeadObjectRequest;
import software.amazon.awssdk.services.s3.model.HeadObjectResponse;
import software.amazon.awssdk.services.s3.model.ListObjectsV2Request;
import software.amazon.awssdk.services.s3.model.ListObjectsV2Response;
import software.amazon.awssdk.services.s3.model.ObjectCannedACL;
import software.amazon.awssdk.services.s3.model.Part;
import software.amazon.awssdk.services.s3.model.PutObjectRequest;
import software.amazon.awssdk.services.s3.model.PutObjectResponse;
import software.amazon.awssdk.services.s3.model.S3Object;
import software.amazon.awssdk.services.s3.model.UploadPartRequest;
import software.amazon.awssdk.services.s3.model.UploadPartResponse;

/**
 * Lets {@code a} and {@code a/b} both be objects, as on S3, over a store that keeps objects as files in directories: the file of an
 * object gets a last character that no directory has. It is smaller than what keys are made of, so the order of keys stays.
 */
final class DistinctNames extends ForwardingBlobStore {

    private static final String END = "\u0001";

    DistinctNames(BlobStore files) {
        super(files);
    }

    private static @Nullable String name(@Nullable String key) {
        return key == null || key.isEmpty() || key.endsWith("/") ? key : key + END;
    }

    private static @Nullable String key(@Nullable String name) {
        if (name == null) {
            return null;
        }
        int end = name.indexOf(END);
        return end < 0 ? name : name.substring(0, end);
    }

    /** A file that is being written has a longer name, which a list at that moment shows. */
    private static boolean isWhole(String name) {
        return name.endsWith(END) || name.endsWith("/");
    }

    private static MultipartUpload named(MultipartUpload upload) {
        return new MultipartUpload(upload.id(), named(upload.request()), upload.response());
    }

    private static CreateMultipartUploadRequest named(CreateMultipartUploadRequest request) {
        return request.toBuilder().key(name(request.key())).build();
    }

    @Override
    public ListObjectsV2Response list(ListObjectsV2Request request) {
        ListObjectsV2Response page = super.list(request.toBuilder()
                .startAfter(name(request.startAfter()))
                .continuationToken(name(request.continuationToken()))
                .build());
        List<S3Object> objects = page.contents().stream()
                .filter(object -> isWhole(object.key()))
                .map(object -> object.toBuilder().key(key(object.key())).build())
                .toList();
        return page.toBuilder()
                .contents(objects)
                .keyCount(objects.size() + page.commonPrefixes().size())
                .startAfter(key(page.startAfter()))
                .nextContinuationToken(key(page.nextContinuationToken()))
                .build();
    }

    @Override
    public boolean blobExists(String bucket, String key) {
        return super.blobExists(bucket, name(key));
    }

    @Override
    public PutObjectResponse putBlob(PutObjectRequest request, InputStream body) {
        return super.putBlob(request.toBuilder().key(name(request.key())).build(), body);
    }

    @Override
    public CopyObjectResponse copyBlob(CopyObjectRequest request) {
        return super.copyBlob(request.toBuilder()
                .sourceKey(name(request.sourceKey()))
                .destinationKey(name(request.destinationKey()))
                .build());
    }

    @Override
    public HeadObjectResponse blobMetadata(HeadObjectRequest request) {
        return super.blobMetadata(request.toBuilder().key(name(request.key())).build());
    }

    @Override
    public ResponseInputStream<GetObjectResponse> getBlob(GetObjectRequest request) {
        return super.getBlob(request.toBuilder().key(name(request.key())).build());
    }

    @Override
    public DeleteObjectResponse removeBlob(DeleteObjectRequest request) {
        return super.removeBlob(request.toBuilder().key(name(request.key())).build());
    }

    @Override
    public ObjectCannedACL getBlobAccess(String bucket, String key) {
        return super.getBlobAccess(bucket, name(key));
    }

    @Override
    public void setBlobAccess(String bucket, String key, ObjectCannedACL access) {
        super.setBlobAccess(bucket, name(key), access);
    }

    @Override
    public MultipartUpload initiateMultipartUpload(CreateMultipartUploadRequest request) {
        MultipartUpload upload = super.initiateMultipartUpload(named(request));
        return new MultipartUpload(upload.id(), request, upload.response());
    }

    @Override
    public void abortMultipartUpload(MultipartUpload upload) {
        super.abortMultipartUpload(named(upload));
    }

    @Override
    public CompleteMultipartUploadResponse completeMultipartUpload(
            MultipartUpload upload, CompleteMultipartUploadRequest request) {
        return super.completeMultipartUpload(
                named(upload), request.toBuilder().key(name(request.key())).build());
    }

    @Override
    public UploadPartResponse uploadMultipartPart(MultipartUpload upload, UploadPartRequest request, InputStream body) {
        return super.uploadMultipartPart(
                named(upload), request.toBuilder().key(name(request.key())).build(), body);
    }

    @Override
    public List<Part> listMultipartUpload(MultipartUpload upload) {
        return super.listMultipartUpload(named(upload));
    }

    @Override
    public List<software.amazon.awssdk.services.s3.model.MultipartUpload> listMultipartUploads(String bucket) {
        return super.listMultipartUploads(bucket).stream()
                .map(upload -> upload.toBuilder().key(key(upload.key())).build())
                .toList();
    }
}

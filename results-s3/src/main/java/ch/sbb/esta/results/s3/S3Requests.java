package ch.sbb.esta.results.s3;

import java.util.Locale;
import java.util.Optional;
import software.amazon.awssdk.core.sync.RequestBody;
import software.amazon.awssdk.services.s3.model.CompleteMultipartUploadRequest;
import software.amazon.awssdk.services.s3.model.CompletedMultipartUpload;
import software.amazon.awssdk.services.s3.model.CreateMultipartUploadRequest;
import software.amazon.awssdk.services.s3.model.GetObjectRequest;
import software.amazon.awssdk.services.s3.model.ListObjectsV2Request;
import software.amazon.awssdk.services.s3.model.PutObjectRequest;
import software.amazon.awssdk.services.s3.model.ServerSideEncryption;

/** Builds the requests on one bucket and prefix. */
final class S3Requests {

    private static final String ABSENT = "*";

    private final S3BlobStoreConfig config;

    S3Requests(S3BlobStoreConfig config) {
        this.config = config;
    }

    String bucket() {
        return config.bucket();
    }

    /** The key of a blob's object. */
    String objectKey(String key) {
        return config.prefix() + key;
    }

    /** The key of an object's blob. */
    String blobKey(String objectKey) {
        return objectKey.substring(config.prefix().length());
    }

    PutObjectRequest.Builder put(String key) {
        PutObjectRequest.Builder request =
                PutObjectRequest.builder().bucket(bucket()).key(objectKey(key)).contentType(contentType(key));
        config.storageClass().ifPresent(request::storageClass);
        encryption().ifPresent(request::serverSideEncryption);
        config.kmsKeyId().ifPresent(request::ssekmsKeyId);
        if (config.usesBucketKey()) {
            request.bucketKeyEnabled(true);
        }
        if (isTagging()) {
            request.tagging(ObjectTags.of(config.tags()));
        }
        return request;
    }

    PutObjectRequest putIfAbsent(String key) {
        return put(key).ifNoneMatch(ABSENT).build();
    }

    CreateMultipartUploadRequest createUpload(String key) {
        CreateMultipartUploadRequest.Builder request = CreateMultipartUploadRequest.builder()
                .bucket(bucket())
                .key(objectKey(key))
                .contentType(contentType(key));
        config.storageClass().ifPresent(request::storageClass);
        encryption().ifPresent(request::serverSideEncryption);
        config.kmsKeyId().ifPresent(request::ssekmsKeyId);
        if (config.usesBucketKey()) {
            request.bucketKeyEnabled(true);
        }
        if (isTagging()) {
            request.tagging(ObjectTags.of(config.tags()));
        }
        return request.build();
    }

    boolean isTagging() {
        return !config.tags().isEmpty();
    }

    Optional<ServerSideEncryption> encryption() {
        return switch (config.encryption()) {
            case S3 -> Optional.of(ServerSideEncryption.AES256);
            case KMS -> Optional.of(ServerSideEncryption.AWS_KMS);
            case BUCKET_DEFAULT -> Optional.empty();
        };
    }

    CompleteMultipartUploadRequest.Builder complete(String key, String uploadId, CompletedMultipartUpload parts) {
        return CompleteMultipartUploadRequest.builder()
                .bucket(bucket())
                .key(objectKey(key))
                .uploadId(uploadId)
                .multipartUpload(parts);
    }

    CompleteMultipartUploadRequest completeIfAbsent(String key, String uploadId, CompletedMultipartUpload parts) {
        return complete(key, uploadId, parts).ifNoneMatch(ABSENT).build();
    }

    GetObjectRequest.Builder get(String key) {
        return GetObjectRequest.builder().bucket(bucket()).key(objectKey(key));
    }

    /** Lists objects whose blobs' keys begin with a prefix and follow a key. */
    ListObjectsV2Request.Builder list(String prefix, String afterKey) {
        ListObjectsV2Request.Builder request = ListObjectsV2Request.builder()
                .bucket(bucket())
                .prefix(objectKey(prefix))
                .maxKeys(S3BlobStore.MAX_PAGE);
        if (!afterKey.isEmpty()) {
            request.startAfter(objectKey(afterKey));
        }
        return request;
    }

    RequestBody body(String key, PutContent content) {
        return RequestBody.fromContentProvider(content, content.length(), contentType(key));
    }

    /** No Content-Encoding for what is gzip: clients and proxies would unpack it on the way and break ranges and checksums. */
    static String contentType(String key) {
        String name = key.toLowerCase(Locale.ROOT);
        if (name.endsWith(".gz")) {
            return "application/gzip";
        }
        return name.endsWith(".json") ? "application/json" : "application/octet-stream";
    }
}

package ch.sbb.esta.results.s3;

import ch.sbb.esta.results.Escaped;
import ch.sbb.esta.results.ResultName;
import ch.sbb.esta.results.ResultsException;
import java.util.List;
import java.util.Objects;
import java.util.stream.Collectors;

/**
 * The IAM policy that lets a role do with the blobs of one namespace what an {@link S3BlobStore} does with them, and nothing beside: for the
 * credentials of a tenant.
 *
 * <p>It allows to list below the namespace's folder only, and neither to list uploads in parts, which S3 cannot confine to a folder, nor to
 * use a KMS key. It holds no secret.
 *
 * <p>Immutable and thread-safe.
 */
public final class S3TenantPolicy {

    private static final List<String> READING = List.of("s3:GetObject");
    private static final List<String> WRITING =
            List.of("s3:GetObject", "s3:PutObject", "s3:DeleteObject", "s3:AbortMultipartUpload");
    private static final List<String> TAGGING = List.of(
            "s3:GetObject", "s3:PutObject", "s3:PutObjectTagging", "s3:DeleteObject", "s3:AbortMultipartUpload");

    private final String bucket;
    private final String folder;
    private final String partition;
    private final List<String> actions;

    private S3TenantPolicy(String bucket, String folder, String partition, List<String> actions) {
        this.bucket = bucket;
        this.folder = folder;
        this.partition = partition;
        this.actions = actions;
    }

    /**
     * A policy for reading and writing.
     *
     * @param config bucket, prefix and tags of the store that keeps the namespace's blobs
     * @param namespace the namespace, which is the first segment of the keys of its blobs
     * @return the policy
     * @throws ResultsException {@code INVALID} when the namespace is malformed
     */
    public static S3TenantPolicy of(S3BlobStoreConfig config, String namespace) {
        String checked = new ResultName(Objects.requireNonNull(namespace, "namespace"), "r").parent();
        return new S3TenantPolicy(
                config.bucket(),
                config.prefix() + checked + "/",
                "aws",
                config.tags().isEmpty() ? WRITING : TAGGING);
    }

    /**
     * Returns the same policy for reading only.
     *
     * @return a copy
     */
    public S3TenantPolicy readOnly() {
        return new S3TenantPolicy(bucket, folder, partition, READING);
    }

    /**
     * Returns the same policy for a part of AWS with ARNs of its own.
     *
     * @param name such as {@code aws-cn}; {@code aws} by default. An access point's ARN names its own
     * @return a copy
     * @throws ResultsException {@code INVALID} when it is no name of a partition
     */
    public S3TenantPolicy partition(String name) {
        if (!name.matches("aws(-[a-z]{1,20}){0,4}")) {
            throw ResultsException.invalid(
                    "partition " + Escaped.of(name) + " is none of AWS, such as aws, aws-cn or aws-us-gov");
        }
        return new S3TenantPolicy(bucket, folder, name, actions);
    }

    /**
     * Writes the policy. Bucket, prefix and namespace are of characters that mean nothing in JSON and no pattern in a policy.
     *
     * @return a JSON document
     */
    public String json() {
        boolean accessPoint = bucket.startsWith("arn:");
        String container = accessPoint ? bucket : "arn:" + partition + ":s3:::" + bucket;
        String objects = container + (accessPoint ? "/object/" : "/") + folder + "*";
        String allowed = actions.stream().map(action -> '"' + action + '"').collect(Collectors.joining(", "));
        return """
                {
                  "Version": "2012-10-17",
                  "Statement": [
                    { "Effect": "Allow", "Action": [%s], "Resource": "%s" },
                    { "Effect": "Allow", "Action": ["s3:ListBucket"], "Resource": "%s",
                      "Condition": { "StringLike": { "s3:prefix": ["%s*"] } } }
                  ]
                }
                """.formatted(allowed, objects, container, folder);
    }

    /** The policy's JSON. */
    @Override
    public String toString() {
        return json();
    }
}

package ch.sbb.esta.results.s3;

import ch.sbb.esta.results.BlobKey;
import ch.sbb.esta.results.Escaped;
import ch.sbb.esta.results.ResultsException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Where an {@link S3BlobStore} keeps its objects, and how.
 *
 * <p>Immutable and thread-safe.
 */
public final class S3BlobStoreConfig {

    /** The least size of a part that S3 takes, in bytes: 5 MiB. */
    public static final int MIN_PART_SIZE = 5 << 20;

    /** The greatest size of a part that can be set, in bytes: 1 GiB. */
    public static final int MAX_PART_SIZE = 1 << 30;

    /** The greatest object of a single put, in bytes: 5 GiB. */
    public static final long MAX_SINGLE_PUT = 5L << 30;

    /** An object's key has at most 1,024 bytes, of which 900 are the blob's. */
    private static final int MAX_PREFIX = 124;

    private static final Pattern BUCKET = Pattern.compile("[a-zA-Z0-9][a-zA-Z0-9._-]{2,254}");
    private static final Pattern ACCESS_POINT = Pattern.compile("arn:[a-zA-Z0-9:/._-]{1,250}");
    private static final Pattern STORAGE_CLASS = Pattern.compile("[a-zA-Z0-9_-]{1,64}");
    private static final Pattern KMS_KEY = Pattern.compile("[a-zA-Z0-9:/_-]{1,2048}");
    private static final Set<String> UNREADABLE = Set.of("GLACIER", "DEEP_ARCHIVE");

    private static final Duration MIN_STALE = Duration.ofHours(1);
    private static final Duration MAX_STALE = Duration.ofDays(365);

    private final String bucket;
    private final String prefix;
    private final long multipartThreshold;
    private final int partSize;
    private final @Nullable String storageClass;
    private final Encryption encryption;
    private final @Nullable String kmsKeyId;
    private final boolean bucketKey;
    private final Map<String, String> tags;
    private final Duration staleUploadAge;

    private S3BlobStoreConfig(Builder builder) {
        bucket = builder.bucket;
        prefix = builder.prefix.isEmpty() || builder.prefix.endsWith("/") ? builder.prefix : builder.prefix + "/";
        multipartThreshold = builder.multipartThreshold;
        partSize = builder.partSize;
        storageClass = builder.storageClass;
        encryption = builder.encryption;
        kmsKeyId = builder.kmsKeyId;
        bucketKey = builder.bucketKey;
        tags = Collections.unmodifiableMap(new LinkedHashMap<>(builder.tags));
        staleUploadAge = builder.staleUploadAge;
    }

    /**
     * Begins a configuration.
     *
     * @param bucket the bucket's name, or the ARN of an access point
     * @return a new builder
     */
    public static Builder builder(String bucket) {
        return new Builder(Objects.requireNonNull(bucket, "bucket"));
    }

    /**
     * The bucket.
     *
     * @return its name, or the ARN of an access point
     */
    public String bucket() {
        return bucket;
    }

    /**
     * What the key of each object begins with.
     *
     * @return text that ends at a slash, or empty text
     */
    public String prefix() {
        return prefix;
    }

    /**
     * Up to which size a blob is stored by a single put.
     *
     * @return the size in bytes
     */
    public long multipartThreshold() {
        return multipartThreshold;
    }

    /**
     * The size of the parts of a greater blob, which is what its upload needs of the heap.
     *
     * @return the size in bytes
     */
    public int partSize() {
        return partSize;
    }

    /**
     * The storage class that is asked for.
     *
     * @return its name, or empty for the bucket's default
     */
    public Optional<String> storageClass() {
        return Optional.ofNullable(storageClass);
    }

    /**
     * The encryption at rest that is asked for.
     *
     * @return the encryption, never null
     */
    public Encryption encryption() {
        return encryption;
    }

    /**
     * The key to encrypt with.
     *
     * @return id, ARN or alias of the key, or empty for the account's default; always empty without {@link Encryption#KMS}
     */
    public Optional<String> kmsKeyId() {
        return Optional.ofNullable(kmsKeyId);
    }

    /**
     * Whether an S3 bucket key is asked for.
     *
     * @return true when it is; false leaves it to the bucket
     */
    public boolean usesBucketKey() {
        return bucketKey;
    }

    /**
     * The tags that each object gets.
     *
     * @return values by key, in the order in which they were given; unmodifiable
     */
    public Map<String, String> tags() {
        return tags;
    }

    /**
     * How old an upload in parts has to be to count as abandoned.
     *
     * @return the time since its begin
     */
    public Duration staleUploadAge() {
        return staleUploadAge;
    }

    /** How objects are encrypted at rest. */
    public enum Encryption {
        /** As the bucket says; nothing is asked for. */
        BUCKET_DEFAULT,
        /** With keys that the store keeps: SSE-S3. */
        S3,
        /** With a key of the key management service: SSE-KMS. */
        KMS
    }

    /** Collects the settings of an {@link S3BlobStoreConfig}. Not thread-safe. */
    public static final class Builder {

        private final String bucket;
        private String prefix = "";
        private long multipartThreshold = 64L << 20;
        private int partSize = 8 << 20;
        private @Nullable String storageClass;
        private Encryption encryption = Encryption.BUCKET_DEFAULT;
        private @Nullable String kmsKeyId;
        private boolean bucketKey;
        private final Map<String, String> tags = new LinkedHashMap<>();
        private final List<String> doubled = new ArrayList<>();
        private Duration staleUploadAge = Duration.ofDays(1);

        private Builder(String bucket) {
            this.bucket = bucket;
        }

        /**
         * Keeps all objects below a prefix; by default there is none. Give each tenant its own.
         *
         * @param prefix one or more path segments, at most 123 characters; a slash is added at the end
         * @return this builder
         */
        public Builder prefix(String prefix) {
            this.prefix = Objects.requireNonNull(prefix, "prefix");
            return this;
        }

        /**
         * Sets above which size a blob is uploaded in parts; by default above 64 MiB.
         *
         * @param bytes a size of at least one part and at most {@link S3BlobStoreConfig#MAX_SINGLE_PUT}
         * @return this builder
         */
        public Builder multipartThreshold(long bytes) {
            this.multipartThreshold = bytes;
            return this;
        }

        /**
         * Sets the size of the parts; by default 8 MiB. Each upload in parts holds one part on the heap. Parts grow for a blob of more
         * than 10,000 of them: with the default above 78 GiB.
         *
         * @param bytes {@link S3BlobStoreConfig#MIN_PART_SIZE} to {@link S3BlobStoreConfig#MAX_PART_SIZE}
         * @return this builder
         */
        public Builder partSize(int bytes) {
            this.partSize = bytes;
            return this;
        }

        /**
         * Asks for a storage class; by default the bucket's. Classes whose objects have to be restored before they can be read are refused.
         *
         * @param name a name that the store knows, such as {@code STANDARD_IA}
         * @return this builder
         */
        public Builder storageClass(String name) {
            this.storageClass = Objects.requireNonNull(name, "name");
            return this;
        }

        /**
         * Asks for an encryption at rest; by default the bucket's.
         *
         * @param encryption the encryption
         * @return this builder
         */
        public Builder encryption(Encryption encryption) {
            this.encryption = Objects.requireNonNull(encryption, "encryption");
            return this;
        }

        /**
         * Names the key of {@link Encryption#KMS}; by default the account's.
         *
         * @param id id, ARN or alias of the key
         * @return this builder
         */
        public Builder kmsKeyId(String id) {
            this.kmsKeyId = Objects.requireNonNull(id, "id");
            return this;
        }

        /**
         * Asks for an S3 bucket key with {@link Encryption#KMS}, so that not every object costs a call of the key management service; by
         * default the bucket decides.
         *
         * @return this builder
         */
        public Builder useBucketKey() {
            this.bucketKey = true;
            return this;
        }

        /**
         * Gives each object a tag, for lifecycle rules, policies and bills; by default there is none. Writers then need the permission
         * {@code s3:PutObjectTagging} too, and the store has to know tags, which not every store that speaks S3 does: the probe tells.
         *
         * @param key 1 to 128 letters, digits, spaces and characters of {@code + - = . _ : / @}, not beginning with {@code aws:}; at most
         *     ten different ones
         * @param value at most 256 of the same characters
         * @return this builder
         */
        public Builder tag(String key, String value) {
            Objects.requireNonNull(key, "key");
            if (tags.putIfAbsent(key, Objects.requireNonNull(value, "value")) != null) {
                doubled.add(key);
            }
            return this;
        }

        /**
         * Sets when an upload in parts counts as abandoned, because its process died or lost the store; by default a day after its begin.
         * The store aborts such uploads below its prefix, whoever began them: at each probe, and now and then after an upload of its own.
         *
         * @param age an hour to 365 days; longer than any upload takes
         * @return this builder
         */
        public Builder staleUploadAge(Duration age) {
            this.staleUploadAge = Objects.requireNonNull(age, "age");
            return this;
        }

        /**
         * Checks all settings and makes the configuration.
         *
         * @return the configuration
         * @throws ResultsException {@code INVALID} with every mistake
         */
        public S3BlobStoreConfig build() {
            List<String> mistakes = new ArrayList<>();
            checkPlace(mistakes);
            checkSizes(mistakes);
            checkStorage(mistakes);
            mistakes.addAll(ObjectTags.mistakes(tags));
            doubled.forEach(key -> mistakes.add("tag key " + Escaped.of(key) + " is given twice"));
            if (!mistakes.isEmpty()) {
                throw ResultsException.invalid("the S3 configuration is wrong: " + String.join("; ", mistakes));
            }
            return new S3BlobStoreConfig(this);
        }

        private void checkPlace(List<String> mistakes) {
            if (!BUCKET.matcher(bucket).matches()
                    && !ACCESS_POINT.matcher(bucket).matches()) {
                mistakes.add("bucket " + Escaped.of(bucket) + " is neither a bucket's name nor an access point's ARN");
            } else if (bucket.endsWith("--x-s3")) {
                mistakes.add(
                        "bucket " + Escaped.of(bucket)
                                + " is a directory bucket, which does not list in the order of keys: take a general purpose bucket");
            }
            try {
                BlobKey.checkPrefix(prefix);
                if (prefix.length() > (prefix.endsWith("/") ? MAX_PREFIX : MAX_PREFIX - 1)) {
                    mistakes.add(
                            "prefix " + Escaped.of(prefix) + " is longer than " + (MAX_PREFIX - 1) + " characters");
                }
            } catch (ResultsException e) {
                mistakes.add("prefix " + Escaped.of(prefix)
                        + " takes path segments of a-z A-Z 0-9 . _ - without empty ones, . and ..");
            }
        }

        private void checkSizes(List<String> mistakes) {
            if (partSize < MIN_PART_SIZE || partSize > MAX_PART_SIZE) {
                mistakes.add("part size " + partSize + " is not between " + MIN_PART_SIZE + " and " + MAX_PART_SIZE
                        + " bytes");
            }
            if (staleUploadAge.compareTo(MIN_STALE) < 0 || staleUploadAge.compareTo(MAX_STALE) > 0) {
                mistakes.add("stale upload age " + staleUploadAge + " is not between " + MIN_STALE + " and 365 days");
            }
            if (multipartThreshold < partSize || multipartThreshold > MAX_SINGLE_PUT) {
                mistakes.add("multipart threshold " + multipartThreshold + " is not between the part size (" + partSize
                        + ") and " + MAX_SINGLE_PUT + " bytes");
            }
        }

        private void checkStorage(List<String> mistakes) {
            if (storageClass != null && !STORAGE_CLASS.matcher(storageClass).matches()) {
                mistakes.add("storage class " + Escaped.of(storageClass) + " is malformed");
            } else if (storageClass != null && UNREADABLE.contains(storageClass)) {
                mistakes.add("storage class " + storageClass + " has to be restored before a read: take GLACIER_IR");
            }
            if (kmsKeyId != null && encryption != Encryption.KMS) {
                mistakes.add("a KMS key is given, but the encryption is " + encryption + ": set it to KMS");
            }
            if (bucketKey && encryption != Encryption.KMS) {
                mistakes.add("a bucket key is asked for, but the encryption is " + encryption + ": set it to KMS");
            }
            if (kmsKeyId != null && !KMS_KEY.matcher(kmsKeyId).matches()) {
                mistakes.add("KMS key " + Escaped.of(kmsKeyId) + " is neither id, ARN nor alias");
            }
        }
    }
}

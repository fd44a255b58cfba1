package ch.sbb.esta.results.s3;

import ch.sbb.esta.results.s3.S3Probe.Condition;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * How an {@link S3BlobStore} keeps writers apart, for health checks and start-up logs.
 *
 * @param writers how many processes may put at the same time
 * @param probe what {@link S3BlobStore#probe()} found, or null before the first
 */
public record S3Health(Writers writers, @Nullable S3Probe probe) {

    /** How many processes may put below one prefix. */
    public enum Writers {
        /** Nobody has probed the store yet; puts are sent with a condition that it may pass over. */
        UNKNOWN,
        /** Any number: the store refuses to overwrite. */
        MANY,
        /**
         * One, with one {@link S3BlobStore}: the store cannot refuse to overwrite, so each put looks first and two puts of one key wait
         * for each other in this process. A second process could overwrite.
         */
        ONE
    }

    /**
     * Checks the components.
     *
     * @param writers how many processes may put at the same time
     * @param probe what {@link S3BlobStore#probe()} found, or null before the first
     */
    public S3Health {
        Objects.requireNonNull(writers, "writers");
    }

    static S3Health of(@Nullable S3Probe probe) {
        if (probe == null) {
            return new S3Health(Writers.UNKNOWN, null);
        }
        return new S3Health(probe.put() == Condition.HONOURED ? Writers.MANY : Writers.ONE, probe);
    }

    /**
     * Says it in a sentence.
     *
     * @return what an operator should know, without names of buckets or keys
     */
    public String summary() {
        return switch (writers) {
            case UNKNOWN -> "the store has not been probed: whether it refuses to overwrite is not known";
            case ONE -> "single-writer mode: the store does not know If-None-Match on puts, only one process may write";
            case MANY ->
                isLookingAtLargeBlobs()
                        ? "any number of writers: the store refuses to overwrite, but large blobs are guarded by a look beforehand only"
                        : "any number of writers: the store refuses to overwrite";
        };
    }

    private boolean isLookingAtLargeBlobs() {
        return probe != null && (probe.multipart() == Condition.IGNORED || probe.multipart() == Condition.REFUSED);
    }
}

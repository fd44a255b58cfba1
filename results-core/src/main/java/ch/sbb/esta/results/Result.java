package ch.sbb.esta.results;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * A Result of Tekton Results: what holds the records of one top-level run.
 *
 * <p>Immutable and thread-safe.
 */
public final class Result {

    private final ResultName name;
    private final Stored stored;
    private final Map<String, String> annotations;
    private final @Nullable RecordSummary summary;

    /**
     * Creates a Result.
     *
     * @param name the full name
     * @param stored what the store says of it
     * @param annotations its annotations; copied
     * @param summary what it says of its top-level run, or null
     */
    public Result(ResultName name, Stored stored, Map<String, String> annotations, @Nullable RecordSummary summary) {
        this.name = Objects.requireNonNull(name, "name");
        this.stored = Objects.requireNonNull(stored, "stored");
        this.annotations = Collections.unmodifiableMap(new LinkedHashMap<>(annotations));
        this.summary = summary;
    }

    /**
     * The full name.
     *
     * @return the name
     */
    public ResultName name() {
        return name;
    }

    /**
     * UID, times and etag.
     *
     * @return what the store says of it
     */
    public Stored stored() {
        return stored;
    }

    /**
     * Annotations of the Result.
     *
     * @return unmodifiable
     */
    public Map<String, String> annotations() {
        return annotations;
    }

    /**
     * What the Result says of its top-level run.
     *
     * @return the summary, or empty until the top-level run is archived
     */
    public Optional<RecordSummary> summary() {
        return Optional.ofNullable(summary);
    }

    /**
     * The name of a Record that goes with a run of this Result: a UUID of version 3 of a text in the name space that is the Result's UID
     * (RFC 9562, section 5.3). So Tekton Results names the Records of logs and of Events.
     *
     * @param text what the Record is of: for example the UID of the run
     * @return the name
     */
    public RecordName derivedRecord(String text) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        byte[] space;
        try {
            UUID parsed = UUID.fromString(stored.uid());
            space = ByteBuffer.allocate(16)
                    .putLong(parsed.getMostSignificantBits())
                    .putLong(parsed.getLeastSignificantBits())
                    .array();
        } catch (IllegalArgumentException e) {
            space = stored.uid().getBytes(StandardCharsets.UTF_8);
        }
        byte[] both = ByteBuffer.allocate(space.length + bytes.length)
                .put(space)
                .put(bytes)
                .array();
        return name.record(UUID.nameUUIDFromBytes(both).toString());
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof Result that
                && name.equals(that.name)
                && stored.equals(that.stored)
                && annotations.equals(that.annotations)
                && Objects.equals(summary, that.summary);
    }

    @Override
    public int hashCode() {
        return Objects.hash(name, stored);
    }

    @Override
    public String toString() {
        return name + " " + stored;
    }

    /**
     * What a store adds to a Result or a Record.
     *
     * @param uid the store's own id, a UUID
     * @param createTime when it was first stored, in microseconds
     * @param updateTime when it was last changed, in microseconds
     * @param etag opaque; another one after each change
     */
    public record Stored(String uid, Instant createTime, Instant updateTime, String etag) {

        /**
         * Checks that no component is null.
         *
         * @param uid the store's own id, a UUID
         * @param createTime when it was first stored, in microseconds
         * @param updateTime when it was last changed, in microseconds
         * @param etag opaque; another one after each change
         */
        public Stored {
            Objects.requireNonNull(uid, "uid");
            Objects.requireNonNull(createTime, "createTime");
            Objects.requireNonNull(updateTime, "updateTime");
            Objects.requireNonNull(etag, "etag");
        }
    }
}

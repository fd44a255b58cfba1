package ch.sbb.esta.results;

import java.util.Arrays;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * A Record of Tekton Results: one object, mostly a run, as JSON.
 *
 * <p>Immutable and thread-safe, as long as nobody writes into the array of {@link #data()}.
 */
// The name is the one of Tekton Results.
@SuppressWarnings("AvoidCommonTypeNames")
public final class Record {

    private static final byte[] NO_DATA = {};

    private final RecordName name;
    private final Result.Stored stored;
    private final String type;
    private final byte[] data;

    /**
     * Creates a Record.
     *
     * @param name the full name
     * @param stored what the store says of it
     * @param type the type of the data, for example {@code tekton.dev/v1.TaskRun}
     * @param data the object as UTF-8 JSON, or empty where it was not read; kept, not copied
     */
    public Record(RecordName name, Result.Stored stored, String type, byte[] data) {
        this.name = Objects.requireNonNull(name, "name");
        this.stored = Objects.requireNonNull(stored, "stored");
        this.type = Objects.requireNonNull(type, "type");
        this.data = Objects.requireNonNull(data, "data");
    }

    /**
     * The full name.
     *
     * @return the name
     */
    public RecordName name() {
        return name;
    }

    /**
     * UID, times and etag.
     *
     * @return what the store says of it
     */
    public Result.Stored stored() {
        return stored;
    }

    /**
     * The type of the data.
     *
     * @return for example {@code tekton.dev/v1.TaskRun}
     */
    public String type() {
        return type;
    }

    /**
     * The object. A store may change the order of keys, spacing and the spelling of numbers, nothing else.
     *
     * <p>A Record of a list in the view {@link ListQuery.View#BASIC} comes without it. No bytes are no JSON, so whoever takes them for the
     * object is told so: an update with them is {@code INVALID}, and so is reading them as a run.
     *
     * @return UTF-8 JSON, not a copy: do not write into it; empty where {@link #hasData()} is false
     */
    public byte[] data() {
        return data;
    }

    /**
     * Whether the object was read.
     *
     * @return false for a Record of a list in the view {@link ListQuery.View#BASIC}
     */
    public boolean hasData() {
        return data.length > 0;
    }

    /**
     * Returns the same Record as a list in the view {@link ListQuery.View#BASIC} shows it.
     *
     * @return a copy whose {@link #data()} is empty
     */
    public Record withoutData() {
        return new Record(name, stored, type, NO_DATA);
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof Record that
                && name.equals(that.name)
                && stored.equals(that.stored)
                && type.equals(that.type)
                && Arrays.equals(data, that.data);
    }

    @Override
    public int hashCode() {
        return Objects.hash(name, stored);
    }

    @Override
    public String toString() {
        return name + " " + type + " " + stored;
    }
}

package ch.sbb.esta.results;

/**
 * How much logs take where they are stored.
 *
 * @param objects how many blobs
 * @param bytes how large they are together, compressed as they are
 */
public record LogVolume(long objects, long bytes) {

    /** Nothing. */
    public static final LogVolume NONE = new LogVolume(0, 0);

    /**
     * Adds another volume.
     *
     * @param other what is added
     * @return the sum
     */
    public LogVolume plus(LogVolume other) {
        return new LogVolume(objects + other.objects, bytes + other.bytes);
    }

    /** For example {@code 4 objects of 1300 bytes}. */
    @Override
    public String toString() {
        return objects + (objects == 1 ? " object of " : " objects of ") + bytes + " bytes";
    }
}

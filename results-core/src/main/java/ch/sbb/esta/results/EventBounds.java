package ch.sbb.esta.results;

/**
 * How much of a run's Events one {@link EventList} takes. The last quarter of each bound is kept free for Events that are not of the type
 * {@code Normal}, so that a storm of those does not shut out the warning that tells why.
 *
 * @param events how many at most
 * @param bytes how many bytes of JSON at most, of all Events together
 */
public record EventBounds(int events, int bytes) {

    /** A thousand Events and one mebibyte. */
    public static final EventBounds DEFAULTS = new EventBounds(1_000, 1 << 20);

    private static final int MOST_BYTES = 8 << 20;

    /**
     * Checks both bounds.
     *
     * @param events how many at most
     * @param bytes how many bytes of JSON at most, of all Events together
     * @throws ResultsException {@code INVALID} naming what is less than 4, or that the bytes are more than 8 MiB, half of what a Record
     *     may hold
     */
    public EventBounds {
        if (events < 4 || bytes < 4 || bytes > MOST_BYTES) {
            throw ResultsException.invalid("the bounds of " + events + " Events and " + bytes
                    + " bytes are not possible: take at least 4 of both, and at most " + MOST_BYTES + " bytes");
        }
    }

    boolean fits(long count, long size, boolean isNormal) {
        return isNormal ? count <= events - events / 4 && size <= bytes - bytes / 4 : count <= events && size <= bytes;
    }
}

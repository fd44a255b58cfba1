package ch.sbb.esta.results.copy;

/**
 * What a store has of one parent.
 *
 * @param results how many Results
 * @param records how many Records, without those of logs where logs are copied
 * @param hash 64 hexadecimal digits over what these say, independent of their order: of each Result its name and summary, of each Record
 *     its name, type and JSON value
 */
public record ParentTally(long results, long records, String hash) {

    /** A parent without anything. */
    public static final ParentTally EMPTY = new ParentTally(0, 0, "0".repeat(64));
}

package ch.sbb.esta.results.copy;

import java.util.List;

/**
 * What one run of a copy did.
 *
 * @param results how many Results were gone through
 * @param created how many Records are new in the target
 * @param updated how many Records of the target were brought up to date
 * @param unchanged how many Records the target had already, in this version or a newer one
 * @param logs how many logs are new in the target
 * @param logBytes how much text was written for them
 * @param leftBehind what could not be copied, and why, one sentence each: the first {@value #KEPT} of them
 * @param leftBehindCount how many could not be copied
 */
public record CopyReport(
        long results,
        long created,
        long updated,
        long unchanged,
        long logs,
        long logBytes,
        List<String> leftBehind,
        long leftBehindCount) {

    /** How many sentences a report keeps. */
    public static final int KEPT = 100;

    /**
     * Copies the list.
     *
     * @param results how many Results were gone through
     * @param created how many Records are new in the target
     * @param updated how many Records of the target were brought up to date
     * @param unchanged how many Records the target had already, in this version or a newer one
     * @param logs how many logs are new in the target
     * @param logBytes how much text was written for them
     * @param leftBehind what could not be copied, and why, one sentence each
     * @param leftBehindCount how many could not be copied
     */
    public CopyReport {
        leftBehind = List.copyOf(leftBehind);
    }

    /**
     * How many Records were gone through.
     *
     * @return 0 or more, without those left behind
     */
    public long records() {
        return created + updated + unchanged;
    }

    /** For example {@code 3 results, 9 records (4 new, 0 updated), 2 logs of 1200 bytes, 0 left behind}. */
    @Override
    public String toString() {
        return results + " results, " + records() + " records (" + created + " new, " + updated + " updated), " + logs
                + " logs of " + logBytes + " bytes, " + leftBehindCount + " left behind";
    }
}

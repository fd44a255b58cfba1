package ch.sbb.esta.results.copy;

import java.util.ArrayList;
import java.util.List;

/** Counts while a copy goes on. Not thread-safe. */
final class CopyTally {

    long results;
    long created;
    long updated;
    long unchanged;
    long logs;
    long logBytes;
    private long leftBehindCount;
    private final List<String> leftBehind = new ArrayList<>();

    void leaveBehind(Object what, String why) {
        leftBehindCount++;
        if (leftBehind.size() < CopyReport.KEPT) {
            leftBehind.add(what + ": " + why);
        }
    }

    CopyReport report() {
        return new CopyReport(results, created, updated, unchanged, logs, logBytes, leftBehind, leftBehindCount);
    }
}

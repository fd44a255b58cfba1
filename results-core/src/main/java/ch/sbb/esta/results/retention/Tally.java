package ch.sbb.esta.results.retention;

import ch.sbb.esta.results.LogVolume;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Counts while retention runs. Not thread-safe. */
final class Tally {

    private static final int NAMED = 100;

    final Map<String, Long> byPolicy = new LinkedHashMap<>();
    final List<RetentionReport.Failure> failures = new ArrayList<>();
    long examined;
    long expired;
    long kept;
    long changed;
    long rows;
    LogVolume logs = LogVolume.NONE;
    long tombstones;
    long failureCount;
    int failuresInARow;

    @Nullable
    String halted;

    void expired(String policy, long moreRows, LogVolume moreLogs) {
        expired++;
        byPolicy.merge(policy, 1L, Long::sum);
        rows += moreRows;
        logs = logs.plus(moreLogs);
        failuresInARow = 0;
    }

    void failed(String subject, RuntimeException e) {
        failureCount++;
        failuresInARow++;
        if (failures.size() < NAMED) {
            failures.add(new RetentionReport.Failure(subject, String.valueOf(e.getMessage())));
        }
    }
}

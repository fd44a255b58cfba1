package ch.sbb.esta.results.retention;

import ch.sbb.esta.results.Failure;
import ch.sbb.esta.results.LogVolume;
import ch.sbb.esta.results.internal.FailureLog;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Counts while retention runs. Not thread-safe. */
final class Tally {

    final Map<String, Long> byPolicy = new LinkedHashMap<>();
    final FailureLog failures = new FailureLog();
    long examined;
    long expired;
    long kept;
    long changed;
    long rows;
    LogVolume logs = LogVolume.NONE;
    long tombstones;
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
        failuresInARow++;
        failures.add(new Failure(subject, String.valueOf(e.getMessage())));
    }
}

package ch.sbb.esta.results.prune;

import ch.sbb.esta.results.Failure;
import ch.sbb.esta.results.internal.FailureLog;
import ch.sbb.esta.results.prune.PruneReport.Entry;
import ch.sbb.esta.results.prune.PruneReport.Outcome;
import ch.sbb.esta.results.spi.ClusterRuns.RunKey;
import java.time.Instant;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Counts while a round runs. Not thread-safe. */
final class PruneTally {

    private static final int MOST_ENTRIES = 1000;

    final Map<Outcome, Long> outcomes = new EnumMap<>(Outcome.class);
    final List<Entry> entries = new ArrayList<>();
    final FailureLog failures = new FailureLog();
    private final Map<String, Integer> failuresInARow = new HashMap<>();
    long examined;
    long kept;
    long keptAsLast;

    @Nullable
    Instant oldestUnsafe;

    void add(RunKey run, Outcome outcome, String reason) {
        if (outcome != Outcome.FAILED) {
            failuresInARow.remove(run.namespace());
        }
        outcomes.merge(outcome, 1L, Long::sum);
        if (entries.size() < MOST_ENTRIES) {
            entries.add(new Entry(run, outcome, reason));
        }
    }

    void unsafe(Instant end) {
        if (oldestUnsafe == null || end.isBefore(oldestUnsafe)) {
            oldestUnsafe = end;
        }
    }

    void failed(String subject, String message) {
        failures.add(new Failure(subject, message));
    }

    /** Returns how often in a row something has failed in the namespace. */
    int failedIn(String namespace) {
        return failuresInARow.merge(namespace, 1, Integer::sum);
    }

    int failuresInARow(String namespace) {
        return failuresInARow.getOrDefault(namespace, 0);
    }
}

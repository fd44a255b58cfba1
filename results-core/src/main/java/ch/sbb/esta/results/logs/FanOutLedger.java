package ch.sbb.esta.results.logs;

import ch.sbb.esta.results.ContainerLogId;
import ch.sbb.esta.results.logs.UncopiedLog.Reason;
import java.time.Instant;
import java.time.InstantSource;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import org.jspecify.annotations.Nullable;

/** Keeps count of how the secondary fares, and speaks up once for each outage. Thread-safe. */
final class FanOutLedger {

    private static final int NAMED = 10_000;

    private final InstantSource clock;
    private final List<FanOutListener> listeners = new CopyOnWriteArrayList<>();
    private final Set<ContainerLogId> failing = new HashSet<>();
    private final Map<ContainerLogId, UncopiedLog> uncopied = new LinkedHashMap<>();
    private long copiedCount;
    private long uncopiedCount;
    private long failures;
    private @Nullable Instant failingSince;
    private @Nullable String lastError;

    FanOutLedger(InstantSource clock) {
        this.clock = clock;
    }

    void addListener(FanOutListener listener) {
        listeners.add(listener);
    }

    /** A call failed or does not return; the text is fit for a log line. */
    void failed(ContainerLogId id, String error) {
        boolean first;
        synchronized (this) {
            failures++;
            lastError = error;
            first = failing.isEmpty();
            failing.add(id);
            if (first) {
                failingSince = clock.instant();
            }
        }
        if (first) {
            FanOutLogs.LOG.warn(
                    "Logs cannot be copied to the secondary for now; they are copied from the primary later. The first is {}: {}",
                    id,
                    error);
        } else {
            FanOutLogs.LOG.debug("{}: not copied to the secondary for now: {}", id, error);
        }
    }

    /** A log does not fail any more: it goes on or is given up. */
    void recovered(ContainerLogId id) {
        Instant since = null;
        synchronized (this) {
            if (failing.remove(id) && failing.isEmpty()) {
                since = failingSince;
                failingSince = null;
            }
        }
        if (since != null) {
            FanOutLogs.LOG.info("No copy to the secondary fails any more, for the first time since {}", since);
        }
    }

    synchronized boolean isFailing(ContainerLogId id) {
        return failing.contains(id);
    }

    synchronized void copied(ContainerLogId id) {
        copiedCount++;
        uncopied.remove(id);
    }

    void uncopied(ContainerLogId id, Reason reason, String detail) {
        UncopiedLog log = new UncopiedLog(id, reason, detail, clock.instant());
        synchronized (this) {
            if (uncopied.remove(id) == null) {
                uncopiedCount++;
            }
            uncopied.put(id, log);
            if (uncopied.size() > NAMED) {
                uncopied.remove(uncopied.keySet().iterator().next());
            }
        }
        for (FanOutListener listener : listeners) {
            try {
                listener.onUncopied(log);
            } catch (RuntimeException e) {
                FanOutLogs.LOG.error("A listener failed on {}", log, e);
            }
        }
    }

    synchronized List<UncopiedLog> uncopied() {
        return List.copyOf(uncopied.values());
    }

    synchronized FanOutStats stats(int inStep, int behind, int left, long buffered) {
        return new FanOutStats(
                inStep, behind, left, copiedCount, uncopiedCount, failures, buffered, failingSince, lastError);
    }
}

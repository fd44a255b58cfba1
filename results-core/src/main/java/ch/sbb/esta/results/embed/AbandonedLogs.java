package ch.sbb.esta.results.embed;

import ch.sbb.esta.results.ArchiveOutcome;
import ch.sbb.esta.results.ContainerLogId;
import ch.sbb.esta.results.Escaped;
import ch.sbb.esta.results.LogInfo;
import ch.sbb.esta.results.LogState;
import ch.sbb.esta.results.PodSnapshot;
import ch.sbb.esta.results.ResultsException;
import ch.sbb.esta.results.RunPlacement;
import ch.sbb.esta.results.RunSnapshot;
import ch.sbb.esta.results.archive.ArchiveListener;
import ch.sbb.esta.results.internal.Background;
import ch.sbb.esta.results.internal.LogFields;
import ch.sbb.esta.results.internal.StopSignal;
import ch.sbb.esta.results.internal.TaskRunPods;
import ch.sbb.esta.results.logs.LogCollector;
import ch.sbb.esta.results.spi.ContainerLogs;
import ch.sbb.esta.results.spi.LogSource;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Seals the logs that an earlier process left live, of TaskRuns that are over and whose pods are gone: nobody else would ever label them.
 * Looks at TaskRuns only that had started before this process did; the collector labels the others. Where other replicas collect too, each
 * TaskRun is looked at, and a log is left to them that has grown since the last look.
 *
 * <p>Thread-safe.
 */
final class AbandonedLogs implements ArchiveListener {

    private static final Logger LOG = LoggerFactory.getLogger(AbandonedLogs.class);
    /** More than that are found again by the next start. */
    private static final int MOST = 100_000;

    private final ContainerLogs pods;
    private final LogSource stored;
    private final Duration settling;
    private final SealedBy sealers;
    private final Map<String, TaskRun> waiting = new LinkedHashMap<>();
    /** How long the live logs of TaskRuns were at the last look; of the background thread alone. */
    private final Map<String, Map<ContainerLogId, Long>> lastLooks = new HashMap<>();

    private final Background background = new Background("esta-results-abandoned-logs");
    private Instant startedAt = Instant.MAX;

    private record TaskRun(String namespace, String uid, List<String> podNames) {}

    /** @param settling how long after the start, and again after each look, until the pods that exist are known for sure */
    AbandonedLogs(ContainerLogs pods, LogSource stored, Duration settling, SealedBy sealers) {
        this.pods = pods;
        this.stored = stored;
        this.settling = settling;
        this.sealers = sealers;
    }

    /** Begins to take note of TaskRuns; to be called before any is archived. */
    synchronized void expect(Instant now) {
        startedAt = sealers == SealedBy.THIS_PROCESS ? now : Instant.MAX;
        waiting.clear();
    }

    void start(LogCollector collector) {
        background.start(signal -> {
            lastLooks.clear();
            while (signal.await(settling)) {
                look(collector, signal);
            }
        });
    }

    void stop() {
        background.interrupt();
    }

    @Override
    public void onArchived(RunPlacement placement, ArchiveOutcome outcome) {
        RunSnapshot run = placement.run();
        if (!run.kind().isTaskRun() || !run.isFinished()) {
            return;
        }
        synchronized (this) {
            boolean earlier =
                    run.startTime().map(start -> start.isBefore(startedAt)).orElse(true);
            if (earlier && waiting.size() < MOST) {
                waiting.put(run.uid(), new TaskRun(run.namespace(), run.uid(), TaskRunPods.names(run.json())));
            }
        }
    }

    private void look(LogCollector collector, StopSignal signal) {
        List<TaskRun> round;
        synchronized (this) {
            round = List.copyOf(waiting.values());
        }
        for (TaskRun run : round) {
            if (signal.isStopped()) {
                return;
            }
            if (isSettled(collector, run)) {
                synchronized (this) {
                    waiting.remove(run.uid, run);
                }
            }
        }
    }

    private Map<ContainerLogId, Long> live(TaskRun run) {
        return stored.list(run.namespace, run.uid).stream()
                .filter(log -> log.state() == LogState.LIVE)
                .collect(Collectors.toMap(LogInfo::id, log -> log.extent().bytes()));
    }

    private static boolean isOneOf(Set<ContainerLogId> logs, PodSnapshot pod) {
        return logs.stream().anyMatch(log -> log.podUid().equals(pod.uid()));
    }

    /** Whether there is a pod whose logs somebody will label. */
    private boolean isReachable(TaskRun run, Predicate<PodSnapshot> counts) {
        return run.podNames.stream()
                .flatMap(name -> pods.findPod(run.namespace, name).stream())
                .anyMatch(counts);
    }

    /** Whether nothing is left to do for a TaskRun. */
    private boolean isSettled(LogCollector collector, TaskRun run) {
        return LogFields.ofTaskRun(run.namespace, run.uid).call(() -> settle(collector, run));
    }

    private boolean settle(LogCollector collector, TaskRun run) {
        try {
            if (sealers == SealedBy.ANY_REPLICA) {
                Map<ContainerLogId, Long> live = live(run);
                if (live.isEmpty()) {
                    lastLooks.remove(run.uid);
                    return true;
                }
                boolean growing = !live.equals(lastLooks.put(run.uid, live));
                if (growing || isReachable(run, pod -> isOneOf(live.keySet(), pod))) {
                    return false;
                }
                lastLooks.remove(run.uid);
            } else if (isReachable(run, pod -> !collector.hasSeen(pod.uid()))) {
                return false;
            }
            List<LogInfo> sealed = collector.sealAbandoned(stored, run.namespace, run.uid);
            sealed.forEach(log -> LOG.warn(
                    "the log {} was left live by an earlier process and its pod is gone: sealed as {} with {} bytes",
                    log.id(),
                    log.state(),
                    log.extent().bytes()));
            return true;
        } catch (ResultsException e) {
            LOG.warn(
                    "the logs of TaskRun {} in {} could not be looked at{}: {}",
                    Escaped.of(run.uid),
                    Escaped.of(run.namespace),
                    e.isRetryable() ? "; it is tried again" : "",
                    e.getMessage());
            return !e.isRetryable();
        }
    }
}

package ch.sbb.esta.results.prune;

import ch.sbb.esta.results.ContainerLogId;
import ch.sbb.esta.results.Escaped;
import ch.sbb.esta.results.LogInfo;
import ch.sbb.esta.results.PodSnapshot;
import ch.sbb.esta.results.PodSnapshot.Container;
import ch.sbb.esta.results.RunSnapshot;
import ch.sbb.esta.results.spi.ContainerLogs;
import ch.sbb.esta.results.spi.LogSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Looks for logs of TaskRuns that are not sealed: of those that have begun, of the containers of pods that are there, and of the containers
 * that have run by the TaskRun's status. Thread-safe.
 */
final class LogSafety {

    private final LogSource logs;
    private final @Nullable ContainerLogs pods;

    LogSafety(LogSource logs, @Nullable ContainerLogs pods) {
        this.logs = logs;
        this.pods = pods;
    }

    void check(RunSnapshot taskRun, RunDetails details, Findings findings) {
        // Pods first: what is found in them has either been stored by the time that the logs are listed, or is missing.
        List<PodSnapshot> present = presentPods(taskRun, details);
        List<LogInfo> stored = logs.list(taskRun.namespace(), taskRun.uid());
        Set<ContainerLogId> known = stored.stream().map(LogInfo::id).collect(Collectors.toSet());
        for (LogInfo log : stored) {
            if (!log.isSealed()) {
                findings.missing(taskRun, "has the log " + log.id() + ", which is " + log.state());
            }
        }
        Map<String, Integer> missing = new HashMap<>();
        for (PodSnapshot pod : present) {
            for (Container container : pod.containers()) {
                lastRun(pod, container).filter(id -> !known.contains(id)).ifPresent(id -> {
                    missing.merge(container.name(), 1, Integer::sum);
                    findings.missing(
                            taskRun,
                            "has no log yet of container " + container.name() + " in pod " + Escaped.of(pod.name()));
                });
            }
        }
        details.ran().forEach((container, attempts) -> {
            int absent = attempts - podsWith(stored, container) - missing.getOrDefault(container, 0);
            if (absent > 0) {
                absent(taskRun, container, absent, findings);
            }
        });
    }

    private void absent(RunSnapshot taskRun, String container, int absent, Findings findings) {
        String what =
                "has no log of container " + Escaped.of(container) + (absent > 1 ? " of " + absent + " attempts" : "");
        if (pods == null) {
            findings.missing(taskRun, what);
        } else {
            findings.lost(taskRun, what + ", and the pod is gone");
        }
    }

    private List<PodSnapshot> presentPods(RunSnapshot taskRun, RunDetails details) {
        List<PodSnapshot> present = new ArrayList<>();
        if (pods != null) {
            for (String name : details.pods()) {
                pods.findPod(taskRun.namespace(), name)
                        .filter(pod -> pod.taskRunUid().equals(taskRun.uid()))
                        .ifPresent(present::add);
            }
        }
        return present;
    }

    /** The log of the last run of a container that has begun. */
    private static Optional<ContainerLogId> lastRun(PodSnapshot pod, Container container) {
        ContainerLogId current = pod.logId(container);
        if (container.state() != PodSnapshot.State.WAITING) {
            return Optional.of(current);
        }
        return container.restarts() == 0
                ? Optional.empty()
                : Optional.of(new ContainerLogId(
                        current.namespace(),
                        current.taskRunUid(),
                        current.podUid(),
                        current.container(),
                        current.restart() - 1));
    }

    private static int podsWith(List<LogInfo> stored, String container) {
        Set<String> uids = new HashSet<>();
        for (LogInfo log : stored) {
            if (log.id().container().equals(container)) {
                uids.add(log.id().podUid());
            }
        }
        return uids.size();
    }
}

package ch.sbb.esta.results.embed;

import ch.sbb.esta.results.ArchiveOutcome;
import ch.sbb.esta.results.Escaped;
import ch.sbb.esta.results.LogInfo;
import ch.sbb.esta.results.PodSnapshot;
import ch.sbb.esta.results.ResultsException;
import ch.sbb.esta.results.RunPlacement;
import ch.sbb.esta.results.RunSnapshot;
import ch.sbb.esta.results.archive.ArchiveListener;
import ch.sbb.esta.results.internal.Background;
import ch.sbb.esta.results.internal.StopSignal;
import ch.sbb.esta.results.logs.LogCollector;
import ch.sbb.esta.results.spi.ContainerLogs;
import ch.sbb.esta.results.spi.LogSource;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Seals the logs that an earlier process left live, of TaskRuns that are over and whose pods are gone: nobody else would ever label them.
 * Looks at TaskRuns only that had started before this process did; the collector labels the others.
 *
 * <p>Thread-safe.
 */
final class AbandonedLogs implements ArchiveListener {

    private static final Logger LOG = LoggerFactory.getLogger(AbandonedLogs.class);
    private static final JsonMapper MAPPER = JsonMapper.builder().build();
    /** More than that are found again by the next start. */
    private static final int MOST = 100_000;

    private final ContainerLogs pods;
    private final LogSource stored;
    private final Duration settling;
    private final Map<String, TaskRun> waiting = new LinkedHashMap<>();
    private final Background background = new Background("esta-results-abandoned-logs");
    private Instant startedAt = Instant.MAX;

    private record TaskRun(String namespace, String uid, List<String> podNames) {}

    /** @param settling how long after the start, and again after each look, until the pods that exist are known for sure */
    AbandonedLogs(ContainerLogs pods, LogSource stored, Duration settling) {
        this.pods = pods;
        this.stored = stored;
        this.settling = settling;
    }

    /** Begins to take note of TaskRuns; to be called before any is archived. */
    synchronized void expect(Instant now) {
        startedAt = now;
        waiting.clear();
    }

    void start(LogCollector collector) {
        background.start(signal -> {
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
                waiting.put(run.uid(), new TaskRun(run.namespace(), run.uid(), podNames(run.json())));
            }
        }
    }

    /** Of all attempts. */
    private static List<String> podNames(byte[] taskRun) {
        List<String> names = new ArrayList<>();
        try {
            JsonNode status = MAPPER.readTree(taskRun).path("status");
            addName(names, status);
            status.path("retriesStatus").forEach(attempt -> addName(names, attempt));
        } catch (IOException e) {
            throw new IllegalStateException("a run that was archived is no JSON", e);
        }
        return names;
    }

    private static void addName(List<String> names, JsonNode status) {
        String name = status.path("podName").asText();
        if (!name.isEmpty()) {
            names.add(name);
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

    /** Whether nothing is left to do for a TaskRun. */
    private boolean isSettled(LogCollector collector, TaskRun run) {
        try {
            for (String name : run.podNames) {
                Optional<PodSnapshot> pod = pods.findPod(run.namespace, name);
                if (pod.isPresent() && !collector.hasSeen(pod.get().uid())) {
                    return false;
                }
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

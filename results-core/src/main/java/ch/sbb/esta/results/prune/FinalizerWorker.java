package ch.sbb.esta.results.prune;

import ch.sbb.esta.results.Escaped;
import ch.sbb.esta.results.ResultsException;
import ch.sbb.esta.results.RunSnapshot;
import ch.sbb.esta.results.internal.LogFields;
import ch.sbb.esta.results.internal.RetryQueue.Task;
import ch.sbb.esta.results.prune.FinalizerListener.Cause;
import ch.sbb.esta.results.spi.ClusterRuns;
import ch.sbb.esta.results.spi.ClusterRuns.RunKey;
import java.time.Duration;
import java.time.Instant;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Adds and takes off finalizers. Used by one thread, but for the numbers. */
final class FinalizerWorker {

    private static final Logger LOG = LoggerFactory.getLogger(FinalizerWorker.class);

    /** By then what was seen is archived, or will not be by itself. */
    private static final int PATIENT_ATTEMPTS = 4;

    /** What is to be done. */
    enum Work {
        ADD,
        RELEASE
    }

    /** What is to be done with a run. */
    record Change(RunKey run, Work work) {}

    private final FinalizerParts parts;
    private final ClusterRuns cluster;
    private final Map<Cause, Long> released = new EnumMap<>(Cause.class);
    private long added;

    FinalizerWorker(FinalizerParts parts) {
        this.parts = parts;
        this.cluster = parts.safety().cluster();
    }

    synchronized long added() {
        return added;
    }

    synchronized Map<Cause, Long> released() {
        return new EnumMap<>(released);
    }

    /** Which finalizers of a run are for us to take off. */
    List<String> held(RunSnapshot run, RunDetails details) {
        String upstream = "results.tekton.dev/" + run.kind().kind().toLowerCase(Locale.ROOT);
        return details.finalizers().stream()
                .filter(name -> name.equals(RunFinalizers.FINALIZER)
                        || (parts.config().upstream() == FinalizerConfig.Upstream.TAKE_OVER && name.equals(upstream)))
                .toList();
    }

    /** Whether a run that is finished is to be held until the deadline. */
    boolean isBeforeDeadline(RunSnapshot run) {
        Optional<Instant> since = RunDetails.end(run).or(run::deletionTime);
        return since.isEmpty()
                || Duration.between(since.get(), parts.clock().instant())
                                .compareTo(parts.config().deadline())
                        < 0;
    }

    /** Does what is to be done; false when it is to be tried again. */
    boolean attempt(Task<Change> task) {
        return LogFields.of(task.work().run()).call(() -> tryTo(task.work(), task.attempts()));
    }

    private boolean tryTo(Change change, int attempts) {
        RunKey run = change.run();
        try {
            return change.work() == Work.ADD ? add(run) : release(run, attempts);
        } catch (ResultsException e) {
            if (attempts == 0) {
                LOG.warn(
                        "the finalizer of {} {}/{} could not be changed, which is tried again: {}",
                        run.kind().kind(),
                        run.namespace(),
                        Escaped.of(run.name()),
                        e.getMessage());
            }
            // A refusal that lasts is asked for again by the next sweep only when it is about protection.
            return change.work() == Work.ADD && !e.isRetryable();
        } catch (RuntimeException e) {
            LOG.error("the finalizer of {} could not be changed", Escaped.of(run.toString()), e);
            return false;
        }
    }

    private boolean add(RunKey key) {
        Optional<RunSnapshot> now = cluster.find(key);
        if (now.isEmpty() || now.get().deletionTime().isPresent()) {
            return true;
        }
        RunSnapshot run = now.get();
        if (!held(run, RunDetails.of(run)).isEmpty()) {
            return true;
        }
        // A finished run that is stored was held before, and let go.
        if (run.isFinished() && (!isBeforeDeadline(run) || parts.safety().wasStoredFinished(run))) {
            return true;
        }
        if (cluster.addFinalizer(key, RunFinalizers.FINALIZER)) {
            synchronized (this) {
                added++;
            }
        }
        return true;
    }

    private boolean release(RunKey key, int attempts) {
        Optional<RunSnapshot> now = cluster.find(key);
        if (now.isEmpty()) {
            return true;
        }
        RunSnapshot run = now.get();
        List<String> held = held(run, RunDetails.of(run));
        if (held.isEmpty() || (!run.isFinished() && run.deletionTime().isEmpty())) {
            return true;
        }
        Safety safety = safety(run);
        Optional<Cause> cause = cause(run, safety);
        if (cause.isEmpty()) {
            if (attempts >= PATIENT_ATTEMPTS) {
                parts.safety().handOver(run);
            }
            return false;
        }
        for (String finalizer : held) {
            cluster.removeFinalizer(key, finalizer);
        }
        tell(run, cause.get(), safety);
        return true;
    }

    /** Where the store does not answer, the deadline must be kept all the same. */
    private Safety safety(RunSnapshot run) {
        try {
            return run.isFinished()
                    ? parts.safety().checkByRecords(run)
                    : parts.safety().checkStored(run);
        } catch (ResultsException e) {
            return Safety.of(List.of(Findings.name(run) + " could not be checked: " + e.getMessage()));
        }
    }

    private Optional<Cause> cause(RunSnapshot run, Safety safety) {
        if (safety.isSafe()) {
            return Optional.of(run.isFinished() ? Cause.SAFE : Cause.INTERRUPTED);
        }
        if (!isBeforeDeadline(run)) {
            return Optional.of(Cause.DEADLINE);
        }
        boolean terminating = run.deletionTime().isPresent()
                && parts.namespaces() != null
                && parts.namespaces().isTerminating(run.namespace());
        return terminating ? Optional.of(Cause.NAMESPACE_TERMINATING) : Optional.empty();
    }

    private void tell(RunSnapshot run, Cause cause, Safety safety) {
        synchronized (this) {
            released.merge(cause, 1L, Long::sum);
        }
        if (!safety.isSafe()) {
            LogFields.of(run)
                    .run(() -> LOG.warn("{} was let go by {} although something is missing: {}", run, cause, safety));
        }
        for (FinalizerListener listener : parts.listeners()) {
            try {
                listener.onReleased(run, cause, safety);
            } catch (RuntimeException e) {
                LOG.warn("a listener failed on {}", run, e);
            }
        }
    }
}

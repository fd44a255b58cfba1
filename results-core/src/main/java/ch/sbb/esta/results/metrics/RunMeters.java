package ch.sbb.esta.results.metrics;

import ch.sbb.esta.results.ArchiveOutcome;
import ch.sbb.esta.results.ArchiveOutcome.Status;
import ch.sbb.esta.results.LogInfo;
import ch.sbb.esta.results.RunPlacement;
import ch.sbb.esta.results.RunSnapshot;
import ch.sbb.esta.results.archive.ArchiveListener;
import ch.sbb.esta.results.logs.LogListener;
import ch.sbb.esta.results.prune.FinalizerListener;
import ch.sbb.esta.results.prune.PruneListener;
import ch.sbb.esta.results.prune.Safety;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.Timer;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Locale;
import java.util.Objects;

/** Counts what becomes of single runs and logs. Thread-safe. */
final class RunMeters implements ArchiveListener, LogListener, PruneListener, FinalizerListener {

    private final MeterRegistry registry;
    private final Tags tags;
    private final InstantSource clock;

    RunMeters(MeterRegistry registry, Tags tags, InstantSource clock) {
        this.registry = Objects.requireNonNull(registry, "registry");
        this.tags = Objects.requireNonNull(tags, "tags");
        this.clock = Objects.requireNonNull(clock, "clock");
    }

    @Override
    public void onArchived(RunPlacement placement, ArchiveOutcome outcome) {
        RunSnapshot run = placement.run();
        Tags about = about(run);
        Counter.builder("esta.results.runs")
                .description("Versions of runs that left the queue, by what became of them")
                .tags(about.and("outcome", lower(outcome.status())))
                .register(registry)
                .increment();
        boolean isNew = outcome.status() == Status.CREATED || outcome.status() == Status.UPDATED;
        if (isNew && run.completionTime().isPresent()) {
            Timer.builder("watcher.run.storage.latency")
                    .description("From the end of a run until its last version is stored")
                    .tags(about)
                    .register(registry)
                    .record(since(run.completionTime().get()));
        }
        if (outcome.status() == Status.QUARANTINED) {
            notStored(about.and("cause", "quarantined"));
        }
    }

    @Override
    public void onSealed(LogInfo log) {
        Counter.builder("esta.results.logs.sealed")
                .description("Logs of containers that were sealed, by their state")
                .tags(tags.and("namespace", log.id().namespace(), "state", lower(log.state())))
                .register(registry)
                .increment();
    }

    @Override
    public void onPruned(RunSnapshot run) {
        String name = "watcher." + run.kind().kind().toLowerCase(Locale.ROOT) + ".delete";
        Counter.builder(name + ".count")
                .description("Runs that were deleted from the cluster")
                .tags(tags.and("namespace", run.namespace(), "status", status(run)))
                .register(registry)
                .increment();
        run.completionTime()
                .ifPresent(end -> Timer.builder(name + ".duration")
                        .description("From the end of a run until it is deleted from the cluster")
                        .tags(tags.and("namespace", run.namespace()))
                        .register(registry)
                        .record(since(end)));
    }

    @Override
    public void onReleased(RunSnapshot run, Cause cause, Safety missing) {
        Counter.builder("esta.results.finalizers.released")
                .description("Runs whose finalizer was taken off, by the reason for it")
                .tags(about(run).and("cause", lower(cause)))
                .register(registry)
                .increment();
        boolean lost = cause == Cause.DEADLINE || cause == Cause.NAMESPACE_TERMINATING;
        if (lost && !missing.isSafe()) {
            notStored(about(run).and("cause", lower(cause)));
        }
    }

    /** One name takes one set of tags. */
    private void notStored(Tags about) {
        Counter.builder("watcher.runs.not.stored.count")
                .description("Runs of which something is not stored and will not be without somebody's help")
                .tags(about)
                .register(registry)
                .increment();
    }

    private Tags about(RunSnapshot run) {
        return tags.and("namespace", run.namespace(), "kind", run.kind().kind());
    }

    private Duration since(Instant time) {
        Duration age = Duration.between(time, clock.instant());
        return age.isNegative() ? Duration.ZERO : age;
    }

    private static String status(RunSnapshot run) {
        return switch (run.summaryStatus()) {
            case SUCCESS -> "success";
            case CANCELLED -> "cancelled";
            default -> "failed";
        };
    }

    private static String lower(Enum<?> value) {
        return value.name().toLowerCase(Locale.ROOT);
    }
}

package ch.sbb.esta.results.metrics;

import ch.sbb.esta.results.archive.ArchiverStats;
import ch.sbb.esta.results.archive.RunSweep;
import ch.sbb.esta.results.embed.ArchiveStats;
import ch.sbb.esta.results.embed.ResultsArchive;
import ch.sbb.esta.results.embed.RunAnnotations;
import ch.sbb.esta.results.events.EventCollectorStats;
import ch.sbb.esta.results.events.PodCollector;
import ch.sbb.esta.results.logs.LogCollectorStats;
import ch.sbb.esta.results.logs.LogStoreStats;
import ch.sbb.esta.results.prune.Pruner;
import ch.sbb.esta.results.prune.RunFinalizers;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.TimeGauge;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.function.ToDoubleFunction;
import java.util.stream.Stream;

/** Reads the numbers of an archive whenever the registry asks. */
final class StatsMeters {

    private static final String PREFIX = "esta.results.";

    private final ResultsArchive archive;
    private final MeterRegistry registry;
    private final Tags tags;
    private final InstantSource clock;

    StatsMeters(ResultsArchive archive, MeterRegistry registry, Tags tags, InstantSource clock) {
        this.archive = archive;
        this.registry = registry;
        this.tags = tags;
        this.clock = clock;
    }

    void register() {
        gauge(
                "healthy",
                "1 while runs and logs get to where they are kept, else 0",
                stats -> stats.isHealthy() ? 1 : 0);
        gauge(
                "leader",
                "1 while this replica leads, else 0",
                of(ArchiveStats::replica, replica -> replica.isLeader() ? 1 : 0));
        gauge(
                "replicas",
                "Replicas that are alive, as this one knows",
                of(ArchiveStats::replica, replica -> replica.members().size()));
        runs();
        logs();
        logStore();
        events();
        annotations();
        departure();
    }

    private void runs() {
        waiting("queue.runs", "Versions of runs that wait in memory", ArchiverStats.Waiting::runs);
        waiting("queue.bytes", "Bytes of JSON that wait in memory", ArchiverStats.Waiting::bytes);
        waiting("spool.runs", "Versions of runs that wait on disk", ArchiverStats.Waiting::spooled);
        age("queue.oldest.age", "How long the first in the queue has waited", StatsMeters::oldestWaiting);
        age("store.failing.age", "How long the store has taken no runs", StatsMeters::storeFailure);
        counter(
                "store.retries",
                "Rounds of archiving that failed and were repeated",
                one -> one.archiver().retries());
        counter(
                "runs.dropped",
                "Finished or deleted runs for which neither queue nor spool had room",
                one -> one.archiver().dropped());
        counter(
                "spool.set.aside",
                "Files of the spool that were set aside as damaged",
                one -> one.archiver().setAside());
        silence("watch.age", "How long nothing was heard of the watch of the runs", ArchiveStats::lastHeard);
        gauge(
                "watch.troubles",
                "Kinds in namespaces that cannot be watched",
                of(ArchiveStats::watch, watch -> watch.troubles().size()));
        counter(
                "watch.vanished",
                "Unfinished runs that went away unseen",
                of(ArchiveStats::watch, watch -> watch.losses().vanishedUnfinished()));
        silence(
                "sweep.age",
                "How long ago the cluster was compared with the store",
                one -> one.sweep().flatMap(sweep -> Optional.ofNullable(sweep.lastComplete())));
        counter(
                "sweep.found",
                "Runs that comparisons found and no watch had brought",
                of(ArchiveStats::sweep, RunSweep.Stats::handedOver));
    }

    private void logs() {
        gauge("logs.streams", "Streams of logs that are open", of(ArchiveStats::collector, LogCollectorStats::open));
        gauge(
                "logs.waiting",
                "Logs that wait for a stream or another try",
                of(ArchiveStats::collector, LogCollectorStats::waiting));
        counter("logs.bytes", "Bytes of text taken", of(ArchiveStats::collector, LogCollectorStats::bytes));
        counter("logs.lines", "Lines taken", of(ArchiveStats::collector, LogCollectorStats::lines));
        counter(
                "logs.reconnects",
                "Streams that were opened again",
                of(ArchiveStats::collector, LogCollectorStats::reconnects));
        counter("logs.gaps", "Defects noted in logs", of(ArchiveStats::collector, LogCollectorStats::gaps));
        counter(
                "logs.conflicts",
                "Logs left to another collector",
                of(ArchiveStats::collector, LogCollectorStats::conflicts));
        counter(
                "logs.failures",
                "Calls for logs that failed",
                of(ArchiveStats::collector, LogCollectorStats::failures));
        silence(
                "pods.age",
                "How long no event of a pod has come",
                one -> one.collector().flatMap(collector -> Optional.ofNullable(collector.lastPodEvent())));
    }

    private void logStore() {
        gauge(
                "logstore.spool.bytes",
                "Bytes of logs in the spool",
                of(ArchiveStats::logStore, LogStoreStats::spoolBytes));
        gauge(
                "logstore.spool.bound",
                "Bytes of logs that the spool takes at most",
                of(ArchiveStats::logStore, LogStoreStats::spoolBound));
        counter("logstore.segments", "Segments stored", of(ArchiveStats::logStore, LogStoreStats::segments));
        counter(
                "logstore.failures",
                "Attempts of the log store that failed",
                of(ArchiveStats::logStore, LogStoreStats::failures));
        age(
                "logstore.failing.age",
                "How long the log store has not worked",
                one -> one.logStore().flatMap(store -> Optional.ofNullable(store.failingSince())));
    }

    private void events() {
        counter(
                "events.collected",
                "Kubernetes Events, and newer versions of them, that were written",
                of(ArchiveStats::events, EventCollectorStats::collected));
        counter(
                "events.left.out",
                "Events that did not fit into the bounds of their run",
                of(ArchiveStats::events, EventCollectorStats::leftOut));
        counter(
                "events.dropped",
                "Events that no store took, or whose run is not stored any more",
                of(ArchiveStats::events, EventCollectorStats::dropped));
        counter(
                "events.postponed",
                "Events for which there was no room in memory",
                of(ArchiveStats::events, EventCollectorStats::postponed));
        counter(
                "events.failures",
                "Attempts to write Events that failed",
                of(ArchiveStats::events, EventCollectorStats::failures));
        gauge(
                "events.waiting",
                "Events of stored runs that are not written yet",
                of(ArchiveStats::events, EventCollectorStats::waiting));
        gauge(
                "events.strays",
                "Events in memory whose run is not known",
                of(ArchiveStats::events, EventCollectorStats::strays));
        silence(
                "events.age",
                "How long nothing was heard of the watch of Events",
                one -> one.events().flatMap(events -> Optional.ofNullable(events.lastHeard())));
        counter(
                "finalpods.written",
                "Final pods that were written",
                of(ArchiveStats::finalPods, PodCollector.Stats::written));
        counter(
                "finalpods.dropped",
                "Final pods without room, or that the store does not take",
                of(ArchiveStats::finalPods, PodCollector.Stats::dropped));
        counter(
                "finalpods.failures",
                "Attempts to write final pods that failed",
                of(ArchiveStats::finalPods, PodCollector.Stats::failures));
    }

    private void annotations() {
        gauge(
                "annotations.waiting",
                "Runs to be annotated",
                of(ArchiveStats::annotations, RunAnnotations.Stats::waiting));
        counter(
                "annotations.changed",
                "Changes of runs to annotate them",
                of(ArchiveStats::annotations, RunAnnotations.Stats::changed));
    }

    private void departure() {
        gauge("pruner.unsafe.runs", "Runs that are due and not safe", of(ArchiveStats::pruner, Pruner.Stats::unsafe));
        gauge(
                "pruner.failures",
                "What failed in the last round of pruning",
                of(ArchiveStats::pruner, Pruner.Stats::failures));
        counter("pruner.deleted", "Runs deleted from the cluster", of(ArchiveStats::pruner, Pruner.Stats::deleted));
        gauge(
                "finalizers.waiting",
                "Runs whose finalizer is to be added or taken off",
                of(ArchiveStats::finalizers, RunFinalizers.Stats::waiting));
        counter("finalizers.added", "Finalizers added", of(ArchiveStats::finalizers, RunFinalizers.Stats::added));
        age(
                "unsafe.oldest.age",
                "How long something of a run that is over has not been safe",
                one -> Stream.of(oldestWaiting(one), oldestUnsafe(one))
                        .flatMap(Optional::stream)
                        .min(Instant::compareTo));
    }

    private static Optional<Instant> oldestWaiting(ArchiveStats stats) {
        return Optional.ofNullable(stats.archiver().waiting().oldest());
    }

    private static Optional<Instant> storeFailure(ArchiveStats stats) {
        return Optional.ofNullable(stats.archiver().storeFailure()).map(ArchiverStats.Failure::since);
    }

    private static Optional<Instant> oldestUnsafe(ArchiveStats stats) {
        return stats.pruner().flatMap(pruner -> Optional.ofNullable(pruner.oldestUnsafe()));
    }

    /** A number of a part that an archive may not have; 0 without it. */
    private static <T> ToDoubleFunction<ArchiveStats> of(
            Function<ArchiveStats, Optional<T>> part, ToDoubleFunction<? super T> number) {
        return stats -> part.apply(stats).map(number::applyAsDouble).orElse(0.0);
    }

    private void waiting(String name, String text, ToDoubleFunction<ArchiverStats.Waiting> number) {
        gauge(name, text, stats -> number.applyAsDouble(stats.archiver().waiting()));
    }

    private void gauge(String name, String text, ToDoubleFunction<ArchiveStats> number) {
        Gauge.builder(PREFIX + name, archive, one -> number.applyAsDouble(one.stats()))
                .description(text)
                .tags(tags)
                .strongReference(true)
                .register(registry);
    }

    private void counter(String name, String text, ToDoubleFunction<ArchiveStats> number) {
        FunctionCounter.builder(PREFIX + name, archive, one -> number.applyAsDouble(one.stats()))
                .description(text)
                .tags(tags)
                .register(registry);
    }

    /** The age of something bad: 0 while there is none. */
    private void age(String name, String text, Function<ArchiveStats, Optional<Instant>> since) {
        timed(name, text, stats -> since.apply(stats).map(this::seconds).orElse(0.0));
    }

    /** The age of what is known: NaN while nothing is. */
    private void silence(String name, String text, Function<ArchiveStats, Optional<Instant>> since) {
        timed(name, text, stats -> since.apply(stats).map(this::seconds).orElse(Double.NaN));
    }

    private void timed(String name, String text, ToDoubleFunction<ArchiveStats> seconds) {
        TimeGauge.builder(PREFIX + name, archive, TimeUnit.SECONDS, one -> seconds.applyAsDouble(one.stats()))
                .description(text)
                .tags(tags)
                .strongReference(true)
                .register(registry);
    }

    private double seconds(Instant since) {
        return Math.max(0, Duration.between(since, clock.instant()).toMillis() / 1000.0);
    }
}

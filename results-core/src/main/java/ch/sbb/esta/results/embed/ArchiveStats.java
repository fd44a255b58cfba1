package ch.sbb.esta.results.embed;

import ch.sbb.esta.results.ReplicaView;
import ch.sbb.esta.results.archive.ArchiverStats;
import ch.sbb.esta.results.archive.RunSweep;
import ch.sbb.esta.results.events.EventCollectorStats;
import ch.sbb.esta.results.events.PodCollector;
import ch.sbb.esta.results.logs.LogCollectorStats;
import ch.sbb.esta.results.logs.LogStoreStats;
import ch.sbb.esta.results.logs.SegmentedLogs;
import ch.sbb.esta.results.prune.Pruner;
import ch.sbb.esta.results.prune.RunFinalizers;
import ch.sbb.esta.results.spi.WatchHealth;
import ch.sbb.esta.results.spi.Watching;
import java.time.Instant;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** The numbers of a {@link ResultsArchive} at one moment. Immutable and thread-safe. */
public final class ArchiveStats {

    private final ArchiverStats archiver;
    private final @Nullable LogCollectorStats collector;
    private final @Nullable Place place;
    private final RunSweep.@Nullable Stats sweep;
    private final @Nullable LogStoreStats logStore;
    private final @Nullable EventCollectorStats events;
    private final PodCollector.@Nullable Stats finalPods;
    private final RunAnnotations.@Nullable Stats annotations;
    private final Pruner.@Nullable Stats pruner;
    private final RunFinalizers.@Nullable Stats finalizers;

    ArchiveStats(
            ArchiverStats archiver,
            @Nullable LogCollectorStats collector,
            @Nullable Place place,
            RunSweep.@Nullable Stats sweep,
            @Nullable LogStoreStats logStore,
            @Nullable EventCollectorStats events,
            PodCollector.@Nullable Stats finalPods,
            RunAnnotations.@Nullable Stats annotations,
            Departure departure) {
        this.pruner = departure.pruner() == null ? null : departure.pruner().stats();
        this.finalizers =
                departure.finalizers() == null ? null : departure.finalizers().stats();
        this.sweep = sweep;
        this.logStore = logStore;
        this.events = events;
        this.finalPods = finalPods;
        this.annotations = annotations;
        this.archiver = archiver;
        this.collector = collector;
        this.place = place;
    }

    /**
     * The numbers of the runs.
     *
     * @return what waits, what was archived, what ails
     */
    public ArchiverStats archiver() {
        return archiver;
    }

    /**
     * The numbers of the logs.
     *
     * @return streams, bytes and lines since the last start, or empty while stopped or without logs
     */
    public Optional<LogCollectorStats> collector() {
        return Optional.ofNullable(collector);
    }

    /**
     * When the cluster last proved that the watch of the runs is alive.
     *
     * @return the time, or empty while stopped, on a replica that does not lead, and before the first proof
     */
    public Optional<Instant> lastHeard() {
        return place == null ? Optional.empty() : Optional.ofNullable(place.lastHeard);
    }

    /**
     * What this archive is among its replicas: whether it leads and since when, and who is alive.
     *
     * @return the view, or empty while stopped; an archive without {@linkplain ResultsArchive.Builder#replicas replicas} leads alone
     */
    public Optional<ReplicaView> replica() {
        return place == null ? Optional.empty() : Optional.of(place.replica);
    }

    /**
     * What is watched of the runs, and what cannot be.
     *
     * @return the numbers of now, or empty while stopped and on a replica that does not lead
     */
    public Optional<WatchHealth> watch() {
        return place == null ? Optional.empty() : Optional.ofNullable(place.watch);
    }

    /**
     * The numbers of the comparisons with the cluster.
     *
     * @return since this archive was made, or empty without a sweep
     */
    public Optional<RunSweep.Stats> sweep() {
        return Optional.ofNullable(sweep);
    }

    /**
     * The numbers of the log store: what lies in its spool, and whether its blob store takes segments.
     *
     * @return since the sink was opened, or empty where it is no {@link SegmentedLogs}
     */
    public Optional<LogStoreStats> logStore() {
        return Optional.ofNullable(logStore);
    }

    /**
     * The numbers of the Events.
     *
     * @return since this archive was made, or empty without them
     */
    public Optional<EventCollectorStats> events() {
        return Optional.ofNullable(events);
    }

    /**
     * The numbers of the final pods.
     *
     * @return since this archive was made, or empty without them
     */
    public Optional<PodCollector.Stats> finalPods() {
        return Optional.ofNullable(finalPods);
    }

    /**
     * The numbers of the annotations.
     *
     * @return since this archive was made, or empty without them
     */
    public Optional<RunAnnotations.Stats> annotations() {
        return Optional.ofNullable(annotations);
    }

    /**
     * The numbers of the pruner.
     *
     * @return since this archive was made, or empty without one
     */
    public Optional<Pruner.Stats> pruner() {
        return Optional.ofNullable(pruner);
    }

    /**
     * The numbers of the finalizers.
     *
     * @return since this archive was made, or empty without them
     */
    public Optional<RunFinalizers.Stats> finalizers() {
        return Optional.ofNullable(finalizers);
    }

    /**
     * Whether runs and segments of logs get to where they are kept. A pruner that fails deletes nothing and does no harm: it does not
     * count.
     *
     * @return false when somebody should look at {@link #archiver()} and {@link #logStore()}
     */
    public boolean isHealthy() {
        return archiver.isHealthy() && (logStore == null || logStore.isHealthy());
    }

    /** Where a running archive stands. */
    record Place(
            ReplicaView replica,
            @Nullable Instant lastHeard,
            @Nullable WatchHealth watch) {

        static Place of(ReplicaView replica, @Nullable Watching runs) {
            return new Place(
                    replica, runs == null ? null : runs.lastHeard().orElse(null), runs == null ? null : runs.health());
        }
    }
}

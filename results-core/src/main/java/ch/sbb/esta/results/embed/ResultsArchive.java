package ch.sbb.esta.results.embed;

import ch.sbb.esta.results.ContainerLogId;
import ch.sbb.esta.results.ResultNaming;
import ch.sbb.esta.results.ResultsException;
import ch.sbb.esta.results.archive.ArchiveListener;
import ch.sbb.esta.results.archive.ArchiverConfig;
import ch.sbb.esta.results.archive.ArchiverStats;
import ch.sbb.esta.results.archive.RunArchiver;
import ch.sbb.esta.results.archive.RunSweep;
import ch.sbb.esta.results.logs.LogCollector;
import ch.sbb.esta.results.logs.LogCollectorConfig;
import ch.sbb.esta.results.logs.LogCollectorStats;
import ch.sbb.esta.results.logs.LogListener;
import ch.sbb.esta.results.logs.LogRecords;
import ch.sbb.esta.results.logs.LogStoreStats;
import ch.sbb.esta.results.logs.PlainLogs;
import ch.sbb.esta.results.logs.SegmentedLogs;
import ch.sbb.esta.results.prune.FinalizerConfig;
import ch.sbb.esta.results.prune.FinalizerListener;
import ch.sbb.esta.results.prune.LostData;
import ch.sbb.esta.results.prune.PruneListener;
import ch.sbb.esta.results.prune.Pruner;
import ch.sbb.esta.results.prune.PrunerConfig;
import ch.sbb.esta.results.prune.RunFinalizers;
import ch.sbb.esta.results.prune.RunSafety;
import ch.sbb.esta.results.retention.Retention;
import ch.sbb.esta.results.spi.BlobStore;
import ch.sbb.esta.results.spi.ClusterRuns;
import ch.sbb.esta.results.spi.ContainerLogs;
import ch.sbb.esta.results.spi.LogSink;
import ch.sbb.esta.results.spi.LogSource;
import ch.sbb.esta.results.spi.Namespaces;
import ch.sbb.esta.results.spi.Quarantine;
import ch.sbb.esta.results.spi.RecordCreation;
import ch.sbb.esta.results.spi.ResultsStore;
import ch.sbb.esta.results.spi.RunWatcher;
import ch.sbb.esta.results.spi.Watching;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The archive as a controller embeds it: watches runs and brings them into a store, follows the logs of their containers into a sink.
 *
 * <p>Thread-safe. Starting a started archive and stopping a stopped one have no effect; a stopped one may be started again. Nothing
 * that was handed in is closed, the log sink included. Several archives may live in one JVM, each with a work directory of its own.
 */
public final class ResultsArchive implements AutoCloseable {

    private final RunWatcher watcher;
    private final RunArchiver archiver;
    private final @Nullable RunSweep sweep;
    private final @Nullable Logs logs;
    private final @Nullable AbandonedLogs abandoned;
    private final @Nullable LogRecording recording;
    private final @Nullable Retention retention;
    private final Departure departure;
    private final InstantSource clock;
    private final Duration closeTimeout;
    private volatile @Nullable Running running;

    private record Logs(ContainerLogs from, LogSink to, LogCollectorConfig config, List<LogListener> listeners) {}

    private record Running(Watching runs, @Nullable LogCollector collector) {}

    private ResultsArchive(
            Builder builder,
            RunWatcher watcher,
            RunArchiver archiver,
            @Nullable RunSweep sweep,
            @Nullable AbandonedLogs abandoned,
            @Nullable LogRecording recording,
            Departure departure,
            Duration closeTimeout) {
        this.watcher = watcher;
        this.archiver = archiver;
        this.sweep = sweep;
        this.abandoned = abandoned;
        this.recording = recording;
        this.departure = departure;
        this.logs = builder.logs();
        this.retention = builder.retention;
        this.clock = builder.clock;
        this.closeTimeout = closeTimeout;
    }

    /**
     * Begins to put an archive together.
     *
     * @return a builder; it needs runs, a store and a work directory
     */
    public static Builder builder() {
        return new Builder();
    }

    /**
     * Begins to watch, to archive and to follow logs.
     *
     * @throws ResultsException {@code UNAVAILABLE} when the work directory cannot be used, {@code CONFLICT} when
     *     another archive uses it; whatever the watches throw. Nothing runs then.
     */
    public synchronized void start() {
        if (running != null) {
            return;
        }
        if (abandoned != null) {
            abandoned.expect(clock.instant());
        }
        archiver.start();
        LogCollector collector = null;
        try {
            if (logs != null) {
                collector = new LogCollector(logs.from, logs.to, logs.config, clock);
                logs.listeners.forEach(collector::addListener);
                if (recording != null) {
                    collector.addListener(recording);
                }
                collector.addListener(departure);
                collector.start();
            }
            departure.start();
            running = new Running(watcher.watch(departure.before(archiver)), collector);
            if (sweep != null) {
                sweep.start(archiver::accept);
            }
            if (abandoned != null && collector != null) {
                abandoned.start(collector);
            }
            if (recording != null) {
                recording.start();
            }
            if (retention != null) {
                retention.start();
            }
        } finally {
            if (running == null) {
                departure.stop();
                if (collector != null) {
                    collector.close();
                }
                archiver.close();
            }
        }
    }

    /**
     * Ends the watches, archives what waits as far as the configured time allows, and stops following logs; the next start, in whatever
     * process, goes on.
     *
     * @return what was still open
     */
    public synchronized Remainder stop() {
        Running current = running;
        if (current == null) {
            return new Remainder(new RunArchiver.Remainder(0, 0, 0), List.of());
        }
        running = null;
        current.runs.close();
        departure.stop();
        if (retention != null) {
            retention.close();
        }
        if (sweep != null) {
            sweep.close();
        }
        if (abandoned != null) {
            abandoned.stop();
        }
        List<ContainerLogId> open = List.of();
        if (current.collector != null) {
            current.collector.close();
            open = current.collector.openLogs();
        }
        RunArchiver.Remainder left = archiver.close(closeTimeout);
        if (recording != null) {
            recording.stop(closeTimeout);
        }
        return new Remainder(left, open);
    }

    /** Stops; see {@link #stop()}. */
    @Override
    public void close() {
        stop();
    }

    /**
     * Waits until everything that was seen so far is archived and every log that was begun is sealed.
     *
     * @param limit how long at most
     * @return false when the limit was reached before; true at once when the archive is not started
     * @throws InterruptedException when the waiting thread is interrupted
     */
    public boolean awaitIdle(Duration limit) throws InterruptedException {
        Running current;
        synchronized (this) {
            current = running;
        }
        if (current == null) {
            return true;
        }
        long end = System.nanoTime() + limit.toNanos();
        return (current.collector == null || current.collector.awaitIdle(limit))
                && archiver.awaitIdle(until(end))
                && (recording == null || recording.awaitIdle(until(end)));
    }

    private static Duration until(long nanoTime) {
        return Duration.ofNanos(Math.max(0, nanoTime - System.nanoTime()));
    }

    /**
     * What was done so far, what waits and what ails. Waits for nothing, so it may be called while the archive stops.
     *
     * @return the numbers of now
     */
    public Stats stats() {
        Running current = running;
        return new Stats(
                archiver.stats(),
                current == null || current.collector == null ? null : current.collector.stats(),
                current == null ? null : current.runs.lastHeard().orElse(null),
                sweep == null ? null : sweep.stats(),
                logs != null && logs.to instanceof SegmentedLogs store ? store.stats() : null,
                departure);
    }

    /**
     * What was still open when an archive stopped.
     *
     * @param runs what was not archived
     * @param logs which logs were not sealed
     */
    public record Remainder(RunArchiver.Remainder runs, List<ContainerLogId> logs) {

        /**
         * Copies the list.
         *
         * @param runs what was not archived
         * @param logs which logs were not sealed
         */
        public Remainder {
            Objects.requireNonNull(runs, "runs");
            logs = List.copyOf(logs);
        }

        /**
         * Whether nothing was open.
         *
         * @return true when everything was archived and sealed
         */
        public boolean isEmpty() {
            return runs.isEmpty() && logs.isEmpty();
        }
    }

    /** Numbers of one moment. Immutable and thread-safe. */
    public static final class Stats {

        private final ArchiverStats archiver;
        private final @Nullable LogCollectorStats collector;
        private final @Nullable Instant lastHeard;
        private final RunSweep.@Nullable Stats sweep;
        private final @Nullable LogStoreStats logStore;
        private final Pruner.@Nullable Stats pruner;
        private final RunFinalizers.@Nullable Stats finalizers;

        private Stats(
                ArchiverStats archiver,
                @Nullable LogCollectorStats collector,
                @Nullable Instant lastHeard,
                RunSweep.@Nullable Stats sweep,
                @Nullable LogStoreStats logStore,
                Departure departure) {
            this.pruner = departure.pruner() == null ? null : departure.pruner().stats();
            this.finalizers = departure.finalizers() == null
                    ? null
                    : departure.finalizers().stats();
            this.sweep = sweep;
            this.logStore = logStore;
            this.archiver = archiver;
            this.collector = collector;
            this.lastHeard = lastHeard;
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
         * @return the time, or empty while stopped and before the first proof
         */
        public Optional<Instant> lastHeard() {
            return Optional.ofNullable(lastHeard);
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
    }

    /** Puts an archive together; all mistakes are told at once. Not thread-safe. */
    public static final class Builder {

        private @Nullable RunWatcher watcher;
        private @Nullable ClusterRuns cluster;
        private Duration sweepInterval = Duration.ofMinutes(10);
        private Duration settling = Duration.ofMinutes(2);
        private @Nullable ResultsStore store;
        private @Nullable Quarantine quarantine;
        private @Nullable ContainerLogs containerLogs;
        private @Nullable LogSink sink;
        private String logBackend = "S3";
        private @Nullable BlobStore plainLogs;
        private @Nullable ArchiverConfig archiverConfig;
        private LogCollectorConfig collectorConfig = LogCollectorConfig.defaults();
        private ResultNaming naming = ResultNaming.defaults();
        private @Nullable Retention retention;
        private @Nullable PrunerConfig pruning;
        private @Nullable FinalizerConfig finalizing;
        private @Nullable Namespaces namespaces;
        private LostData lostData = LostData.KEEP_RUN;
        private final List<PruneListener> pruneListeners = new ArrayList<>();
        private final List<FinalizerListener> finalizerListeners = new ArrayList<>();
        private InstantSource clock = InstantSource.system();
        private final List<ArchiveListener> archiveListeners = new ArrayList<>();
        private final List<LogListener> logListeners = new ArrayList<>();

        private Builder() {}

        /**
         * Sets where runs come from.
         *
         * @param watcher watches the runs of a cluster
         * @return this
         */
        public Builder runs(RunWatcher watcher) {
            this.watcher = Objects.requireNonNull(watcher, "watcher");
            return this;
        }

        /**
         * Compares what the cluster lists with what was archived, every ten minutes, so that nothing is missed whatever happens to the
         * watch; see {@link RunSweep}.
         *
         * @param cluster the runs of the cluster that is watched
         * @return this
         */
        public Builder sweep(ClusterRuns cluster) {
            return sweep(cluster, Duration.ofMinutes(10));
        }

        /**
         * Compares what the cluster lists with what was archived; see {@link RunSweep}.
         *
         * @param cluster the runs of the cluster that is watched
         * @param interval from the end of a comparison to the next one
         * @return this
         */
        public Builder sweep(ClusterRuns cluster, Duration interval) {
            this.cluster = Objects.requireNonNull(cluster, "cluster");
            this.sweepInterval = Objects.requireNonNull(interval, "interval");
            return this;
        }

        /**
         * Sets where runs go, and what cannot be archived.
         *
         * @param <S> a store with a quarantine
         * @param store keeps both
         * @return this
         */
        public <S extends ResultsStore & Quarantine> Builder store(S store) {
            return store(store, store);
        }

        /**
         * Sets where runs go, and what cannot be archived.
         *
         * @param store keeps Results and Records
         * @param quarantine keeps what cannot be archived
         * @return this
         */
        public Builder store(ResultsStore store, Quarantine quarantine) {
            this.store = Objects.requireNonNull(store, "store");
            this.quarantine = Objects.requireNonNull(quarantine, "quarantine");
            return this;
        }

        /**
         * Sets where logs come from and where they go; without it no log is followed. Where the sink is a {@link LogSource} too, the logs
         * that an earlier process left live are sealed once their TaskRun is over and its pods are gone.
         *
         * @param from opens the logs of containers
         * @param to takes them
         * @return this
         */
        public Builder logs(ContainerLogs from, LogSink to) {
            this.containerLogs = Objects.requireNonNull(from, "from");
            this.sink = Objects.requireNonNull(to, "to");
            return this;
        }

        /**
         * Sets what the Records of logs say of where the logs lie; {@code S3} unless set. Where the sink is a {@link LogSource} and the
         * store takes Records of any type, each finished TaskRun with logs gets such a Record; see {@link LogRecords}.
         *
         * @param backend for example {@code File}
         * @return this
         */
        public Builder logBackend(String backend) {
            this.logBackend = Objects.requireNonNull(backend, "backend");
            return this;
        }

        /**
         * Copies the logs of finished TaskRuns as plain text too, where a Tekton Results server with {@code LOGS_TYPE=blob} finds them;
         * see {@link PlainLogs}. Needs what {@link #logBackend} needs.
         *
         * @param copies where the copies go; its prefix is the server's {@code LOGS_PATH}
         * @return this
         */
        public Builder plainLogs(BlobStore copies) {
            this.plainLogs = Objects.requireNonNull(copies, "copies");
            return this;
        }

        /**
         * Runs retention on its schedule for as long as the archive runs. One process of several is enough.
         *
         * @param retention started and closed with the archive
         * @return this
         */
        public Builder retention(Retention retention) {
            this.retention = Objects.requireNonNull(retention, "retention");
            return this;
        }

        /**
         * Deletes runs from the cluster that are over for long enough and safe; see {@link Pruner}. Needs {@link #sweep}; where logs are
         * followed, the sink must be a {@link LogSource} too. One process of several is enough.
         *
         * @param config which runs
         * @return this
         */
        public Builder prune(PrunerConfig config) {
            this.pruning = Objects.requireNonNull(config, "config");
            return this;
        }

        /**
         * Holds runs in the cluster until nothing of them can be lost; see {@link RunFinalizers}. Needs what {@link #prune} needs.
         *
         * @param config for how long
         * @return this
         */
        public Builder finalizers(FinalizerConfig config) {
            this.finalizing = Objects.requireNonNull(config, "config");
            return this;
        }

        /**
         * Lets runs go at once whose namespace is being deleted.
         *
         * @param namespaces the namespaces of the cluster
         * @return this
         */
        public Builder namespaces(Namespaces namespaces) {
            this.namespaces = Objects.requireNonNull(namespaces, "namespaces");
            return this;
        }

        /**
         * Sets what the pruner and the finalizers make of runs of which something is lost for good.
         *
         * @param lost {@link LostData#KEEP_RUN} by default
         * @return this
         */
        public Builder lostData(LostData lost) {
            this.lostData = Objects.requireNonNull(lost, "lost");
            return this;
        }

        /**
         * Adds a listener for runs that were deleted.
         *
         * @param listener is told of each
         * @return this
         */
        public Builder onPruned(PruneListener listener) {
            pruneListeners.add(Objects.requireNonNull(listener, "listener"));
            return this;
        }

        /**
         * Adds a listener for runs that are not held any more.
         *
         * @param listener is told of each, also of those that were let go unsafe
         * @return this
         */
        public Builder onReleased(FinalizerListener listener) {
            finalizerListeners.add(Objects.requireNonNull(listener, "listener"));
            return this;
        }

        /** For tests: how long until the pods that exist are known for sure. */
        Builder settling(Duration time) {
            this.settling = time;
            return this;
        }

        /**
         * Sets where finished runs wait on disk, with the defaults of {@link ArchiverConfig}.
         *
         * @param directory belongs to this archive alone and outlives the process
         * @return this
         */
        public Builder workDirectory(Path directory) {
            return archiver(ArchiverConfig.builder(directory.resolve("runs")).build());
        }

        /**
         * Sets the bounds of the queue and the spool, in place of {@link #workDirectory}.
         *
         * @param config the bounds
         * @return this
         */
        public Builder archiver(ArchiverConfig config) {
            this.archiverConfig = Objects.requireNonNull(config, "config");
            return this;
        }

        /**
         * Sets how logs are followed.
         *
         * @param config {@link LogCollectorConfig#defaults()} by default
         * @return this
         */
        public Builder collector(LogCollectorConfig config) {
            this.collectorConfig = Objects.requireNonNull(config, "config");
            return this;
        }

        /**
         * Sets how runs are placed.
         *
         * @param naming {@link ResultNaming#defaults()} by default
         * @return this
         */
        public Builder naming(ResultNaming naming) {
            this.naming = Objects.requireNonNull(naming, "naming");
            return this;
        }

        /**
         * Adds a listener for runs.
         *
         * @param listener is told what became of each run
         * @return this
         */
        public Builder onArchived(ArchiveListener listener) {
            archiveListeners.add(Objects.requireNonNull(listener, "listener"));
            return this;
        }

        /**
         * Adds a listener for logs.
         *
         * @param listener is told of each log that is sealed
         * @return this
         */
        public Builder onSealed(LogListener listener) {
            logListeners.add(Objects.requireNonNull(listener, "listener"));
            return this;
        }

        /**
         * Sets the clock.
         *
         * @param clock the system's by default
         * @return this
         */
        public Builder clock(InstantSource clock) {
            this.clock = Objects.requireNonNull(clock, "clock");
            return this;
        }

        /**
         * Makes the archive; nothing runs before {@link ResultsArchive#start()}.
         *
         * @return the archive
         * @throws ResultsException {@code INVALID} naming everything that is missing
         */
        public ResultsArchive build() {
            if (watcher == null || store == null || quarantine == null || archiverConfig == null) {
                List<String> missing = new ArrayList<>();
                missing(missing, watcher, "runs(…): where runs come from");
                missing(missing, store, "store(…): where runs go");
                missing(missing, archiverConfig, "workDirectory(…): where finished runs wait on disk");
                missing.addAll(missingForDeparture());
                throw ResultsException.invalid("the archive lacks " + String.join("; ", missing));
            }
            if (!missingForDeparture().isEmpty()) {
                throw ResultsException.invalid("the archive lacks " + String.join("; ", missingForDeparture()));
            }
            RunArchiver.Builder archiver = RunArchiver.builder(store, quarantine, archiverConfig)
                    .naming(naming)
                    .clock(clock);
            archiveListeners.forEach(archiver::listener);
            RunSweep sweep = cluster == null ? null : new RunSweep(cluster, sweepInterval, clock);
            if (sweep != null) {
                archiver.listener(sweep);
            }
            AbandonedLogs abandoned = containerLogs != null && sink instanceof LogSource source
                    ? new AbandonedLogs(containerLogs, source, settling)
                    : null;
            if (abandoned != null) {
                archiver.listener(abandoned);
            }
            LogRecording recording = containerLogs != null
                            && sink instanceof LogSource source
                            && store instanceof RecordCreation creation
                    ? new LogRecording(
                            new LogRecords(store, creation, source, logBackend),
                            plainLogs == null ? null : new PlainLogs(store, source, plainLogs))
                    : null;
            if (recording != null) {
                archiver.listener(recording);
            }
            Departure departure = departure(store);
            archiver.listener(departure);
            return new ResultsArchive(
                    this,
                    watcher,
                    archiver.build(),
                    sweep,
                    abandoned,
                    recording,
                    departure,
                    archiverConfig.closeTimeout());
        }

        private List<String> missingForDeparture() {
            List<String> missing = new ArrayList<>();
            if (pruning != null || finalizing != null) {
                missing(missing, cluster, "sweep(…): the cluster that runs are deleted from and held in");
                if (containerLogs != null && !(sink instanceof LogSource)) {
                    missing.add("a log sink that is a LogSource too, to tell whether logs are sealed");
                }
            }
            return missing;
        }

        private Departure departure(ResultsStore checked) {
            if (cluster == null || (pruning == null && finalizing == null)) {
                return new Departure(null, null);
            }
            RunSafety.Builder safety =
                    RunSafety.builder(checked, cluster).naming(naming).lost(lostData);
            if (containerLogs != null && sink instanceof LogSource source) {
                safety.logs(source).pods(containerLogs);
            }
            RunSafety check = safety.build();
            return new Departure(
                    finalizing == null ? null : finalizers(check, finalizing),
                    pruning == null ? null : pruner(check, pruning));
        }

        private RunFinalizers finalizers(RunSafety safety, FinalizerConfig config) {
            RunFinalizers.Builder builder =
                    RunFinalizers.builder(safety, config).clock(clock);
            finalizerListeners.forEach(builder::onReleased);
            if (namespaces != null) {
                builder.namespaces(namespaces);
            }
            return builder.build();
        }

        private Pruner pruner(RunSafety safety, PrunerConfig config) {
            Pruner.Builder builder = Pruner.builder(safety, config).clock(clock);
            pruneListeners.forEach(builder::onPruned);
            return builder.build();
        }

        private static void missing(List<String> missing, @Nullable Object part, String text) {
            if (part == null) {
                missing.add(text);
            }
        }

        private @Nullable Logs logs() {
            return containerLogs == null || sink == null
                    ? null
                    : new Logs(containerLogs, sink, collectorConfig, List.copyOf(logListeners));
        }
    }
}

package ch.sbb.esta.results.embed;

import ch.sbb.esta.results.ContainerLogId;
import ch.sbb.esta.results.ResultNaming;
import ch.sbb.esta.results.ResultsException;
import ch.sbb.esta.results.archive.ArchiveListener;
import ch.sbb.esta.results.archive.ArchiverConfig;
import ch.sbb.esta.results.archive.RunArchiver;
import ch.sbb.esta.results.archive.RunSweep;
import ch.sbb.esta.results.events.EventCollectorConfig;
import ch.sbb.esta.results.events.PodCollector;
import ch.sbb.esta.results.logs.LogCollector;
import ch.sbb.esta.results.logs.LogCollectorConfig;
import ch.sbb.esta.results.logs.LogListener;
import ch.sbb.esta.results.logs.LogRecords;
import ch.sbb.esta.results.logs.PlainLogs;
import ch.sbb.esta.results.logs.SegmentedLogs;
import ch.sbb.esta.results.prune.FinalizerConfig;
import ch.sbb.esta.results.prune.FinalizerListener;
import ch.sbb.esta.results.prune.LostData;
import ch.sbb.esta.results.prune.PruneListener;
import ch.sbb.esta.results.prune.Pruner;
import ch.sbb.esta.results.prune.PrunerConfig;
import ch.sbb.esta.results.prune.RunFinalizers;
import ch.sbb.esta.results.retention.Retention;
import ch.sbb.esta.results.spi.BlobStore;
import ch.sbb.esta.results.spi.ClusterEvents;
import ch.sbb.esta.results.spi.ClusterPods;
import ch.sbb.esta.results.spi.ClusterRuns;
import ch.sbb.esta.results.spi.ContainerLogs;
import ch.sbb.esta.results.spi.LogSink;
import ch.sbb.esta.results.spi.LogSource;
import ch.sbb.esta.results.spi.Membership;
import ch.sbb.esta.results.spi.Namespaces;
import ch.sbb.esta.results.spi.Quarantine;
import ch.sbb.esta.results.spi.RecordCreation;
import ch.sbb.esta.results.spi.Replicas;
import ch.sbb.esta.results.spi.ResultsStore;
import ch.sbb.esta.results.spi.RunWatcher;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The archive as a controller embeds it: watches runs and brings them into a store, follows the logs of their containers into a sink.
 *
 * <p>Thread-safe. Starting a started archive and stopping a stopped one have no effect; a stopped one may be started again. Nothing
 * that was handed in is closed, the log sink included. Several archives may live in one JVM, each with a work directory of its own.
 */
public final class ResultsArchive implements AutoCloseable {

    private final Replicas replicas;
    private final LeaderWork work;
    private final RunArchiver archiver;
    private final @Nullable RunSweep sweep;
    private final @Nullable Logs logs;
    private final @Nullable AbandonedLogs abandoned;
    private final @Nullable LogRecording recording;
    private final @Nullable EventRecording events;
    private final @Nullable PodCollector finalPods;
    private final @Nullable RunAnnotations annotations;
    private final Departure departure;
    private final InstantSource clock;
    private final Duration closeTimeout;
    private volatile @Nullable Running running;

    private record Logs(ContainerLogs from, LogSink to, LogCollectorConfig config, List<LogListener> listeners) {}

    private record Running(
            Membership membership,
            Following following,
            @Nullable LogCollector collector) {}

    private ResultsArchive(Builder builder, Assembly parts, Duration closeTimeout) {
        this.replicas = builder.replicas == null ? new SingleReplica(builder.clock) : builder.replicas;
        this.work = parts.work();
        this.archiver = parts.archiver();
        this.sweep = parts.sweep();
        this.abandoned = parts.abandoned();
        this.recording = parts.recording();
        this.events = parts.events();
        this.finalPods = parts.finalPods();
        this.annotations = parts.annotations();
        this.departure = parts.departure();
        this.logs = builder.logs();
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
     * Begins to watch, to archive and to follow logs; of several {@linkplain Builder#replicas replicas} each what is its part.
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
        Following following = null;
        Membership membership = null;
        try {
            collector = collector();
            following = new Following(work, collector);
            membership = replicas.join(following::onChange);
            following.begin(membership);
            if (recording != null) {
                recording.start();
            }
            running = new Running(membership, following, collector);
        } finally {
            if (running == null) {
                leave(following, collector, membership);
                archiver.close();
                work.settle(closeTimeout);
            }
        }
    }

    private @Nullable LogCollector collector() {
        if (logs == null) {
            return null;
        }
        LogCollector collector = new LogCollector(logs.from, logs.to, logs.config, clock);
        logs.listeners.forEach(collector::addListener);
        if (recording != null) {
            collector.addListener(recording);
        }
        if (annotations != null) {
            collector.addListener(annotations);
        }
        collector.addListener(departure);
        return collector;
    }

    /** Others take over what this replica did as soon as it does no more of it, and not while it archives what waits. */
    private void leave(
            @Nullable Following following, @Nullable LogCollector collector, @Nullable Membership membership) {
        if (following != null) {
            following.close();
        }
        work.stop();
        if (collector != null) {
            collector.close();
        }
        if (membership != null) {
            membership.close();
        }
    }

    /**
     * Ends the watches, archives what waits as far as the configured time allows, and stops following logs; the next start, in whatever
     * process, goes on. Of several replicas the others go on at once.
     *
     * @return what was still open
     */
    public synchronized Remainder stop() {
        Running current = running;
        if (current == null) {
            return new Remainder(new RunArchiver.Remainder(0, 0, 0), List.of());
        }
        running = null;
        leave(current.following, current.collector, current.membership);
        List<ContainerLogId> open = current.collector == null ? List.of() : current.collector.openLogs();
        RunArchiver.Remainder left = archiver.close(closeTimeout);
        if (recording != null) {
            recording.stop(closeTimeout);
        }
        work.settle(closeTimeout);
        return new Remainder(left, open);
    }

    /** Stops; see {@link #stop()}. */
    @Override
    public void close() {
        stop();
    }

    /**
     * Waits until everything that was seen so far is archived, every log that was begun is sealed, and the Events of the runs are written.
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
                && (recording == null || recording.awaitIdle(until(end)))
                && (events == null || events.collector().awaitIdle(until(end)))
                && (finalPods == null || finalPods.awaitIdle(until(end)));
    }

    private static Duration until(long nanoTime) {
        return Duration.ofNanos(Math.max(0, nanoTime - System.nanoTime()));
    }

    /**
     * What was done so far, what waits and what ails. Waits for nothing, so it may be called while the archive stops.
     *
     * @return the numbers of now
     */
    public ArchiveStats stats() {
        Running current = running;
        return new ArchiveStats(
                archiver.stats(),
                current == null || current.collector == null ? null : current.collector.stats(),
                current == null
                        ? null
                        : ArchiveStats.Place.of(
                                current.membership.view(), work.watching().orElse(null)),
                sweep == null ? null : sweep.stats(),
                logs != null && logs.to instanceof SegmentedLogs store ? store.stats() : null,
                events == null ? null : events.collector().stats(),
                finalPods == null ? null : finalPods.stats(),
                annotations == null ? null : annotations.stats(),
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

    /** Puts an archive together; all mistakes are told at once. Not thread-safe. */
    public static final class Builder {

        @Nullable
        Replicas replicas;

        @Nullable
        RunWatcher watcher;

        @Nullable
        ClusterRuns cluster;

        Duration sweepInterval = Duration.ofMinutes(10);
        Duration settling = Duration.ofMinutes(2);
        Duration relook = Duration.ofSeconds(10);

        @Nullable
        ResultsStore store;

        @Nullable
        Quarantine quarantine;

        @Nullable
        ContainerLogs containerLogs;

        @Nullable
        LogSink sink;

        String logBackend = "S3";

        @Nullable
        BlobStore plainLogs;

        @Nullable
        ClusterEvents clusterEvents;

        @Nullable
        ClusterPods clusterPods;

        EventCollectorConfig eventConfig = EventCollectorConfig.defaults();

        @Nullable
        ArchiverConfig archiverConfig;

        LogCollectorConfig collectorConfig = LogCollectorConfig.defaults();
        ResultNaming naming = ResultNaming.defaults();

        @Nullable
        Retention retention;

        @Nullable
        PrunerConfig pruning;

        @Nullable
        FinalizerConfig finalizing;

        @Nullable
        Namespaces namespaces;

        boolean annotating;

        LostData lostData = LostData.KEEP_RUN;
        final List<PruneListener> pruneListeners = new ArrayList<>();
        final List<FinalizerListener> finalizerListeners = new ArrayList<>();
        InstantSource clock = InstantSource.system();
        final List<ArchiveListener> archiveListeners = new ArrayList<>();
        final List<LogListener> logListeners = new ArrayList<>();

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
         * Keeps the Kubernetes Events of runs and of their pods, which the cluster forgets after an hour; off unless set. Needs a store
         * that takes Records of any type. The pruner and the finalizers then hold a run until its Events are stored too.
         *
         * @param cluster the Events of the cluster that is watched
         * @return this
         */
        public Builder events(ClusterEvents cluster) {
            return events(cluster, EventCollectorConfig.defaults());
        }

        /**
         * Keeps the Kubernetes Events of runs and of their pods; see {@link #events(ClusterEvents)}.
         *
         * @param cluster the Events of the cluster that is watched
         * @param config how often they are written, and how much is kept
         * @return this
         */
        public Builder events(ClusterEvents cluster, EventCollectorConfig config) {
            this.clusterEvents = Objects.requireNonNull(cluster, "cluster");
            this.eventConfig = Objects.requireNonNull(config, "config");
            return this;
        }

        /**
         * Keeps the pods of TaskRuns as they were last, without the values of their environment; off unless set. Needs a store that takes
         * Records of any type. No run is held for the sake of its pod.
         *
         * @param cluster the pods of the cluster that is watched
         * @return this
         */
        public Builder finalPods(ClusterPods cluster) {
            this.clusterPods = Objects.requireNonNull(cluster, "cluster");
            return this;
        }

        /**
         * Runs retention on its schedule for as long as the archive runs; of several replicas on the leader.
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
         * followed, the sink must be a {@link LogSource} too. Of several replicas the leader does it.
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
         * Writes on the runs of the cluster where they are archived, as Tekton Results does ({@code results.tekton.dev/result}, {@code /record},
         * {@code /log}, {@code /eventlist}, {@code /stored}), for tools that look there; see {@link RunAnnotations}. Without it no run is
         * annotated. Needs {@link #sweep}. Of several replicas the leader does it.
         *
         * @return this
         */
        public Builder annotations() {
            this.annotating = true;
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

        /**
         * Makes this archive one of several that do the work of one, each in a process of its own with a work directory of its own, on the
         * same store and log sink. Any of them may die.
         *
         * <p>The leader watches the runs and archives them with their Events and pods, compares the cluster with the store, holds and prunes runs, and lets Results
         * expire. A standby keeps nothing of runs, but is ready: what its spool holds is archived, its connections are open, pods are
         * watched. When it becomes the leader it lists all runs. The logs of running containers are collected by all of them, each
         * TaskRun's by one; when replicas come or go the others take logs over where they stand.
         *
         * @param replicas the group; without it this archive leads alone
         * @return this
         */
        public Builder replicas(Replicas replicas) {
            this.replicas = Objects.requireNonNull(replicas, "replicas");
            return this;
        }

        /** For tests: how long until it is looked again for logs that other replicas seal. */
        Builder relook(Duration time) {
            this.relook = time;
            return this;
        }

        /**
         * Sets how long this archive waits, behind its start and between two looks, until it seals a log that another process left
         * unfinished and whose pod is gone.
         *
         * @param time positive; long enough for all replicas to know which pods there are; two minutes unless set
         * @return this
         */
        public Builder settling(Duration time) {
            if (time.isNegative() || time.isZero()) {
                throw ResultsException.invalid("settling " + time + " is not positive");
            }
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
                missing.addAll(missingForParts());
                throw ResultsException.invalid("the archive lacks " + String.join("; ", missing));
            }
            if (!missingForParts().isEmpty()) {
                throw ResultsException.invalid("the archive lacks " + String.join("; ", missingForParts()));
            }
            Assembly parts = new Assembly.Plan(this, watcher, store, quarantine, archiverConfig).assemble();
            return new ResultsArchive(this, parts, archiverConfig.closeTimeout());
        }

        private List<String> missingForParts() {
            List<String> missing = new ArrayList<>();
            boolean needsRecords = clusterEvents != null || clusterPods != null;
            if (needsRecords && store != null && !(store instanceof RecordCreation)) {
                missing.add("a store that takes Records of any type (RecordCreation), for Events and final pods");
            }
            if (pruning != null || finalizing != null || annotating) {
                missing(missing, cluster, "sweep(…): the cluster that runs are deleted from, held in and annotated in");
            }
            if (pruning != null || finalizing != null) {
                if (containerLogs != null && !(sink instanceof LogSource)) {
                    missing.add("a log sink that is a LogSource too, to tell whether logs are sealed");
                }
            }
            return missing;
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

package ch.sbb.esta.results.prune;

import ch.sbb.esta.results.ResultsException;
import ch.sbb.esta.results.RunKind;
import ch.sbb.esta.results.RunReading;
import ch.sbb.esta.results.RunSnapshot;
import ch.sbb.esta.results.internal.Background;
import ch.sbb.esta.results.internal.RetryQueue;
import ch.sbb.esta.results.prune.FinalizerListener.Cause;
import ch.sbb.esta.results.prune.FinalizerWorker.Change;
import ch.sbb.esta.results.prune.FinalizerWorker.Work;
import ch.sbb.esta.results.spi.ClusterRuns;
import ch.sbb.esta.results.spi.ClusterRuns.RunKey;
import ch.sbb.esta.results.spi.Namespaces;
import ch.sbb.esta.results.spi.RunWatcher;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Holds runs in the cluster until nothing of them can be lost, by a finalizer on each.
 *
 * <p>The finalizer {@value #FINALIZER} is added when a run is first seen and nobody deletes it yet; to a finished run only if it was never
 * stored and the deadline has not passed. It is taken off when the run is {@linkplain RunSafety safe}; when it was deleted before its end
 * and its last version is stored; when its namespace is being deleted; and at a hard deadline, which is logged as a warning and told to
 * the listeners. So each run is changed twice at most.
 *
 * <p>Events are hints: all runs are looked at again and again. Nothing is kept but what waits, about 300 bytes each.
 *
 * <p>Thread-safe. One process should do it; where two do, some work is done twice and nothing wrong.
 */
public final class RunFinalizers implements RunWatcher.Handler, AutoCloseable {

    /** The finalizer. */
    public static final String FINALIZER = "results.esta.sbb.ch/history";

    /** The finalizers of Tekton Results' own watcher. */
    public static final Set<String> UPSTREAM =
            Set.of("results.tekton.dev/pipelinerun", "results.tekton.dev/taskrun", "results.tekton.dev/customrun");

    private static final Logger LOG = LoggerFactory.getLogger(RunFinalizers.class);

    /** So far ahead of all releases are additions: a run that waits for one is not protected. */
    private static final Duration AHEAD = Duration.ofHours(1);

    private final FinalizerParts parts;
    private final FinalizerWorker worker;
    private final RetryQueue<Change> queue;
    private final Background work = new Background("esta-results-finalizers");
    private final Background sweep = new Background("esta-results-finalizer-sweep");

    /**
     * Numbers of one moment.
     *
     * @param waiting how many runs are to be looked at, most of them because something is not stored yet
     * @param added how many finalizers were added since this was made
     * @param released how many runs were let go since this was made, by cause
     */
    public record Stats(int waiting, long added, Map<Cause, Long> released) {

        /**
         * Copies the map.
         *
         * @param waiting how many runs are to be looked at, most of them because something is not stored yet
         * @param added how many finalizers were added since this was made
         * @param released how many runs were let go since this was made, by cause
         */
        public Stats {
            released = Map.copyOf(released);
        }

        /**
         * How many runs were let go because the time was up.
         *
         * @return 0 or more; more than 0 calls for somebody
         */
        public long overdue() {
            return released.getOrDefault(Cause.DEADLINE, 0L);
        }
    }

    /**
     * What became of taking off finalizers everywhere.
     *
     * @param removed from how many runs they were taken
     * @param failures from which they were not, and why; fit for log lines
     */
    public record Removal(long removed, List<String> failures) {

        /**
         * Copies the list.
         *
         * @param removed from how many runs they were taken
         * @param failures from which they were not, and why; fit for log lines
         */
        public Removal {
            failures = List.copyOf(failures);
        }
    }

    private RunFinalizers(FinalizerParts parts) {
        this.parts = parts;
        this.worker = new FinalizerWorker(parts);
        this.queue =
                new RetryQueue<>(parts.config().firstRetry(), parts.config().longestRetry());
    }

    /**
     * Begins to put it together.
     *
     * @param safety says what may be let go
     * @param config how long runs are held
     * @return a builder
     */
    public static Builder builder(RunSafety safety, FinalizerConfig config) {
        return new Builder(safety, config);
    }

    /**
     * Takes finalizers off all runs, whether they are safe or not: what is to be done before this library is removed from a cluster. Stop
     * what adds them first.
     *
     * @param cluster the runs of the cluster, of every extra kind too that was held
     * @param finalizers which, such as {@link #FINALIZER} and {@link #UPSTREAM}
     * @return from how many runs, and where it failed
     * @throws ResultsException when the runs cannot be listed
     */
    public static Removal removeAll(ClusterRuns cluster, Set<String> finalizers) {
        long removed = 0;
        List<String> failures = new ArrayList<>();
        List<RunKey> found = new ArrayList<>();
        RunIndex.read(cluster, "", run -> {
            if (RunDetails.of(run).finalizers().stream().anyMatch(finalizers::contains)) {
                found.add(RunKey.of(run));
            }
        });
        for (RunKey run : Set.copyOf(found)) {
            try {
                finalizers.forEach(finalizer -> cluster.removeFinalizer(run, finalizer));
                removed++;
            } catch (ResultsException e) {
                failures.add(String.valueOf(e.getMessage()));
            }
        }
        return new Removal(removed, failures);
    }

    /** Begins to work. No effect when started already. */
    public void start() {
        queue.open();
        work.start(signal -> queue.work(worker::attempt));
        sweep.repeat(parts.config().sweepInterval(), signal -> sweep());
    }

    /** Stops; waits until its threads have ended. It can be started again. */
    @Override
    public void close() {
        queue.close();
        work.interrupt();
        sweep.interrupt();
    }

    /** {@inheritDoc} Takes note of runs that are to be held or to be let go; nothing while it is not started. */
    @Override
    public void onRun(RunWatcher.Event event) {
        RunReading.of(event.json()).run().ifPresent(run -> {
            if (event.type() == RunWatcher.Event.Type.DELETED) {
                queue.forget(run.uid());
            } else {
                look(run);
                // By events only: of each sweep it would cost a look into the store for every run that was let go.
                if (run.isFinished() && isFree(run) && worker.isBeforeDeadline(run)) {
                    put(run, Work.ADD);
                }
            }
        });
    }

    /** Whether nobody deletes the run and we do not hold it. */
    private boolean isFree(RunSnapshot run) {
        return run.deletionTime().isEmpty()
                && worker.held(run, RunDetails.of(run)).isEmpty();
    }

    private void look(RunSnapshot run) {
        boolean going = run.deletionTime().isPresent();
        if (!worker.held(run, RunDetails.of(run)).isEmpty()) {
            if (run.isFinished() || going) {
                put(run, Work.RELEASE);
            }
        } else if (!going && !run.isFinished()) {
            put(run, Work.ADD);
        }
    }

    /**
     * Looks at a run at once if it waits: something of it was stored.
     *
     * @param uid {@code metadata.uid} of the run
     */
    public void recheck(String uid) {
        queue.hurry(Objects.requireNonNull(uid, "uid"));
    }

    /**
     * What was done and what waits.
     *
     * @return the numbers of now
     */
    public Stats stats() {
        return new Stats(queue.waiting(), worker.added(), worker.released());
    }

    private void put(RunSnapshot run, Work what) {
        queue.put(run.uid(), new Change(RunKey.of(run), what), what == Work.ADD ? AHEAD : Duration.ZERO);
    }

    /** A kind that cannot be listed does not hold up the others. */
    private void sweep() {
        ClusterRuns cluster = parts.safety().cluster();
        for (List<RunKind> versions : cluster.kinds().versions()) {
            try {
                RunIndex.list(cluster, versions, "", this::look);
            } catch (ResultsException e) {
                LOG.warn("runs could not be listed to look at their finalizers: {}", e.getMessage());
            } catch (RuntimeException e) {
                LOG.error("{} could not be listed to look at their finalizers", versions.get(0), e);
            }
        }
    }

    /** Puts it together. Not thread-safe. */
    public static final class Builder {

        private final RunSafety safety;
        private final FinalizerConfig config;
        private final List<FinalizerListener> listeners = new ArrayList<>();
        private @Nullable Namespaces namespaces;
        private InstantSource clock = InstantSource.system();

        private Builder(RunSafety safety, FinalizerConfig config) {
            this.safety = Objects.requireNonNull(safety, "safety");
            this.config = Objects.requireNonNull(config, "config");
        }

        /**
         * Asks which namespaces are being deleted, to let runs go at once there; without it they go when they are safe or at the deadline.
         *
         * @param namespaces the namespaces of the cluster
         * @return this
         */
        public Builder namespaces(Namespaces namespaces) {
            this.namespaces = Objects.requireNonNull(namespaces, "namespaces");
            return this;
        }

        /**
         * Adds a listener.
         *
         * @param listener is told of each run that was let go
         * @return this
         */
        public Builder onReleased(FinalizerListener listener) {
            listeners.add(Objects.requireNonNull(listener, "listener"));
            return this;
        }

        /**
         * Says what the time is.
         *
         * @param source the clock; the system's by default
         * @return this
         */
        public Builder clock(InstantSource source) {
            clock = Objects.requireNonNull(source, "source");
            return this;
        }

        /**
         * Makes it; nothing runs before {@link RunFinalizers#start()}.
         *
         * @return the finalizers
         */
        public RunFinalizers build() {
            return new RunFinalizers(new FinalizerParts(safety, config, clock, namespaces, List.copyOf(listeners)));
        }
    }
}

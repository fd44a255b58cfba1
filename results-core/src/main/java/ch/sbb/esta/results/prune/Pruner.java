package ch.sbb.esta.results.prune;

import ch.sbb.esta.results.internal.Background;
import ch.sbb.esta.results.internal.Pause;
import ch.sbb.esta.results.internal.StopSignal;
import ch.sbb.esta.results.prune.PruneReport.Mode;
import ch.sbb.esta.results.prune.PruneReport.Outcome;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Deletes runs from the cluster that are over for long enough and {@linkplain RunSafety safe}.
 *
 * <p><b>Due</b> is a run that is finished, is not being deleted, has no owner that takes it along, is selected, has ended longer ago than
 * the grace period, is not among the last of its pipeline and state, and is not kept by the annotation
 * {@value PrunerConfig#KEEP_ANNOTATION}.
 *
 * <p><b>Never too early.</b> A run that is due is read from the API, checked, and deleted only if it still has the UID and the
 * resourceVersion of that read. What it owns is checked before it; Kubernetes collects that afterwards.
 *
 * <p><b>Restartable.</b> Nothing is remembered from round to round: whatever happens, the next round looks at what is there. Two processes
 * that prune at once do some work twice, and nothing wrong. What fails in one namespace does not hold up the others.
 *
 * <p>Thread-safe: one round at a time, others wait.
 */
public final class Pruner implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(Pruner.class);

    private final PruneParts parts;
    private final ReentrantLock oneAtATime = new ReentrantLock();
    private final Background background = new Background("esta-results-pruner");
    private volatile @Nullable PruneReport last;
    private final AtomicLong deleted = new AtomicLong();

    /**
     * Numbers of one moment.
     *
     * @param lastEnded when the last round ended; null before the first
     * @param deleted how many runs were deleted since this pruner was made
     * @param unsafe how many runs were due and not safe in the last round
     * @param oldestUnsafe the end of the oldest of them; null when there were none
     * @param failures how often something failed in the last round
     */
    public record Stats(
            @Nullable Instant lastEnded,
            long deleted,
            long unsafe,
            @Nullable Instant oldestUnsafe,
            long failures) {

        /**
         * Whether the last round could look at everything that was due and delete what was safe.
         *
         * @return true without failures
         */
        public boolean isHealthy() {
            return failures == 0;
        }
    }

    private Pruner(PruneParts parts) {
        this.parts = parts;
    }

    /**
     * Begins to put a pruner together.
     *
     * @param safety says what may be deleted
     * @param config says what is to be deleted
     * @return a builder
     */
    public static Builder builder(RunSafety safety, PrunerConfig config) {
        return new Builder(safety, config);
    }

    /**
     * Says what {@link #run} would do now, and changes nothing.
     *
     * @return the report; failures are in it
     */
    public PruneReport preview() {
        return run(Mode.PREVIEW, new StopSignal());
    }

    /**
     * Deletes what is due and safe. Interrupting the thread ends it early, between two runs.
     *
     * @return the report; failures are in it
     */
    public PruneReport run() {
        return run(Mode.DELETE, new StopSignal());
    }

    private PruneReport run(Mode mode, Pause pause) {
        oneAtATime.lock();
        try {
            Pace pace = new Pace(parts.config().deletionsPerSecond(), System::nanoTime, pause);
            PruneReport report = new PruneRound(parts, mode, pace).run();
            if (mode == Mode.DELETE) {
                deleted.addAndGet(report.count(Outcome.DELETED));
                last = report;
            }
            return report;
        } finally {
            oneAtATime.unlock();
        }
    }

    /**
     * The report of the last {@link #run}, also of those that {@link #start} began.
     *
     * @return the report, or empty before the first
     */
    public Optional<PruneReport> lastReport() {
        return Optional.ofNullable(last);
    }

    /**
     * What was done so far.
     *
     * @return the numbers of now
     */
    public Stats stats() {
        PruneReport report = last;
        return report == null
                ? new Stats(null, deleted.get(), 0, null, 0)
                : new Stats(
                        report.ended(),
                        deleted.get(),
                        report.count(Outcome.UNSAFE),
                        report.oldestUnsafe().orElse(null),
                        report.failureCount());
    }

    /**
     * Runs again and again: first after a minute, or the interval if that is shorter, each time a tenth earlier or later by chance. Reports
     * are logged. No effect when started already.
     */
    public void start() {
        background.repeat(parts.config().interval(), signal -> {
            try {
                log(run(Mode.DELETE, signal));
            } catch (RuntimeException e) {
                LOG.error(
                        "pruning failed unexpectedly; it runs again in {}",
                        parts.config().interval(),
                        e);
            }
        });
    }

    private static void log(PruneReport report) {
        if (report.entries().isEmpty() && report.failureCount() == 0) {
            LOG.debug("pruning: {}", report);
        } else {
            LOG.info("pruning: {}", report);
        }
        report.failures()
                .forEach(failure ->
                        LOG.warn("pruning failed on {}, to be tried again: {}", failure.subject(), failure.message()));
    }

    /** Ends what {@link #start()} began; waits until the thread has ended. It can be started again. */
    @Override
    public void close() {
        background.close();
    }

    /** Puts a pruner together. Not thread-safe. */
    public static final class Builder {

        private final RunSafety safety;
        private final PrunerConfig config;
        private final List<PruneListener> listeners = new ArrayList<>();
        private InstantSource clock = InstantSource.system();

        private Builder(RunSafety safety, PrunerConfig config) {
            this.safety = Objects.requireNonNull(safety, "safety");
            this.config = Objects.requireNonNull(config, "config");
        }

        /**
         * Adds a listener.
         *
         * @param listener is told of each run that was deleted
         * @return this
         */
        public Builder onPruned(PruneListener listener) {
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
         * Makes it; nothing runs before {@link Pruner#run()} or {@link Pruner#start()}.
         *
         * @return the pruner
         */
        public Pruner build() {
            return new Pruner(new PruneParts(safety, config, clock, List.copyOf(listeners)));
        }
    }
}

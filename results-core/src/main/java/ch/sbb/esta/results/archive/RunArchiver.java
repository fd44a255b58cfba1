package ch.sbb.esta.results.archive;

import ch.sbb.esta.results.ArchiveOutcome;
import ch.sbb.esta.results.ResultNaming;
import ch.sbb.esta.results.RunReading;
import ch.sbb.esta.results.RunSnapshot;
import ch.sbb.esta.results.internal.Threads;
import ch.sbb.esta.results.spi.Quarantine;
import ch.sbb.esta.results.spi.ResultsStore;
import ch.sbb.esta.results.spi.RunWatcher;
import java.io.IOException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Brings the runs that a watcher sees into a store: reads them, places them, archives them in batches, and puts what cannot be archived
 * into the quarantine.
 *
 * <p>Every finished or deleted run that was accepted is at any later moment in the store, in the quarantine, in the spool directory or
 * in this archiver's memory. The last state of a deleted run is archived like any other, finished or not.
 *
 * <p><b>Bounds.</b> One slot for each UID: a newer version takes the place of a waiting older one. When {@link ArchiverConfig} allows no
 * more in memory, versions of unfinished runs are refused, because a later list finds them again, and finished and deleted ones wait
 * in the spool directory. Only when that cannot be written either is such a run refused; then it is counted in
 * {@link ArchiverStats#dropped()} and {@link ArchiverStats#isHealthy()} is false.
 *
 * <p><b>Failure.</b> While the store or the quarantine fails, what it does not take stays and is tried again without end, at growing
 * intervals; {@link #stats()} says since when and why. A run on which the store fails alone, while it takes others, goes into the
 * quarantine and does not hold up the others.
 *
 * <p>Thread-safe. Store and quarantine are called by one thread of this archiver; they are not closed.
 */
public final class RunArchiver implements RunWatcher.Handler, AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(RunArchiver.class);
    private static final ThreadFactory THREADS = Threads.named("esta-results-archiver");
    /** For a store call that does not heed the interrupt at once. */
    private static final Duration GRACE = Duration.ofSeconds(1);

    private final ArchiverConfig config;
    private final ArchiveParts parts;
    private final Counts<Admission> admissions = new Counts<>(Admission.class);
    private final AtomicLong dropped = new AtomicLong();
    private final ReentrantLock lifecycle = new ReentrantLock();
    private @Nullable Running running;

    private record Running(ArchiveWorker worker, Thread thread) {}

    /**
     * What was not archived when an archiver was closed.
     *
     * @param spooled how many finished or deleted runs wait in the spool directory for the next start
     * @param left how many versions of unfinished runs were let go, for a later list to find again
     * @param dropped how many finished or deleted runs were let go because the spool failed
     */
    public record Remainder(int spooled, int left, int dropped) {

        /**
         * Whether everything was archived.
         *
         * @return true when nothing remains
         */
        public boolean isEmpty() {
            return spooled == 0 && left == 0 && dropped == 0;
        }
    }

    private RunArchiver(Builder builder) {
        this.config = builder.config;
        Spool spool = new Spool(config.spoolDirectory(), builder.clock);
        this.parts = new ArchiveParts(
                builder.store,
                builder.quarantine,
                builder.naming,
                builder.clock,
                List.copyOf(builder.listeners),
                new RunQueue(config.queueRuns(), config.queueBytes()),
                spool,
                new ArchiveParts.Report(
                        new Ailment(LOG, "archiving", builder.clock),
                        new Ailment(LOG, "the spool " + config.spoolDirectory(), builder.clock),
                        new Counts<>(ArchiveOutcome.Status.class),
                        new AtomicLong()));
    }

    /**
     * Begins to put an archiver together.
     *
     * @param store where runs go
     * @param quarantine where goes what is no run or cannot be archived
     * @param config bounds and times
     * @return a builder
     */
    public static Builder builder(ResultsStore store, Quarantine quarantine, ArchiverConfig config) {
        return new Builder(store, quarantine, config);
    }

    /**
     * Begins to take events and to archive, first what lies in the spool directory. No effect when started already; after
     * {@link #close()} it goes on.
     *
     * @throws ch.sbb.esta.results.ResultsException {@code UNAVAILABLE} when the spool directory cannot be used, {@code CONFLICT} when
     *     another archiver uses it
     */
    public void start() {
        lifecycle.lock();
        try {
            if (running != null) {
                return;
            }
            parts.spool().open();
            parts.report().spool().healed();
            parts.queue().open();
            ArchiveWorker worker = new ArchiveWorker(parts, config);
            Thread thread = THREADS.newThread(worker);
            running = new Running(worker, thread);
            thread.start();
            LOG.info(
                    "archiving begins, {} runs wait in the spool; {}",
                    parts.spool().size(),
                    config);
        } finally {
            lifecycle.unlock();
        }
    }

    @Override
    public void onRun(RunWatcher.Event event) {
        accept(event);
    }

    /**
     * Takes note of what a watcher saw. Reads the object and returns; waits for the store never, and for the disk only when a run has to
     * go to the spool.
     *
     * @param event what was seen
     * @return what became of it
     */
    public Admission accept(RunWatcher.Event event) {
        RunReading reading = RunReading.of(event.json());
        if (reading.refusal()
                .filter(r -> r.status() == ArchiveOutcome.Status.NOT_A_RUN)
                .isPresent()) {
            return counted(Admission.NOT_A_RUN);
        }
        return admit(QueuedRun.accepted(
                reading, event.json(), event.type(), parts.clock().instant()));
    }

    /**
     * Takes a run that was read otherwise, such as by a list of the cluster.
     *
     * @param run the run
     * @return what became of it
     */
    public Admission accept(RunSnapshot run) {
        return admit(QueuedRun.accepted(run, parts.clock().instant()));
    }

    private Admission admit(QueuedRun run) {
        // What waits on disk already stays there, or an older version could reach the store after a newer one.
        if (run.isLasting()
                && (config.spooling() == ArchiverConfig.Spooling.WRITE_AHEAD
                        || parts.spool().holds(run.key()))) {
            return spool(run);
        }
        Admission admission = parts.queue().offer(run);
        boolean fitsNever = run.size() > config.queueBytes();
        return admission == Admission.REFUSED && (run.isLasting() || fitsNever) ? spool(run) : counted(admission);
    }

    private Admission spool(QueuedRun run) {
        if (!parts.queue().isOpen()) {
            return counted(Admission.NOT_RUNNING);
        }
        try {
            boolean written = parts.spool().put(run);
            parts.report().spool().healed();
            parts.queue().wake();
            return counted(written ? Admission.SPOOLED : Admission.STALE);
        } catch (IOException e) {
            parts.report().spool().failed(e);
        }
        Admission admission = parts.queue().offer(run);
        if (admission == Admission.REFUSED) {
            dropped.incrementAndGet();
            run.fields().run(() -> LOG.error("refused {}: the queue is full and the spool cannot be written", run));
        }
        return counted(admission);
    }

    private Admission counted(Admission admission) {
        admissions.add(admission);
        return admission;
    }

    /**
     * Waits until everything that was accepted is archived or in the quarantine.
     *
     * @param limit how long at most
     * @return false when the limit was reached before
     * @throws InterruptedException when the waiting thread is interrupted
     */
    public boolean awaitIdle(Duration limit) throws InterruptedException {
        return parts.queue()
                .await(limit, () -> parts.queue().isEmpty() && parts.spool().size() == 0);
    }

    /**
     * What waits, what was done and what ails.
     *
     * @return the numbers of now
     */
    public ArchiverStats stats() {
        ArchiveParts.Report report = parts.report();
        return new ArchiverStats(
                parts.queue().waiting(parts.spool().size()),
                report.outcomes().toMap(),
                admissions.toMap(),
                report.retries().get(),
                dropped.get(),
                parts.spool().setAside(),
                report.store().failure(),
                report.spool().failure());
    }

    /** Closes within the time of {@link ArchiverConfig#closeTimeout()}; see {@link #close(Duration)}. */
    @Override
    public void close() {
        close(config.closeTimeout());
    }

    /**
     * Goes on archiving what waits in memory until all is done or the limit is reached, then stops. Finished and deleted runs that are
     * left go to the spool directory. What arrives during the wait is still taken; close the watch before. No effect when not started.
     *
     * @param limit how long to go on archiving; a call of the store that hangs costs a second more
     * @return what is left
     */
    public Remainder close(Duration limit) {
        lifecycle.lock();
        try {
            Running current = running;
            if (current == null) {
                return new Remainder(0, 0, 0);
            }
            running = null;
            boolean interrupted = !drained(current.worker(), limit);
            current.worker().stop();
            interrupted |= !stopped(current.thread());
            Remainder remainder = remainder(parts.queue().drain());
            parts.spool().close();
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
            return remainder;
        } finally {
            lifecycle.unlock();
        }
    }

    private boolean drained(ArchiveWorker worker, Duration limit) {
        worker.drain();
        try {
            parts.queue().await(limit, parts.queue()::isEmpty);
            return true;
        } catch (InterruptedException e) {
            return false;
        }
    }

    private static boolean stopped(Thread thread) {
        thread.interrupt();
        try {
            thread.join(GRACE.toMillis());
            return true;
        } catch (InterruptedException e) {
            return false;
        }
    }

    private Remainder remainder(List<QueuedRun> runs) {
        int spooled = 0;
        int left = 0;
        int lost = 0;
        for (QueuedRun run : runs) {
            if (!run.isLasting()) {
                left++;
                continue;
            }
            try {
                spooled += parts.spool().put(run) ? 1 : 0;
            } catch (IOException e) {
                parts.report().spool().failed(e);
                dropped.incrementAndGet();
                lost++;
                run.fields().run(() -> LOG.error("lost {} on closing: the spool cannot be written", run));
            }
        }
        LOG.info(
                "archiving ends; {} finished runs went to the spool, where {} wait; {} unfinished ones left for a later list",
                spooled,
                parts.spool().size(),
                left);
        return new Remainder(spooled, left, lost);
    }

    /** Puts an archiver together. Not thread-safe. */
    public static final class Builder {

        private final ResultsStore store;
        private final Quarantine quarantine;
        private final ArchiverConfig config;
        private final List<ArchiveListener> listeners = new ArrayList<>();
        private ResultNaming naming = ResultNaming.defaults();
        private InstantSource clock = InstantSource.system();

        private Builder(ResultsStore store, Quarantine quarantine, ArchiverConfig config) {
            this.store = Objects.requireNonNull(store, "store");
            this.quarantine = Objects.requireNonNull(quarantine, "quarantine");
            this.config = Objects.requireNonNull(config, "config");
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
         * Adds a listener.
         *
         * @param listener is told what became of each run
         * @return this
         */
        public Builder listener(ArchiveListener listener) {
            listeners.add(Objects.requireNonNull(listener, "listener"));
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
         * Makes the archiver; it does nothing before {@link RunArchiver#start()}.
         *
         * @return the archiver
         */
        public RunArchiver build() {
            return new RunArchiver(this);
        }
    }
}

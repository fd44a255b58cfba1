package ch.sbb.esta.results.logs;

import ch.sbb.esta.results.ContainerLogId;
import ch.sbb.esta.results.LogDefect;
import ch.sbb.esta.results.LogInfo;
import ch.sbb.esta.results.LogState;
import ch.sbb.esta.results.PodSnapshot;
import ch.sbb.esta.results.ResultsException;
import ch.sbb.esta.results.internal.Threads;
import ch.sbb.esta.results.spi.ContainerLogs;
import ch.sbb.esta.results.spi.LogSink;
import ch.sbb.esta.results.spi.LogSource;
import ch.sbb.esta.results.spi.LogWriter;
import ch.sbb.esta.results.spi.RunWatcher;
import ch.sbb.esta.results.spi.Watching;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Follows every container of every TaskRun's pod while it runs, hands its log to a sink, and seals the log when the container has ended
 * or vanished.
 *
 * <p>Each log that is sealed is labelled. {@code COMPLETE} is proven: the head was there ({@link LogCollectorConfig#headWindow()}), after
 * every reconnect the stored last lines came back, the reader kept up ({@link LogCollectorConfig#lagLimit()}), and after the container's
 * end a read found its place and nothing behind it where another stream had ended too. Everything else leaves a
 * {@link LogDefect} with its place. The end of a stream means nothing by itself.
 *
 * <p>When the stored last lines do not come back, collection goes on with the first line that is newer than every stored one, behind an
 * {@code ANCHOR_LOST}.
 *
 * <p>A log that another collector writes is left to that one and looked at every {@link LogCollectorConfig#maxBackoff()}: when nothing
 * was added since, it is taken over, for the other one may have died.
 *
 * <p>Memory: a buffer of 32 KiB for each open stream and the marks of the last lines; never a whole line.
 *
 * <p>Thread-safe. Closing stops without sealing: the next collector on the same sink goes on behind what is durable. What is handed in is
 * not closed.
 */
public final class LogCollector implements AutoCloseable {

    static final Logger LOG = LoggerFactory.getLogger(LogCollector.class);

    private static final int PROBES = 8;
    private static final Duration CLOSE_LIMIT = Duration.ofSeconds(10);
    private static final Duration OVER_SILENCE = Duration.ofSeconds(1);
    private static final Duration LONGEST_TICK = Duration.ofSeconds(1);
    private static final Duration SLICE = Duration.ofSeconds(30);
    private static final Duration URGENT_SLICE = Duration.ofSeconds(1);

    private final Surroundings around;
    private final StreamScheduler scheduler;
    private final PodBook book;
    private final Counters counters = new Counters();
    private final ThreadPoolExecutor probes = probePool();
    private final AtomicBoolean checking = new AtomicBoolean();
    private final Object watchLock = new Object();
    private final Object lock = new Object();

    private final List<ContainerCollection> leaving = new ArrayList<>();
    private final List<Watching> replaced = new ArrayList<>();
    private Predicate<String> share = taskRun -> true;
    private @Nullable Watching watching;
    private boolean started;
    private boolean closed;

    /**
     * Creates a collector; it does nothing before {@link #start()}.
     *
     * @param logs the cluster
     * @param sink takes the logs
     * @param config how to work
     * @param clock tells the time of day
     */
    public LogCollector(ContainerLogs logs, LogSink sink, LogCollectorConfig config, InstantSource clock) {
        this.around = new Surroundings(
                Objects.requireNonNull(logs, "logs"),
                Objects.requireNonNull(sink, "sink"),
                Objects.requireNonNull(config, "config"),
                Objects.requireNonNull(clock, "clock"),
                counters,
                new Stop(),
                new CopyOnWriteArrayList<>());
        this.scheduler = new StreamScheduler(config.maxStreams(), this::done);
        this.book = new PodBook((id, pod) -> new ContainerCollection(id, pod, around));
    }

    /**
     * Adds somebody who is told of sealed logs.
     *
     * @param listener called from the collector's threads
     */
    public void addListener(LogListener listener) {
        around.listeners().add(Objects.requireNonNull(listener, "listener"));
    }

    /**
     * Begins to watch and to collect.
     *
     * @throws IllegalStateException when it was started or closed before
     */
    public void start() {
        synchronized (lock) {
            if (started || closed) {
                throw new IllegalStateException("a log collector is started once and before it is closed");
            }
            started = true;
        }
        scheduler.every(tick(), this::watchStreams);
        watch();
    }

    /**
     * Collects only the logs of some TaskRuns from now on, because other collectors look after the others. Logs in work of those others
     * are handed over: their streams end, what was read is made durable, nothing is sealed, and whoever collects them goes on there. The
     * pods that exist are looked at again for TaskRuns that are new here. Until this is called the logs of all TaskRuns are collected.
     *
     * <p>Two collectors that look after the same log for a while do no harm; see {@link LogSink}.
     *
     * @param taskRuns says by the UID of a TaskRun whether its logs are collected here; called often, must not block
     * @throws ResultsException what the watch throws when it is begun again; nothing is handed back then, but to be called again
     */
    public void share(Predicate<String> taskRuns) {
        Objects.requireNonNull(taskRuns, "taskRuns");
        List<ContainerCollection> released;
        boolean running;
        synchronized (lock) {
            share = taskRuns;
            released = book.release(taskRuns.negate());
            leaving.addAll(released);
            running = started && !closed;
            lock.notifyAll();
        }
        if (!released.isEmpty()) {
            LOG.info("{} logs in work are handed over to other collectors", released.size());
        }
        for (ContainerCollection collection : released) {
            collection.release();
            scheduler.wake(collection);
        }
        if (running) {
            watch();
        }
    }

    /** Begins a watch, which delivers every pod that exists; one that runs goes on until the new one has shown that it does. */
    private void watch() {
        synchronized (watchLock) {
            Watching begun = around.logs().watchPods(this::onPod);
            boolean late;
            synchronized (lock) {
                if (watching != null) {
                    replaced.add(watching);
                }
                watching = begun;
                late = closed;
            }
            if (late) {
                begun.close();
                closeReplaced();
            }
        }
    }

    private void closeReplaced() {
        List<Watching> ended;
        synchronized (lock) {
            boolean goesOn = watching != null && watching.lastHeard().isPresent();
            if (!goesOn && !closed) {
                return;
            }
            ended = List.copyOf(replaced);
            replaced.clear();
        }
        ended.forEach(Watching::close);
    }

    /**
     * What was done so far and what is in work now.
     *
     * @return the counts
     */
    public LogCollectorStats stats() {
        return counters.stats(scheduler.running().size(), scheduler.waiting());
    }

    /**
     * The logs that are in work and not sealed, also after closing.
     *
     * @return their ids, sorted by path
     */
    public List<ContainerLogId> openLogs() {
        synchronized (lock) {
            return book.active().stream()
                    .map(ContainerCollection::id)
                    .sorted(Comparator.comparing(ContainerLogId::path))
                    .toList();
        }
    }

    /**
     * Waits until every log of every container that was seen to run or to have run is sealed, by whichever collector. Containers that
     * have not started yet do not count.
     *
     * @param most how long to wait
     * @return whether that came in time
     * @throws InterruptedException when the thread is interrupted
     */
    public boolean awaitIdle(Duration most) throws InterruptedException {
        long end = System.nanoTime() + most.toNanos();
        synchronized (lock) {
            while (!book.isIdle()) {
                long left = end - System.nanoTime();
                if (left <= 0) {
                    return false;
                }
                TimeUnit.NANOSECONDS.timedWait(lock, left);
            }
            return true;
        }
    }

    /**
     * Whether a pod was seen, so that its logs are labelled by this collector.
     *
     * @param podUid the pod's UID
     * @return false too for a pod that is gone and whose logs are sealed
     */
    public boolean hasSeen(String podUid) {
        synchronized (lock) {
            return book.knows(podUid);
        }
    }

    /**
     * Seals what an earlier process left live of a TaskRun's logs and what will not be collected any more, because their pods are gone:
     * as {@code PARTIAL} with {@code ABANDONED}. To be called for a TaskRun that is over, after the watch has delivered the pods that
     * exist; pods that this collector has seen are passed over.
     *
     * @param stored where the logs are read back
     * @param namespace the namespace
     * @param taskRunUid the UID of the TaskRun
     * @return what was sealed
     * @throws ResultsException as the source and the sink throw it; {@code CONFLICT} is passed over: somebody collects that log
     */
    public List<LogInfo> sealAbandoned(LogSource stored, String namespace, String taskRunUid) {
        List<LogInfo> sealed = new ArrayList<>();
        for (LogInfo log : stored.list(namespace, taskRunUid)) {
            if (log.state() == LogState.LIVE && !hasSeen(log.id().podUid())) {
                sealAbandoned(log.id()).ifPresent(sealed::add);
            }
        }
        return sealed;
    }

    /** Stops: no stream stays open, writers are closed without sealing. Idempotent; {@link #openLogs()} tells what was still open. */
    @Override
    public void close() {
        Watching begun;
        synchronized (lock) {
            if (closed) {
                return;
            }
            closed = true;
            begun = watching;
        }
        if (begun != null) {
            begun.close();
        }
        closeReplaced();
        around.stop().stop();
        scheduler.stop();
        probes.shutdownNow();
        scheduler.running().forEach(c -> c.current().ifPresent(OpenStream::close));
        boolean quiet = awaitQuiet();
        List<ContainerCollection> running = scheduler.running();
        List<ContainerCollection> active;
        synchronized (lock) {
            active = new ArrayList<>(book.active());
            active.addAll(leaving);
        }
        active.forEach(c -> c.probing().close());
        active.stream().filter(c -> !running.contains(c)).forEach(ContainerCollection::close);
        if (!quiet) {
            LOG.warn("{} logs did not stop within {}; their writers are left open", running.size(), CLOSE_LIMIT);
        }
    }

    private static ThreadPoolExecutor probePool() {
        ThreadPoolExecutor pool = new ThreadPoolExecutor(
                PROBES,
                PROBES,
                10,
                TimeUnit.SECONDS,
                new LinkedBlockingQueue<>(),
                Threads.named("log-probe"),
                new ThreadPoolExecutor.DiscardPolicy());
        pool.allowCoreThreadTimeOut(true);
        return pool;
    }

    private boolean awaitQuiet() {
        try {
            if (scheduler.awaitQuiet(CLOSE_LIMIT.dividedBy(2))) {
                return true;
            }
            scheduler.interrupt();
            return scheduler.awaitQuiet(CLOSE_LIMIT.dividedBy(2));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }

    private Optional<LogInfo> sealAbandoned(ContainerLogId id) {
        try (LogWriter writer = around.sink().open(id)) {
            if (writer.info().isSealed()) {
                return Optional.empty();
            }
            writer.defect(
                    LogDefect.Reason.ABANDONED, "the collector stopped before the container did, and the pod is gone");
            LogInfo info = writer.seal();
            counters.sealed(info.state());
            around.onSealed(info);
            return Optional.of(info);
        } catch (ResultsException e) {
            if (e.code() == ResultsException.Code.CONFLICT) {
                return Optional.empty();
            }
            throw e;
        }
    }

    private void onPod(RunWatcher.Event.Type type, PodSnapshot pod) {
        counters.podEvent(around.clock().instant());
        PodBook.News news;
        synchronized (lock) {
            if (closed || !share.test(pod.taskRunUid())) {
                return;
            }
            news = book.take(type, pod);
        }
        news.begun().forEach(scheduler::add);
        news.changed().forEach(scheduler::wake);
    }

    private void done(ContainerCollection collection) {
        synchronized (lock) {
            book.done(collection);
            leaving.remove(collection);
            lock.notifyAll();
        }
    }

    private Duration tick() {
        Duration quarter = around.config().checkAfter().dividedBy(4);
        return quarter.compareTo(LONGEST_TICK) > 0 ? LONGEST_TICK : quarter.plusMillis(1);
    }

    /** Closes streams that are silent for too long or in the way of others. */
    private void watchStreams() {
        try {
            closeReplaced();
            Instant now = around.clock().instant();
            List<ContainerCollection> silent = new ArrayList<>();
            for (ContainerCollection collection : scheduler.running()) {
                collection.current().ifPresent(stream -> {
                    Duration silence = stream.waitingSince()
                            .map(since -> Duration.between(since, now))
                            .orElse(Duration.ZERO);
                    if (silence.compareTo(around.config().silenceLimit()) >= 0
                            || (collection.observed().isOver() && silence.compareTo(overSilence()) >= 0)) {
                        stream.close();
                    } else if (stream.unchecked(now).compareTo(around.config().checkAfter()) >= 0) {
                        silent.add(collection);
                    }
                });
            }
            makePlace(now);
            List<ContainerCollection> active;
            synchronized (lock) {
                active = book.active();
            }
            for (ContainerCollection collection : active) {
                collection.probing().watch(now, collection.observed()).ifPresent(probes::execute);
                if (collection.probing().isMissingText()) {
                    collection.current().ifPresent(OpenStream::close);
                }
            }
            if (!silent.isEmpty() && checking.compareAndSet(false, true)) {
                scheduler.once(() -> check(silent));
            }
        } catch (RuntimeException e) {
            LOG.error("watching the open streams failed; goes on", e);
        }
    }

    private Duration overSilence() {
        Duration checkAfter = around.config().checkAfter();
        return checkAfter.compareTo(OVER_SILENCE) < 0 ? checkAfter : OVER_SILENCE;
    }

    /** The streams that have had their place for longest go to the end of the queue when others wait. */
    private void makePlace(Instant now) {
        int queued = scheduler.queued();
        if (queued == 0) {
            return;
        }
        Duration slice = scheduler.isUrgentQueued() ? URGENT_SLICE : SLICE;
        scheduler.running().stream()
                .filter(c -> c.urgency() == FairQueue.Urgency.NORMAL)
                .flatMap(c -> c.current().stream())
                .filter(stream -> Duration.between(stream.openedAt(), now).compareTo(slice) >= 0)
                .sorted(Comparator.comparing(OpenStream::openedAt))
                .limit(queued)
                .forEach(OpenStream::close);
    }

    private void check(List<ContainerCollection> silent) {
        try {
            for (ContainerCollection collection : silent) {
                check(collection);
            }
        } finally {
            checking.set(false);
        }
    }

    private void check(ContainerCollection collection) {
        collection.current().ifPresent(stream -> stream.checked(around.clock().instant()));
        try {
            collection.ask();
        } catch (ResultsException e) {
            counters.failures.increment();
            LOG.debug("{}: asking for the pod failed", collection.id(), e);
            return;
        }
        if (collection.observed().isOver()) {
            collection.current().ifPresent(OpenStream::close);
        }
    }
}

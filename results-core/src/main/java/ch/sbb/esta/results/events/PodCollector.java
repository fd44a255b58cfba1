package ch.sbb.esta.results.events;

import ch.sbb.esta.results.Escaped;
import ch.sbb.esta.results.PodSnapshot;
import ch.sbb.esta.results.RecordName;
import ch.sbb.esta.results.ResultsException;
import ch.sbb.esta.results.RunSnapshot;
import ch.sbb.esta.results.internal.LogFields;
import ch.sbb.esta.results.internal.Threads;
import ch.sbb.esta.results.spi.ClusterPods;
import ch.sbb.esta.results.spi.RecordCreation;
import ch.sbb.esta.results.spi.ResultsStore;
import ch.sbb.esta.results.spi.RunWatcher.Event;
import ch.sbb.esta.results.spi.Watching;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps the pods of TaskRuns as they were last, without the values of their environment: a Record of type {@value #TYPE} in the Result of
 * the TaskRun, named by the pod's UID. Of each variable of the environment stay the name and {@code valueFrom}; annotations go that hold a
 * configuration with an environment. Other text of a pod, such as arguments, is kept as it is.
 *
 * <p>A pod is taken when it is over or deleted, and waits until its TaskRun is stored. What waits is bounded to 64 MiB; what has no room is
 * counted as dropped and found again by the next start while it is in the cluster. While the store fails, what waits is tried again without
 * end.
 *
 * <p>Thread-safe. Neither the store nor the source of pods is closed.
 */
public final class PodCollector implements AutoCloseable {

    /** The type of the Records. */
    public static final String TYPE = RedactedPod.TYPE;

    private static final Logger LOG = LoggerFactory.getLogger(PodCollector.class);
    private static final Duration CLOSE_TIMEOUT = Duration.ofSeconds(5);
    private static final Duration FIRST_RETRY = Duration.ofSeconds(1);
    private static final Duration LONGEST_RETRY = Duration.ofMinutes(1);

    private final ClusterPods cluster;
    private final PodWriter writer;
    private final PodBook book = new PodBook();
    private @Nullable Watching watching;
    private @Nullable Thread worker;
    private boolean stopping;
    private boolean busy;
    private long written;
    private long refused;
    private long failures;
    private int failuresInARow;

    /**
     * Numbers of one moment.
     *
     * @param written pods, and newer versions of them, that were written
     * @param dropped pods for which there was no room, or that the store does not take
     * @param failures attempts to write that failed
     * @param waiting pods that wait for the store or for their TaskRun
     */
    public record Stats(long written, long dropped, long failures, int waiting) {}

    /**
     * Creates a collector; it does nothing before {@link #start()}.
     *
     * @param cluster shows the pods
     * @param store where the TaskRuns are stored
     * @param creation the same store, or what adds Records to it
     */
    public PodCollector(ClusterPods cluster, ResultsStore store, RecordCreation creation) {
        this.cluster = Objects.requireNonNull(cluster, "cluster");
        this.writer =
                new PodWriter(Objects.requireNonNull(store, "store"), Objects.requireNonNull(creation, "creation"));
    }

    /**
     * Begins to watch and to write. No effect when started already.
     *
     * @throws ResultsException what the watch throws; nothing runs then
     */
    public synchronized void start() {
        if (worker != null) {
            return;
        }
        stopping = false;
        watching = cluster.watchPodObjects(this::accept);
        worker = Threads.named("esta-results-pods").newThread(this::work);
        worker.start();
    }

    /** Closes within five seconds; see {@link #close(Duration)}. */
    @Override
    public void close() {
        close(CLOSE_TIMEOUT);
    }

    /**
     * Ends the watch, writes what waits of stored TaskRuns as far as the time allows, and stops. No effect when not started.
     *
     * @param limit how long to go on writing
     */
    public void close(Duration limit) {
        Thread current;
        Watching watch;
        synchronized (this) {
            current = worker;
            worker = null;
            watch = watching;
            watching = null;
        }
        if (current == null || watch == null) {
            return;
        }
        watch.close();
        synchronized (this) {
            stopping = true;
            notifyAll();
        }
        Threads.join(current, limit);
    }

    /** Takes a version of a pod; the values of its environment are gone before it waits. */
    void accept(Event.Type type, byte[] json) {
        try {
            String taskRun =
                    PodSnapshot.parse(json).map(PodSnapshot::taskRunUid).orElse("");
            RedactedPod pod = RedactedPod.of(json);
            if (!taskRun.isEmpty() && (type == Event.Type.DELETED || pod.isOver())) {
                synchronized (this) {
                    book.take(taskRun, pod);
                    notifyAll();
                }
            }
        } catch (ResultsException e) {
            synchronized (this) {
                refused++;
            }
            LOG.warn("passed over a pod: {}", e.getMessage());
        }
    }

    /**
     * Takes note of a run that is stored; no effect unless it is a TaskRun. Returns at once.
     *
     * @param run the version that was stored last
     * @param record its Record
     */
    public synchronized void onStored(RunSnapshot run, RecordName record) {
        if (run.kind().isTaskRun()) {
            book.stored(run.uid(), record);
            notifyAll();
        }
    }

    /**
     * Waits until the pods of all stored TaskRuns that were seen so far are written.
     *
     * @param limit how long at most
     * @return false when the limit was reached before, or while the collector is not started and something waits
     * @throws InterruptedException when the waiting thread is interrupted
     */
    public synchronized boolean awaitIdle(Duration limit) throws InterruptedException {
        long end = System.nanoTime() + limit.toNanos();
        while (busy || book.hasReady()) {
            long left = end - System.nanoTime();
            if (left <= 0) {
                return false;
            }
            TimeUnit.NANOSECONDS.timedWait(this, left);
        }
        return true;
    }

    /**
     * What was done and what waits.
     *
     * @return the numbers since this collector was made
     */
    public synchronized Stats stats() {
        return new Stats(written, refused + book.dropped(), failures, book.size());
    }

    private void work() {
        try {
            for (PodBook.Ready next = take(); next != null; next = take()) {
                attempt(next);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private synchronized PodBook.@Nullable Ready take() throws InterruptedException {
        long notBefore = failuresInARow == 0 ? 0 : System.nanoTime() + pause().toNanos();
        while (true) {
            long wait = failuresInARow == 0 ? 0 : notBefore - System.nanoTime();
            PodBook.Ready next = book.findReady();
            if (next != null && wait <= 0) {
                busy = true;
                return next;
            }
            if (stopping) {
                return null;
            }
            TimeUnit.NANOSECONDS.timedWait(this, next == null ? Long.MAX_VALUE : wait);
        }
    }

    private Duration pause() {
        Duration pause = FIRST_RETRY.multipliedBy(1L << Math.min(failuresInARow - 1, 20));
        return pause.compareTo(LONGEST_RETRY) < 0 ? pause : LONGEST_RETRY;
    }

    private void attempt(PodBook.Ready next) {
        LogFields.ofPod(next.taskRun().parent(), next.pod().uid()).run(() -> tryTo(next));
    }

    private void tryTo(PodBook.Ready next) {
        boolean changed = false;
        RuntimeException failure = null;
        try {
            changed = writer.write(next.taskRun(), next.pod());
        } catch (RuntimeException e) {
            failure = e;
        }
        synchronized (this) {
            busy = false;
            if (failure == null) {
                written += changed ? 1 : 0;
                failuresInARow = 0;
                book.done(next);
            } else if (failure instanceof ResultsException e && e.isRetryable()) {
                failed(next, failure);
                failuresInARow++;
            } else {
                LOG.error(
                        "the pod {} could not be written and is let go",
                        Escaped.of(next.pod().uid()),
                        failure);
                failures++;
                refused++;
                book.done(next);
            }
            notifyAll();
        }
    }

    private void failed(PodBook.Ready next, RuntimeException failure) {
        failures++;
        if (failuresInARow == 0) {
            LOG.warn(
                    "the pod {} could not be written, which is tried again: {}",
                    Escaped.of(next.pod().uid()),
                    failure.getMessage());
        }
    }
}

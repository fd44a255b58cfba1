package ch.sbb.esta.results.events;

import ch.sbb.esta.results.EventSnapshot;
import ch.sbb.esta.results.RecordName;
import ch.sbb.esta.results.ResultsException;
import ch.sbb.esta.results.RunSnapshot;
import ch.sbb.esta.results.events.EventBook.Entry;
import ch.sbb.esta.results.internal.LogFields;
import ch.sbb.esta.results.internal.Threads;
import ch.sbb.esta.results.spi.ClusterEvents;
import ch.sbb.esta.results.spi.RecordCreation;
import ch.sbb.esta.results.spi.ResultsStore;
import ch.sbb.esta.results.spi.Watching;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.PriorityQueue;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps the Kubernetes Events of runs and of the pods of TaskRuns, which the cluster forgets after an hour: one
 * {@link ch.sbb.esta.results.EventList} for each run that has any, in the run's Result.
 *
 * <p>The Events of a run wait until the run itself is stored. They are written together, at intervals while it runs and soon after it is
 * over; later ones are added. An Event of a pod belongs to the TaskRun whose status names the pod.
 *
 * <p><b>Bounds.</b> {@link EventCollectorConfig} bounds what is kept of a run and what waits in memory. Where memory has no room, the
 * cluster is asked again for what it still has, at most every ten minutes.
 *
 * <p><b>Failure.</b> While the store fails, what waits is tried again without end, at growing intervals. Several processes may collect
 * the same Events.
 *
 * <p>Thread-safe. Neither the store nor the source of Events is closed.
 */
public final class EventCollector implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(EventCollector.class);
    private static final Duration CLOSE_TIMEOUT = Duration.ofSeconds(5);
    private static final long BASE = System.nanoTime();

    private final ClusterEvents cluster;
    private final EventWriter writer;
    private final EventCollectorConfig config;
    private final EventBook book;
    /** May hold entries whose time has changed; those are passed over. */
    private final PriorityQueue<Due> order = new PriorityQueue<>(Comparator.comparingLong(due -> due.time - BASE));

    private @Nullable Watching watching;
    private @Nullable Thread worker;
    private long watchedSince;
    private boolean stopping;
    private boolean busy;
    private int hurried;
    private long collected;
    private long leftOut;
    private long dropped;
    private long failures;

    private record Due(String uid, long time) {}

    private record Turn(@Nullable Entry entry) {}

    /**
     * Creates a collector; it does nothing before {@link #start()}.
     *
     * @param cluster shows the Events
     * @param store where the runs are stored
     * @param creation the same store, or what adds Records to it
     * @param config how often it writes, and how much it takes
     */
    public EventCollector(
            ClusterEvents cluster, ResultsStore store, RecordCreation creation, EventCollectorConfig config) {
        this.cluster = Objects.requireNonNull(cluster, "cluster");
        this.config = Objects.requireNonNull(config, "config");
        this.writer = new EventWriter(
                Objects.requireNonNull(store, "store"), Objects.requireNonNull(creation, "creation"), config.bounds());
        this.book = new EventBook(config);
    }

    /**
     * Begins to watch and to write. No effect when started already.
     *
     * @throws ResultsException what the watch throws; nothing runs then
     */
    public void start() {
        synchronized (this) {
            if (worker != null) {
                return;
            }
            stopping = false;
            worker = Threads.named("esta-results-events").newThread(this::work);
        }
        try {
            watch();
        } catch (RuntimeException e) {
            synchronized (this) {
                worker = null;
            }
            throw e;
        }
        synchronized (this) {
            if (worker != null) {
                worker.start();
            }
        }
        LOG.info("Events are collected; {}", config);
    }

    private void watch() {
        Watching begun = cluster.watchEvents(this::accept);
        Watching before;
        synchronized (this) {
            before = stopping ? begun : watching;
            watching = stopping ? null : begun;
            watchedSince = System.nanoTime();
        }
        if (before != null) {
            before.close();
        }
    }

    /** Closes within five seconds; see {@link #close(Duration)}. */
    @Override
    public void close() {
        close(CLOSE_TIMEOUT);
    }

    /**
     * Ends the watch, writes what waits of stored runs as far as the time allows, and stops. What is left is found again by the next
     * start while the cluster has it. No effect when not started.
     *
     * @param limit how long to go on writing
     */
    public void close(Duration limit) {
        Thread current;
        Watching watch;
        synchronized (this) {
            current = worker;
            worker = null;
            stopping = true;
            watch = watching;
            watching = null;
            notifyAll();
        }
        if (watch != null) {
            watch.close();
        }
        if (current == null) {
            return;
        }
        Threads.join(current, limit);
    }

    /**
     * Takes note of an Event, however it was seen. Returns at once.
     *
     * @param event one version of it; no effect when it is about something else than runs and pods
     */
    public synchronized void accept(EventSnapshot event) {
        Entry entry = book.take(Objects.requireNonNull(event, "event"));
        if (entry != null) {
            schedule(entry);
        }
    }

    /**
     * Takes note of a run that is stored. Returns at once.
     *
     * @param run the version that was stored last
     * @param record its Record
     */
    public synchronized void onStored(RunSnapshot run, RecordName record) {
        Entry entry = book.stored(KnownRun.of(run, record));
        if (!entry.isEmpty()) {
            schedule(entry);
        }
    }

    /** Sets when an entry is to be written, unless that is sooner already. */
    private void schedule(Entry entry) {
        Duration delay = entry.run().finished() ? config.settling() : config.writeInterval();
        long due = System.nanoTime() + delay.toNanos();
        if (entry.attempts() == 0 && (entry.due() == 0 || due - entry.due() < 0)) {
            put(entry, due);
        }
    }

    private void put(Entry entry, long time) {
        entry.due(time == 0 ? 1 : time);
        order.add(new Due(entry.run().uid(), entry.due()));
        notifyAll();
    }

    /**
     * Waits until the Events of all stored runs that were seen so far are written, without regard to intervals.
     *
     * @param limit how long at most
     * @return false when the limit was reached before, or while the collector is not started and something waits
     * @throws InterruptedException when the waiting thread is interrupted
     */
    public synchronized boolean awaitIdle(Duration limit) throws InterruptedException {
        long end = System.nanoTime() + limit.toNanos();
        hurried++;
        notifyAll();
        try {
            while (busy || book.waiting() > 0) {
                long left = end - System.nanoTime();
                if (left <= 0) {
                    return false;
                }
                TimeUnit.NANOSECONDS.timedWait(this, left);
            }
            return true;
        } finally {
            hurried--;
        }
    }

    /**
     * What was done and what waits.
     *
     * @return the numbers since this collector was made
     */
    public synchronized EventCollectorStats stats() {
        return new EventCollectorStats(
                collected,
                leftOut,
                dropped,
                book.postponed(),
                failures,
                book.waiting(),
                book.strays(),
                watching == null ? null : watching.lastHeard().orElse(null));
    }

    private void work() {
        try {
            for (Turn next = take(); next != null; next = take()) {
                if (next.entry != null) {
                    attempt(next.entry);
                }
                listAgain();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** What is to be written, or nothing for a look at what had no room; null at the end. */
    private synchronized @Nullable Turn take() throws InterruptedException {
        long end = System.nanoTime() + config.relistInterval().toNanos();
        while (end - System.nanoTime() > 0) {
            Due next = order.peek();
            Entry entry = next == null ? null : book.find(next.uid);
            if (next != null && (entry == null || entry.isEmpty() || entry.due() != next.time)) {
                order.remove();
                continue;
            }
            long wait = next == null ? Long.MAX_VALUE : next.time - System.nanoTime();
            if (entry != null && wait > 0 && (stopping || hurried > 0)) {
                entry = book.entriesWaiting().stream()
                        .filter(other -> other.attempts() == 0)
                        .findFirst()
                        .orElse(null);
                wait = entry == null ? wait : 0;
            }
            if (entry != null && wait <= 0) {
                busy = true;
                return new Turn(entry);
            }
            if (stopping) {
                return null;
            }
            TimeUnit.NANOSECONDS.timedWait(this, Math.min(wait, end - System.nanoTime()));
        }
        return new Turn(null);
    }

    private void attempt(Entry entry) {
        KnownRun run;
        List<EventSnapshot> batch;
        Set<String> before;
        synchronized (this) {
            run = entry.run();
            batch = entry.batch();
            before = Set.copyOf(entry.leftOut());
        }
        EventWriter.Outcome outcome = null;
        RuntimeException failure = null;
        try {
            outcome = writer.write(run, batch, before);
        } catch (RuntimeException e) {
            failure = e;
        }
        synchronized (this) {
            busy = false;
            entry.due(0);
            if (outcome == null) {
                failed(entry, batch, Objects.requireNonNull(failure));
            } else {
                finish(entry, batch, outcome);
            }
            notifyAll();
        }
    }

    private void finish(Entry entry, List<EventSnapshot> batch, EventWriter.Outcome outcome) {
        if (!outcome.hasRun()) {
            LOG.debug(
                    "{} has no Result any more: {} Events are let go",
                    entry.run().record(),
                    batch.size());
            dropped += entry.batch().size();
            book.forget(entry);
            return;
        }
        collected += outcome.added();
        leftOut += outcome.leftOut().stream()
                .filter(identity -> !entry.leftOut().contains(identity))
                .count();
        dropped += outcome.refused();
        book.done(entry, batch, outcome.leftOut());
        if (!entry.isEmpty()) {
            schedule(entry);
        }
    }

    private void failed(Entry entry, List<EventSnapshot> batch, RuntimeException failure) {
        LogFields.of(entry.run().record(), entry.run().uid()).run(() -> note(entry, batch, failure));
    }

    private void note(Entry entry, List<EventSnapshot> batch, RuntimeException failure) {
        failures++;
        boolean again = failure instanceof ResultsException e && e.isRetryable();
        if (again) {
            if (entry.attempts() == 0) {
                LOG.warn(
                        "the Events of {} could not be written, which is tried again: {}",
                        entry.run().record(),
                        failure.getMessage());
            }
            put(entry, System.nanoTime() + pause(entry.attempts()).toNanos());
            entry.failed();
            return;
        }
        LOG.error(
                "{} Events of {} could not be written and are let go",
                batch.size(),
                entry.run().record(),
                failure);
        dropped += batch.size();
        book.done(entry, batch, Set.of());
        if (!entry.isEmpty()) {
            schedule(entry);
        }
    }

    private Duration pause(int attempts) {
        Duration pause = config.firstRetry().multipliedBy(1L << Math.min(attempts, 20));
        return pause.compareTo(config.longestRetry()) < 0 ? pause : config.longestRetry();
    }

    /** What had no room is asked for again, because it is in the cluster for an hour only. */
    private void listAgain() {
        synchronized (this) {
            boolean early =
                    System.nanoTime() - watchedSince < config.relistInterval().toNanos();
            if (stopping || early || !book.shouldListAgain()) {
                return;
            }
            book.listedAgain();
        }
        LOG.info("some Events had no room: the cluster is asked for all that it has");
        try {
            watch();
        } catch (RuntimeException e) {
            LOG.warn("the Events of the cluster could not be watched again; the watch goes on: {}", e.getMessage());
        }
    }
}

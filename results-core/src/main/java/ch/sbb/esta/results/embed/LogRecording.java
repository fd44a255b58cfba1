package ch.sbb.esta.results.embed;

import ch.sbb.esta.results.ArchiveOutcome;
import ch.sbb.esta.results.Escaped;
import ch.sbb.esta.results.LogInfo;
import ch.sbb.esta.results.RecordName;
import ch.sbb.esta.results.ResultsException;
import ch.sbb.esta.results.RunPlacement;
import ch.sbb.esta.results.archive.ArchiveListener;
import ch.sbb.esta.results.internal.Threads;
import ch.sbb.esta.results.logs.LogListener;
import ch.sbb.esta.results.logs.LogRecords;
import ch.sbb.esta.results.logs.PlainLogs;
import java.time.Duration;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Has the Log Record of a TaskRun written when the TaskRun is over, and again when one of its logs is sealed after that. What a process
 * that dies leaves undone is done by the next one, when it archives the finished TaskRun again.
 *
 * <p>Thread-safe.
 */
final class LogRecording implements ArchiveListener, LogListener {

    private static final Logger LOG = LoggerFactory.getLogger(LogRecording.class);
    /** Finished TaskRuns whose logs are sealed later than so many others finish get their last state with the next start. */
    private static final int REMEMBERED = 50_000;

    private static final Duration PAUSE = Duration.ofSeconds(1);

    private final LogRecords records;
    private final @Nullable PlainLogs copies;
    private final Map<String, RecordName> finished = new LinkedHashMap<>();
    private final Map<String, RecordName> waiting = new LinkedHashMap<>();
    private @Nullable Thread worker;
    private boolean stopping;
    private boolean busy;

    /** @param copies has sealed logs copied too, or null */
    LogRecording(LogRecords records, @Nullable PlainLogs copies) {
        this.records = records;
        this.copies = copies;
    }

    @Override
    public synchronized void onArchived(RunPlacement placement, ArchiveOutcome outcome) {
        if (placement.run().kind().isTaskRun()
                && placement.run().isFinished()
                && outcome.record().isPresent()) {
            String uid = placement.run().uid();
            finished.put(uid, outcome.record().get());
            Iterator<String> oldest = finished.keySet().iterator();
            if (finished.size() > REMEMBERED) {
                oldest.next();
                oldest.remove();
            }
            waiting.put(uid, outcome.record().get());
            notifyAll();
        }
    }

    @Override
    public synchronized void onSealed(LogInfo log) {
        RecordName record = finished.get(log.id().taskRunUid());
        if (record != null) {
            waiting.put(log.id().taskRunUid(), record);
            notifyAll();
        }
    }

    synchronized void start() {
        stopping = false;
        worker = Threads.named("esta-results-log-records").newThread(this::work);
        worker.start();
    }

    /** Writes what waits, as long as the limit allows, and stops. */
    void stop(Duration limit) {
        Thread current;
        synchronized (this) {
            stopping = true;
            current = worker;
            worker = null;
            notifyAll();
        }
        if (current == null) {
            return;
        }
        try {
            current.join(Math.max(1, limit.toMillis()));
            current.interrupt();
            current.join();
        } catch (InterruptedException e) {
            current.interrupt();
            Thread.currentThread().interrupt();
        }
    }

    /** Waits until nothing waits; says whether that came in time. */
    synchronized boolean awaitIdle(Duration limit) throws InterruptedException {
        long end = System.nanoTime() + limit.toNanos();
        while (busy || !waiting.isEmpty()) {
            long left = end - System.nanoTime();
            if (left <= 0) {
                return false;
            }
            TimeUnit.NANOSECONDS.timedWait(this, left);
        }
        return true;
    }

    private void work() {
        try {
            for (Map.Entry<String, RecordName> next = take(); next != null; next = take()) {
                boolean again = !write(next.getValue());
                done(next, again);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private synchronized Map.@Nullable Entry<String, RecordName> take() throws InterruptedException {
        while (waiting.isEmpty() && !stopping) {
            wait();
        }
        Iterator<Map.Entry<String, RecordName>> first = waiting.entrySet().iterator();
        if (!first.hasNext()) {
            return null;
        }
        Map.Entry<String, RecordName> next = Map.Entry.copyOf(first.next());
        first.remove();
        busy = true;
        return next;
    }

    private synchronized void done(Map.Entry<String, RecordName> taskRun, boolean again) throws InterruptedException {
        busy = false;
        if (again && !stopping) {
            waiting.putIfAbsent(taskRun.getKey(), taskRun.getValue());
            TimeUnit.NANOSECONDS.timedWait(this, PAUSE.toNanos());
        }
        notifyAll();
    }

    /** Says whether it is done for now. */
    private boolean write(RecordName taskRun) {
        try {
            boolean hasLogs = records.refresh(taskRun).isPresent();
            if (hasLogs && copies != null) {
                LOG.debug("{}: {} logs are copied as plain text", taskRun, copies.copy(taskRun));
            }
            return true;
        } catch (ResultsException e) {
            LOG.warn(
                    "the Log record of {} could not be written{}: {}",
                    taskRun,
                    e.isRetryable() ? "; it is tried again" : "",
                    e.getMessage());
            return !e.isRetryable();
        } catch (RuntimeException e) {
            LOG.error("the Log record of {} could not be written", Escaped.of(taskRun.toString()), e);
            return true;
        }
    }
}

package ch.sbb.esta.results.embed;

import ch.sbb.esta.results.ArchiveOutcome;
import ch.sbb.esta.results.Escaped;
import ch.sbb.esta.results.LogInfo;
import ch.sbb.esta.results.Record;
import ch.sbb.esta.results.RecordName;
import ch.sbb.esta.results.ResultsException;
import ch.sbb.esta.results.RunPlacement;
import ch.sbb.esta.results.archive.ArchiveListener;
import ch.sbb.esta.results.internal.LogFields;
import ch.sbb.esta.results.internal.Threads;
import ch.sbb.esta.results.logs.LogListener;
import ch.sbb.esta.results.logs.LogRecords;
import ch.sbb.esta.results.logs.PlainLogs;
import java.time.Duration;
import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Has the Log Record of a TaskRun written when the TaskRun is over, and again when one of its logs is sealed after that. What a process
 * that dies leaves undone is done by the next one, when it archives the finished TaskRun again. Of logs that other replicas seal nothing is
 * heard: where there may be some, it looks again until all are sealed.
 *
 * <p>Thread-safe.
 */
final class LogRecording implements ArchiveListener, LogListener {

    private static final Logger LOG = LoggerFactory.getLogger(LogRecording.class);
    /** Finished TaskRuns whose logs are sealed later than so many others finish get their last state with the next start. */
    private static final int REMEMBERED = 50_000;

    private static final Duration PAUSE = Duration.ofSeconds(1);

    /** So often it is looked for a first log of a TaskRun, which another replica may not have stored any part of. */
    private static final int FIRST_LOOKS = 12;

    private final LogRecords records;
    private final @Nullable PlainLogs copies;
    private final Map<String, RecordName> finished = new LinkedHashMap<>();
    private final Map<String, RecordName> waiting = new LinkedHashMap<>();
    private final SealedBy sealers;
    private final Duration relook;
    /** In the order in which they are due. */
    private final Map<String, Look> later = new LinkedHashMap<>();
    /** How often nothing was there of those that are being looked at again. */
    private final Map<String, Integer> looks = new HashMap<>();

    private @Nullable Thread worker;
    private boolean stopping;
    private boolean busy;

    /**
     * A TaskRun of which a log is not sealed yet, or not there.
     *
     * @param due by {@link System#nanoTime()}
     * @param looks how often nothing was there
     */
    private record Look(RecordName record, long due, int looks) {}

    private enum Written {
        /** Done for now. */
        DONE,
        /** Some log is live. */
        LIVE,
        /** There is no log. */
        NOTHING,
        /** Failed; to be tried again. */
        FAILED
    }

    /**
     * @param copies has sealed logs copied too, or null
     * @param relook how long until it looks again for what other replicas seal
     */
    LogRecording(LogRecords records, @Nullable PlainLogs copies, SealedBy sealers, Duration relook) {
        this.records = records;
        this.copies = copies;
        this.sealers = sealers;
        this.relook = relook;
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
        Threads.join(current, limit);
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
                done(next, write(next.getValue()));
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private synchronized Map.@Nullable Entry<String, RecordName> take() throws InterruptedException {
        for (long nanos = untilLook(); waiting.isEmpty() && !stopping; nanos = untilLook()) {
            if (nanos == Long.MAX_VALUE) {
                wait();
            } else {
                TimeUnit.NANOSECONDS.timedWait(this, nanos);
            }
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

    /** Takes up what is to be looked at again now; says how long nothing is. */
    private long untilLook() {
        Iterator<Map.Entry<String, Look>> first = later.entrySet().iterator();
        while (first.hasNext()) {
            Map.Entry<String, Look> next = first.next();
            long nanos = next.getValue().due - System.nanoTime();
            if (nanos > 0) {
                return nanos;
            }
            waiting.putIfAbsent(next.getKey(), next.getValue().record);
            looks.put(next.getKey(), next.getValue().looks);
            first.remove();
        }
        return Long.MAX_VALUE;
    }

    private synchronized void done(Map.Entry<String, RecordName> taskRun, Written written) throws InterruptedException {
        busy = false;
        String uid = taskRun.getKey();
        int before = Objects.requireNonNullElse(looks.remove(uid), 0);
        if (written == Written.FAILED && !stopping) {
            waiting.putIfAbsent(uid, taskRun.getValue());
            TimeUnit.NANOSECONDS.timedWait(this, PAUSE.toNanos());
        } else if (sealers == SealedBy.ANY_REPLICA) {
            int nothing = written == Written.NOTHING ? before + 1 : 0;
            boolean again = written == Written.LIVE || (nothing > 0 && nothing < FIRST_LOOKS);
            later.remove(uid);
            if (again && later.size() < REMEMBERED) {
                later.put(uid, new Look(taskRun.getValue(), System.nanoTime() + relook.toNanos(), nothing));
            }
        }
        notifyAll();
    }

    private Written write(RecordName taskRun) {
        return LogFields.of(taskRun.parent()).call(() -> refresh(taskRun));
    }

    private Written refresh(RecordName taskRun) {
        try {
            Optional<Record> log = records.refresh(taskRun);
            if (log.isPresent() && copies != null) {
                LOG.debug("{}: {} logs are copied as plain text", taskRun, copies.copy(taskRun));
            }
            return log.map(record -> LogRecords.isStored(record) ? Written.DONE : Written.LIVE)
                    .orElse(Written.NOTHING);
        } catch (ResultsException e) {
            LOG.warn(
                    "the Log record of {} could not be written{}: {}",
                    taskRun,
                    e.isRetryable() ? "; it is tried again" : "",
                    e.getMessage());
            return e.isRetryable() ? Written.FAILED : Written.DONE;
        } catch (RuntimeException e) {
            LOG.error("the Log record of {} could not be written", Escaped.of(taskRun.toString()), e);
            return Written.DONE;
        }
    }
}

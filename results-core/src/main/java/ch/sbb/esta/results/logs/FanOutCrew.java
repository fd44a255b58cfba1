package ch.sbb.esta.results.logs;

import ch.sbb.esta.results.ContainerLogId;
import ch.sbb.esta.results.LogInfo;
import ch.sbb.esta.results.internal.Threads;
import ch.sbb.esta.results.spi.LogSink;
import ch.sbb.esta.results.spi.LogSource;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Future;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/** The threads that write to the secondary, and the logs they work on. Thread-safe. */
final class FanOutCrew {

    private static final long TICK_MILLIS = 250;

    private final LogSource source;
    private final LogSink secondary;
    private final FanOutConfig config;
    private final FanOutLedger ledger;
    private final AtomicLong buffered = new AtomicLong();
    private final Map<ContainerLogId, LogCopy> copies = new ConcurrentHashMap<>();
    private final ThreadPoolExecutor threads;
    private final ScheduledThreadPoolExecutor timer;
    private final Object idle = new Object();
    private volatile boolean closing;

    FanOutCrew(LogSource source, LogSink secondary, FanOutConfig config) {
        this.source = source;
        this.secondary = secondary;
        this.config = config;
        this.ledger = new FanOutLedger(config.clock());
        threads = new ThreadPoolExecutor(
                config.threads(),
                config.threads(),
                10,
                TimeUnit.SECONDS,
                new LinkedBlockingQueue<>(),
                Threads.named("log-fan-out"),
                new ThreadPoolExecutor.DiscardPolicy());
        threads.allowCoreThreadTimeOut(true);
        timer = new ScheduledThreadPoolExecutor(
                1, Threads.named("log-fan-out-timer"), new ThreadPoolExecutor.DiscardPolicy());
        timer.setRemoveOnCancelPolicy(true);
    }

    void start() {
        Future<?> ticks = timer.scheduleWithFixedDelay(this::tick, TICK_MILLIS, TICK_MILLIS, TimeUnit.MILLISECONDS);
        FanOutLogs.LOG.trace("The fan-out begins: {}", ticks);
    }

    FanOutConfig config() {
        return config;
    }

    FanOutLedger ledger() {
        return ledger;
    }

    LogFeed feed(LogInfo at) {
        return new LogFeed(at, config, buffered);
    }

    SecondaryLog secondary(ContainerLogId id) {
        return new SecondaryLog(id, secondary, source, ledger, config.clock());
    }

    /** Has a feed carried to the secondary, in place of the one before it of the same log. */
    LogCopy carry(ContainerLogId id, LogFeed feed) {
        LogCopy fresh = new LogCopy(id, feed, this);
        while (true) {
            LogCopy copy = copies.get(id);
            if (copy != null && copy.attach(feed)) {
                return copy;
            }
            if (copy != null) {
                copies.remove(id, copy);
            } else if (copies.size() >= config.maxLogs()) {
                feed.release();
                ledger.uncopied(id, UncopiedLog.Reason.TOO_MANY, "more than " + config.maxLogs() + " logs are in work");
                fresh.refuse();
                return fresh;
            } else if (copies.putIfAbsent(id, fresh) == null) {
                fresh.insist();
                return fresh;
            }
        }
    }

    void execute(Runnable turn) {
        threads.execute(turn);
    }

    @Nullable
    Future<?> schedule(Runnable task, Duration delay) {
        return timer.schedule(task, delay.toNanos(), TimeUnit.NANOSECONDS);
    }

    void ended(LogCopy copy) {
        copies.remove(copy.id(), copy);
        synchronized (idle) {
            idle.notifyAll();
        }
    }

    FanOutStats stats() {
        int inStep = 0;
        int behind = 0;
        int left = 0;
        for (LogCopy copy : copies.values()) {
            switch (copy.standing()) {
                case IN_STEP -> inStep++;
                case BEHIND -> behind++;
                case LEFT -> left++;
            }
        }
        return ledger.stats(inStep, behind, left, buffered.get());
    }

    boolean isClosing() {
        return closing;
    }

    /** Gives every log one more chance, waits for a while, and abandons the rest. */
    void close() {
        closing = true;
        copies.values().forEach(LogCopy::insist);
        awaitEnd();
        List.copyOf(copies.values()).forEach(LogCopy::abandon);
        timer.shutdownNow();
        threads.shutdownNow();
    }

    private void awaitEnd() {
        long end = System.nanoTime() + config.closeLimit().toNanos();
        synchronized (idle) {
            while (!copies.isEmpty()) {
                long rest = end - System.nanoTime();
                if (rest <= 0) {
                    return;
                }
                try {
                    TimeUnit.NANOSECONDS.timedWait(idle, rest);
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                    return;
                }
            }
        }
    }

    private void tick() {
        Instant now = config.clock().instant();
        copies.values().forEach(copy -> copy.tick(now));
    }
}

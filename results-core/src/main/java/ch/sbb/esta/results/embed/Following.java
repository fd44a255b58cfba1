package ch.sbb.esta.results.embed;

import ch.sbb.esta.results.Escaped;
import ch.sbb.esta.results.ReplicaView;
import ch.sbb.esta.results.internal.StopSignal;
import ch.sbb.esta.results.internal.Threads;
import ch.sbb.esta.results.logs.LogCollector;
import ch.sbb.esta.results.spi.Membership;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.ThreadFactory;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Brings what this replica does to what its group says: it leads or stands by, and collects its share of the logs. Has a thread while
 * something is to be changed. Thread-safe; serves one membership.
 */
final class Following implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(Following.class);
    private static final ThreadFactory THREADS = Threads.named("esta-results-replica");
    private static final Duration RETRY = Duration.ofSeconds(1);
    /** The next leader finds in the cluster what is not written by then. */
    private static final Duration SETTLING = Duration.ofSeconds(5);

    private final LeaderWork work;
    private final @Nullable LogCollector collector;
    private final StopSignal end = new StopSignal();
    private final Object applying = new Object();
    /** Guarded by {@link #applying}. */
    private @Nullable List<String> sharedBy;

    private @Nullable Membership membership;
    private @Nullable Thread worker;
    private boolean changed;

    Following(LeaderWork work, @Nullable LogCollector collector) {
        this.work = work;
        this.collector = collector;
    }

    /** Begins with what is known now, on the caller's thread; what fails then is the caller's. */
    void begin(Membership joined) {
        synchronized (this) {
            membership = joined;
        }
        synchronized (applying) {
            if (collector != null) {
                share(collector, joined.view());
                collector.start();
            }
            apply(joined.view());
        }
    }

    /** Something changed; returns at once. */
    synchronized void onChange() {
        if (membership == null || end.isStopped()) {
            return;
        }
        changed = true;
        if (worker == null) {
            worker = THREADS.newThread(this::work);
            worker.start();
        }
    }

    /** Nothing is changed any more; waits for what is being changed. */
    @Override
    public void close() {
        Thread current;
        synchronized (this) {
            end.stop();
            current = worker;
        }
        if (current != null) {
            try {
                current.join();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
    }

    private void work() {
        for (Membership joined = next(); joined != null; joined = next()) {
            try {
                synchronized (applying) {
                    apply(joined.view());
                }
            } catch (RuntimeException e) {
                LOG.warn("a change of the replicas was not followed and is tried again: {}", Escaped.of(e.toString()));
                LOG.debug("a change of the replicas was not followed", e);
                if (end.await(RETRY)) {
                    onChange();
                }
            }
        }
    }

    private synchronized @Nullable Membership next() {
        if (!changed || end.isStopped()) {
            worker = null;
            return null;
        }
        changed = false;
        return membership;
    }

    private void apply(ReplicaView view) {
        if (!view.isLeader()) {
            work.stop();
            work.settle(SETTLING);
        }
        if (collector != null && !view.members().equals(sharedBy)) {
            share(collector, view);
        }
        if (view.isLeader()) {
            work.start(collector);
        }
    }

    private void share(LogCollector logs, ReplicaView view) {
        List<String> members = view.members();
        String self = view.self();
        logs.share(taskRun -> Rendezvous.owner(taskRun, members).equals(self));
        sharedBy = members;
    }
}

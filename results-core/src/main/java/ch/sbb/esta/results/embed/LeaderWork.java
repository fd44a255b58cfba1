package ch.sbb.esta.results.embed;

import ch.sbb.esta.results.archive.RunArchiver;
import ch.sbb.esta.results.archive.RunSweep;
import ch.sbb.esta.results.events.PodCollector;
import ch.sbb.esta.results.logs.LogCollector;
import ch.sbb.esta.results.retention.Retention;
import ch.sbb.esta.results.spi.RunWatcher;
import ch.sbb.esta.results.spi.Watching;
import java.time.Duration;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What one replica does for all: it watches the runs and has them archived with their Events and pods, compares the cluster with the store,
 * holds and deletes runs, lets Results expire, and seals the logs that nobody follows any more. Thread-safe; starting twice and stopping twice is harmless.
 */
final class LeaderWork {

    private final RunWatcher watcher;
    private final RunArchiver archiver;
    private final Departure departure;
    private final Rounds rounds;
    private volatile @Nullable Watching watching;

    /** What goes on at its own pace. */
    record Rounds(
            @Nullable RunSweep sweep,
            @Nullable AbandonedLogs abandoned,
            @Nullable Retention retention,
            @Nullable EventRecording events,
            @Nullable PodCollector finalPods,
            @Nullable RunAnnotations annotations) {}

    LeaderWork(RunWatcher watcher, RunArchiver archiver, Departure departure, Rounds rounds) {
        this.watcher = watcher;
        this.archiver = archiver;
        this.departure = departure;
        this.rounds = rounds;
    }

    /** Begins; whatever the watch throws is thrown, and nothing runs then. */
    synchronized void start(@Nullable LogCollector collector) {
        if (watching != null) {
            return;
        }
        try {
            if (rounds.events != null) {
                rounds.events.collector().start();
            }
            if (rounds.finalPods != null) {
                rounds.finalPods.start();
            }
            departure.start();
            if (rounds.annotations != null) {
                rounds.annotations.start();
            }
            watching = watcher.watch(departure.before(archiver));
        } finally {
            if (watching == null) {
                stopChanging();
                settle(Duration.ZERO);
            }
        }
        if (rounds.sweep != null) {
            rounds.sweep.start(archiver::accept);
        }
        if (rounds.abandoned != null && collector != null) {
            rounds.abandoned.start(collector);
        }
        if (rounds.retention != null) {
            rounds.retention.start();
        }
    }

    /** Ends; waits until nothing of it runs any more, but for what {@link #settle} ends. What was seen is archived nevertheless. */
    synchronized void stop() {
        Watching current = watching;
        if (current == null) {
            return;
        }
        watching = null;
        current.close();
        stopChanging();
        if (rounds.retention != null) {
            rounds.retention.close();
        }
        if (rounds.sweep != null) {
            rounds.sweep.close();
        }
        if (rounds.abandoned != null) {
            rounds.abandoned.stop();
        }
    }

    /** From here on no run of the cluster is changed. */
    private void stopChanging() {
        departure.stop();
        if (rounds.annotations != null) {
            rounds.annotations.stop();
        }
    }

    /** Writes what waits of the Events and the pods of runs that were archived, as far as the time allows. No effect when that is done. */
    synchronized void settle(Duration limit) {
        if (watching != null) {
            return;
        }
        if (rounds.events != null) {
            rounds.events.collector().close(limit);
        }
        if (rounds.finalPods != null) {
            rounds.finalPods.close(limit);
        }
    }

    /** The watch of the runs; empty for who does not lead. */
    Optional<Watching> watching() {
        return Optional.ofNullable(watching);
    }
}

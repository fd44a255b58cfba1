package ch.sbb.esta.results.embed;

import ch.sbb.esta.results.ArchiveOutcome;
import ch.sbb.esta.results.LogInfo;
import ch.sbb.esta.results.RunPlacement;
import ch.sbb.esta.results.archive.ArchiveListener;
import ch.sbb.esta.results.logs.LogListener;
import ch.sbb.esta.results.prune.Pruner;
import ch.sbb.esta.results.prune.RunFinalizers;
import ch.sbb.esta.results.spi.RunWatcher;
import org.jspecify.annotations.Nullable;

/** Tells finalizers what was seen and stored, and starts and stops them and the pruner. Thread-safe. */
final class Departure implements ArchiveListener, LogListener {

    private final @Nullable RunFinalizers finalizers;
    private final @Nullable Pruner pruner;

    Departure(@Nullable RunFinalizers finalizers, @Nullable Pruner pruner) {
        this.finalizers = finalizers;
        this.pruner = pruner;
    }

    @Nullable
    RunFinalizers finalizers() {
        return finalizers;
    }

    @Nullable
    Pruner pruner() {
        return pruner;
    }

    void start() {
        if (finalizers != null) {
            finalizers.start();
        }
        if (pruner != null) {
            pruner.start();
        }
    }

    void stop() {
        if (pruner != null) {
            pruner.close();
        }
        if (finalizers != null) {
            finalizers.close();
        }
    }

    /** The run is held before it is archived. */
    RunWatcher.Handler before(RunWatcher.Handler archiver) {
        RunFinalizers holding = finalizers;
        if (holding == null) {
            return archiver;
        }
        return event -> {
            try {
                holding.onRun(event);
            } finally {
                archiver.onRun(event);
            }
        };
    }

    @Override
    public void onArchived(RunPlacement placement, ArchiveOutcome outcome) {
        if (finalizers != null) {
            finalizers.recheck(placement.run().uid());
        }
    }

    @Override
    public void onSealed(LogInfo log) {
        if (finalizers != null) {
            finalizers.recheck(log.id().taskRunUid());
        }
    }
}

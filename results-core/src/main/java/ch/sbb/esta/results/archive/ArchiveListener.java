package ch.sbb.esta.results.archive;

import ch.sbb.esta.results.ArchiveOutcome;
import ch.sbb.esta.results.RunPlacement;

/**
 * Is told what became of each run.
 *
 * <p>Called by the archiver's worker, one call after the other, so it holds up the archive: return soon. At least once: after a crash or
 * a failure in the middle of a batch the same run may be told again. An exception is logged and otherwise ignored.
 */
@FunctionalInterface
public interface ArchiveListener {

    /**
     * Takes note of a run that has left the queue.
     *
     * @param placement the run and its place
     * @param outcome what became of it: archived, {@code QUARANTINED} or {@code EXPIRED}
     */
    void onArchived(RunPlacement placement, ArchiveOutcome outcome);
}

package ch.sbb.esta.results.prune;

/**
 * What to make of a run of which something can never be stored any more: the log of a pod that is gone, a child that was deleted before it
 * was stored or finished.
 */
public enum LostData {
    /** The run is not safe: somebody should look at it, and it is all that is left. */
    KEEP_RUN,
    /** The run is safe as far as the rest is stored: it cannot give more than it has. */
    LET_RUN_GO
}

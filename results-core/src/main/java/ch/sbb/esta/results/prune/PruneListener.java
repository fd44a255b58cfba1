package ch.sbb.esta.results.prune;

import ch.sbb.esta.results.RunSnapshot;

/** Is told of each run that a {@link Pruner} has deleted. */
@FunctionalInterface
public interface PruneListener {

    /**
     * A run was deleted. Called by the thread that prunes; what it throws is logged. What the run owns is collected by Kubernetes and not
     * told.
     *
     * @param run the version that was deleted
     */
    void onPruned(RunSnapshot run);
}

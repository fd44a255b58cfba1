package ch.sbb.esta.results.prune;

import ch.sbb.esta.results.spi.ClusterRuns.RunKey;
import java.util.List;

/** Tells which runs of the cluster a run owns. */
@FunctionalInterface
interface Owned {

    /** All that were in the cluster when it was listed, which was after the owner was seen to be finished. */
    List<RunKey> by(String ownerUid);
}

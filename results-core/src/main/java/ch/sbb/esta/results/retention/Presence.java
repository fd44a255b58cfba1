package ch.sbb.esta.results.retention;

import ch.sbb.esta.results.RunKind;
import ch.sbb.esta.results.Tombstone;
import ch.sbb.esta.results.spi.ClusterRuns;
import ch.sbb.esta.results.spi.ClusterRuns.RunKey;
import java.util.List;

/** Asks the cluster whether it still has a run. */
final class Presence {

    private Presence() {}

    /**
     * A run that was archived as v1beta1 may be served as v1 by now, under the same UID. Of an extra kind that is handled no more nobody
     * can tell, so it counts as gone.
     */
    static boolean isIn(ClusterRuns cluster, Tombstone run) {
        return RunKind.findByRecordType(run.type()).stream()
                .flatMap(kind -> cluster.kinds().versions().stream().filter(versions -> versions.contains(kind)))
                .flatMap(List::stream)
                .anyMatch(kind -> cluster.find(new RunKey(kind, run.namespace(), run.name(), run.uid()))
                        .isPresent());
    }
}

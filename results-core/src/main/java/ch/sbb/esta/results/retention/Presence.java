package ch.sbb.esta.results.retention;

import ch.sbb.esta.results.RunKind;
import ch.sbb.esta.results.Tombstone;
import ch.sbb.esta.results.spi.ClusterRuns;
import ch.sbb.esta.results.spi.ClusterRuns.RunKey;
import java.util.List;
import java.util.stream.Stream;

/** Asks the cluster whether it still has a run. */
final class Presence {

    private static final List<RunKind> CURRENT = List.of(RunKind.PIPELINE_RUN, RunKind.TASK_RUN, RunKind.CUSTOM_RUN);

    private Presence() {}

    /** A run that was archived as v1beta1 may be served as v1 by now, under the same UID. */
    static boolean isIn(ClusterRuns cluster, Tombstone run) {
        return RunKind.findByRecordType(run.type()).stream()
                .flatMap(kind -> Stream.concat(
                        CURRENT.stream().filter(current -> current.kind().equals(kind.kind())), Stream.of(kind)))
                .distinct()
                .anyMatch(kind -> cluster.find(new RunKey(kind, run.namespace(), run.name(), run.uid()))
                        .isPresent());
    }
}

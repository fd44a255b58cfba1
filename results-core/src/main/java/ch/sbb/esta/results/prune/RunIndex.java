package ch.sbb.esta.results.prune;

import ch.sbb.esta.results.OwnerReference;
import ch.sbb.esta.results.Page;
import ch.sbb.esta.results.ResultsException;
import ch.sbb.esta.results.ResultsException.Code;
import ch.sbb.esta.results.RunKind;
import ch.sbb.esta.results.RunSnapshot;
import ch.sbb.esta.results.spi.ClusterRuns;
import ch.sbb.esta.results.spi.ClusterRuns.RunKey;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/**
 * Which runs own which, from one list of a cluster; keeps keys, no objects. Owners are listed before what they own: whatever a finished
 * PipelineRun of the list has made is in the lists that come after. Used by one thread.
 */
final class RunIndex implements Owned {

    /** In the order of the lists; of each kind the version that a current cluster serves first. */
    private static final List<List<RunKind>> KINDS = List.of(
            List.of(RunKind.PIPELINE_RUN, RunKind.PIPELINE_RUN_V1BETA1),
            List.of(RunKind.TASK_RUN, RunKind.TASK_RUN_V1BETA1),
            List.of(RunKind.CUSTOM_RUN));

    private static final int RESTARTS = 3;

    private final Map<String, Map<String, RunKey>> owned = new HashMap<>();

    private RunIndex() {}

    /**
     * Lists the runs of all kinds.
     *
     * @param scope a namespace, or empty text for all
     * @param look takes each run; the same one again when a list had to begin anew
     */
    static RunIndex read(ClusterRuns cluster, String scope, Consumer<RunSnapshot> look) {
        RunIndex index = new RunIndex();
        KINDS.forEach(versions -> list(cluster, versions, scope, run -> {
            for (OwnerReference owner : run.owners()) {
                index.owned
                        .computeIfAbsent(owner.uid(), uid -> new LinkedHashMap<>())
                        .put(run.uid(), RunKey.of(run));
            }
            look.accept(run);
        }));
        return index;
    }

    /** A kind that the cluster does not serve has no runs. */
    private static void list(ClusterRuns cluster, List<RunKind> versions, String scope, Consumer<RunSnapshot> look) {
        for (RunKind kind : versions) {
            try {
                list(cluster, kind, scope, look);
                return;
            } catch (ResultsException e) {
                if (e.code() != Code.NOT_FOUND) {
                    throw e;
                }
            }
        }
    }

    private static void list(ClusterRuns cluster, RunKind kind, String scope, Consumer<RunSnapshot> look) {
        for (int restarts = 0; ; restarts++) {
            try {
                String token = "";
                do {
                    Page<RunSnapshot> page = cluster.list(kind, scope, token);
                    page.items().forEach(look);
                    token = page.nextPageToken().orElse("");
                } while (!token.isEmpty());
                return;
            } catch (ResultsException e) {
                if (e.code() != Code.CONFLICT || restarts == RESTARTS) {
                    throw e;
                }
            }
        }
    }

    @Override
    public List<RunKey> by(String ownerUid) {
        Map<String, RunKey> keys = owned.get(ownerUid);
        return keys == null ? List.of() : new ArrayList<>(keys.values());
    }
}

package ch.sbb.esta.results.prune;

import ch.sbb.esta.results.OwnerReference;
import ch.sbb.esta.results.Page;
import ch.sbb.esta.results.ResultsException;
import ch.sbb.esta.results.ResultsException.Code;
import ch.sbb.esta.results.RunKind;
import ch.sbb.esta.results.RunKinds;
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
 * PipelineRun of the list has made is in the lists that come after. Objects of extra kinds may own runs and be owned by them, so they are
 * listed first and, for what has come meanwhile, last. Used by one thread.
 */
final class RunIndex implements Owned {

    private static final int RESTARTS = 3;

    private final Map<String, Map<String, RunKey>> owned = new HashMap<>();

    private RunIndex() {}

    /**
     * Lists the runs of all kinds that the cluster handles. Without one of the lists there is no index: what is missing in it may be owned.
     *
     * @param scope a namespace, or empty text for all
     * @param look takes each run; the same one again when a list had to begin anew
     */
    static RunIndex read(ClusterRuns cluster, String scope, Consumer<RunSnapshot> look) {
        RunIndex index = new RunIndex();
        Consumer<RunSnapshot> first = run -> {
            index.add(run);
            look.accept(run);
        };
        RunKinds kinds = cluster.kinds();
        kinds.extras().forEach(extra -> list(cluster, List.of(extra), scope, first));
        for (List<RunKind> versions : kinds.versions()) {
            boolean extra = kinds.extras().containsAll(versions);
            list(cluster, versions, scope, extra ? index::add : first);
        }
        return index;
    }

    private void add(RunSnapshot run) {
        for (OwnerReference owner : run.owners()) {
            owned.computeIfAbsent(owner.uid(), uid -> new LinkedHashMap<>()).put(run.uid(), RunKey.of(run));
        }
    }

    /** A kind that the cluster does not serve has no runs. */
    static void list(ClusterRuns cluster, List<RunKind> versions, String scope, Consumer<RunSnapshot> look) {
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

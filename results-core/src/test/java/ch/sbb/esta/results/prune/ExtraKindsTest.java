package ch.sbb.esta.results.prune;

import static org.assertj.core.api.Assertions.assertThat;

import ch.sbb.esta.results.Page;
import ch.sbb.esta.results.ResultNaming;
import ch.sbb.esta.results.ResultsException;
import ch.sbb.esta.results.RunKind;
import ch.sbb.esta.results.RunKinds;
import ch.sbb.esta.results.RunSnapshot;
import ch.sbb.esta.results.memory.InMemoryClusterRuns;
import ch.sbb.esta.results.memory.InMemoryResultsStore;
import ch.sbb.esta.results.prune.PruneReport.Outcome;
import ch.sbb.esta.results.spi.ClusterRuns;
import ch.sbb.esta.results.spi.ClusterRuns.RunKey;
import ch.sbb.esta.results.spi.ForwardingClusterRuns;
import java.nio.charset.StandardCharsets;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** Objects of extra kinds beside runs of Tekton's, in the cluster and when it is pruned. */
class ExtraKindsTest {

    private static final RunKind DELIVERY = new RunKind("example.dev/v1", "Delivery");
    private static final String DONE =
            "\"conditions\":[{\"type\":\"Succeeded\",\"status\":\"True\"}],\"completionTime\":\"2026-01-02T03:04:05Z\"";
    private static final String RUNNING = "\"conditions\":[{\"type\":\"Succeeded\",\"status\":\"Unknown\"}]";
    private static final String SILENT = "\"state\":\"approved\"";

    private final InMemoryClusterRuns cluster =
            new InMemoryClusterRuns(InstantSource.system(), RunKinds.tekton().with(DELIVERY));
    private final InMemoryResultsStore store = new InMemoryResultsStore(InstantSource.system());

    private RunSnapshot put(RunKind kind, String name, Optional<RunSnapshot> owner, String status) {
        String owners = owner.map(
                        run -> """
                        ,"ownerReferences":[{"apiVersion":"%s","kind":"%s","name":"%s","uid":"%s"}]
                        """.formatted(run.kind().apiVersion(), run.kind().kind(), run.name(), run.uid()))
                .orElse("");
        return cluster.put("""
                {"apiVersion":"%s","kind":"%s","metadata":{"namespace":"ci","name":"%s"%s},"status":{%s}}
                """.formatted(kind.apiVersion(), kind.kind(), name, owners, status)
                .getBytes(StandardCharsets.UTF_8));
    }

    private void store(RunSnapshot... runs) {
        for (RunSnapshot run : runs) {
            assertThat(store.archive(List.of(ResultNaming.defaults().place(run)))
                            .get(0)
                            .isArchived())
                    .isTrue();
        }
    }

    private Safety check(RunSnapshot run) {
        return RunSafety.builder(store, cluster)
                .build()
                .check(cluster.find(RunKey.of(run)).orElseThrow());
    }

    private PruneReport prune(ClusterRuns from) {
        return Pruner.builder(
                        RunSafety.builder(store, from).build(),
                        PrunerConfig.builder().grace("-1s").build())
                .build()
                .run();
    }

    @Test
    void aRunWaitsForWhatItOwnsToBeStoredAndFinished() {
        RunSnapshot run = put(RunKind.PIPELINE_RUN, "build", Optional.empty(), DONE);
        RunSnapshot custom = put(RunKind.CUSTOM_RUN, "build-c", Optional.of(run), DONE);
        RunSnapshot going = put(DELIVERY, "build-d", Optional.of(custom), RUNNING);
        store(run, custom);
        assertThat(check(run).toString()).contains("Delivery").contains("not finished");

        RunSnapshot ended = put(DELIVERY, "build-d", Optional.of(custom), DONE);
        assertThat(ended.uid()).isEqualTo(going.uid());
        assertThat(check(run).toString()).contains("Delivery").contains("not stored");

        store(ended);
        assertThat(check(run).isSafe()).isTrue();
    }

    @Test
    void whatNeverSaysThatItIsFinishedIsStoredAsItIsAndThenHoldsUpNobody() {
        RunSnapshot run = put(RunKind.PIPELINE_RUN, "build", Optional.empty(), DONE);
        RunSnapshot silent = put(DELIVERY, "build-d", Optional.of(run), SILENT);
        store(run);
        assertThat(check(run).toString()).contains("not stored");

        store(silent);
        assertThat(check(run).isSafe()).isTrue();

        RunSnapshot changed = put(DELIVERY, "build-d", Optional.of(run), SILENT + ",\"more\":1");
        assertThat(check(run).toString()).contains("is stored in version");
        store(changed);
        assertThat(check(changed).isSafe()).isFalse();
        assertThat(check(changed).toString()).contains("does not say whether it is finished");
    }

    @Test
    void theyArePrunedLikeRunsOnceTheyAreFinished() {
        RunSnapshot done = put(DELIVERY, "done", Optional.empty(), "\"completionTime\":\"2026-01-02T03:04:05Z\"");
        RunSnapshot silent = put(DELIVERY, "silent", Optional.empty(), SILENT);
        RunSnapshot owned = put(RunKind.TASK_RUN, "done-t", Optional.of(done), RUNNING);
        store(done, silent, owned);
        assertThat(prune(cluster).count(Outcome.UNSAFE)).isEqualTo(1);
        assertThat(cluster.find(RunKey.of(done))).isPresent();

        store(put(RunKind.TASK_RUN, "done-t", Optional.of(done), DONE));
        assertThat(prune(cluster).count(Outcome.DELETED)).isEqualTo(1);
        assertThat(cluster.find(RunKey.of(done))).isEmpty();
        assertThat(cluster.find(RunKey.of(silent))).isPresent();
    }

    @Test
    void whatOthersNameChildrenIsNotTakenForRuns() {
        RunSnapshot run = put(DELIVERY, "d", Optional.empty(), DONE + ",\"taskRuns\":{\"none\":{}}");
        store(run);
        assertThat(check(run).isSafe()).isTrue();
    }

    @Test
    void nothingIsDeletedWhileAnExtraKindCannotBeListed() {
        RunSnapshot run = put(RunKind.PIPELINE_RUN, "build", Optional.empty(), DONE);
        store(run);
        PruneReport report = prune(new Denied());
        assertThat(report.failures()).isNotEmpty();
        assertThat(cluster.find(RunKey.of(run))).isPresent();
    }

    @Test
    void finalizersAreTakenOffThemToo() {
        RunSnapshot run = put(DELIVERY, "d", Optional.empty(), RUNNING);
        assertThat(cluster.addFinalizer(RunKey.of(run), RunFinalizers.FINALIZER))
                .isTrue();
        assertThat(RunFinalizers.removeAll(cluster, Set.of(RunFinalizers.FINALIZER))
                        .removed())
                .isEqualTo(1);
    }

    /** The cluster for one who must not list deliveries. */
    private final class Denied extends ForwardingClusterRuns {

        Denied() {
            super(cluster);
        }

        @Override
        public Page<RunSnapshot> list(RunKind kind, String namespace, String continueToken) {
            if (kind.equals(DELIVERY)) {
                throw new ResultsException(ResultsException.Code.DENIED, "deliveries are forbidden");
            }
            return super.list(kind, namespace, continueToken);
        }
    }
}

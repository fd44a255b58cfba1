package ch.sbb.esta.results.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ch.sbb.esta.results.Page;
import ch.sbb.esta.results.ResultsException;
import ch.sbb.esta.results.RunKind;
import ch.sbb.esta.results.RunSnapshot;
import ch.sbb.esta.results.RunVersion;
import ch.sbb.esta.results.spi.ClusterRuns;
import ch.sbb.esta.results.spi.ClusterRuns.RunKey;
import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * What every {@link ClusterRuns} must do. Subclasses hand in the runs of an empty cluster, all namespaces, told of
 * {@link ClusterDriver#EXTRA_KIND}, with at most 10 runs on a page, made anew for each test, and a driver of that cluster. The test that
 * makes it forget is tagged {@code faults}.
 */
public abstract class ClusterRunsContract {

    private static final String OURS = "results.tekton.dev/taskrun";
    private static final String THEIRS = "chains.tekton.dev/hold";
    private static final int MANY = 25;

    /** For subclasses. */
    protected ClusterRunsContract() {}

    /**
     * The runs under test.
     *
     * @return the same object for the whole test
     */
    protected abstract ClusterRuns runs();

    /**
     * What changes the runs beside the implementation.
     *
     * @return the same one for the whole test
     */
    protected abstract ClusterDriver cluster();

    /**
     * Names a namespace of the tests. A cluster that others use too gives each test namespaces of its own; the name itself by default.
     *
     * @param name a DNS label of at most 20 characters
     * @return the name of the namespace, the same each time
     */
    protected String namespace(String name) {
        return name;
    }

    @Test
    final void everyRunIsOnOnePageOnce() {
        List<String> uids = new ArrayList<>();
        for (int i = 0; i < MANY; i++) {
            uids.add(put("ns-" + i % 3, "build-" + i).uid());
        }
        cluster().put(Runs.run(RunKind.PIPELINE_RUN, namespace("ns-0"), "other-kind", "one"));
        assertThat(listAll("")).extracting(RunSnapshot::uid).containsExactlyInAnyOrderElementsOf(uids);
        assertThat(runs().list(RunKind.TASK_RUN, "", "").items()).hasSizeLessThanOrEqualTo(10);
    }

    @Test
    final void anExtraKindIsHandledLikeThoseOfTekton() {
        RunKind kind = ClusterDriver.EXTRA_KIND;
        assertThat(runs().kinds().contains(kind)).isTrue();
        assertThat(listAll(kind, "")).isEmpty();
        put("ns-a", "build");
        RunSnapshot one = cluster().put(Runs.run(kind, namespace("ns-a"), "build", "one"));
        RunSnapshot two = cluster().put(Runs.run(kind, namespace("ns-b"), "build", "one"));
        assertThat(listAll(kind, "")).extracting(RunSnapshot::uid).containsExactlyInAnyOrder(one.uid(), two.uid());
        assertThat(listAll(kind, namespace("ns-b")))
                .extracting(RunSnapshot::uid)
                .containsExactly(two.uid());
        assertThat(runs().addFinalizer(RunKey.of(one), OURS)).isTrue();
        assertThat(finalizers(one)).containsExactly(OURS);
        runs().removeFinalizer(RunKey.of(one), OURS);
        assertThat(runs().delete(RunKey.of(one), version(one))).isTrue();
        assertThat(runs().find(RunKey.of(one))).isEmpty();
        assertThat(runs().find(RunKey.of(two))).isPresent();
    }

    @Test
    final void aListMayBeOfOneNamespace() {
        for (int i = 0; i < MANY; i++) {
            put("ns-" + i % 2, "build-" + i);
        }
        assertThat(listAll(namespace("ns-1")))
                .hasSize(MANY / 2)
                .allMatch(run -> run.namespace().equals(namespace("ns-1")));
        assertThat(listAll(namespace("ns-without-runs"))).isEmpty();
    }

    @Test
    final void whatIsListedAndFoundIsALiveReadWithEveryField() {
        RunSnapshot run = put("ns-a", "build");
        List<RunSnapshot> read =
                List.of(listAll("").get(0), runs().find(RunKey.of(run)).orElseThrow());
        for (RunSnapshot live : read) {
            assertThat(live.version()).isEqualTo(liveVersion(run));
            assertThat(Runs.tree(live.json())).isEqualTo(Runs.tree(run.json()));
        }
    }

    @Test
    @Tag("faults")
    final void anExpiredTokenIsAConflict() {
        for (int i = 0; i < MANY; i++) {
            put("ns-a", "build-" + i);
        }
        String token = runs().list(RunKind.TASK_RUN, "", "").nextPageToken().orElseThrow();
        cluster().forget();
        assertThatThrownBy(() -> runs().list(RunKind.TASK_RUN, "", token))
                .isInstanceOfSatisfying(
                        ResultsException.class, e -> assertThat(e.code()).isEqualTo(ResultsException.Code.CONFLICT));
    }

    @Test
    final void aMangledTokenIsInvalid() {
        assertThatThrownBy(() -> runs().list(RunKind.TASK_RUN, "", "mangled \n token"))
                .isInstanceOfSatisfying(
                        ResultsException.class, e -> assertThat(e.code()).isEqualTo(ResultsException.Code.INVALID));
    }

    @Test
    final void aRunIsFoundByItsNameAndUid() {
        RunSnapshot run = put("ns-a", "build");
        assertThat(runs().find(RunKey.of(run))).map(RunSnapshot::uid).contains(run.uid());
        assertThat(runs().find(otherUid(run))).isEmpty();
        assertThat(runs().find(new RunKey(RunKind.TASK_RUN, namespace("ns-a"), "absent", run.uid())))
                .isEmpty();
        assertThat(runs().find(new RunKey(RunKind.PIPELINE_RUN, namespace("ns-a"), "build", run.uid())))
                .isEmpty();
    }

    @Test
    final void aFinalizerIsAddedOnceBesideThoseOfOthers() {
        RunSnapshot run = cluster().put(Runs.withFinalizers(RunKind.TASK_RUN, namespace("ns-a"), "build", THEIRS));
        assertThat(runs().addFinalizer(RunKey.of(run), OURS)).isTrue();
        String version = version(run);
        assertThat(runs().addFinalizer(RunKey.of(run), OURS)).isTrue();
        assertThat(finalizers(run)).containsExactly(THEIRS, OURS);
        assertThat(version(run)).isEqualTo(version);
    }

    @Test
    final void aFinalizerIsTheFirstToo() {
        RunSnapshot run = put("ns-a", "build");
        assertThat(runs().addFinalizer(RunKey.of(run), OURS)).isTrue();
        assertThat(finalizers(run)).containsExactly(OURS);
    }

    @Test
    final void noFinalizerIsAddedToARunThatIsGoneOrGoing() {
        RunSnapshot going = cluster().put(Runs.withFinalizers(RunKind.TASK_RUN, namespace("ns-a"), "going", THEIRS));
        cluster().delete(RunKey.of(going));
        assertThat(runs().find(RunKey.of(going)).orElseThrow().deletionTime()).isPresent();
        assertThat(runs().addFinalizer(RunKey.of(going), OURS)).isFalse();
        assertThat(finalizers(going)).containsExactly(THEIRS);

        RunSnapshot gone = put("ns-a", "gone");
        cluster().delete(RunKey.of(gone));
        assertThat(runs().addFinalizer(RunKey.of(gone), OURS)).isFalse();

        RunSnapshot replaced = put("ns-a", "gone");
        assertThat(runs().addFinalizer(RunKey.of(gone), OURS)).isFalse();
        assertThat(finalizers(replaced)).isEmpty();
    }

    @Test
    final void aFinalizerIsRemovedWithoutThoseOfOthers() {
        RunSnapshot run =
                cluster().put(Runs.withFinalizers(RunKind.TASK_RUN, namespace("ns-a"), "build", THEIRS, OURS));
        runs().removeFinalizer(otherUid(run), OURS);
        assertThat(finalizers(run)).containsExactly(THEIRS, OURS);
        runs().removeFinalizer(RunKey.of(run), OURS);
        assertThat(finalizers(run)).containsExactly(THEIRS);
        String version = version(run);
        runs().removeFinalizer(RunKey.of(run), OURS);
        assertThat(version(run)).isEqualTo(version);
        cluster().delete(RunKey.of(run));
        runs().removeFinalizer(RunKey.of(run), THEIRS);
        runs().removeFinalizer(RunKey.of(run), THEIRS);
        assertThat(runs().find(RunKey.of(run))).isEmpty();
    }

    @Test
    final void concurrentChangesOfFinalizersLoseNone() throws Exception {
        RunSnapshot run =
                cluster().put(Runs.withFinalizers(RunKind.TASK_RUN, namespace("ns-a"), "build", THEIRS, "old.dev/0"));
        List<Callable<Object>> changes = new ArrayList<>();
        for (int i = 0; i < 4; i++) {
            String finalizer = "new.dev/" + i;
            changes.add(() -> runs().addFinalizer(RunKey.of(run), finalizer));
        }
        changes.add(Executors.callable(() -> runs().removeFinalizer(RunKey.of(run), "old.dev/0")));
        ExecutorService threads = Executors.newFixedThreadPool(changes.size());
        try {
            for (Future<Object> change : threads.invokeAll(changes)) {
                change.get();
            }
        } finally {
            threads.shutdownNow();
        }
        assertThat(finalizers(run))
                .containsExactlyInAnyOrder(THEIRS, "new.dev/0", "new.dev/1", "new.dev/2", "new.dev/3");
    }

    @Test
    final void aRunIsAnnotatedBesideWhatOthersWrote() {
        RunSnapshot run = put("ns-a", "build");
        RunSnapshot before = runs().find(RunKey.of(run)).orElseThrow();
        Map<String, String> hostile = Map.of(OURS, "one", "example.dev/text", "\"}] \\ \u0001 \ud83d\ude00 \n'");
        assertThat(runs().annotate(RunKey.of(run), hostile)).isTrue();
        assertThat(annotations(run)).containsAllEntriesOf(before.annotations()).containsAllEntriesOf(hostile);
        String version = version(run);
        assertThat(runs().annotate(RunKey.of(run), hostile)).isTrue();
        assertThat(version(run)).as("nothing is to be changed").isEqualTo(version);
        assertThat(runs().annotate(RunKey.of(run), Map.of(OURS, "two"))).isTrue();
        assertThat(annotations(run))
                .containsEntry(OURS, "two")
                .containsEntry("example.dev/text", hostile.get("example.dev/text"));
        assertThat(runs().addFinalizer(RunKey.of(run), OURS)).isTrue();
        assertThat(annotations(run)).containsEntry(OURS, "two");
    }

    @Test
    final void aRunThatIsGoneIsNotAnnotatedNorIsTheOneInItsPlace() {
        RunSnapshot gone = put("ns-a", "build");
        cluster().delete(RunKey.of(gone));
        assertThat(runs().annotate(RunKey.of(gone), Map.of(OURS, "one"))).isFalse();
        assertThat(runs().find(RunKey.of(gone))).as("it is not made again").isEmpty();
        RunSnapshot replaced = put("ns-a", "build");
        assertThat(runs().annotate(RunKey.of(gone), Map.of(OURS, "one"))).isFalse();
        assertThat(annotations(replaced)).doesNotContainKey(OURS);
    }

    @Test
    final void aRunIsDeletedOnce() {
        RunSnapshot run = put("ns-a", "build");
        assertThat(runs().delete(RunKey.of(run), version(run))).isTrue();
        assertThat(runs().find(RunKey.of(run))).isEmpty();
        assertThat(runs().delete(RunKey.of(run), run.resourceVersion().orElseThrow()))
                .isFalse();
    }

    @Test
    final void aRunThatHasChangedIsNotDeleted() {
        RunSnapshot decided = put("ns-a", "build");
        RunSnapshot changed = cluster().put(Runs.run(RunKind.TASK_RUN, namespace("ns-a"), "build", "two"));
        assertThat(changed.uid()).isEqualTo(decided.uid());
        assertThatThrownBy(() -> runs().delete(
                                RunKey.of(decided), decided.resourceVersion().orElseThrow()))
                .isInstanceOfSatisfying(
                        ResultsException.class, e -> assertThat(e.code()).isEqualTo(ResultsException.Code.CONFLICT));
        assertThat(runs().find(RunKey.of(changed))).isPresent();
    }

    @Test
    final void aRunThatReplacedAnotherIsNotDeletedInItsPlace() {
        RunSnapshot gone = put("ns-a", "build");
        cluster().delete(RunKey.of(gone));
        RunSnapshot replaced = put("ns-a", "build");
        assertThat(runs().delete(RunKey.of(gone), version(replaced))).isFalse();
        assertThat(runs().find(RunKey.of(replaced))).isPresent();
    }

    @Test
    final void aDeletedRunStaysUntilItsLastFinalizerIsRemoved() {
        RunSnapshot run = put("ns-a", "build");
        assertThat(runs().addFinalizer(RunKey.of(run), OURS)).isTrue();
        assertThat(runs().delete(RunKey.of(run), version(run))).isTrue();
        assertThat(runs().find(RunKey.of(run)).orElseThrow().deletionTime()).isPresent();
        runs().removeFinalizer(RunKey.of(run), OURS);
        assertThat(runs().find(RunKey.of(run))).isEmpty();
    }

    private RunSnapshot put(String namespace, String name) {
        return cluster().put(Runs.run(RunKind.TASK_RUN, namespace(namespace), name, "one"));
    }

    private List<RunSnapshot> listAll(String namespace) {
        return listAll(RunKind.TASK_RUN, namespace);
    }

    private List<RunSnapshot> listAll(RunKind kind, String namespace) {
        List<RunSnapshot> all = new ArrayList<>();
        Page<RunSnapshot> page = runs().list(kind, namespace, "");
        all.addAll(page.items());
        while (page.nextPageToken().isPresent()) {
            page = runs().list(kind, namespace, page.nextPageToken().orElseThrow());
            all.addAll(page.items());
            assertThat(all).as("pages that never end").hasSizeLessThan(1000);
        }
        return all;
    }

    private String version(RunSnapshot run) {
        return runs().find(RunKey.of(run)).orElseThrow().resourceVersion().orElseThrow();
    }

    private Map<String, String> annotations(RunSnapshot run) {
        return runs().find(RunKey.of(run)).orElseThrow().annotations();
    }

    private List<String> finalizers(RunSnapshot run) {
        RunSnapshot now = runs().find(RunKey.of(run)).orElseThrow();
        List<String> finalizers = new ArrayList<>();
        for (JsonNode finalizer : Runs.tree(now.json()).path("metadata").path("finalizers")) {
            finalizers.add(finalizer.asText());
        }
        return finalizers;
    }

    private static RunVersion liveVersion(RunSnapshot run) {
        return run.asLiveRead().version();
    }

    private static RunKey otherUid(RunSnapshot run) {
        return new RunKey(run.kind(), run.namespace(), run.name(), "00000000-0000-0000-0000-000000000000");
    }
}

package ch.sbb.esta.results.prune;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;
import static org.awaitility.Durations.ONE_MINUTE;

import ch.sbb.esta.results.ResultsException;
import ch.sbb.esta.results.ResultsException.Code;
import ch.sbb.esta.results.RunSnapshot;
import ch.sbb.esta.results.memory.InMemoryRunWatcher;
import ch.sbb.esta.results.spi.ClusterRuns.RunKey;
import ch.sbb.esta.results.spi.Watching;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class RunFinalizersTest {

    private static final Duration DEADLINE = Duration.ofHours(24);
    private static final String UPSTREAM = "results.tekton.dev/taskrun";

    private final Scene scene = new Scene();
    private final Set<String> terminating = ConcurrentHashMap.newKeySet();
    private final List<String> told = new CopyOnWriteArrayList<>();
    private final List<AutoCloseable> open = new ArrayList<>();

    private RunFinalizers start(FinalizerConfig.Builder config) {
        return start(config, scene.safety().build());
    }

    private RunFinalizers start(FinalizerConfig.Builder config, RunSafety safety) {
        RunFinalizers finalizers = RunFinalizers.builder(
                        safety,
                        config.retries(Duration.ofMillis(2), Duration.ofMillis(20))
                                .build())
                .namespaces(terminating::contains)
                .clock(scene::now)
                .onReleased((run, cause, missing) -> told.add(run.name() + " " + cause + " " + missing.isSafe()))
                .build();
        finalizers.start();
        Watching watching = new InMemoryRunWatcher(scene.memory()).watch(finalizers);
        open.add(watching);
        open.add(finalizers);
        return finalizers;
    }

    private RunFinalizers start() {
        return start(FinalizerConfig.builder().deadline(DEADLINE));
    }

    @AfterEach
    void close() throws Exception {
        for (AutoCloseable part : open) {
            part.close();
        }
    }

    private List<String> finalizers(RunSnapshot run) {
        return scene.memory()
                .find(RunKey.of(run))
                .map(now -> RunDetails.of(now).finalizers())
                .orElse(List.of());
    }

    private RunSnapshot held(TestRun run) {
        RunSnapshot put = scene.put(run);
        await().atMost(ONE_MINUTE).until(() -> finalizers(put).contains(RunFinalizers.FINALIZER));
        return put;
    }

    private void finish(RunSnapshot run) {
        scene.put(
                TestRun.from(scene.memory().find(RunKey.of(run)).orElseThrow()).ended(scene.now()));
    }

    private void assertTold(String... texts) {
        await().atMost(ONE_MINUTE).untilAsserted(() -> assertThat(told).containsExactlyInAnyOrder(texts));
    }

    private void awaitFree(RunSnapshot run) {
        await().atMost(ONE_MINUTE).until(() -> !finalizers(run).contains(RunFinalizers.FINALIZER));
    }

    @Test
    void aRunIsHeldFromTheFirstSightUntilItIsSafeAndChangedTwice() {
        RunFinalizers finalizers = start();
        RunSnapshot run = held(TestRun.taskRun("build").running());
        scene.beginLog(scene.log(run, "u", "a"));
        finish(run);
        scene.archiveNow(run);
        await().atMost(ONE_MINUTE).until(() -> finalizers.stats().waiting() == 1);
        assertThat(finalizers(run)).containsExactly(RunFinalizers.FINALIZER);
        scene.sealLog(scene.log(run, "u", "a"));
        awaitFree(run);
        scene.archiveNow(run);
        scene.put(TestRun.from(scene.archiveNow(run)).annotation("chains.tekton.dev/signed", "true"));
        await().atMost(ONE_MINUTE).until(() -> finalizers.stats().waiting() == 0);
        assertThat(finalizers(run)).isEmpty();
        assertTold("build SAFE true");
        assertThat(scene.cluster().additions).hasValue(1);
        assertThat(scene.cluster().removals).hasValue(1);
        assertThat(finalizers.stats().added()).isEqualTo(1);
        assertThat(finalizers.stats().overdue()).isZero();
    }

    @Test
    void aRunWhoseEndNobodyArchivesIsHandedOverToBeArchived() {
        List<String> handedOver = new CopyOnWriteArrayList<>();
        RunSafety safety = scene.safety()
                .archive(run -> {
                    handedOver.add(run.resourceVersion().orElseThrow());
                    scene.archive(run);
                })
                .build();
        start(FinalizerConfig.builder().deadline(DEADLINE), safety);
        RunSnapshot run = held(TestRun.pipelineRun("build").running());
        scene.archiveNow(run);
        assertThat(handedOver).as("what runs is not waited for").isEmpty();
        finish(run);
        String end = scene.memory()
                .find(RunKey.of(run))
                .orElseThrow()
                .resourceVersion()
                .orElseThrow();
        awaitFree(run);
        assertThat(handedOver).containsOnly(end);
        assertTold("build SAFE true");
    }

    @Test
    void aRunThatIsDeletedStaysUntilItIsSafe() {
        start();
        RunSnapshot run = held(TestRun.pipelineRun("build").running());
        finish(run);
        scene.memory().delete(RunKey.of(run));
        assertThat(scene.isThere(run)).isTrue();
        scene.archiveNow(run);
        await().atMost(ONE_MINUTE).until(() -> !scene.isThere(run));
        assertTold("build SAFE true");
    }

    @Test
    void aParentIsHeldUntilItsChildrenAreSafe() {
        RunFinalizers finalizers = start();
        RunSnapshot parent =
                held(TestRun.pipelineRun("build").child("TaskRun", "t").running());
        RunSnapshot child = held(TestRun.taskRun("t").ownedBy(parent).running());
        finish(parent);
        scene.archiveNow(parent);
        await().atMost(ONE_MINUTE).until(() -> finalizers.stats().waiting() == 1);
        assertThat(finalizers(parent)).isNotEmpty();
        finish(child);
        scene.archiveNow(child);
        awaitFree(child);
        scene.archiveNow(child);
        awaitFree(parent);
        assertTold("t SAFE true", "build SAFE true");
    }

    @Test
    void aRunThatIsDeletedBeforeItsEndGoesWhenItsLastVersionIsStored() {
        start();
        RunSnapshot run = held(TestRun.taskRun("build").running());
        scene.memory().delete(RunKey.of(run));
        assertThat(scene.isThere(run)).isTrue();
        scene.archiveNow(run);
        await().atMost(ONE_MINUTE).until(() -> !scene.isThere(run));
        assertTold("build INTERRUPTED true");
    }

    @Test
    void aRunIsLetGoAtTheDeadlineAndThatIsTold() {
        RunFinalizers finalizers = start();
        RunSnapshot run = held(TestRun.pipelineRun("build").running());
        finish(run);
        await().atMost(ONE_MINUTE).until(() -> finalizers.stats().waiting() == 1);
        scene.pass(DEADLINE.minusSeconds(1));
        assertThat(finalizers(run)).isNotEmpty();
        scene.pass(Duration.ofSeconds(1));
        awaitFree(run);
        assertTold("build DEADLINE false");
        assertThat(finalizers.stats().overdue()).isEqualTo(1);
    }

    @Test
    void theDeadlineIsKeptWithoutAStore() {
        RunSafety blind = RunSafety.builder(new AwayStore(), scene.cluster()).build();
        start(FinalizerConfig.builder().deadline(DEADLINE), blind);
        RunSnapshot run = held(TestRun.pipelineRun("build").running());
        finish(run);
        scene.pass(DEADLINE);
        awaitFree(run);
        assertTold("build DEADLINE false");
    }

    @Test
    void runsOfANamespaceThatIsBeingDeletedGoAtOnce() {
        start();
        RunSnapshot run = held(TestRun.pipelineRun("build").running());
        terminating.add("ci");
        scene.memory().delete(RunKey.of(run));
        await().atMost(ONE_MINUTE).until(() -> !scene.isThere(run));
        assertTold("build NAMESPACE_TERMINATING false");
    }

    @Test
    void aFinishedRunIsHeldOnlyIfItWasNeverStored() {
        RunSnapshot stored = scene.store(TestRun.pipelineRun("stored").ended(scene.now()));
        RunSnapshot old = scene.put(TestRun.pipelineRun("old").ended(scene.now().minus(DEADLINE)));
        RunSnapshot missed = scene.put(TestRun.pipelineRun("missed").ended(scene.now()));
        RunFinalizers finalizers = start();
        await().atMost(ONE_MINUTE).until(() -> finalizers(missed).contains(RunFinalizers.FINALIZER));
        scene.archiveNow(missed);
        awaitFree(missed);
        await().atMost(ONE_MINUTE).until(() -> finalizers.stats().waiting() == 0);
        assertThat(finalizers(stored)).isEmpty();
        assertThat(finalizers(old)).isEmpty();
        assertThat(finalizers.stats().added()).isEqualTo(1);
    }

    @Test
    void aRunThatIsBeingDeletedAlreadyIsNotHeld() {
        RunSnapshot run = scene.put(
                TestRun.pipelineRun("going").finalizer("some.dev/hold").running());
        scene.memory().delete(RunKey.of(run));
        RunFinalizers finalizers = start();
        RunSnapshot other = held(TestRun.pipelineRun("other").running());
        assertThat(finalizers(run)).containsExactly("some.dev/hold");
        assertThat(finalizers(other)).containsExactly(RunFinalizers.FINALIZER);
        assertThat(finalizers.stats().added()).isEqualTo(1);
    }

    @Test
    void finalizersOfTektonResultsAreTakenOverOnRequest() {
        RunSnapshot run = scene.put(TestRun.taskRun("build").finalizer(UPSTREAM).running());
        RunFinalizers finalizers =
                start(FinalizerConfig.builder().deadline(DEADLINE).upstream(FinalizerConfig.Upstream.TAKE_OVER));
        finish(run);
        scene.archiveNow(run);
        await().atMost(ONE_MINUTE).until(() -> finalizers(run).isEmpty());
        assertTold("build SAFE true");
        assertThat(finalizers.stats().added()).isZero();
    }

    @Test
    void finalizersOfOthersStay() {
        start();
        RunSnapshot run = held(TestRun.taskRun("build").finalizer(UPSTREAM).running());
        finish(run);
        scene.archiveNow(run);
        awaitFree(run);
        assertThat(finalizers(run)).containsExactly(UPSTREAM);
    }

    @Test
    void anApiThatIsAwayIsAskedAgain() {
        RunFinalizers finalizers = start();
        scene.cluster().beforeChange = key -> {
            throw WildCluster.away();
        };
        RunSnapshot run = scene.put(TestRun.pipelineRun("build").running());
        await().atMost(ONE_MINUTE).until(() -> finalizers.stats().waiting() == 1);
        assertThat(finalizers(run)).isEmpty();
        scene.cluster().beforeChange = key -> {};
        await().atMost(ONE_MINUTE).until(() -> finalizers(run).contains(RunFinalizers.FINALIZER));
    }

    @Test
    void aRunWhoseEventsWereMissedIsFoundByTheSweep() {
        RunFinalizers finalizers = RunFinalizers.builder(
                        scene.safety().build(),
                        FinalizerConfig.builder()
                                .sweepInterval(Duration.ofMillis(5))
                                .build())
                .clock(scene::now)
                .build();
        finalizers.start();
        finalizers.start();
        open.add(finalizers);
        RunSnapshot run = scene.put(TestRun.pipelineRun("build").running());
        await().atMost(ONE_MINUTE).until(() -> finalizers(run).contains(RunFinalizers.FINALIZER));
        finish(run);
        scene.archiveNow(run);
        awaitFree(run);
        finalizers.close();
        finalizers.close();
        assertThat(finalizers.stats().waiting()).isZero();
    }

    @Test
    void allFinalizersAreTakenOffBeforeUninstalling() {
        RunSnapshot ours = scene.put(
                TestRun.pipelineRun("ours").finalizer(RunFinalizers.FINALIZER).running());
        RunSnapshot theirs = scene.put(TestRun.taskRun("theirs")
                .finalizer(UPSTREAM)
                .finalizer("some.dev/hold")
                .running());
        RunSnapshot stuck = scene.put(
                TestRun.taskRun("stuck").finalizer(RunFinalizers.FINALIZER).running());
        scene.cluster().beforeChange = key -> {
            if (key.uid().equals(stuck.uid())) {
                throw new ResultsException(Code.DENIED, "forbidden");
            }
        };
        RunFinalizers.Removal removal = RunFinalizers.removeAll(scene.cluster(), Set.of(RunFinalizers.FINALIZER));
        assertThat(removal.removed()).isEqualTo(1);
        assertThat(removal.failures()).containsExactly("forbidden");
        assertThat(finalizers(ours)).isEmpty();
        assertThat(finalizers(theirs)).containsExactly(UPSTREAM, "some.dev/hold");
        scene.cluster().beforeChange = key -> {};
        RunFinalizers.removeAll(scene.cluster(), RunFinalizers.UPSTREAM);
        assertThat(finalizers(theirs)).containsExactly("some.dev/hold");
    }

    @Test
    void allMistakesOfAConfigurationAreToldAtOnce() {
        assertThatThrownBy(() -> FinalizerConfig.builder()
                        .deadline(Duration.ZERO)
                        .sweepInterval(Duration.ZERO)
                        .build())
                .hasMessageContaining("deadline")
                .hasMessageContaining("sweepInterval");
        assertThat(FinalizerConfig.defaults().deadline()).isEqualTo(DEADLINE);
    }
}

package ch.sbb.esta.results.prune;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ch.sbb.esta.results.ContainerLogId;
import ch.sbb.esta.results.PodSnapshot;
import ch.sbb.esta.results.ResultNaming;
import ch.sbb.esta.results.ResultsException;
import ch.sbb.esta.results.RunSnapshot;
import ch.sbb.esta.results.spi.ClusterRuns.RunKey;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class RunSafetyTest {

    private final Scene scene = new Scene();
    private final RunSafety safety = scene.safety().build();

    private List<String> reasons(RunSnapshot run) {
        return reasons(safety, run);
    }

    private List<String> reasons(RunSafety check, RunSnapshot run) {
        return check.check(scene.memory().find(RunKey.of(run)).orElseThrow()).reasons();
    }

    @Test
    void aFinishedRunThatIsStoredInTheVersionOfTheClusterIsSafe() {
        RunSnapshot run = scene.store(TestRun.pipelineRun("build").ended(scene.now()));
        assertThat(reasons(run)).isEmpty();
        assertThat(safety.check(run)).isSameAs(Safety.SAFE).hasToString("safe");
    }

    @Test
    void anUnfinishedRunIsNotSafe() {
        RunSnapshot run = scene.store(TestRun.pipelineRun("build").running());
        assertThat(reasons(run)).containsExactly("PipelineRun ci/\"build\" is not finished");
    }

    @Test
    void aRunThatIsNotStoredIsNotSafe() {
        RunSnapshot run = scene.put(TestRun.pipelineRun("build").ended(scene.now()));
        assertThat(reasons(run)).containsExactly("PipelineRun ci/\"build\" is not stored");
    }

    @Test
    void aNewVersionOfAStoredRunIsNotSafeUntilItIsStoredToo() {
        RunSnapshot run = scene.store(TestRun.pipelineRun("build").ended(scene.now()));
        RunSnapshot signed = scene.put(TestRun.from(run).annotation("chains.tekton.dev/signed", "true"));
        assertThat(reasons(run))
                .containsExactly("PipelineRun ci/\"build\" is stored in version \"1\", and the cluster has \"2\"");
        scene.archive(signed);
        assertThat(reasons(run)).isEmpty();
    }

    @Test
    void whatTheStoreHoldsInAnotherVersionIsHandedOverToBeArchivedAgain() {
        List<RunSnapshot> handedOver = new ArrayList<>();
        RunSafety check = scene.safety().archive(handedOver::add).build();
        RunSnapshot run = scene.store(TestRun.pipelineRun("build").ended(scene.now()));
        assertThat(reasons(check, run)).isEmpty();
        assertThat(handedOver).isEmpty();
        RunSnapshot signed = scene.put(TestRun.from(run).annotation("chains.tekton.dev/signed", "true"));
        assertThat(reasons(check, run)).hasSize(1);
        assertThat(handedOver).extracting(RunSnapshot::resourceVersion).containsExactly(signed.resourceVersion());
    }

    @Test
    void aRunThatIsGroupedOtherwiseNowIsFoundWhereItIs() {
        ResultNaming byEvent = ResultNaming.defaults().groupedBy(ResultNaming.Grouping.BY_TRIGGER_EVENT);
        RunSnapshot run = scene.store(TestRun.pipelineRun("build")
                .label(ResultNaming.TRIGGER_EVENT_LABEL, "event")
                .ended(scene.now()));
        assertThat(reasons(scene.safety().naming(byEvent).build(), run)).isEmpty();
    }

    @Test
    void aRecordOfAnotherObjectIsNoRecordOfTheRun() {
        RunSnapshot other = scene.store(TestRun.pipelineRun("other").ended(scene.now()));
        RunSnapshot run = scene.put(TestRun.pipelineRun("build")
                .annotation(ResultNaming.RESULT_ANNOTATION, "ci/results/" + other.uid())
                .annotation(ResultNaming.RECORD_ANNOTATION, "ci/results/" + other.uid() + "/records/" + other.uid())
                .ended(scene.now()));
        assertThat(reasons(run)).containsExactly("PipelineRun ci/\"build\" is not stored");
    }

    @Test
    void aLogThatIsLiveMakesATaskRunUnsafeAndASealedOneDoesNotWhateverItsLabel() {
        RunSnapshot run =
                scene.store(TestRun.taskRun("build").pod("build-pod", "a").ended(scene.now()));
        ContainerLogId log = scene.log(run, "build-pod-uid", "a");
        scene.beginLog(log);
        assertThat(reasons(run)).singleElement().asString().contains(log.path()).contains("is LIVE");
        scene.sealLog(log);
        assertThat(reasons(run)).isEmpty();
    }

    @Test
    void aContainerThatHasRunByTheStatusMustHaveALog() {
        RunSnapshot run = scene.store(TestRun.taskRun("build")
                .pod("build-pod", "a")
                .stepThatNeverRan("b")
                .ended(scene.now()));
        assertThat(reasons(run))
                .containsExactly("TaskRun ci/\"build\" has no log of container \"step-a\", and the pod is gone");
        assertThat(reasons(scene.safety().lost(LostData.LET_RUN_GO).build(), run))
                .isEmpty();
        RunSafety blind = RunSafety.builder(scene.store(), scene.cluster())
                .logs(scene.logs())
                .lost(LostData.LET_RUN_GO)
                .build();
        assertThat(reasons(blind, run)).containsExactly("TaskRun ci/\"build\" has no log of container \"step-a\"");
        assertThat(reasons(RunSafety.builder(scene.store(), scene.cluster()).build(), run))
                .isEmpty();
        scene.sealLog(scene.log(run, "some-uid", "a"));
        assertThat(reasons(run)).isEmpty();
    }

    @Test
    void everyAttemptMustHaveItsLogs() {
        RunSnapshot run = scene.store(TestRun.taskRun("build")
                .earlierAttempt("build-pod", "a")
                .pod("build-pod-retry1", "a")
                .ended(scene.now()));
        scene.sealLog(scene.log(run, "first-uid", "a"));
        assertThat(reasons(run)).singleElement().asString().contains("no log of container \"step-a\"");
        scene.sealLog(scene.log(run, "second-uid", "a"));
        assertThat(reasons(run)).isEmpty();
    }

    @Test
    void aContainerOfAPodThatIsThereMustHaveALogEvenIfTheStatusDoesNotNameIt() {
        RunSnapshot run =
                scene.store(TestRun.taskRun("build").pod("build-pod", "a").ended(scene.now()));
        PodSnapshot pod = scene.pod(run, "build-pod", PodSnapshot.State.TERMINATED, "a", "unnamed-2");
        scene.sealLog(scene.log(run, pod.uid(), "a"));
        RunSafety lenient = scene.safety().lost(LostData.LET_RUN_GO).build();
        assertThat(reasons(lenient, run)).singleElement().asString().contains("no log yet of container step-unnamed-2");
        scene.sealLog(scene.log(run, pod.uid(), "unnamed-2"));
        assertThat(reasons(lenient, run)).isEmpty();
    }

    @Test
    void aMissingLogOfAPodThatIsThereIsNotLost() {
        RunSnapshot run =
                scene.store(TestRun.taskRun("build").pod("build-pod", "a").ended(scene.now()));
        scene.pod(run, "build-pod", PodSnapshot.State.TERMINATED, "a");
        assertThat(reasons(scene.safety().lost(LostData.LET_RUN_GO).build(), run))
                .containsExactly("TaskRun ci/\"build\" has no log yet of container step-a in pod \"build-pod\"");
    }

    @Test
    void aContainerThatNeverStartedNeedsNoLog() {
        RunSnapshot run =
                scene.store(TestRun.taskRun("build").stepThatNeverRan("a").failed(scene.now()));
        scene.pod(run, "build-pod", PodSnapshot.State.WAITING, "a");
        assertThat(reasons(run)).isEmpty();
    }

    @Test
    void aChildThatIsNotSafeMakesItsParentUnsafe() {
        RunSnapshot parent = scene.store(TestRun.pipelineRun("build").ended(scene.now()));
        RunSnapshot child =
                scene.put(TestRun.taskRun("build-test").ownedBy(parent).ended(scene.now()));
        assertThat(reasons(parent)).containsExactly("TaskRun ci/\"build-test\" is not stored");
        scene.archive(child);
        assertThat(reasons(parent)).isEmpty();
    }

    @Test
    void childrenOfCustomRunsCountToo() {
        RunSnapshot parent = scene.store(TestRun.pipelineRun("outer").ended(scene.now()));
        RunSnapshot custom = scene.store(
                TestRun.of("CustomRun", "outer-nested").ownedBy(parent).ended(scene.now()));
        RunSnapshot nested =
                scene.store(TestRun.pipelineRun("nested").ownedBy(custom).ended(scene.now()));
        RunSnapshot task =
                scene.put(TestRun.taskRun("nested-test").ownedBy(nested).ended(scene.now()));
        assertThat(reasons(parent)).containsExactly("TaskRun ci/\"nested-test\" is not stored");
        scene.archive(task);
        assertThat(reasons(parent)).isEmpty();
    }

    @Test
    void aChildThatIsGoneIsJudgedByItsRecord() {
        RunSnapshot parent =
                scene.store(TestRun.pipelineRun("build").child("TaskRun", "t").ended(scene.now()));
        assertThat(reasons(parent))
                .containsExactly("PipelineRun ci/\"build\" names its child TaskRun \"t\", which is not stored"
                        + " and not in the cluster");
        RunSnapshot child = scene.store(
                TestRun.taskRun("t").ownedBy(parent).pod("t-pod", "a").ended(scene.now()));
        scene.beginLog(scene.log(child, "u", "a"));
        scene.memory().delete(RunKey.of(child));
        assertThat(reasons(parent)).singleElement().asString().contains("is LIVE");
        scene.sealLog(scene.log(child, "u", "a"));
        assertThat(reasons(parent)).isEmpty();
    }

    @Test
    void aChildThatWasDeletedBeforeItsEndIsLost() {
        RunSnapshot parent =
                scene.store(TestRun.pipelineRun("build").child("TaskRun", "t").ended(scene.now()));
        RunSnapshot child = scene.store(TestRun.taskRun("t").ownedBy(parent).running());
        scene.memory().delete(RunKey.of(child));
        assertThat(reasons(parent)).singleElement().asString().contains("was not finished when it was stored last");
        assertThat(reasons(scene.safety().lost(LostData.LET_RUN_GO).build(), parent))
                .isEmpty();
    }

    @Test
    void whatCannotBeAskedIsNotTakenForSafe() {
        RunSnapshot run = scene.store(TestRun.pipelineRun("build").ended(scene.now()));
        scene.cluster().beforeList = namespace -> {
            throw WildCluster.away();
        };
        assertThatThrownBy(() -> safety.check(run)).isInstanceOf(ResultsException.class);
    }

    @Test
    void atMostTenReasonsAreTold() {
        RunSnapshot parent = scene.store(TestRun.pipelineRun("build").ended(scene.now()));
        for (int i = 0; i < 15; i++) {
            scene.put(TestRun.taskRun("t" + i).ownedBy(parent).ended(scene.now()));
        }
        assertThat(reasons(parent)).hasSize(10);
    }
}

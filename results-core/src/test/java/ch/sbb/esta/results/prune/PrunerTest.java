package ch.sbb.esta.results.prune;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.awaitility.Durations.ONE_MINUTE;

import ch.sbb.esta.results.Failure;
import ch.sbb.esta.results.ListQuery;
import ch.sbb.esta.results.ResultsException;
import ch.sbb.esta.results.ResultsException.Code;
import ch.sbb.esta.results.RunSnapshot;
import ch.sbb.esta.results.SummaryStatus;
import ch.sbb.esta.results.prune.PruneReport.Entry;
import ch.sbb.esta.results.prune.PruneReport.Outcome;
import ch.sbb.esta.results.retention.Retention;
import ch.sbb.esta.results.retention.RetentionRules;
import ch.sbb.esta.results.spi.ClusterRuns.RunKey;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

class PrunerTest {

    private static final Duration HOUR = Duration.ofHours(1);

    private final Scene scene = new Scene();

    private static PrunerConfig.Builder atOnce() {
        return PrunerConfig.builder().grace("-1s");
    }

    private PruneReport prune(PrunerConfig.Builder config) {
        return scene.pruner(config).run();
    }

    private RunSnapshot finished(String name) {
        return scene.store(TestRun.pipelineRun(name).ended(scene.now()));
    }

    private static Outcome only(PruneReport report) {
        return report.entries().stream()
                .map(Entry::outcome)
                .reduce((a, b) -> {
                    throw new AssertionError("more than one: " + report.entries());
                })
                .orElseThrow();
    }

    @Test
    void aSafeRunIsDeletedAfterTheGracePeriodAndNotBefore() {
        RunSnapshot run = finished("build");
        scene.pass(Duration.ofDays(5).minusSeconds(1));
        assertThat(prune(PrunerConfig.builder()).entries()).isEmpty();
        assertThat(scene.isThere(run)).isTrue();
        scene.pass(Duration.ofSeconds(1));
        PruneReport report = prune(PrunerConfig.builder());
        assertThat(report.count(Outcome.DELETED)).isEqualTo(1);
        assertThat(report.examined()).isEqualTo(1);
        assertThat(scene.isThere(run)).isFalse();
    }

    @Test
    void aGraceOfZeroIsForEverAndANegativeOneIsNone() {
        RunSnapshot run = finished("build");
        scene.pass(Duration.ofDays(3650));
        assertThat(prune(PrunerConfig.builder().grace("0")).entries()).isEmpty();
        assertThat(scene.isThere(run)).isTrue();
        RunSnapshot young = finished("young");
        assertThat(prune(atOnce()).count(Outcome.DELETED)).isEqualTo(2);
        assertThat(scene.isThere(young)).isFalse();
    }

    @Test
    void aPreviewChangesNothingAndSaysWhatWouldBeDone() {
        RunSnapshot run = finished("build");
        RunSnapshot unsafe = scene.put(TestRun.pipelineRun("unsafe").ended(scene.now()));
        PruneReport report = scene.pruner(atOnce()).preview();
        assertThat(report.entries())
                .containsExactlyInAnyOrder(
                        new Entry(RunKey.of(run), Outcome.WOULD_BE_DELETED, ""),
                        new Entry(RunKey.of(unsafe), Outcome.UNSAFE, "PipelineRun ci/\"unsafe\" is not stored"));
        assertThat(report.mode()).isEqualTo(PruneReport.Mode.PREVIEW);
        assertThat(scene.isThere(run)).isTrue();
    }

    @Test
    void theEndIsTheCompletionOrElseTheLastTransition() {
        RunSnapshot custom = scene.store(TestRun.of("CustomRun", "approval").endedWithoutCompletion(scene.now()));
        RunSnapshot endless = scene.store(
                TestRun.from(scene.put(TestRun.pipelineRun("endless").endedWithoutCompletion(Instant.EPOCH)))
                        .withoutTransition());
        scene.pass(HOUR);
        assertThat(prune(PrunerConfig.builder().grace("1h")).count(Outcome.DELETED))
                .isEqualTo(1);
        assertThat(scene.isThere(custom)).isFalse();
        assertThat(scene.isThere(endless)).isTrue();
    }

    @Test
    void theLastRunsOfEachPipelineAndStateStay() {
        List<RunSnapshot> kept = new ArrayList<>();
        for (String pipeline : List.of("a", "b")) {
            for (int i = 0; i < 4; i++) {
                scene.pass(HOUR);
                TestRun run = TestRun.pipelineRun(pipeline + i).label("tekton.dev/pipeline", pipeline);
                RunSnapshot stored = scene.store(i == 0 ? run.failed(scene.now()) : run.ended(scene.now()));
                if (i == 0 || i >= 2) {
                    kept.add(stored);
                }
            }
        }
        PruneReport report = prune(atOnce().keepLast(2));
        assertThat(report.count(Outcome.DELETED)).isEqualTo(2);
        assertThat(report.keptAsLast()).isEqualTo(6);
        assertThat(kept).allMatch(scene::isThere);
        assertThat(prune(atOnce().keepLast(2).keepLast(SummaryStatus.FAILURE, 0))
                        .count(Outcome.DELETED))
                .isEqualTo(2);
    }

    @Test
    void theSelectorAndTheAnnotationKeepRuns() {
        scene.store(TestRun.pipelineRun("other").label("team", "b").ended(scene.now()));
        scene.store(TestRun.pipelineRun("kept")
                .label("team", "a")
                .annotation(PrunerConfig.KEEP_ANNOTATION, "audit")
                .ended(scene.now()));
        RunSnapshot gone = scene.store(TestRun.pipelineRun("gone")
                .label("team", "a")
                .annotation(PrunerConfig.KEEP_ANNOTATION, "false")
                .ended(scene.now()));
        PruneReport report = prune(atOnce().selector(LabelSelector.parse("team=a")));
        assertThat(report.kept()).isEqualTo(1);
        assertThat(report.entries()).containsExactly(new Entry(RunKey.of(gone), Outcome.DELETED, ""));
    }

    @Test
    void ownedRunsGoWithTheirOwner() {
        RunSnapshot parent = finished("build");
        RunSnapshot child = scene.store(TestRun.taskRun("child").ownedBy(parent).ended(scene.now()));
        RunSnapshot foreign = scene.store(TestRun.pipelineRun("foreign")
                .ownedBy("apps.dev/v1", "Release", "r", "r-uid")
                .ended(scene.now()));
        assertThat(prune(atOnce()).entries()).containsExactly(new Entry(RunKey.of(parent), Outcome.DELETED, ""));
        assertThat(prune(atOnce().ownedRuns(PrunerConfig.OwnedRuns.DELETE)).entries())
                .containsExactly(new Entry(RunKey.of(foreign), Outcome.DELETED, ""));
        assertThat(scene.isThere(child)).isTrue();
    }

    @Test
    void aParentWaitsForItsChildren() {
        RunSnapshot parent = finished("build");
        RunSnapshot child = scene.store(
                TestRun.taskRun("child").ownedBy(parent).pod("child-pod", "a").ended(scene.now()));
        scene.beginLog(scene.log(child, "u", "a"));
        PruneReport report = prune(atOnce());
        assertThat(only(report)).isEqualTo(Outcome.UNSAFE);
        assertThat(report.oldestUnsafe()).contains(scene.now());
        scene.sealLog(scene.log(child, "u", "a"));
        assertThat(only(prune(atOnce()))).isEqualTo(Outcome.DELETED);
    }

    @Test
    void aRunWhoseNewVersionIsNotArchivedYetStays() {
        RunSnapshot run = finished("build");
        scene.put(TestRun.from(run).annotation("chains.tekton.dev/signed", "true"));
        assertThat(only(prune(atOnce()))).isEqualTo(Outcome.UNSAFE);
        scene.archiveNow(run);
        assertThat(only(prune(atOnce()))).isEqualTo(Outcome.DELETED);
    }

    @Test
    void aRunThatChangesBetweenTheCheckAndTheDeletionStays() {
        RunSnapshot run = finished("build");
        scene.cluster().beforeDelete = key -> scene.put(TestRun.from(run).annotation("a", "b"));
        assertThat(only(prune(atOnce()))).isEqualTo(Outcome.CHANGED);
        assertThat(scene.isThere(run)).isTrue();
    }

    @Test
    void aRunThatIsKeptAfterItWasListedStays() {
        RunSnapshot run = finished("build");
        scene.cluster().beforeFind =
                key -> scene.put(TestRun.from(run).annotation(PrunerConfig.KEEP_ANNOTATION, "late"));
        assertThat(only(prune(atOnce()))).isEqualTo(Outcome.CHANGED);
        assertThat(scene.isThere(run)).isTrue();
    }

    @Test
    void aRunThatIsGoneAlreadyIsAnOutcome() {
        RunSnapshot run = finished("build");
        scene.cluster().beforeFind = key -> scene.memory().delete(key);
        assertThat(only(prune(atOnce()))).isEqualTo(Outcome.GONE);
        finished("other");
        scene.cluster().beforeFind = key -> {};
        scene.cluster().beforeDelete = key -> scene.memory().delete(key);
        PruneReport report = prune(atOnce());
        assertThat(only(report)).isEqualTo(Outcome.GONE);
        assertThat(report.failureCount()).isZero();
        assertThat(scene.isThere(run)).isFalse();
    }

    @Test
    void aRunThatReplacedTheOneThatWasListedStays() {
        RunSnapshot run = finished("build");
        scene.cluster().beforeFind = key -> {
            scene.cluster().beforeFind = other -> {};
            scene.memory().delete(key);
            scene.store(TestRun.pipelineRun("build").ended(scene.now()));
        };
        assertThat(only(prune(atOnce()))).isEqualTo(Outcome.GONE);
        assertThat(scene.memory().list(run.kind(), "ci", "").items()).hasSize(1);
    }

    @Test
    void aRunThatIsBeingDeletedIsLeftAlone() {
        RunSnapshot run = scene.store(
                TestRun.pipelineRun("build").finalizer("some.dev/hold").ended(scene.now()));
        assertThat(only(prune(atOnce()))).isEqualTo(Outcome.DELETED);
        scene.archiveNow(run);
        assertThat(prune(atOnce()).entries()).isEmpty();
        assertThat(scene.isThere(run)).isTrue();
    }

    @Test
    void anApiThatFailsBetweenTheCheckAndTheDeletionCostsARound() {
        RunSnapshot run = finished("build");
        scene.cluster().beforeDelete = key -> {
            throw WildCluster.away();
        };
        Pruner pruner = scene.pruner(atOnce());
        PruneReport report = pruner.run();
        assertThat(only(report)).isEqualTo(Outcome.FAILED);
        assertThat(report.failures())
                .singleElement()
                .satisfies(failure -> assertThat(failure.subject()).isEqualTo("PipelineRun ci/\"build\""));
        assertThat(pruner.stats().isHealthy()).isFalse();
        scene.cluster().beforeDelete = key -> {};
        assertThat(only(pruner.run())).isEqualTo(Outcome.DELETED);
        assertThat(pruner.stats().isHealthy()).isTrue();
        assertThat(pruner.stats().deleted()).isEqualTo(1);
        assertThat(scene.isThere(run)).isFalse();
    }

    @Test
    void withoutTheStoreNothingIsDeleted() {
        RunSnapshot run = finished("build");
        RunSafety safety = RunSafety.builder(new AwayStore(), scene.cluster()).build();
        assertThat(only(scene.pruner(safety, atOnce()).run())).isEqualTo(Outcome.FAILED);
        assertThat(scene.isThere(run)).isTrue();
    }

    @Test
    void whatFailsInOneNamespaceDoesNotHoldUpTheOthers() {
        RunSnapshot there =
                scene.store(TestRun.pipelineRun("x").namespace("closed").ended(scene.now()));
        RunSnapshot gone =
                scene.store(TestRun.pipelineRun("x").namespace("open").ended(scene.now()));
        scene.cluster().beforeList = namespace -> {
            if (namespace.equals("closed")) {
                throw new ResultsException(Code.DENIED, "forbidden");
            }
        };
        PruneReport report = prune(atOnce().namespaces(Set.of("closed", "open")));
        assertThat(report.failures()).containsExactly(new Failure("listing closed", "forbidden"));
        assertThat(scene.isThere(there)).isTrue();
        assertThat(scene.isThere(gone)).isFalse();
    }

    @Test
    void aNamespaceWhereEverythingFailsIsGivenUpForTheRound() {
        for (int i = 0; i < 30; i++) {
            scene.store(TestRun.pipelineRun("x" + i).namespace("closed").ended(scene.now()));
        }
        scene.pass(HOUR);
        RunSnapshot gone =
                scene.store(TestRun.pipelineRun("x").namespace("open").ended(scene.now()));
        scene.cluster().beforeDelete = key -> {
            if (key.namespace().equals("closed")) {
                throw new ResultsException(Code.DENIED, "forbidden");
            }
        };
        PruneReport report = prune(atOnce());
        assertThat(report.count(Outcome.FAILED)).isEqualTo(10);
        assertThat(report.failures())
                .anySatisfy(failure -> assertThat(failure.message()).contains("the rest of it is for the next round"));
        assertThat(scene.isThere(gone)).isFalse();
    }

    @Test
    void aListThatBreaksOffDeletesNothing() {
        RunSnapshot parent = finished("build");
        int[] lists = new int[1];
        scene.cluster().beforeList = namespace -> {
            if (++lists[0] == 2) {
                throw WildCluster.away();
            }
        };
        PruneReport report = prune(atOnce());
        assertThat(report.entries()).isEmpty();
        assertThat(report.failureCount()).isEqualTo(1);
        assertThat(scene.isThere(parent)).isTrue();
    }

    @Test
    void aRunThatHasExpiredIsSafe() {
        RunSnapshot run = finished("build");
        scene.pass(Duration.ofDays(2));
        Retention.builder(scene.store(), RetentionRules.keepFor(Duration.ofDays(1)))
                .clock(scene::now)
                .build()
                .run();
        assertThat(scene.store().listResults(ListQuery.of("ci")).items()).isEmpty();
        assertThat(only(prune(atOnce()))).isEqualTo(Outcome.DELETED);
        assertThat(scene.isThere(run)).isFalse();
    }

    @Test
    void aListenerThatFailsHoldsNothingUp() {
        finished("a");
        finished("b");
        List<String> told = new ArrayList<>();
        Pruner pruner = Pruner.builder(scene.safety().build(), atOnce().build())
                .onPruned(run -> {
                    throw new IllegalStateException("listener");
                })
                .onPruned(run -> told.add(run.name()))
                .build();
        assertThat(pruner.run().count(Outcome.DELETED)).isEqualTo(2);
        assertThat(told).containsExactlyInAnyOrder("a", "b");
    }

    @Test
    void deletionsAreSpreadOverTime() {
        long[] now = new long[1];
        List<Duration> waits = new ArrayList<>();
        Pace pace = new Pace(4, () -> now[0], time -> {
            waits.add(time);
            now[0] += time.toNanos();
            return true;
        });
        for (int i = 0; i < 3; i++) {
            assertThat(pace.awaitTurn()).isTrue();
            pace.took();
            now[0] += 50_000_000;
        }
        assertThat(waits).containsExactly(Duration.ZERO, Duration.ofMillis(200), Duration.ofMillis(200));
    }

    @Test
    void theScheduleRunsUntilItIsClosedAndCanBeStartedAgain() {
        Pruner pruner = scene.pruner(atOnce().interval(Duration.ofMillis(5)));
        pruner.start();
        pruner.start();
        RunSnapshot first = finished("first");
        await().atMost(ONE_MINUTE).until(() -> !scene.isThere(first));
        pruner.close();
        pruner.close();
        PruneReport last = pruner.lastReport().orElseThrow();
        RunSnapshot second = finished("second");
        assertThat(pruner.lastReport()).containsSame(last);
        assertThat(scene.isThere(second)).isTrue();
        pruner.start();
        await().atMost(ONE_MINUTE).until(() -> !scene.isThere(second));
        pruner.close();
    }
}

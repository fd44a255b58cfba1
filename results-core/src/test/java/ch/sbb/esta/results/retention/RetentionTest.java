package ch.sbb.esta.results.retention;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;
import static org.awaitility.Durations.ONE_MINUTE;

import ch.sbb.esta.results.ArchiveOutcome;
import ch.sbb.esta.results.Expiry;
import ch.sbb.esta.results.ListQuery;
import ch.sbb.esta.results.LogVolume;
import ch.sbb.esta.results.Page;
import ch.sbb.esta.results.Record;
import ch.sbb.esta.results.RecordName;
import ch.sbb.esta.results.Result;
import ch.sbb.esta.results.ResultName;
import ch.sbb.esta.results.ResultNaming;
import ch.sbb.esta.results.ResultsException;
import ch.sbb.esta.results.ResultsException.Code;
import ch.sbb.esta.results.RunKind;
import ch.sbb.esta.results.RunSnapshot;
import ch.sbb.esta.results.Tombstone;
import ch.sbb.esta.results.memory.InMemoryClusterRuns;
import ch.sbb.esta.results.memory.InMemoryResultsStore;
import ch.sbb.esta.results.spi.ClusterRuns.RunKey;
import ch.sbb.esta.results.spi.LogDeletion;
import ch.sbb.esta.results.spi.ResultsReader;
import ch.sbb.esta.results.spi.RetentionStore;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class RetentionTest {

    private static final Instant NOW = Instant.parse("2026-06-01T00:00:00Z");
    private static final RetentionRules MONTH = RetentionRules.keepFor(Duration.ofDays(30));

    private final AtomicReference<Instant> now = new AtomicReference<>(NOW);
    private final InMemoryResultsStore memory = new InMemoryResultsStore(now::get);
    private final Wire store = new Wire();
    private final InMemoryClusterRuns cluster = new InMemoryClusterRuns();

    /** A run as somebody describes it. */
    private record Run(
            String kind, String uid, Map<String, String> labels, Map<String, String> annotations, String status) {

        static Run pipelineRun(String uid) {
            return new Run("PipelineRun", uid, Map.of(), Map.of(), "");
        }

        Run label(String key, String value) {
            return new Run(kind, uid, Map.of(key, value), annotations, status);
        }

        Run annotation(String key, String value) {
            Map<String, String> more = new TreeMap<>(annotations);
            more.put(key, value);
            return new Run(kind, uid, labels, more, status);
        }

        Run in(String result) {
            return annotation(ResultNaming.RESULT_ANNOTATION, "ci/results/" + result);
        }

        Run ended(Duration ago) {
            return ended(ago, "True", "Succeeded");
        }

        Run ended(Duration ago, String succeeded, String reason) {
            return status("""
                    "conditions":[{"type":"Succeeded","status":"%s","reason":"%s"}],"startTime":"%s","completionTime":"%s\"""".formatted(succeeded, reason, NOW.minus(ago).minusSeconds(60), NOW.minus(ago)));
        }

        Run started(Duration ago) {
            return status("""
                    "conditions":[{"type":"Succeeded","status":"Unknown","reason":"Running"}],"startTime":"%s\"""".formatted(NOW.minus(ago)));
        }

        Run status(String members) {
            return new Run(kind, uid, labels, annotations, members);
        }

        byte[] json(String namespace) {
            return """
                    {"apiVersion":"tekton.dev/v1","kind":"%s","metadata":{"namespace":"%s","name":"run-%s","uid":"%s",
                     "resourceVersion":"1","labels":%s,"annotations":%s},"status":{%s}}""".formatted(kind, namespace, uid, uid, map(labels), map(annotations), status)
                    .getBytes(StandardCharsets.UTF_8);
        }

        private static String map(Map<String, String> map) {
            return map.entrySet().stream()
                    .map(entry -> "\"" + entry.getKey() + "\":\"" + entry.getValue() + "\"")
                    .collect(Collectors.joining(",", "{", "}"));
        }
    }

    /** The store, which can be made to fail and to change under the hands of its reader, and counts. */
    private final class Wire implements ResultsReader, RetentionStore {

        private @Nullable Runnable beforeMark;
        private @Nullable ResultsException failure;
        private int recordLists;
        private int recordFinds;

        private InMemoryResultsStore memory() {
            if (failure != null) {
                throw failure;
            }
            return memory;
        }

        @Override
        public Optional<Result> findResult(ResultName name) {
            return memory().findResult(name);
        }

        @Override
        public Optional<Record> findRecord(RecordName name) {
            recordFinds++;
            return memory().findRecord(name);
        }

        @Override
        public Page<Result> listResults(ListQuery query) {
            return memory().listResults(query);
        }

        @Override
        public Page<Record> listRecords(ListQuery query) {
            recordLists++;
            return memory().listRecords(query);
        }

        @Override
        public boolean mark(Expiry expiry, Sighting seen) {
            if (beforeMark != null) {
                beforeMark.run();
            }
            return memory().mark(expiry, seen);
        }

        @Override
        public Page<Expiry> listMarked(String parent, String after, int limit) {
            return memory().listMarked(parent, after, limit);
        }

        @Override
        public long deleteMarked(ResultName result) {
            return memory().deleteMarked(result);
        }

        @Override
        public Optional<Tombstone> findTombstone(String namespace, String uid) {
            return memory().findTombstone(namespace, uid);
        }

        @Override
        public Page<Tombstone> listTombstones(String parent, Instant before, String after, int limit) {
            return memory().listTombstones(parent, before, after, limit);
        }

        @Override
        public void deleteTombstones(List<Tombstone> tombstones) {
            memory().deleteTombstones(tombstones);
        }
    }

    private List<ArchiveOutcome> archive(Run... runs) {
        return archiveIn("ci", runs);
    }

    private List<ArchiveOutcome> archiveIn(String namespace, Run... runs) {
        List<ArchiveOutcome> outcomes = new ArrayList<>();
        for (Run run : runs) {
            RunSnapshot snapshot = RunSnapshot.parse(run.json(namespace));
            outcomes.addAll(memory.archive(List.of(ResultNaming.defaults().place(snapshot))));
        }
        return outcomes;
    }

    private Retention.Builder retention(RetentionRules rules) {
        return Retention.builder(store, rules).clock(now::get);
    }

    private List<String> left() {
        return memory.listResults(ListQuery.of("-").pageSize(1000)).items().stream()
                .map(result -> result.name().result())
                .sorted()
                .toList();
    }

    private static Duration days(long days) {
        return Duration.ofDays(days);
    }

    // What expires

    @Test
    void theAgeIsThatOfTheCompletionWhateverHappenedToTheRow() {
        now.set(NOW.minus(days(400)));
        archive(Run.pipelineRun("young-but-stored-long-ago").ended(days(29)));
        now.set(NOW);
        archive(
                Run.pipelineRun("old-but-stored-today").ended(days(30)),
                Run.pipelineRun("young").ended(days(1)));

        RetentionReport report = retention(MONTH).build().run();

        assertThat(left()).containsExactly("young", "young-but-stored-long-ago");
        assertThat(report.expired()).isEqualTo(1);
        assertThat(report.rows()).isEqualTo(2);
    }

    @Test
    void theFirstPolicyThatMatchesDecidesAndIsReported() {
        RetentionRules rules = MONTH.then(
                        new RetentionPolicy("long", RetentionSelector.ALL.label("team", Set.of("a")), days(90)))
                .then(new RetentionPolicy("failed", RetentionSelector.ALL.statuses(Set.of("Failed")), days(7)));
        archive(
                Run.pipelineRun("a-60").label("team", "a").ended(days(60), "False", "Failed"),
                Run.pipelineRun("a-91").label("team", "a").ended(days(91)),
                Run.pipelineRun("failed-8").ended(days(8), "False", "Failed"),
                Run.pipelineRun("fine-8").ended(days(8)),
                Run.pipelineRun("fine-31").ended(days(31)));
        List<Expiry> told = new ArrayList<>();

        RetentionReport report = retention(rules)
                .onExpired((expiry, rows, logs) -> {
                    told.add(expiry);
                    throw new IllegalStateException("a listener that fails");
                })
                .build()
                .run();

        assertThat(left()).containsExactly("a-60", "fine-8");
        assertThat(report.expiredByPolicy())
                .containsOnly(Map.entry("long", 1L), Map.entry("failed", 1L), Map.entry("default", 1L));
        assertThat(report.examined()).isEqualTo(5);
        assertThat(told)
                .extracting(expiry -> expiry.result().result() + " " + expiry.policy())
                .containsExactly("a-91 long", "fine-31 default", "failed-8 failed");
    }

    @Test
    void aSharedResultGoesWhenItsLastRunIsOldEnough() {
        archive(
                Run.pipelineRun("old").in("shared").ended(days(40)),
                Run.pipelineRun("younger").in("shared").ended(days(20)));

        assertThat(retention(MONTH).build().run().expired()).isZero();

        now.set(NOW.plus(days(11)));
        RetentionReport report = retention(MONTH).build().run();
        assertThat(report.expired()).isEqualTo(1);
        assertThat(report.rows()).isEqualTo(3);
        assertThat(memory.findTombstone("ci", "younger")).isPresent();
    }

    @Test
    void aRunWithoutCompletionIsKeptLongerAndAsLongAsItIsInTheCluster() {
        Run going = Run.pipelineRun("going").started(days(61));
        cluster.put(going.json("ci"));
        archive(
                going,
                Run.pipelineRun("lost").started(days(61)),
                Run.pipelineRun("recent").started(days(59)),
                Run.pipelineRun("no-times").status(""));

        RetentionReport preview = retention(MONTH).unfinished(days(31)).build().preview();
        assertThat(preview.expired()).isEqualTo(2);
        assertThat(retention(MONTH).unfinished(days(32)).build().preview().expired())
                .isZero();
        RetentionReport report = retention(MONTH).cluster(cluster).build().run();

        assertThat(report.expired()).isEqualTo(1);
        assertThat(left()).containsExactly("going", "no-times", "recent");
        now.set(NOW.plus(days(60)));
        cluster.delete(new RunKey(RunKind.PIPELINE_RUN, "ci", "run-going", "going"));
        assertThat(retention(MONTH).cluster(cluster).build().run().expired()).isEqualTo(3);
    }

    @Test
    void aResultWithoutRunsAndOneWhoseRunNobodyCanReadCountFromTheirRows() {
        archive(
                Run.pipelineRun("empty").ended(days(1)),
                Run.pipelineRun("broken").ended(days(1)));
        memory.deleteRecord(new ResultName("ci", "empty").record("empty"));
        RecordName broken = new ResultName("ci", "broken").record("broken");
        Record stored = memory.findRecord(broken).orElseThrow();
        memory.updateRecord(
                broken,
                stored.type(),
                "{\"no\":\"run\"}".getBytes(StandardCharsets.UTF_8),
                stored.stored().etag());

        now.set(NOW.plus(days(59)));
        assertThat(retention(MONTH).build().run().expired()).isZero();
        now.set(NOW.plus(days(60)));
        assertThat(retention(MONTH).build().run().expired()).isEqualTo(2);
        assertThat(left()).isEmpty();
    }

    @Test
    void anAnnotationOfTheRunOrOfTheResultKeepsIt() {
        archive(
                Run.pipelineRun("by-run")
                        .annotation(Retention.KEEP_ANNOTATION, "yes")
                        .ended(days(99)),
                Run.pipelineRun("not-kept")
                        .annotation(Retention.KEEP_ANNOTATION, " False ")
                        .ended(days(99)),
                Run.pipelineRun("by-result").ended(days(99)));
        Result result = memory.findResult(new ResultName("ci", "by-result")).orElseThrow();
        memory.updateResult(
                result.name(),
                Map.of(Retention.KEEP_ANNOTATION, ""),
                result.summary(),
                result.stored().etag());

        RetentionReport report = retention(MONTH).build().run();

        assertThat(left()).containsExactly("by-result", "by-run");
        assertThat(report.kept()).isEqualTo(2);
    }

    @Test
    void onlyTheNamespacesThatAreAskedForAreLookedAt() {
        archiveIn("a", Run.pipelineRun("in-a").ended(days(99)));
        archiveIn("b", Run.pipelineRun("in-b").ended(days(99)));
        archiveIn("c", Run.pipelineRun("in-c").ended(days(99)));

        retention(MONTH).namespaces(Set.of("a", "c")).build().run();

        assertThat(left()).containsExactly("in-b");
    }

    @Test
    void aResultThatChangesWhileItIsLookedAtIsLeftForTheNextRun() {
        archive(Run.pipelineRun("old").ended(days(99)));
        store.beforeMark = () -> {
            Result result = memory.findResult(new ResultName("ci", "old")).orElseThrow();
            memory.updateResult(
                    result.name(),
                    Map.of(Retention.KEEP_ANNOTATION, "true"),
                    result.summary(),
                    result.stored().etag());
        };

        RetentionReport report = retention(MONTH).build().run();

        assertThat(report.changed()).isEqualTo(1);
        assertThat(report.expired()).isZero();
        assertThat(left()).containsExactly("old");
    }

    @Test
    void whatIsKeptLongIsNotReadWhole() {
        RetentionRules rules = MONTH.then(
                        new RetentionPolicy("a", RetentionSelector.ALL.namespaces(Set.of("a")), days(900)))
                .then(new RetentionPolicy("labelled", RetentionSelector.ALL.label("long", Set.of("1")), days(900)));
        archiveIn("a", Run.pipelineRun("by-namespace").ended(days(99)));
        archive(Run.pipelineRun("by-label").label("long", "1").ended(days(99)));

        assertThat(retention(rules).build().run().expired()).isZero();

        assertThat(store.recordLists).isZero();
        assertThat(store.recordFinds).isEqualTo(1);
    }

    // Tombstones

    @Test
    void aRunThatExpiredIsNotArchivedAgainUntilItsTombstoneIsOld() {
        Run old = Run.pipelineRun("old").ended(days(40));
        archive(old);
        retention(MONTH).build().run();

        assertThat(archive(old)).containsExactly(ArchiveOutcome.expired("ci", "old"));
        now.set(NOW.plus(days(89)));
        assertThat(retention(MONTH).build().run().tombstonesRemoved()).isZero();
        now.set(NOW.plus(days(91)));
        assertThat(retention(MONTH).build().preview().tombstonesRemoved()).isZero();
        assertThat(retention(MONTH).build().run().tombstonesRemoved()).isEqualTo(1);

        assertThat(archive(old)).extracting(ArchiveOutcome::status).containsExactly(ArchiveOutcome.Status.CREATED);
    }

    @Test
    void aTombstoneStandsForADayAndAsLongAsTheRunIsInTheCluster() {
        Run old = Run.pipelineRun("old").ended(days(40));
        Run gone = Run.pipelineRun("gone").ended(days(40));
        cluster.put(old.json("ci"));
        archive(old, gone);
        Retention retention = retention(MONTH).cluster(cluster).build();
        retention.run();

        now.set(NOW.plus(days(1)).minusSeconds(1));
        assertThat(retention.run().tombstonesRemoved()).isZero();
        now.set(NOW.plus(days(400)));
        assertThat(retention.run().tombstonesRemoved()).isEqualTo(1);
        assertThat(memory.findTombstone("ci", "old")).isPresent();
        assertThat(memory.findTombstone("ci", "gone")).isEmpty();

        cluster.delete(new RunKey(RunKind.PIPELINE_RUN, "ci", "run-old", "old"));
        assertThat(retention.run().tombstonesRemoved()).isEqualTo(1);
    }

    // What fails

    private static LogDeletion failing(ResultsException e) {
        return new LogDeletion() {
            @Override
            public LogVolume measure(RecordName taskRun, String uid) {
                throw e;
            }

            @Override
            public LogVolume delete(RecordName taskRun, String uid) {
                throw e;
            }
        };
    }

    private static Run taskRun(int i) {
        return new Run("TaskRun", "t-" + i, Map.of(), Map.of(), "").ended(days(99));
    }

    @Test
    void whereEverythingFailsItEndsEarlyAndSaysWhy() {
        for (int i = 0; i < 30; i++) {
            archive(taskRun(i));
        }
        LogDeletion away = failing(new ResultsException(Code.UNAVAILABLE, "the bucket is away"));

        RetentionReport report = retention(MONTH).logs(away).build().run();

        assertThat(report.failureCount()).isEqualTo(10);
        assertThat(report.failures().get(0).subject()).startsWith("ci/results/t-");
        assertThat(report.failures().get(0).message()).isEqualTo("the bucket is away");
        assertThat(report.halted().orElseThrow()).contains("10 failures in a row", "the bucket is away");
        assertThat(report.toString()).contains("DELETE: 0 of 10 Results", "10 failures", "ended early");
        assertThat(left()).hasSize(30);
        assertThat(retention(MONTH).build().run().expired()).isEqualTo(30);
        assertThat(left()).isEmpty();
    }

    @Test
    void aStoreThatIsAwayIsReported() {
        archive(taskRun(1));
        store.failure = new ResultsException(Code.UNAVAILABLE, "no connection");

        RetentionReport report = retention(MONTH).build().run();

        assertThat(report.halted()).contains("no connection");
        assertThat(report.failureCount()).isEqualTo(1);
        assertThat(report.expired()).isZero();
    }

    @Test
    void anInterruptEndsItBetweenTwoResults() {
        archive(taskRun(1), taskRun(2));
        Retention retention = retention(MONTH)
                .onExpired((expiry, rows, logs) -> Thread.currentThread().interrupt())
                .build();

        RetentionReport report = retention.run();

        assertThat(Thread.interrupted()).isTrue();
        assertThat(report.expired()).isEqualTo(1);
        assertThat(report.halted()).contains("it was stopped");
        assertThat(left()).hasSize(1);
    }

    // The schedule

    @Test
    void itRunsAgainAndAgainUntilItIsClosed() {
        Retention retention = retention(MONTH).build();
        retention.start(time -> Duration.ofMillis(2));
        retention.start();
        archive(taskRun(1));
        await().atMost(ONE_MINUTE).until(() -> left().isEmpty());
        archive(taskRun(2));
        await().atMost(ONE_MINUTE).until(() -> left().isEmpty());
        retention.close();
        retention.close();
        assertThat(retention.lastReport()).isPresent();

        archive(taskRun(3));
        RetentionReport last = retention.lastReport().orElseThrow();
        assertThat(retention.lastReport()).containsSame(last);
        retention.start(time -> Duration.ofMillis(2));
        await().atMost(ONE_MINUTE).until(() -> left().isEmpty());
        retention.close();
    }

    @Test
    void closingEndsAWaitForTheNextTime() {
        Retention retention = retention(MONTH).build();
        retention.start();

        retention.close();

        assertThat(retention.lastReport()).isEmpty();
    }

    @Test
    void allMistakesAreToldAtOnce() {
        assertThatThrownBy(() -> retention(MONTH)
                        .namespaces(Set.of("-", "Not a name"))
                        .unfinished(days(-1))
                        .tombstones(Duration.ofHours(23))
                        .jitter(Duration.ofHours(2))
                        .build())
                .isInstanceOfSatisfying(
                        ResultsException.class, e -> assertThat(e.code()).isEqualTo(Code.INVALID))
                .hasMessageContaining("means any")
                .hasMessageContaining("\"Not a name\"")
                .hasMessageContaining("unfinished PT-24H")
                .hasMessageContaining("tombstones PT23H")
                .hasMessageContaining("jitter PT2H");
    }
}

package ch.sbb.esta.results.grpc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import ch.sbb.esta.results.ArchiveOutcome;
import ch.sbb.esta.results.ArchiveOutcome.Status;
import ch.sbb.esta.results.ListQuery;
import ch.sbb.esta.results.QuarantinedRun;
import ch.sbb.esta.results.Record;
import ch.sbb.esta.results.RecordName;
import ch.sbb.esta.results.Result;
import ch.sbb.esta.results.ResultName;
import ch.sbb.esta.results.ResultsException;
import ch.sbb.esta.results.ResultsException.Code;
import ch.sbb.esta.results.RunPlacement;
import ch.sbb.esta.results.RunSnapshot;
import ch.sbb.esta.results.SummaryStatus;
import ch.sbb.esta.results.memory.InMemoryResultsStore;
import io.grpc.InsecureServerCredentials;
import java.nio.charset.StandardCharsets;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Over a real socket, against a server that follows the rules of Tekton Results. */
class GrpcResultsStoreTest {

    private static final ResultName RESULT = ResultName.parse("ci/results/p1");

    private final UpstreamResults upstream = new UpstreamResults(InstantSource.system());
    private final ResultsServer server = ResultsServer.start(InsecureServerCredentials.create(), upstream);
    private final InMemoryResultsStore quarantine = new InMemoryResultsStore(InstantSource.system());
    private final GrpcResultsStore store = store();

    @AfterEach
    void stop() {
        server.close();
    }

    @Test
    void aRunAndItsChildrenLieInOneResult() {
        List<ArchiveOutcome> outcomes = store.archive(List.of(
                SampleRuns.taskRun("t1", "p1"), SampleRuns.pipelineRun("p1", 5, true), SampleRuns.taskRun("t2", "p1")));

        assertThat(outcomes)
                .extracting(ArchiveOutcome::toString)
                .containsExactly(
                        "CREATED ci/results/p1/records/t1",
                        "CREATED ci/results/p1/records/p1",
                        "CREATED ci/results/p1/records/t2");
        Result result = store.findResult(RESULT).orElseThrow();
        assertThat(result.summary()).hasValueSatisfying(summary -> {
            assertThat(summary.status()).isEqualTo(SummaryStatus.SUCCESS);
            assertThat(summary.record()).isEqualTo(RESULT.record("p1"));
        });
        assertThat(result.annotations())
                .containsEntry("object.metadata.name", "build-p1")
                .containsEntry("tekton.dev/pipeline", "build");
        assertThat(store.listRecords(ListQuery.of(RESULT.toString())).items()).hasSize(3);
    }

    @Test
    void aRecordThatIsNoRunIsCreatedOnce() {
        store.archive(List.of(SampleRuns.pipelineRun("p1", 5, true)));
        RecordName name = RESULT.record("log-1");
        byte[] data = "{\"kind\":\"Log\"}".getBytes(StandardCharsets.UTF_8);

        Record created = store.createRecord(name, "results.tekton.dev/v1alpha3.Log", data);

        assertThat(created.type()).isEqualTo("results.tekton.dev/v1alpha3.Log");
        assertThat(store.findRecord(name)).contains(created);
        assertThat(store.createRecord(name, "other", "{}".getBytes(StandardCharsets.UTF_8)))
                .isEqualTo(created);
        assertThatThrownBy(() -> store.createRecord(RecordName.parse("ci/results/none/records/log"), "t", data))
                .isInstanceOfSatisfying(
                        ResultsException.class, e -> assertThat(e.code()).isEqualTo(ResultsException.Code.NOT_FOUND));
    }

    @Test
    void archivingAgainChangesNothingAlthoughTheServerSpellsTheJsonAnew() {
        List<RunPlacement> batch = List.of(SampleRuns.pipelineRun("p1", 5, true), SampleRuns.taskRun("t1", "p1"));
        store.archive(batch);
        List<Record> records =
                store.listRecords(ListQuery.of(RESULT.toString())).items();
        Optional<Result> result = store.findResult(RESULT);
        server.forgetCalls();

        assertThat(store.archive(batch)).extracting(ArchiveOutcome::status).containsOnly(Status.UNCHANGED);

        assertThat(server.calls()).allMatch(call -> call.startsWith("Get"));
        assertThat(store.findResult(RESULT)).isEqualTo(result);
        assertThat(store.listRecords(ListQuery.of(RESULT.toString())).items()).isEqualTo(records);
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
    void whateverTheOrderOfArrivalTheNewestStays(long seed) {
        List<RunPlacement> versions = new ArrayList<>(List.of(
                SampleRuns.pipelineRun("p1", 9, false),
                SampleRuns.pipelineRun("p1", 10, false),
                SampleRuns.pipelineRun("p1", 11, true),
                SampleRuns.pipelineRun("p1", 12, false),
                SampleRuns.pipelineRun("p1", 100, true)));
        Collections.shuffle(versions, new Random(seed));

        for (RunPlacement version : versions) {
            store.archive(List.of(version));
        }

        assertThat(storedVersion()).as("seed " + seed).contains("100");
        assertThat(summaryStatus()).isEqualTo(SummaryStatus.SUCCESS);
    }

    @Test
    void severalVersionsInOneBatchEachHaveTheirOutcome() {
        assertThat(store.archive(List.of(
                        SampleRuns.pipelineRun("p1", 7, false),
                        SampleRuns.pipelineRun("p1", 8, true),
                        SampleRuns.pipelineRun("p1", 6, false),
                        SampleRuns.pipelineRun("p1", 8, true))))
                .extracting(ArchiveOutcome::status)
                .containsExactly(Status.CREATED, Status.UPDATED, Status.STALE, Status.UNCHANGED);
    }

    @Test
    void annotationsOfOthersStay() {
        store.archive(List.of(SampleRuns.pipelineRun("p1", 5, false)));
        Result before = store.findResult(RESULT).orElseThrow();
        Map<String, String> more = new java.util.TreeMap<>(before.annotations());
        more.put("reviewed", "yes");
        store.updateResult(RESULT, more, before.summary(), before.stored().etag());

        store.archive(List.of(SampleRuns.pipelineRun("p1", 6, true)));

        Result after = store.findResult(RESULT).orElseThrow();
        assertThat(after.annotations()).containsEntry("reviewed", "yes");
        assertThat(after.summary()).map(s -> s.status()).contains(SummaryStatus.SUCCESS);
    }

    @Test
    void updatesThatChangeNothingAreNotSent() {
        store.archive(List.of(SampleRuns.pipelineRun("p1", 5, true)));
        Result result = store.findResult(RESULT).orElseThrow();
        Record record = store.findRecord(RESULT.record("p1")).orElseThrow();

        assertThat(store.updateResult(
                        RESULT,
                        result.annotations(),
                        result.summary(),
                        result.stored().etag()))
                .isEqualTo(result);
        assertThat(store.updateRecord(
                        record.name(),
                        record.type(),
                        SampleRuns.pipelineRun("p1", 5, true).run().json(),
                        record.stored().etag()))
                .isEqualTo(record);
        assertThat(server.calls()).doesNotContain("UpdateResult", "UpdateRecord");
    }

    @Test
    void aResultThatWasNotBroughtUpToDateIsRepaired() {
        RunPlacement run = SampleRuns.pipelineRun("p1", 5, true);
        store.archive(List.of(SampleRuns.taskRun("t1", "p1")));
        server.failWith(method -> method.equals("UpdateResult") ? io.grpc.Status.UNAVAILABLE : null);
        assertThat(catchThrowableOfType(ResultsException.class, () -> store.archive(List.of(run)))
                        .code())
                .isEqualTo(Code.UNAVAILABLE);
        assertThat(store.findResult(RESULT).orElseThrow().summary()).isEmpty();
        server.heal();

        assertThat(store.archive(List.of(run)))
                .extracting(ArchiveOutcome::status)
                .containsExactly(Status.UNCHANGED);

        assertThat(summaryStatus()).isEqualTo(SummaryStatus.SUCCESS);
    }

    @Test
    void fiftyThreadsOfTwoProcessesMakeOneResultAndFiftyRecords() throws Exception {
        GrpcResultsStore other = store();
        List<Callable<ArchiveOutcome>> tasks = new ArrayList<>();
        for (int i = 0; i < 50; i++) {
            GrpcResultsStore one = i % 2 == 0 ? store : other;
            RunPlacement run = i == 7 ? SampleRuns.pipelineRun("p1", 5, true) : SampleRuns.taskRun("t" + i, "p1");
            tasks.add(() -> one.archive(List.of(run)).get(0));
        }

        List<ArchiveOutcome> outcomes = atOnce(tasks);

        assertThat(outcomes).extracting(ArchiveOutcome::status).containsOnly(Status.CREATED);
        assertThat(store.listResults(ListQuery.of("-")).items()).hasSize(1);
        assertThat(store.listRecords(ListQuery.of(RESULT.toString())).items()).hasSize(50);
        assertThat(summaryStatus()).isEqualTo(SummaryStatus.SUCCESS);
    }

    @ParameterizedTest
    @ValueSource(longs = {11, 12, 13, 14, 15, 16, 17, 18, 19, 20})
    void manyWritersOfOneRunEndWithTheNewestInRecordAndSummary(long seed) throws Exception {
        GrpcResultsStore other = store();
        List<Callable<ArchiveOutcome>> tasks = new ArrayList<>();
        for (int version = 1; version <= 8; version++) {
            RunPlacement run = SampleRuns.pipelineRun("p1", version, version == 8);
            GrpcResultsStore one = version % 2 == 0 ? store : other;
            tasks.add(() -> one.archive(List.of(run)).get(0));
        }
        Collections.shuffle(tasks, new Random(seed));

        atOnce(tasks);

        assertThat(storedVersion()).as("seed " + seed).contains("8");
        assertThat(summaryStatus()).as("seed " + seed).isEqualTo(SummaryStatus.SUCCESS);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"[\"a\\u0000b\"]", "{\"key\\u0000\": 1}", "[\"\\ud800\"]", "[\"\\udc00x\"]", "{\"k\\ud800\": 1}"
            })
    void whatTheDatabaseCannotKeepGoesToTheQuarantineAndHoldsUpNothing(String spec) {
        List<ArchiveOutcome> outcomes = store.archive(
                List.of(SampleRuns.taskRunWith("t1", spec), SampleRuns.taskRunWith("t2", "[\"\\ud83d\\ude00\"]")));

        assertThat(outcomes).extracting(ArchiveOutcome::status).containsExactly(Status.QUARANTINED, Status.CREATED);
        assertThat(outcomes.get(0).code()).contains(Code.INVALID);
        assertThat(outcomes.get(0).reason()).contains("line 3, column");
        assertThat(quarantined()).hasSize(1).allSatisfy(entry -> {
            assertThat(entry.namespace()).isEqualTo("ci");
            assertThat(entry.data())
                    .isEqualTo(SampleRuns.taskRunWith("t1", spec).run().json());
        });
    }

    @Test
    void whatIsLargerThanARequestMayBeGoesToTheQuarantineAndLeavesNoResult() {
        RunPlacement large = SampleRuns.taskRunWith("t1", "\"" + "x".repeat(5 << 20) + "\"");

        assertThat(store.archive(List.of(large)))
                .extracting(ArchiveOutcome::status)
                .containsExactly(Status.QUARANTINED);

        assertThat(quarantined()).hasSize(1);
        assertThat(store.findResult(large.record().result())).isEmpty();
    }

    @Test
    void aRecordThatHoldsAnotherObjectIsNotOverwritten() {
        store.archive(List.of(SampleRuns.pipelineRun("p1", 5, true)));
        Record stored = store.findRecord(RESULT.record("p1")).orElseThrow();
        byte[] another = "{\"kind\": \"EventList\"}".getBytes(java.nio.charset.StandardCharsets.UTF_8);
        Record planted = store.updateRecord(
                stored.name(),
                "results.tekton.dev/v1.EventList",
                another,
                stored.stored().etag());

        ArchiveOutcome outcome =
                store.archive(List.of(SampleRuns.pipelineRun("p1", 6, true))).get(0);

        assertThat(outcome.status()).isEqualTo(Status.QUARANTINED);
        assertThat(outcome.code()).contains(Code.CONFLICT);
        assertThat(store.findRecord(stored.name())).contains(planted);
    }

    @ParameterizedTest
    @EnumSource(
            value = io.grpc.Status.Code.class,
            names = {"UNAVAILABLE", "DEADLINE_EXCEEDED", "UNKNOWN", "INTERNAL"})
    void aServerThatFailsIsNoFaultOfTheRun(io.grpc.Status.Code status) {
        server.failWith(method -> method.startsWith("Create") ? status.toStatus() : null);

        ResultsException e = catchThrowableOfType(
                ResultsException.class, () -> store.archive(List.of(SampleRuns.pipelineRun("p1", 5, true))));

        assertThat(e.isRetryable()).isTrue();
        assertThat(quarantined()).isEmpty();
        server.heal();
        assertThat(store.archive(List.of(SampleRuns.pipelineRun("p1", 5, true))))
                .extracting(ArchiveOutcome::status)
                .containsExactly(Status.CREATED);
    }

    @Test
    void aLookUpThatMissesTheResultIsAnsweredByMakingIt() {
        AtomicBoolean first = new AtomicBoolean(true);
        server.failWith(
                method -> method.equals("CreateRecord") && first.getAndSet(false) ? io.grpc.Status.NOT_FOUND : null);

        assertThat(store.archive(List.of(SampleRuns.pipelineRun("p1", 5, true))))
                .extracting(ArchiveOutcome::status)
                .containsExactly(Status.CREATED);
    }

    @Test
    void aRaceThatIsLostForEverEndsAsUnavailable() {
        store.archive(List.of(SampleRuns.pipelineRun("p1", 5, false)));
        server.failWith(method -> method.equals("UpdateRecord") ? io.grpc.Status.FAILED_PRECONDITION : null);

        ResultsException e = catchThrowableOfType(
                ResultsException.class, () -> store.archive(List.of(SampleRuns.pipelineRun("p1", 6, true))));

        assertThat(e.code()).isEqualTo(Code.UNAVAILABLE);
        assertThat(e).hasMessageContaining("other writers were faster");
        assertThat(storedVersion()).contains("5");
    }

    private GrpcResultsStore store() {
        return new GrpcResultsStore(server.channel(), GrpcOptions.defaults(), quarantine, InstantSource.system());
    }

    private List<QuarantinedRun> quarantined() {
        return quarantine.list("", 100).items();
    }

    private Optional<String> storedVersion() {
        Record record = store.findRecord(RESULT.record("p1")).orElseThrow();
        return RunSnapshot.parse(record.data()).resourceVersion();
    }

    private SummaryStatus summaryStatus() {
        return store.findResult(RESULT).orElseThrow().summary().orElseThrow().status();
    }

    private static <T> List<T> atOnce(List<Callable<T>> tasks) throws Exception {
        ExecutorService threads = Executors.newFixedThreadPool(tasks.size());
        CountDownLatch start = new CountDownLatch(1);
        try {
            List<Future<T>> futures = tasks.stream()
                    .map(task -> threads.submit(() -> {
                        start.await();
                        return task.call();
                    }))
                    .toList();
            start.countDown();
            List<T> values = new ArrayList<>();
            for (Future<T> future : futures) {
                values.add(Objects.requireNonNull(future.get()));
            }
            return values;
        } finally {
            threads.shutdownNow();
        }
    }
}

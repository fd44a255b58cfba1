package ch.sbb.esta.results.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ch.sbb.esta.results.ArchiveOutcome;
import ch.sbb.esta.results.ArchiveOutcome.Status;
import ch.sbb.esta.results.Expiry;
import ch.sbb.esta.results.ListQuery;
import ch.sbb.esta.results.Page;
import ch.sbb.esta.results.Record;
import ch.sbb.esta.results.RecordName;
import ch.sbb.esta.results.Result;
import ch.sbb.esta.results.ResultName;
import ch.sbb.esta.results.ResultNaming;
import ch.sbb.esta.results.ResultsException;
import ch.sbb.esta.results.ResultsException.Code;
import ch.sbb.esta.results.RunPlacement;
import ch.sbb.esta.results.RunReading;
import ch.sbb.esta.results.RunSnapshot;
import ch.sbb.esta.results.Tombstone;
import ch.sbb.esta.results.spi.RecordCreation;
import ch.sbb.esta.results.spi.ResultsStore;
import ch.sbb.esta.results.spi.RetentionStore;
import ch.sbb.esta.results.spi.RetentionStore.Sighting;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Function;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * What every {@link RetentionStore} must do. A provider's test extends this class and says how to get an empty store, which is a
 * {@link RetentionStore} and a {@link RecordCreation} too.
 */
public abstract class RetentionContract {

    private static final String P = "22222222-0000-4000-8000-000000000001";
    private static final String T = "22222222-0000-4000-8000-000000000002";
    private static final String Q = "22222222-0000-4000-8000-000000000003";
    private static final ResultName RESULT = new ResultName(SampleRun.NAMESPACE, P);
    private static final RunPlacement PIPELINE_RUN =
            SampleRun.pipelineRun(P).succeeded("True").placed();
    private static final RunPlacement TASK_RUN =
            SampleRun.taskRun(T).succeeded("True").ownedBy(P).placed();

    private static final Instant START = Instant.parse("2026-04-01T12:00:00.123456789Z");

    private final ManualClock clock = new ManualClock(START);

    @SuppressWarnings("NullAway.Init") // set before each test
    private ResultsStore store;

    @SuppressWarnings("NullAway.Init") // set before each test
    private RetentionStore retention;

    /** For subclasses. */
    protected RetentionContract() {}

    /**
     * Makes a store without rows; called before each test.
     *
     * @param clock what the store must take the time from
     * @return an empty store, which is a {@link RetentionStore} and a {@link RecordCreation} too
     * @throws Exception when the backend cannot be had; the test fails
     */
    protected abstract ResultsStore newStore(InstantSource clock) throws Exception;

    @BeforeEach
    final void makeStore() throws Exception {
        clock.set(START);
        store = newStore(clock);
        retention = (RetentionStore) store;
    }

    // Marks

    @Test
    final void aMarkedResultIsListedWithItsRunsUntilItIsDeleted() {
        archive(PIPELINE_RUN, TASK_RUN);
        createLogRecord();

        Expiry expiry = mark(RESULT);

        assertThat(retention.listMarked("-", "", 10).items())
                .singleElement()
                .satisfies(marked -> assertThat(marked.runs()).hasSize(2))
                .usingRecursiveComparison()
                .ignoringCollectionOrder()
                .isEqualTo(expiry);
        assertThat(store.findRecord(TASK_RUN.record())).isPresent();

        assertThat(retention.deleteMarked(RESULT)).isEqualTo(4);
        assertThat(store.findResult(RESULT)).isEmpty();
        assertThat(records(RESULT)).isEmpty();
        assertThat(retention.listMarked("-", "", 10).items()).isEmpty();
    }

    @Test
    final void markingWhatIsMarkedAndDeletingWhatIsGoneChangesNothing() {
        archive(PIPELINE_RUN);
        Sighting seen = sighting(RESULT);
        Expiry expiry = expiry(RESULT, "first");
        assertThat(retention.mark(expiry, seen)).isTrue();

        assertThat(retention.mark(expiry(RESULT, "second"), new Sighting("other", Map.of())))
                .isTrue();

        assertThat(retention.listMarked("-", "", 10).items()).containsExactly(expiry);
        assertThat(retention.deleteMarked(RESULT)).isEqualTo(2);
        assertThat(retention.deleteMarked(RESULT)).isZero();
    }

    @Test
    final void aResultThatIsNotMarkedIsNotDeleted() {
        archive(PIPELINE_RUN);

        assertThat(retention.deleteMarked(RESULT)).isZero();
        assertThat(retention.deleteMarked(new ResultName("ci", "nobody"))).isZero();

        assertThat(store.findResult(RESULT)).isPresent();
    }

    @Test
    final void aResultThatChangedSinceItWasSeenIsNotMarked() {
        archive(PIPELINE_RUN);
        Expiry expiry = expiry(RESULT, "p");
        Sighting seen = sighting(RESULT);
        Result result = store.findResult(RESULT).orElseThrow();
        store.updateResult(
                RESULT,
                Map.of("results.esta.sbb.ch/keep", "true"),
                result.summary(),
                result.stored().etag());

        assertUnmarked(expiry, seen);
    }

    @Test
    final void aRecordThatCameChangedOrWentSinceItWasSeenKeepsTheResultFromBeingMarked() {
        archive(PIPELINE_RUN);
        Expiry expiry = expiry(RESULT, "p");
        Sighting seen = sighting(RESULT);
        archive(TASK_RUN);
        assertUnmarked(expiry, seen);

        Sighting both = sighting(RESULT);
        archive(SampleRun.taskRun(T)
                .succeeded("True")
                .ownedBy(P)
                .version("2")
                .note("signed")
                .placed());
        assertUnmarked(expiry, both);

        Sighting changed = sighting(RESULT);
        store.deleteRecord(TASK_RUN.record());
        assertUnmarked(expiry, changed);

        store.deleteResult(RESULT);
        assertUnmarked(expiry, changed);
    }

    private void assertUnmarked(Expiry expiry, Sighting seen) {
        assertThat(retention.mark(expiry, seen)).isFalse();
        assertThat(retention.listMarked("-", "", 10).items()).isEmpty();
        assertThat(retention.findTombstone("ci", P)).isEmpty();
    }

    @Test
    final void aRunThatCameIntoAMarkedResultStaysWithIt() {
        RunPlacement late = SampleRun.pipelineRun(Q)
                .succeeded("True")
                .annotations(Map.of("results.tekton.dev/result", RESULT.toString()))
                .placed();
        archive(PIPELINE_RUN, TASK_RUN);
        mark(RESULT);

        assertThat(archive(late)).extracting(ArchiveOutcome::status).containsExactly(Status.CREATED);
        assertThat(retention.deleteMarked(RESULT)).isEqualTo(2);

        assertThat(records(RESULT)).extracting(Record::name).containsExactly(late.record());
        assertThat(store.findResult(RESULT)).isPresent();
        assertThat(retention.listMarked("-", "", 10).items()).isEmpty();
    }

    @Test
    final void soDoesAnObjectOfAnExtraKindButNotWhatBelongsToARunThatHasExpired() {
        RunPlacement late = delivery("\"annotations\":{\"results.tekton.dev/result\":\"" + RESULT + "\"}");
        archive(PIPELINE_RUN, TASK_RUN);
        mark(RESULT);

        assertThat(archive(delivery("\"labels\":{\"tekton.dev/pipelineRunUID\":\"" + P + "\"}")))
                .extracting(ArchiveOutcome::status)
                .containsExactly(Status.EXPIRED);
        assertThat(archive(late)).extracting(ArchiveOutcome::status).containsExactly(Status.CREATED);
        assertThat(retention.deleteMarked(RESULT)).isEqualTo(2);

        assertThat(records(RESULT)).extracting(Record::name).containsExactly(late.record());
    }

    private static RunPlacement delivery(String metadata) {
        String json = """
                {"apiVersion":"example.dev/v1","kind":"Delivery","metadata":{"namespace":"%s","name":"d","uid":"%s",%s}}
                """.formatted(SampleRun.NAMESPACE, Q, metadata);
        return ResultNaming.defaults().place(RunSnapshot.parse(json.getBytes(StandardCharsets.UTF_8)));
    }

    @Test
    final void aMarkOutlivesTheRowsThatSomebodyElseDeletes() {
        archive(PIPELINE_RUN, TASK_RUN);
        mark(RESULT);
        store.deleteResult(RESULT);

        assertThat(retention.listMarked("ci", "", 10).items())
                .singleElement()
                .satisfies(marked -> assertThat(marked.runs()).hasSize(2));
        assertThat(retention.deleteMarked(RESULT)).isZero();
        assertThat(retention.listMarked("ci", "", 10).items()).isEmpty();
    }

    @Test
    final void aResultWithoutRunsExpiresToo() {
        archive(PIPELINE_RUN);
        store.deleteRecord(PIPELINE_RUN.record());

        assertThat(retention.mark(new Expiry(RESULT, "p", clock.instant(), List.of()), sighting(RESULT)))
                .isTrue();
        assertThat(retention.deleteMarked(RESULT)).isEqualTo(1);
    }

    @Test
    final void textOfUsersIsKeptAsTextOrMadeHarmless() {
        archive(PIPELINE_RUN);
        String hostile = "'; DROP TABLE esta_expiries; --\u0000\ud800 ${x} :name ?";
        Tombstone stone =
                new Tombstone(PIPELINE_RUN.record(), "tekton.dev/v1.PipelineRun", hostile, P, clock.instant());

        assertThat(retention.mark(new Expiry(RESULT, hostile, clock.instant(), List.of(stone)), sighting(RESULT)))
                .isTrue();

        assertThat(retention.listMarked("-", "", 1).items())
                .singleElement()
                .satisfies(marked -> assertThat(marked.policy()).startsWith("'; DROP TABLE esta_expiries; --"));
        assertThat(retention.findTombstone("ci", P).orElseThrow().name()).endsWith(" ${x} :name ?");
        assertThat(retention.findTombstone("ci", "\u0000' OR true --")).isEmpty();
    }

    // Tombstones

    @Test
    final void anExpiredRunIsNotArchivedAgain() {
        expire();
        RunPlacement newer = SampleRun.pipelineRun(P)
                .succeeded("True")
                .version("99")
                .note("newer")
                .placedAsLiveRead();
        RunPlacement lateChild =
                SampleRun.taskRun(Q).succeeded("True").ownedBy(P).placed();
        RunPlacement other = SampleRun.pipelineRun("other").placed();

        List<ArchiveOutcome> outcomes = archive(PIPELINE_RUN, other, newer, TASK_RUN, lateChild);

        assertThat(outcomes)
                .containsExactly(
                        ArchiveOutcome.expired("ci", P),
                        ArchiveOutcome.archived(Status.CREATED, other.record()),
                        ArchiveOutcome.expired("ci", P),
                        ArchiveOutcome.expired("ci", T),
                        ArchiveOutcome.expired("ci", Q));
        assertThat(outcomes.get(0).isArchived()).isFalse();
        assertThat(store.findResult(RESULT)).isEmpty();
        assertThat(records(RESULT)).isEmpty();
    }

    @Test
    final void aRunOfAMarkedResultIsNotChangedAnyMore() {
        archive(PIPELINE_RUN);
        mark(RESULT);
        Record before = store.findRecord(PIPELINE_RUN.record()).orElseThrow();

        assertThat(archive(SampleRun.pipelineRun(P)
                        .succeeded("True")
                        .version("2")
                        .note("signed")
                        .placed()))
                .containsExactly(ArchiveOutcome.expired("ci", P));

        assertThat(store.findRecord(PIPELINE_RUN.record())).contains(before);
    }

    @Test
    final void aTombstoneIsOfItsNamespaceOnly() {
        expire();
        RunPlacement namesake = inNamespace("other", PIPELINE_RUN.run());

        assertThat(archive(namesake)).extracting(ArchiveOutcome::status).containsExactly(Status.CREATED);
        assertThat(retention.findTombstone("other", P)).isEmpty();
    }

    private static RunPlacement inNamespace(String namespace, RunSnapshot run) {
        String json = new String(run.json(), StandardCharsets.UTF_8)
                .replace("\"namespace\":\"ci\"", "\"namespace\":\"" + namespace + "\"");
        return PIPELINE_RUN.ofVersion(RunSnapshot.parse(json.getBytes(StandardCharsets.UTF_8)));
    }

    @Test
    final void aTombstoneSaysWhatItStandsFor() {
        Instant marked = clock.instant();
        expire();

        Tombstone stone = retention.findTombstone("ci", T).orElseThrow();

        assertThat(stone).isEqualTo(new Tombstone(TASK_RUN.record(), "tekton.dev/v1.TaskRun", "run-" + T, T, marked));
        assertThat(stone.isTaskRun()).isTrue();
        assertThat(retention.findTombstone("ci", P).orElseThrow().isTaskRun()).isFalse();
        assertThat(retention.findTombstone("ci", Q)).isEmpty();
    }

    @Test
    final void aRunWhoseTombstoneIsGoneIsArchivedAgain() {
        expire();

        retention.deleteTombstones(tombstones("-", clock.instant().plusSeconds(1), 100));

        assertThat(tombstones("-", clock.instant().plusSeconds(1), 100)).isEmpty();
        assertThat(archive(PIPELINE_RUN)).extracting(ArchiveOutcome::status).containsExactly(Status.CREATED);
        retention.deleteTombstones(List.of());
    }

    @Test
    final void aTombstoneThatWasPutUpAnewSinceItWasListedStays() {
        expire();
        List<Tombstone> listed = tombstones("-", clock.instant().plusSeconds(1), 100);
        retention.deleteTombstones(listed);
        clock.advance(Duration.ofMillis(1));
        expire();

        retention.deleteTombstones(listed);

        assertThat(retention.findTombstone("ci", P)).isPresent();
    }

    @Test
    final void tombstonesAreListedByTheirAgeInPages() {
        for (int i = 0; i < 7; i++) {
            RunPlacement run =
                    SampleRun.pipelineRun("run-" + i).succeeded("True").placed();
            archive(run);
            mark(run.record().result());
            retention.deleteMarked(run.record().result());
            clock.advance(Duration.ofHours(1));
        }
        Instant afterFive = clock.instant().minus(Duration.ofMinutes(150));

        assertThat(tombstones("ci", afterFive, 2))
                .extracting(Tombstone::uid)
                .containsExactly("run-0", "run-1", "run-2", "run-3", "run-4");
        assertThat(tombstones("-", clock.instant(), 3)).hasSize(7);
        assertThat(tombstones("other", clock.instant(), 3)).isEmpty();
    }

    @Test
    final void tombstonesOfAMarkedResultAreNotListedAndStay() {
        archive(PIPELINE_RUN, TASK_RUN);
        Expiry expiry = mark(RESULT);

        assertThat(tombstones("-", clock.instant().plusSeconds(1), 10)).isEmpty();
        retention.deleteTombstones(expiry.runs());

        assertThat(retention.findTombstone("ci", P)).isPresent();
        assertThat(archive(PIPELINE_RUN)).containsExactly(ArchiveOutcome.expired("ci", P));
    }

    @Test
    final void marksAreListedInPagesByNamespace() {
        for (int i = 0; i < 7; i++) {
            RunPlacement run =
                    SampleRun.pipelineRun("run-" + i).succeeded("True").placed();
            archive(run, inNamespace("other", run.run()));
            mark(run.record().result());
            mark(new ResultName("other", "run-" + i));
        }

        assertThat(walk(after -> retention.listMarked("other", after, 3)))
                .extracting(Expiry::result)
                .hasSize(7)
                .isSorted()
                .allSatisfy(name -> assertThat(name.parent()).isEqualTo("other"));
        assertThat(walk(after -> retention.listMarked("-", after, 3)))
                .extracting(Expiry::result)
                .hasSize(14)
                .isSorted()
                .doesNotHaveDuplicates();
    }

    @ParameterizedTest
    @ValueSource(ints = {0, -1, 1001})
    final void aLimitOutOfRangeIsInvalid(int limit) {
        assertThatThrownBy(() -> retention.listMarked("-", "", limit))
                .isInstanceOfSatisfying(
                        ResultsException.class, e -> assertThat(e.code()).isEqualTo(Code.INVALID));
        assertThatThrownBy(() -> retention.listTombstones("-", clock.instant(), "", limit))
                .isInstanceOfSatisfying(
                        ResultsException.class, e -> assertThat(e.code()).isEqualTo(Code.INVALID));
    }

    // Together

    @Test
    final void whatIsArchivedWhileItsResultExpiresIsGoneOrWasSeen() throws Exception {
        ExecutorService threads = Executors.newFixedThreadPool(3);
        AtomicBoolean over = new AtomicBoolean();
        try {
            for (int round = 0; round < 8; round++) {
                RunPlacement parent =
                        SampleRun.pipelineRun("p-" + round).succeeded("True").placed();
                ResultName name = parent.record().result();
                archive(parent);
                over.set(false);
                List<Future<?>> archiving = new ArrayList<>();
                for (int thread = 0; thread < 3; thread++) {
                    int own = thread;
                    archiving.add(threads.submit(() -> keepArchiving(parent, own, over)));
                }
                while (!retention.mark(expiry(name, "p"), sighting(name))) {
                    Thread.onSpinWait();
                }
                retention.deleteMarked(name);
                over.set(true);
                for (Future<?> each : archiving) {
                    each.get(60, TimeUnit.SECONDS);
                }

                assertThat(records(name)).as("records of " + name).isEmpty();
                assertThat(store.findResult(name))
                        .as("the Result of round " + round)
                        .isEmpty();
            }
        } finally {
            over.set(true);
            threads.shutdown();
            assertThat(threads.awaitTermination(60, TimeUnit.SECONDS)).isTrue();
        }
    }

    /** A PipelineRun, in a new version now and then, and a new child of it. */
    private void keepArchiving(RunPlacement parent, int thread, AtomicBoolean over) {
        RunPlacement child = SampleRun.taskRun(parent.run().uid() + "-" + thread)
                .succeeded("True")
                .ownedBy(parent.run().uid())
                .placed();
        int count = 0;
        boolean last;
        do {
            last = over.get();
            count++;
            archive(
                    SampleRun.pipelineRun(parent.run().uid())
                            .succeeded("True")
                            .version("" + (1 + count / 100))
                            .note("version " + count / 100 + " by " + thread)
                            .placed(),
                    child);
        } while (!last);
    }

    // Pieces

    private List<ArchiveOutcome> archive(RunPlacement... runs) {
        return store.archive(List.of(runs));
    }

    private void createLogRecord() {
        ((RecordCreation) store)
                .createRecord(
                        RESULT.record("log"),
                        "results.tekton.dev/v1alpha3.Log",
                        "{\"kind\":\"Log\"}".getBytes(StandardCharsets.UTF_8));
    }

    private void expire() {
        archive(PIPELINE_RUN, TASK_RUN);
        mark(RESULT);
        retention.deleteMarked(RESULT);
    }

    private Expiry mark(ResultName name) {
        Expiry expiry = expiry(name, "old");
        assertThat(retention.mark(expiry, sighting(name))).isTrue();
        return expiry;
    }

    private Expiry expiry(ResultName name, String policy) {
        List<Tombstone> runs = new ArrayList<>();
        for (Record record : records(name)) {
            RunReading.of(record.data())
                    .run()
                    .ifPresent(run -> runs.add(
                            new Tombstone(record.name(), record.type(), run.name(), run.uid(), clock.instant())));
        }
        return new Expiry(name, policy, clock.instant(), runs);
    }

    private Sighting sighting(ResultName name) {
        Map<RecordName, String> etags = new HashMap<>();
        String etag =
                store.findResult(name).map(result -> result.stored().etag()).orElse("none");
        records(name).forEach(record -> etags.put(record.name(), record.stored().etag()));
        return new Sighting(etag, etags);
    }

    private List<Record> records(ResultName name) {
        return store.listRecords(ListQuery.of(name.toString()).pageSize(1000)).items();
    }

    private List<Tombstone> tombstones(String parent, Instant before, int limit) {
        return walk(after -> retention.listTombstones(parent, before, after, limit));
    }

    private static <T> List<T> walk(Function<String, Page<T>> list) {
        List<T> all = new ArrayList<>();
        Optional<String> after = Optional.of("");
        while (after.isPresent()) {
            Page<T> page = list.apply(after.get());
            all.addAll(page.items());
            after = page.nextPageToken();
        }
        return all;
    }
}

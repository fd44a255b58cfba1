package ch.sbb.esta.results.testkit;

import static ch.sbb.esta.results.testkit.Runs.tree;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ch.sbb.esta.results.ArchiveOutcome;
import ch.sbb.esta.results.ArchiveOutcome.Status;
import ch.sbb.esta.results.ListOrder;
import ch.sbb.esta.results.ListOrder.Direction;
import ch.sbb.esta.results.ListOrder.Field;
import ch.sbb.esta.results.ListQuery;
import ch.sbb.esta.results.Page;
import ch.sbb.esta.results.QuarantinedRun;
import ch.sbb.esta.results.Record;
import ch.sbb.esta.results.RecordName;
import ch.sbb.esta.results.RecordSummary;
import ch.sbb.esta.results.Result;
import ch.sbb.esta.results.Result.Stored;
import ch.sbb.esta.results.ResultName;
import ch.sbb.esta.results.ResultNaming;
import ch.sbb.esta.results.ResultsException;
import ch.sbb.esta.results.ResultsException.Code;
import ch.sbb.esta.results.RunPlacement;
import ch.sbb.esta.results.RunReading;
import ch.sbb.esta.results.RunSnapshot;
import ch.sbb.esta.results.RunVersion;
import ch.sbb.esta.results.SummaryStatus;
import ch.sbb.esta.results.filter.Filter;
import ch.sbb.esta.results.spi.Quarantine;
import ch.sbb.esta.results.spi.RecordCreation;
import ch.sbb.esta.results.spi.ResultsStore;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.function.Supplier;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * What every {@link ResultsStore} must do. A provider's test extends this class and says how to get an empty store and where that puts
 * what it refuses.
 */
public abstract class ResultsStoreContract {

    private static final String P = "11111111-0000-4000-8000-000000000001";
    private static final String Q = "11111111-0000-4000-8000-000000000002";
    private static final String T = "11111111-0000-4000-8000-000000000003";
    private static final ResultName RESULT = new ResultName(SampleRun.NAMESPACE, P);

    private final ManualClock clock = new ManualClock(Instant.parse("2026-03-01T12:00:00.123456789Z"));

    @SuppressWarnings("NullAway.Init") // set before each test
    private ResultsStore store;

    /** For subclasses. */
    protected ResultsStoreContract() {}

    /**
     * Makes a store without rows; called before each test.
     *
     * @param clock what the store must take the time from
     * @return an empty store
     * @throws Exception when the backend cannot be had; the test fails
     */
    protected abstract ResultsStore newStore(InstantSource clock) throws Exception;

    /**
     * Where the store of the running test puts what it refuses.
     *
     * @return its quarantine
     */
    protected abstract Quarantine quarantine();

    @BeforeEach
    final void makeStore() throws Exception {
        store = newStore(clock);
    }

    // Archiving

    @Test
    final void archivingNothingAnswersNothing() {
        assertThat(store.archive(List.of())).isEmpty();
    }

    @Test
    final void anArchivedRunComesBackWithItsResult() {
        RunPlacement run = SampleRun.pipelineRun(P)
                .succeeded("True")
                .labels(Map.of("tekton.dev/pipeline", "build"))
                .placed();

        assertThat(store.archive(List.of(run))).containsExactly(ArchiveOutcome.archived(Status.CREATED, run.record()));

        Record record = record(run.record());
        assertThat(record.name()).isEqualTo(RESULT.record(P));
        assertThat(record.type()).isEqualTo("tekton.dev/v1.PipelineRun");
        assertThat(tree(record.data())).isEqualTo(tree(run.run().json()));
        assertThat(record.stored().createTime())
                .isEqualTo(now())
                .isEqualTo(record.stored().updateTime());
        Result result = result(RESULT);
        assertThat(result.annotations())
                .containsOnly(Map.entry("object.metadata.name", "run-" + P), Map.entry("tekton.dev/pipeline", "build"));
        RecordSummary summary = result.summary().orElseThrow();
        assertThat(summary.record()).isEqualTo(run.record());
        assertThat(summary.type()).isEqualTo("tekton.dev/v1.PipelineRun");
        assertThat(summary.status()).isEqualTo(SummaryStatus.SUCCESS);
        assertThat(summary.startTime()).contains(Instant.parse("2026-03-01T10:00:00Z"));
        assertThat(summary.endTime()).contains(Instant.parse("2026-03-01T10:05:00.123456Z"));
        assertThat(result.stored().createTime())
                .isEqualTo(now())
                .isEqualTo(result.stored().updateTime());
    }

    @Test
    final void archivingTwiceInARowChangesNothing() {
        List<RunPlacement> batch = List.of(
                SampleRun.pipelineRun(P).succeeded("True").note("\\u0000").placed(),
                SampleRun.taskRun(T).ownedBy(P).succeeded("False").placed());
        store.archive(batch);
        Result result = result(RESULT);
        List<Record> records = records();
        clock.advance(Duration.ofHours(1));

        assertThat(store.archive(batch)).extracting(ArchiveOutcome::status).containsOnly(Status.UNCHANGED);
        assertThat(store.archive(batch)).extracting(ArchiveOutcome::status).containsOnly(Status.UNCHANGED);

        assertThat(result(RESULT)).isEqualTo(result);
        assertThat(records()).isEqualTo(records);
    }

    @Test
    final void spellingOfNumbersAndOrderOfKeysAreNoChange() {
        RunPlacement run = SampleRun.pipelineRun(P).placed();
        store.archive(List.of(run));
        String respelled = new String(run.run().json(), StandardCharsets.UTF_8)
                .replace("{\"note\":\"\",\"n\":1.50}", "{\"n\": 15e-1 , \"note\" : \"\"}");

        assertThat(store.archive(List.of(placed(respelled.getBytes(StandardCharsets.UTF_8)))))
                .containsExactly(ArchiveOutcome.archived(Status.UNCHANGED, run.record()));
    }

    @Test
    final void aNewerVersionReplacesAnOlderOne() {
        store.archive(List.of(SampleRun.pipelineRun(P).version("9").placed()));
        Stored before = record(RESULT.record(P)).stored();
        clock.advance(Duration.ofSeconds(1));
        RunPlacement newer =
                SampleRun.pipelineRun(P).version("10").succeeded("False").placed();

        assertThat(store.archive(List.of(newer)))
                .containsExactly(ArchiveOutcome.archived(Status.UPDATED, newer.record()));

        Record record = record(newer.record());
        assertThat(tree(record.data())).isEqualTo(tree(newer.run().json()));
        assertThat(record.stored().uid()).isEqualTo(before.uid());
        assertThat(record.stored().createTime()).isEqualTo(before.createTime());
        assertThat(record.stored().updateTime()).isEqualTo(now());
        assertThat(record.stored().etag()).isNotEqualTo(before.etag());
        assertThat(result(RESULT).summary().orElseThrow().status()).isEqualTo(SummaryStatus.FAILURE);
        assertThat(result(RESULT).stored().updateTime()).isEqualTo(now());
    }

    @Test
    final void anOlderVersionChangesNeitherTheRecordNorTheSummary() {
        store.archive(
                List.of(SampleRun.pipelineRun(P).version("10").succeeded("True").placed()));
        Result result = result(RESULT);
        List<Record> records = records();
        clock.advance(Duration.ofSeconds(1));

        assertThat(store.archive(List.of(
                        SampleRun.pipelineRun(P).version("9").succeeded("False").placed(),
                        SampleRun.pipelineRun(P).version("11").placed(),
                        SampleRun.pipelineRun(P).version("11").placedAsLiveRead())))
                .extracting(ArchiveOutcome::status)
                .containsOnly(Status.STALE);

        assertThat(result(RESULT)).isEqualTo(result);
        assertThat(records()).isEqualTo(records);
    }

    @Test
    final void aLiveReadBeatsAStoredHigherVersion() {
        store.archive(List.of(SampleRun.pipelineRun(P).version("10").placed()));
        RunPlacement live =
                SampleRun.pipelineRun(P).version("5").note("restored").placedAsLiveRead();

        assertThat(store.archive(List.of(live)))
                .extracting(ArchiveOutcome::status)
                .containsExactly(Status.UPDATED);

        assertThat(tree(record(live.record()).data())).isEqualTo(tree(live.run().json()));
    }

    @Test
    final void aFinishedVersionBeatsAHigherUnfinishedOne() {
        store.archive(List.of(SampleRun.pipelineRun(P).version("10").placed()));

        assertThat(store.archive(List.of(
                        SampleRun.pipelineRun(P).version("9").succeeded("True").placed())))
                .extracting(ArchiveOutcome::status)
                .containsExactly(Status.UPDATED);
    }

    @Test
    final void versionsThatAreNoNumbersGoByArrival() {
        store.archive(List.of(SampleRun.pipelineRun(P).version("10").placed()));

        assertThat(store.archive(List.of(
                        SampleRun.pipelineRun(P).version("1x").placed(),
                        SampleRun.pipelineRun(P).version("").placed(),
                        SampleRun.pipelineRun(P).version("2").placed())))
                .extracting(ArchiveOutcome::status)
                .containsOnly(Status.UPDATED);
    }

    @Test
    final void versionsLongerThanAMachineNumberAreCompared() {
        String large = "9".repeat(39);
        store.archive(List.of(SampleRun.pipelineRun(P).version("1" + large).placed()));

        assertThat(store.archive(List.of(
                        SampleRun.pipelineRun(P).version(large).placed(),
                        SampleRun.pipelineRun(P).version("2" + large).placed())))
                .extracting(ArchiveOutcome::status)
                .containsExactly(Status.STALE, Status.UPDATED);
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 7, 1000})
    final void theNewestStaysHoweverVersionsArrive(int batchSize) {
        for (long seed = 1; seed <= 5; seed++) {
            Random random = new Random(seed);
            List<RunPlacement> arrivals = arrivals(random, "s" + batchSize + "-" + seed + "-");
            Map<RecordName, RunSnapshot> newest = new HashMap<>();
            List<Status> expected =
                    arrivals.stream().map(run -> arrive(newest, run)).toList();

            List<Status> actual = new ArrayList<>();
            for (int from = 0; from < arrivals.size(); from += batchSize) {
                List<RunPlacement> batch = arrivals.subList(from, Math.min(arrivals.size(), from + batchSize));
                store.archive(batch).forEach(outcome -> actual.add(outcome.status()));
            }

            assertThat(actual).as("outcomes with seed %s", seed).isEqualTo(expected);
            newest.forEach((name, run) ->
                    assertThat(tree(record(name).data())).as("%s", name).isEqualTo(tree(run.json())));
        }
    }

    private static List<RunPlacement> arrivals(Random random, String prefix) {
        List<RunPlacement> arrivals = new ArrayList<>();
        for (int i = 0; i < 60; i++) {
            String version = random.nextInt(6) == 0 ? "v" + random.nextInt(3) : "" + random.nextInt(12);
            SampleRun run = SampleRun.taskRun(prefix + random.nextInt(5))
                    .version(version)
                    .succeeded(random.nextInt(4) == 0 ? "True" : random.nextBoolean() ? "Unknown" : "")
                    .note(random.nextInt(3) == 0 ? "\\u0000" : "");
            arrivals.add(random.nextInt(6) == 0 ? run.placedAsLiveRead() : run.placed());
            if (random.nextInt(4) == 0) {
                arrivals.add(arrivals.get(random.nextInt(arrivals.size())));
            }
        }
        Collections.shuffle(arrivals, random);
        return arrivals;
    }

    private static Status arrive(Map<RecordName, RunSnapshot> newest, RunPlacement run) {
        RunSnapshot stored = newest.get(run.record());
        if (stored == null) {
            newest.put(run.record(), run.run());
            return Status.CREATED;
        }
        RunVersion version = run.run().version();
        if (!version.supersedes(stored.version())) {
            return Status.STALE;
        }
        newest.put(run.record(), run.run());
        return tree(stored.json()).equals(tree(run.run().json())) ? Status.UNCHANGED : Status.UPDATED;
    }

    @Test
    final void capturedRunsComeBackAsTheyWentIn() throws Exception {
        for (CapturedRuns.Expectation expectation : CapturedRuns.all()) {
            RunReading reading = RunReading.of(Files.readAllBytes(expectation.file()));
            if (reading.refusal().isPresent()) {
                assertThat(reading.refusal().get()).as("%s", expectation.file()).hasToString(expectation.answer());
                continue;
            }
            RunPlacement run = ResultNaming.defaults().place(reading.orElseThrow());
            assertThat(store.archive(List.of(run)))
                    .as("%s", expectation.file())
                    .containsExactly(ArchiveOutcome.archived(Status.CREATED, run.record()));
            assertThat(expectation.answer()).as("%s", expectation.file()).isEqualTo("ARCHIVED");
            assertThat(store.archive(List.of(run)))
                    .as("%s", expectation.file())
                    .containsExactly(ArchiveOutcome.archived(Status.UNCHANGED, run.record()));
            assertThat(tree(record(run.record()).data()))
                    .as("%s", expectation.file())
                    .isEqualTo(tree(run.run().json()));
            assertThat(record(run.record()).type()).isEqualTo(run.run().kind().recordType());
            assertThat(result(run.record().result()).summary()).isEqualTo(run.summary());
            assertThat(result(run.record().result()).annotations()).isEqualTo(run.resultAnnotations());
            store.deleteResult(run.record().result());
        }
    }

    // Characters

    @ParameterizedTest
    @ValueSource(
            strings = {
                "\\u0000",
                "a\\u0000b\\u0000\\u0000",
                "\\\\u0000",
                "\\\\\\u0000",
                "\\ud800",
                "\\uDFFF",
                "\\udc00\\ud800",
                "\\ud83d\\ude00 \\ud83d\\ud83d\\ude00 \\ud83d😀",
                "😀𝄞\\ud834\\udd1e",
                "␛",
                "␛0000",
                "\\u241b0000",
                "␛0000\\u0000\\u241B241b␛",
                "␛␛d800\\ud800␛",
                "\\u0001\\u001f\\u007f\\ufffe\\uffff\\ufeff",
                "%1$s {0} :name ? $1 <x> ''; DROP TABLE records; --"
            })
    final void oddCharactersComeBackAsTheyWentIn(String text) {
        SampleRun sample =
                SampleRun.pipelineRun(P).note(text).with("odd" + text, "[\"" + text + "\",{\"k" + text + "\":1}]");
        RunPlacement run = sample.placed();

        assertThat(store.archive(List.of(run)))
                .extracting(ArchiveOutcome::status)
                .containsExactly(Status.CREATED);

        assertThat(tree(record(run.record()).data())).isEqualTo(tree(run.run().json()));
        assertThat(tree(records().get(0).data())).isEqualTo(tree(run.run().json()));
        assertThat(store.archive(List.of(run)))
                .extracting(ArchiveOutcome::status)
                .containsExactly(Status.UNCHANGED);
        assertThat(store.archive(
                        List.of(SampleRun.pipelineRun(P).note("plain ␛0000").placed())))
                .extracting(ArchiveOutcome::status)
                .containsExactly(Status.UPDATED);
        assertThat(new String(record(run.record()).data(), StandardCharsets.UTF_8))
                .contains("plain ␛0000");
    }

    @ParameterizedTest
    @ValueSource(strings = {"\u0000", "\ud800", "\udc00x", "␛0000", "😀", "␛\u0000␛0000", "\"\\\n\u2028"})
    final void oddCharactersInAnnotationsComeBackAsTheyWentIn(String text) {
        store.archive(List.of(SampleRun.pipelineRun(P).placed()));
        Map<String, String> annotations = Map.of("key" + text, "value" + text);
        RecordSummary summary =
                new RecordSummary(RESULT.record(P), "t", null, null, SummaryStatus.TIMEOUT, Map.of("k" + text, text));

        Result updated = store.updateResult(
                RESULT,
                annotations,
                Optional.of(summary),
                result(RESULT).stored().etag());

        assertThat(updated.annotations()).isEqualTo(annotations);
        assertThat(result(RESULT)).isEqualTo(updated);
        assertThat(result(RESULT).summary()).contains(summary);
        assertThat(store.listResults(ListQuery.of("ci")).items()).containsExactly(updated);
    }

    @Test
    final void oddCharactersInAnnotationsOfARunAreMergedWithThoseOfOthers() {
        store.archive(List.of(SampleRun.pipelineRun(P).placed()));
        store.updateResult(
                RESULT,
                Map.of("mine", "␛0000"),
                Optional.empty(),
                result(RESULT).stored().etag());
        String object = "{\\\"odd\\\":\\\"\\\\u0000\\\\ud800␛\\\"}";
        SampleRun newer = SampleRun.pipelineRun(P)
                .version("2")
                .annotations(Map.of(ResultNaming.RESULT_ANNOTATIONS, object, ResultNaming.SUMMARY_ANNOTATIONS, object));

        store.archive(List.of(newer.placed()));
        store.archive(List.of(newer.placed()));

        assertThat(result(RESULT).annotations())
                .containsEntry("mine", "␛0000")
                .containsEntry("odd", "\u0000\ud800␛")
                .containsEntry("object.metadata.name", "run-" + P);
        assertThat(result(RESULT).summary().orElseThrow().annotations())
                .containsOnly(Map.entry("odd", "\u0000\ud800␛"));
    }

    @Test
    final void aStepScriptOfFiveMegabytesComesBackAsItWentIn() {
        RunPlacement run =
                SampleRun.taskRun(T).note("echo \\u0000 ä😀\\n".repeat(5 << 16)).placed();
        assertThat(run.run().json().length).isGreaterThan(5 << 20);

        store.archive(List.of(run));

        assertThat(tree(record(run.record()).data())).isEqualTo(tree(run.run().json()));
        assertThat(store.archive(List.of(run)))
                .extracting(ArchiveOutcome::status)
                .containsExactly(Status.UNCHANGED);
    }

    // Results

    @Test
    final void annotationsThatNameAnotherNamespaceAreIgnored() {
        RunPlacement run = SampleRun.pipelineRun(P)
                .annotations(Map.of(
                        ResultNaming.RESULT_ANNOTATION, "victim/results/" + Q,
                        ResultNaming.RECORD_ANNOTATION, "victim/results/" + Q + "/records/" + Q))
                .placed();

        store.archive(List.of(run));

        assertThat(run.ignored()).hasSize(2);
        assertThat(record(RESULT.record(P)).name().parent()).isEqualTo(SampleRun.NAMESPACE);
        assertThat(all(ListQuery.of("victim"), store::listResults)).isEmpty();
        assertThat(all(ListQuery.of("victim/results/-"), store::listRecords)).isEmpty();
    }

    @Test
    final void aChildBeforeItsParentMakesAResultThatTheParentFills() {
        store.archive(List.of(SampleRun.taskRun(T).ownedBy(P).placed()));
        Result bare = result(RESULT);
        assertThat(bare.summary()).isEmpty();
        assertThat(bare.annotations()).isEmpty();
        clock.advance(Duration.ofSeconds(1));

        store.archive(List.of(SampleRun.pipelineRun(P).placed()));

        Result filled = result(RESULT);
        assertThat(filled.summary().orElseThrow().record()).isEqualTo(RESULT.record(P));
        assertThat(filled.stored().uid()).isEqualTo(bare.stored().uid());
        assertThat(filled.stored().createTime()).isEqualTo(bare.stored().createTime());
        assertThat(filled.stored().updateTime()).isEqualTo(now());
        assertThat(records()).hasSize(2);
    }

    @Test
    final void aChildDoesNotTouchItsResult() {
        store.archive(List.of(SampleRun.pipelineRun(P).placed()));
        Result before = result(RESULT);
        clock.advance(Duration.ofSeconds(1));

        store.archive(List.of(SampleRun.taskRun(T).ownedBy(P).placed()));

        assertThat(result(RESULT)).isEqualTo(before);
    }

    @Test
    final void annotationsOfOthersSurviveArchiving() {
        store.archive(List.of(SampleRun.pipelineRun(P).placed()));
        Result result = result(RESULT);
        Map<String, String> annotations = new HashMap<>(result.annotations());
        annotations.put("reviewed-by", "somebody");
        store.updateResult(
                RESULT, annotations, result.summary(), result.stored().etag());

        store.archive(
                List.of(SampleRun.pipelineRun(P).version("2").succeeded("True").placed()));

        assertThat(result(RESULT).annotations())
                .containsEntry("reviewed-by", "somebody")
                .containsEntry("object.metadata.name", "run-" + P);
        assertThat(result(RESULT).summary().orElseThrow().status()).isEqualTo(SummaryStatus.SUCCESS);
    }

    @Test
    final void theFirstRunThatSpeaksForAResultKeepsItsSummary() {
        ResultNaming byEvent = ResultNaming.defaults().groupedBy(ResultNaming.Grouping.BY_TRIGGER_EVENT);
        Function<String, RunPlacement> run = uid -> byEvent.place(SampleRun.pipelineRun(uid)
                .labels(Map.of(ResultNaming.TRIGGER_EVENT_LABEL, "event", "tekton.dev/pipeline", "p" + uid))
                .snapshot());
        List<RunPlacement> both = List.of(run.apply(P), run.apply(Q));

        store.archive(both);
        ResultName event = new ResultName(SampleRun.NAMESPACE, "event");
        Result first = result(event);
        store.archive(List.of(run.apply(Q), run.apply(P), run.apply(Q)));

        assertThat(first.summary().orElseThrow().record()).isEqualTo(event.record(P));
        assertThat(first.annotations()).containsEntry("object.metadata.name", "run-" + P);
        assertThat(result(event)).isEqualTo(first);
        assertThat(records()).hasSize(2);
    }

    @Test
    final void manyChildrenAtOnceMakeOneResult() throws Exception {
        List<RunPlacement> children = new ArrayList<>();
        for (int i = 0; i < 50; i++) {
            children.add(SampleRun.taskRun("child-" + i).ownedBy(P).placed());
        }

        inParallel(children.stream()
                .map(child -> (Supplier<List<ArchiveOutcome>>) () -> store.archive(List.of(child)))
                .toList());

        assertThat(all(ListQuery.of("ci"), store::listResults))
                .extracting(Result::name)
                .containsExactly(RESULT);
        assertThat(records())
                .extracting(Record::name)
                .containsExactlyInAnyOrderElementsOf(
                        children.stream().map(RunPlacement::record).toList());
    }

    @Test
    final void overlappingBatchesAtOnceDoNotBlockEachOther() throws Exception {
        List<RunPlacement> runs = new ArrayList<>();
        for (int i = 0; i < 40; i++) {
            runs.add(SampleRun.pipelineRun("run-" + i).placed());
        }
        List<Supplier<List<ArchiveOutcome>>> batches = new ArrayList<>();
        for (int i = 0; i < 16; i++) {
            List<RunPlacement> batch = new ArrayList<>(runs);
            Collections.shuffle(batch, new Random(i));
            batches.add(() -> store.archive(batch));
        }

        List<List<ArchiveOutcome>> outcomes = inParallel(batches);

        assertThat(outcomes.stream().flatMap(List::stream).filter(outcome -> outcome.status() == Status.CREATED))
                .hasSize(40);
        assertThat(records()).hasSize(40);
    }

    @Test
    final void aRunThatIsRefusedIsQuarantinedAndTheOthersAreStored() {
        store.archive(List.of(SampleRun.pipelineRun(P).placed()));
        RunPlacement thief = SampleRun.pipelineRun(Q)
                .annotations(Map.of(
                        ResultNaming.RESULT_ANNOTATION,
                        RESULT.toString(),
                        ResultNaming.RECORD_ANNOTATION,
                        RESULT.record(P).toString()))
                .succeeded("True")
                .placed();
        RunPlacement other = SampleRun.taskRun(T).placed();
        Record before = record(RESULT.record(P));

        List<ArchiveOutcome> outcomes = store.archive(List.of(other, thief, other));

        assertThat(outcomes)
                .extracting(ArchiveOutcome::status)
                .containsExactly(Status.CREATED, Status.QUARANTINED, Status.UNCHANGED);
        ArchiveOutcome refusal = outcomes.get(1);
        assertThat(refusal).hasToString("CONFLICT: " + RESULT.record(P) + " holds another object");
        assertThat(record(RESULT.record(P))).isEqualTo(before);
        assertThat(result(RESULT).summary().orElseThrow().status()).isEqualTo(SummaryStatus.UNKNOWN);
        QuarantinedRun kept = quarantine().list("", 10).items().get(0);
        assertThat(kept.data()).isEqualTo(thief.run().json());
        assertThat(kept.namespace()).isEqualTo(SampleRun.NAMESPACE);
        assertThat(kept.reason()).isEqualTo(refusal.reason());
        assertThat(kept.time()).isEqualTo(now());
    }

    // Updates and deletes

    @Test
    final void anUpdateReplacesAnnotationsAndSummaryWhole() {
        store.archive(List.of(SampleRun.pipelineRun(P).placed()));
        Result before = result(RESULT);
        clock.advance(Duration.ofSeconds(1));

        Result cleared = store.updateResult(
                RESULT, Map.of(), Optional.empty(), before.stored().etag());

        assertThat(cleared.annotations()).isEmpty();
        assertThat(cleared.summary()).isEmpty();
        assertThat(cleared.stored().updateTime()).isEqualTo(now());
        assertThat(cleared.stored().createTime()).isEqualTo(before.stored().createTime());
        assertThat(cleared.stored().etag()).isNotEqualTo(before.stored().etag());
        assertThat(result(RESULT)).isEqualTo(cleared);
    }

    @Test
    final void updatesThatChangeNothingChangeNothing() {
        store.archive(List.of(SampleRun.pipelineRun(P).placed()));
        Result result = result(RESULT);
        Record record = record(RESULT.record(P));
        clock.advance(Duration.ofSeconds(1));

        assertThat(store.updateResult(
                        RESULT,
                        result.annotations(),
                        result.summary(),
                        result.stored().etag()))
                .isEqualTo(result);
        assertThat(store.updateRecord(
                        record.name(),
                        record.type(),
                        record.data(),
                        record.stored().etag()))
                .isEqualTo(record);
        assertThat(result(RESULT)).isEqualTo(result);
        assertThat(record(record.name())).isEqualTo(record);
    }

    @Test
    final void aRecordTakesDataOfAnyType() {
        store.archive(List.of(SampleRun.pipelineRun(P).placed()));
        Record before = record(RESULT.record(P));
        clock.advance(Duration.ofSeconds(1));
        byte[] data = "[null,100,\"\\u0000\"]".getBytes(StandardCharsets.UTF_8);

        Record after =
                store.updateRecord(before.name(), "t", data, before.stored().etag());

        assertThat(after.type()).isEqualTo("t");
        assertThat(tree(after.data())).isEqualTo(tree(data));
        assertThat(after.stored().updateTime()).isEqualTo(now());
        assertThat(after.stored().createTime()).isEqualTo(before.stored().createTime());
        assertThat(after.stored().uid()).isEqualTo(before.stored().uid());
        assertThat(record(before.name())).isEqualTo(after);
    }

    @Test
    final void everyChangeMakesAnEtagThatWasNeverThereWhileTheClockStandsStill() {
        Set<String> etags = new HashSet<>();
        for (int i = 0; i < 20; i++) {
            store.archive(List.of(SampleRun.pipelineRun(P)
                    .version("" + i)
                    .note(i % 2 == 0 ? "a" : "b")
                    .placed()));
            assertThat(etags.add(record(RESULT.record(P)).stored().etag())).isTrue();
        }
    }

    @Test
    final void aRecordOfAnyTypeIsCreatedOnce() {
        if (!(store instanceof RecordCreation creation)) {
            return;
        }
        store.archive(List.of(SampleRun.pipelineRun(P).placed()));
        RecordName name = RESULT.record("log-1");
        byte[] data = "{\"kind\":\"Log\",\"text\":\"\\u0000\"}".getBytes(StandardCharsets.UTF_8);

        Record created = creation.createRecord(name, "results.tekton.dev/v1alpha3.Log", data);

        assertThat(created.type()).isEqualTo("results.tekton.dev/v1alpha3.Log");
        assertThat(created.data()).isEqualTo(record(name).data());
        assertThat(record(name)).isEqualTo(created);
        clock.advance(Duration.ofSeconds(1));
        assertThat(creation.createRecord(name, "other", "{}".getBytes(StandardCharsets.UTF_8)))
                .isEqualTo(created);
        Record updated = store.updateRecord(
                name,
                created.type(),
                "[1]".getBytes(StandardCharsets.UTF_8),
                created.stored().etag());
        assertThat(updated.stored().etag()).isNotEqualTo(created.stored().etag());
        assertFails(
                Code.NOT_FOUND,
                "ci/results/none",
                () -> creation.createRecord(RecordName.parse("ci/results/none/records/log"), "t", data));
        assertFails(
                Code.INVALID,
                "JSON",
                () -> creation.createRecord(RESULT.record("bad"), "t", "{".getBytes(StandardCharsets.UTF_8)));
    }

    @Test
    final void aWrongEtagIsAConflict() {
        store.archive(List.of(SampleRun.pipelineRun(P).placed()));

        assertFails(
                Code.CONFLICT,
                "\"evil\\u000a\"",
                () -> store.updateResult(RESULT, Map.of(), Optional.empty(), "evil\n"));
        assertFails(
                Code.CONFLICT,
                RESULT.record(P).toString(),
                () -> store.updateRecord(RESULT.record(P), "t", "{}".getBytes(StandardCharsets.UTF_8), "evil"));
    }

    @Test
    final void whatIsNotThereIsNotFound() {
        byte[] data = "{}".getBytes(StandardCharsets.UTF_8);

        assertThat(store.findResult(RESULT)).isEmpty();
        assertThat(store.findRecord(RESULT.record(P))).isEmpty();
        assertFails(
                Code.NOT_FOUND, RESULT.toString(), () -> store.updateResult(RESULT, Map.of(), Optional.empty(), "e"));
        assertFails(
                Code.NOT_FOUND,
                RESULT.record(P).toString(),
                () -> store.updateRecord(RESULT.record(P), "t", data, "e"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "{", "{} {}", "{\"a\":1,\"a\":2}", "{'a':1}", "{\"a\":\"\u0000\"}", "nul"})
    final void dataThatIsNotJsonIsInvalid(String data) {
        store.archive(List.of(SampleRun.pipelineRun(P).placed()));
        Record before = record(RESULT.record(P));

        assertFails(
                Code.INVALID,
                "",
                () -> store.updateRecord(
                        before.name(),
                        "t",
                        data.getBytes(StandardCharsets.UTF_8),
                        before.stored().etag()));
        assertThat(record(before.name())).isEqualTo(before);
    }

    @Test
    final void aResultTakesItsRecordsWithIt() {
        store.archive(List.of(
                SampleRun.pipelineRun(P).placed(),
                SampleRun.taskRun(T).ownedBy(P).placed(),
                SampleRun.pipelineRun(Q).placed()));

        store.deleteResult(RESULT);
        store.deleteResult(RESULT);

        assertThat(store.findResult(RESULT)).isEmpty();
        assertThat(store.findRecord(RESULT.record(T))).isEmpty();
        assertThat(records()).extracting(record -> record.name().record()).containsExactly(Q);
    }

    @Test
    final void aRecordIsDeletedAlone() {
        store.archive(List.of(
                SampleRun.pipelineRun(P).placed(),
                SampleRun.taskRun(T).ownedBy(P).placed()));

        store.deleteRecord(RESULT.record(T));
        store.deleteRecord(RESULT.record(T));

        assertThat(store.findRecord(RESULT.record(T))).isEmpty();
        assertThat(store.findRecord(RESULT.record(P))).isPresent();
        assertThat(store.findResult(RESULT)).isPresent();
    }

    // Lists

    @Test
    final void pagesPutTogetherAreTheWholeListInOrder() {
        for (int i = 0; i < 23; i++) {
            store.archive(List.of(SampleRun.pipelineRun("run-" + i).placed()));
            clock.advance(Duration.ofMillis(i % 3 == 0 ? 1 : 0));
        }
        store.archive(List.of(SampleRun.pipelineRun("run-4").version("2").placed()));
        for (Field field : Field.values()) {
            for (Direction direction : Direction.values()) {
                if (field.isOfRun()) {
                    continue;
                }
                for (int size : new int[] {1, 5, 22, 23, 24}) {
                    ListOrder order = new ListOrder(field, direction);
                    List<Result> results = all(ListQuery.of("ci").orderBy(order).pageSize(size), store::listResults);
                    List<Record> records =
                            all(ListQuery.of("ci/results/-").orderBy(order).pageSize(size), store::listRecords);
                    assertThat(results).as("%s by %s", order, size).hasSize(23).doesNotHaveDuplicates();
                    assertThat(records).as("%s by %s", order, size).hasSize(23).doesNotHaveDuplicates();
                    assertOrdered(order, results.stream().map(Result::stored).toList());
                    assertOrdered(order, records.stream().map(Record::stored).toList());
                }
            }
        }
    }

    private static void assertOrdered(ListOrder order, List<Stored> rows) {
        Comparator<Stored> ascending = switch (order.field()) {
            case ID -> Comparator.comparing(Stored::uid);
            case CREATE_TIME -> Comparator.comparing(Stored::createTime).thenComparing(Stored::uid);
            case UPDATE_TIME -> Comparator.comparing(Stored::updateTime).thenComparing(Stored::uid);
            case START_TIME, END_TIME -> throw new IllegalArgumentException(order.toString());
        };
        assertThat(rows)
                .as("%s", order)
                .isSortedAccordingTo(order.direction() == Direction.ASC ? ascending : ascending.reversed());
    }

    /** Runs that have not ended are the latest: last when the oldest comes first, first when the latest does. */
    @Test
    final void resultsAreSortedByTheTimesOfTheirRuns() {
        for (int i = 0; i < 17; i++) {
            String start = i % 3 == 0 ? "null" : "\"" + (i == 1 ? "9999" : 2021 + i % 5) + "-03-01T10:00:00Z\"";
            String end = i % 3 != 2 ? "null" : "\"2026-03-01T11:0" + i % 4 + ":00Z\"";
            store.archive(List.of(
                    placed(new String(SampleRun.pipelineRun("run-" + i).json(), StandardCharsets.UTF_8)
                            .replace("\"2026-03-01T10:00:00Z\"", start)
                            .replace("\"2026-03-01T10:05:00.123456789Z\"", end)
                            .getBytes(StandardCharsets.UTF_8))));
        }
        // A Result without a summary.
        store.archive(List.of(SampleRun.taskRun(T).ownedBy(P).placed()));
        for (Field field : List.of(Field.START_TIME, Field.END_TIME)) {
            Comparator<Result> ascending = Comparator.comparing((Result result) -> result.summary()
                            .flatMap(field == Field.START_TIME ? RecordSummary::startTime : RecordSummary::endTime)
                            .orElse(Instant.MAX))
                    .thenComparing(result -> result.stored().uid());
            for (Direction direction : Direction.values()) {
                ListOrder order = new ListOrder(field, direction);
                for (int size : new int[] {1, 5, 17, 18, 19}) {
                    assertThat(all(ListQuery.of("ci").orderBy(order).pageSize(size), store::listResults))
                            .as("%s by %s", order, size)
                            .hasSize(18)
                            .doesNotHaveDuplicates()
                            .isSortedAccordingTo(direction == Direction.ASC ? ascending : ascending.reversed());
                }
            }
        }
    }

    /** What has no time of a run is the latest, whatever it holds: unfinished runs, times that are none, Records that are no runs. */
    @Test
    final void recordsAreSortedByTheTimesOfTheirRuns() {
        List<String> starts = List.of(
                "\"2026-03-01T10:00:00Z\"",
                "\"2024-02-29T23:59:59.123456789+02:00\"",
                "\"9999-12-31T23:59:59Z\"",
                "\"2026-02-30T00:00:00Z\"",
                "\"yesterday\"",
                "20260301",
                "null",
                "{\"time\":\"2026-03-01T10:00:00Z\"}");
        Map<RecordName, Instant> times = new HashMap<>();
        for (int i = 0; i < 24; i++) {
            String start = starts.get(i % starts.size());
            String json = new String(SampleRun.taskRun("run-" + i).ownedBy(P).json(), StandardCharsets.UTF_8)
                    .replace("\"2026-03-01T10:00:00Z\"", start)
                    .replace("\"2026-03-01T10:05:00.123456789Z\"", starts.get((i + i / 8) % starts.size()));
            RunPlacement run = placed(json.getBytes(StandardCharsets.UTF_8));
            store.archive(List.of(run));
            times.put(run.record(), timeOrLatest(i % starts.size()));
        }
        store.archive(List.of(
                SampleRun.pipelineRun(P).placed(), SampleRun.pipelineRun(Q).placed()));
        times.put(RESULT.record(P), timeOrLatest(0));
        times.put(new ResultName(SampleRun.NAMESPACE, Q).record(Q), timeOrLatest(0));
        if (store instanceof RecordCreation creation) {
            for (int i = 0; i < 5; i++) {
                RecordName log = RESULT.record("log-" + i);
                byte[] data = "{\"status\":{\"startTime\":\"2020-03-01T10:00:00Z\"}}".getBytes(StandardCharsets.UTF_8);
                creation.createRecord(log, "results.tekton.dev/v1alpha3.Log", data);
                times.put(log, Instant.MAX);
            }
        }
        Comparator<Record> ascending = Comparator.comparing(
                        (Record record) -> times.getOrDefault(record.name(), Instant.MIN))
                .thenComparing(record -> record.stored().uid());
        for (Direction direction : Direction.values()) {
            ListOrder order = new ListOrder(Field.START_TIME, direction);
            for (String parent : List.of("ci/results/-", "-/results/-")) {
                for (int size : new int[] {1, 4, times.size(), 1000}) {
                    assertThat(all(ListQuery.of(parent).orderBy(order).pageSize(size), store::listRecords))
                            .as("%s %s by %s", parent, order, size)
                            .doesNotHaveDuplicates()
                            .isSortedAccordingTo(direction == Direction.ASC ? ascending : ascending.reversed())
                            .extracting(Record::name)
                            .containsExactlyInAnyOrderElementsOf(times.keySet());
                }
            }
        }
        assertFilteredPagesAreThoseOfTheWholeList();
    }

    private static Instant timeOrLatest(int start) {
        return switch (start) {
            case 0 -> Instant.parse("2026-03-01T10:00:00Z");
            case 1 -> Instant.parse("2024-02-29T21:59:59.123456Z");
            case 2 -> Instant.parse("9999-12-31T23:59:59Z");
            default -> Instant.MAX;
        };
    }

    private void assertFilteredPagesAreThoseOfTheWholeList() {
        List<String> filters = List.of(
                "data_type == TASK_RUN",
                "data_type == TASK_RUN && data.metadata.name == 'run-run-1'",
                "data_type == TASK_RUN && data.status.startTime < timestamp('2030-01-01T00:00:00Z')",
                "data_type == 'results.tekton.dev/v1alpha3.Log'",
                "name.startsWith('run-1') || name.startsWith('log')",
                "data.metadata.name == 'none'");
        for (Field field : List.of(Field.START_TIME, Field.END_TIME)) {
            for (Direction direction : Direction.values()) {
                for (String parent : List.of("ci/results/-", "-/results/-", RESULT.toString())) {
                    ListQuery query = ListQuery.of(parent).orderBy(new ListOrder(field, direction));
                    List<Record> whole = all(query, store::listRecords);
                    for (String text : filters) {
                        Filter filter = Filter.forRecords(text);
                        assertThat(all(query.filter(text).pageSize(3), store::listRecords))
                                .as("%s where %s", query.order(), text)
                                .containsExactlyElementsOf(
                                        whole.stream().filter(filter::matches).toList());
                    }
                }
            }
        }
    }

    @Test
    final void theBasicViewLeavesTheDataOfRecordsAway() {
        store.archive(List.of(
                SampleRun.pipelineRun(P).placed(),
                SampleRun.taskRun(T).ownedBy(P).note("\\u0000").placed()));
        for (Field field : Field.values()) {
            ListQuery query = ListQuery.of("ci/results/-")
                    .orderBy(new ListOrder(field, Direction.ASC))
                    .filter("data.spec.n == 1.5")
                    .pageSize(1);
            Page<Record> full = store.listRecords(query);
            Page<Record> basic = store.listRecords(query.view(ListQuery.View.BASIC));

            assertThat(full.items()).singleElement().matches(Record::hasData);
            assertThat(basic.items())
                    .singleElement()
                    .matches(record -> !record.hasData())
                    .isEqualTo(full.items().get(0).withoutData());
            assertThat(basic.nextPageToken()).isEqualTo(full.nextPageToken());
        }
        assertThat(store.listResults(ListQuery.of("ci").view(ListQuery.View.BASIC)))
                .isEqualTo(store.listResults(ListQuery.of("ci")));
    }

    @Test
    final void aRecordWithoutItsDataIsNoUpdate() {
        store.archive(List.of(SampleRun.pipelineRun(P).placed()));
        Record basic = store.listRecords(ListQuery.of("ci/results/-").view(ListQuery.View.BASIC))
                .items()
                .get(0);
        Record before = record(basic.name());

        assertFails(
                Code.INVALID,
                "",
                () -> store.updateRecord(
                        basic.name(), basic.type(), basic.data(), basic.stored().etag()));
        assertThat(record(basic.name())).isEqualTo(before);
        assertThat(RunReading.of(basic.data()).run()).isEmpty();
    }

    @Test
    final void pagesHoldEveryRowOnceWhileOthersComeAndGo() {
        List<RunPlacement> runs = new ArrayList<>();
        for (int i = 0; i < 30; i++) {
            runs.add(SampleRun.pipelineRun("stays-" + i).placed());
        }
        store.archive(runs);
        for (Direction direction : Direction.values()) {
            for (Field field : List.of(Field.ID, Field.CREATE_TIME, Field.UPDATE_TIME)) {
                ListQuery query = ListQuery.of("ci/results/-")
                        .orderBy(new ListOrder(field, direction))
                        .pageSize(7);
                List<String> seen = new ArrayList<>();
                Optional<String> token = Optional.of("");
                for (int page = 0; token.isPresent(); page++) {
                    Page<Record> found = store.listRecords(query.pageToken(token.get()));
                    found.items().forEach(record -> seen.add(record.name().record()));
                    token = found.nextPageToken();
                    clock.advance(Duration.ofSeconds(page % 2 == 0 ? 1 : -1));
                    String guest = "guest-" + page;
                    store.deleteResult(new ResultName(SampleRun.NAMESPACE, "guest-" + (page - 2)));
                    store.archive(List.of(SampleRun.pipelineRun(guest).placed()));
                }
                assertThat(seen).doesNotHaveDuplicates();
                assertThat(seen.stream().filter(name -> name.startsWith("stays-")))
                        .as("%s %s", field, direction)
                        .hasSize(30);
                all(ListQuery.of("ci"), store::listResults).stream()
                        .map(Result::name)
                        .filter(name -> name.result().startsWith("guest-"))
                        .forEach(store::deleteResult);
            }
        }
    }

    @Test
    final void aDashMeansAny() {
        store.archive(List.of(
                SampleRun.pipelineRun(P).placed(),
                SampleRun.taskRun(T).ownedBy(P).placed(),
                SampleRun.pipelineRun(Q).placed(),
                placed(new String(SampleRun.pipelineRun(Q).json(), StandardCharsets.UTF_8)
                        .replace("\"namespace\":\"ci\"", "\"namespace\":\"cd\"")
                        .getBytes(StandardCharsets.UTF_8))));

        assertThat(all(ListQuery.of("-"), store::listResults)).hasSize(3);
        assertThat(all(ListQuery.of("cd"), store::listResults)).hasSize(1);
        assertThat(all(ListQuery.of("nobody"), store::listResults)).isEmpty();
        assertThat(all(ListQuery.of("-/results/-"), store::listRecords)).hasSize(4);
        assertThat(all(ListQuery.of("ci/results/-"), store::listRecords)).hasSize(3);
        assertThat(all(ListQuery.of("-/results/" + Q), store::listRecords)).hasSize(2);
        assertThat(all(ListQuery.of("ci/results/" + P), store::listRecords)).hasSize(2);
    }

    @Test
    final void aListOfTheOtherKindOfParentIsInvalid() {
        assertFails(Code.INVALID, "\"ci/results/-\"", () -> store.listResults(ListQuery.of("ci/results/-")));
        assertFails(Code.INVALID, "\"ci\"", () -> store.listRecords(ListQuery.of("ci")));
    }

    @ParameterizedTest
    @ValueSource(ints = {-1, 20_000, 10_001, Integer.MIN_VALUE})
    final void aPageSizeOutOfRangeIsInvalid(int size) {
        assertFails(
                Code.INVALID,
                "" + size,
                () -> store.listResults(ListQuery.of("ci").pageSize(size)));
    }

    @Test
    final void aForeignOrMangledTokenIsInvalid() {
        for (int i = 0; i < 3; i++) {
            store.archive(List.of(SampleRun.pipelineRun("run-" + i).placed()));
        }
        ListOrder byTime = ListOrder.parse("create_time");
        ListQuery query = ListQuery.of("ci").orderBy(byTime).pageSize(1);
        String token = store.listResults(query).nextPageToken().orElseThrow();

        assertThat(store.listResults(query.pageToken(token).pageSize(7)).items())
                .hasSize(2);
        List<ThrowingCallable> foreign = List.of(
                () -> store.listResults(ListQuery.of("cd").orderBy(byTime).pageToken(token)),
                () -> store.listResults(ListQuery.of("ci").pageToken(token)),
                () -> store.listRecords(
                        ListQuery.of("ci/results/-").orderBy(byTime).pageToken(token)),
                () -> store.listResults(query.pageToken("x" + token)),
                () -> store.listResults(query.pageToken(token.substring(1))),
                () -> store.listResults(query.pageToken("'; DROP TABLE results; --")),
                () -> store.listResults(query.pageToken("\u0000")));
        foreign.forEach(call -> assertFails(Code.INVALID, "page token", call));
    }

    // What the tests above share

    private static RunPlacement placed(byte[] json) {
        return ResultNaming.defaults().place(RunSnapshot.parse(json));
    }

    private Instant now() {
        return clock.instant().truncatedTo(ChronoUnit.MICROS);
    }

    private Result result(ResultName name) {
        return store.findResult(name).orElseThrow();
    }

    private Record record(RecordName name) {
        return store.findRecord(name).orElseThrow();
    }

    private List<Record> records() {
        return all(ListQuery.of(SampleRun.NAMESPACE + "/results/-"), store::listRecords);
    }

    private static <T> List<T> all(ListQuery query, Function<ListQuery, Page<T>> list) {
        List<T> items = new ArrayList<>();
        Optional<String> token = Optional.of("");
        while (token.isPresent()) {
            Page<T> page = list.apply(query.pageToken(token.get()));
            assertThat(page.items().size()).isLessThanOrEqualTo(query.pageSize());
            items.addAll(page.items());
            token = page.nextPageToken();
        }
        return items;
    }

    private static <T> List<T> inParallel(List<Supplier<T>> calls) throws Exception {
        ExecutorService threads = Executors.newFixedThreadPool(calls.size());
        try {
            CountDownLatch start = new CountDownLatch(calls.size());
            List<Future<T>> futures = new ArrayList<>();
            for (Supplier<T> call : calls) {
                futures.add(threads.submit(() -> {
                    start.countDown();
                    start.await();
                    return call.get();
                }));
            }
            List<T> results = new ArrayList<>();
            for (Future<T> future : futures) {
                results.add(future.get(60, TimeUnit.SECONDS));
            }
            return results;
        } finally {
            threads.shutdownNow();
        }
    }

    private static void assertFails(Code code, String offender, ThrowingCallable call) {
        assertThatThrownBy(call).isInstanceOfSatisfying(ResultsException.class, e -> {
            assertThat(e.code()).as(e.toString()).isEqualTo(code);
            assertThat(e).hasMessageContaining(offender);
            assertThat(e.isRetryable()).isFalse();
        });
    }
}

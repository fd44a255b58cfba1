package ch.sbb.esta.results.testkit;

import static ch.sbb.esta.results.testkit.Runs.tree;
import static org.assertj.core.api.Assertions.assertThat;

import ch.sbb.esta.results.ArchiveOutcome;
import ch.sbb.esta.results.ArchiveOutcome.Status;
import ch.sbb.esta.results.ListQuery;
import ch.sbb.esta.results.QuarantinedRun;
import ch.sbb.esta.results.Record;
import ch.sbb.esta.results.RecordName;
import ch.sbb.esta.results.RecordSummary;
import ch.sbb.esta.results.Result;
import ch.sbb.esta.results.Result.Stored;
import ch.sbb.esta.results.ResultName;
import ch.sbb.esta.results.ResultNaming;
import ch.sbb.esta.results.RunPlacement;
import ch.sbb.esta.results.RunReading;
import ch.sbb.esta.results.RunSnapshot;
import ch.sbb.esta.results.RunVersion;
import ch.sbb.esta.results.SummaryStatus;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.Function;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Archiving: what a batch makes of Records and their Results. */
abstract class StoreArchiveContract extends StoreScene {

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
    final void anObjectOfAnExtraKindLiesInTheResultOfItsPipelineRunAndItsCompletionIsFinal() {
        RunPlacement parent = SampleRun.pipelineRun(P).succeeded("True").placed();
        store.archive(List.of(parent, delivery("9", "{}")));
        Result before = result(RESULT);
        RunPlacement done = delivery("10", "{\"completionTime\":\"2026-03-01T10:05:00Z\"}");

        assertThat(store.archive(List.of(done)))
                .containsExactly(ArchiveOutcome.archived(Status.UPDATED, done.record()));
        assertThat(store.archive(List.of(delivery("11", "{}"))))
                .extracting(ArchiveOutcome::status)
                .containsExactly(Status.STALE);
        assertThat(store.archive(List.of(delivery("11", "{\"completionTime\":\"soon\"}"))))
                .extracting(ArchiveOutcome::status)
                .containsExactly(Status.STALE);

        Record record = record(RESULT.record(T));
        assertThat(record.type()).isEqualTo("example.dev/v1.Delivery");
        assertThat(tree(record.data())).isEqualTo(tree(done.run().json()));
        assertThat(result(RESULT)).isEqualTo(before);
        assertThat(store.listRecords(ListQuery.of(RESULT.toString()).filter("data_type == 'example.dev/v1.Delivery'"))
                        .items())
                .containsExactly(record);
    }

    private static RunPlacement delivery(String version, String status) {
        return placed("""
                {"apiVersion":"example.dev/v1","kind":"Delivery",
                 "metadata":{"namespace":"%s","name":"d","uid":"%s","resourceVersion":"%s",
                   "ownerReferences":[{"apiVersion":"tekton.dev/v1beta1","kind":"CustomRun","name":"c","uid":"c-1"}],
                   "labels":{"tekton.dev/pipelineRunUID":"%s"}},"status":%s}
                """.formatted(SampleRun.NAMESPACE, T, version, P, status).getBytes(StandardCharsets.UTF_8));
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
}

package ch.sbb.esta.results.conversion;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ch.sbb.esta.results.ArchiveOutcome;
import ch.sbb.esta.results.Failure;
import ch.sbb.esta.results.ListQuery;
import ch.sbb.esta.results.Page;
import ch.sbb.esta.results.Record;
import ch.sbb.esta.results.RecordName;
import ch.sbb.esta.results.RecordSummary;
import ch.sbb.esta.results.Result;
import ch.sbb.esta.results.ResultName;
import ch.sbb.esta.results.ResultNaming;
import ch.sbb.esta.results.ResultsException;
import ch.sbb.esta.results.ResultsException.Code;
import ch.sbb.esta.results.RunPlacement;
import ch.sbb.esta.results.RunSnapshot;
import ch.sbb.esta.results.memory.InMemoryResultsStore;
import ch.sbb.esta.results.spi.ResultsStore;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class RecordConversionTest {

    private static final String PIPELINE_RUN = "tekton.dev/v1beta1.PipelineRun";
    private static final String TASK_RUN = "tekton.dev/v1beta1.TaskRun";

    private final AtomicReference<Instant> now = new AtomicReference<>(Instant.parse("2026-06-01T00:00:00Z"));
    private final InMemoryResultsStore memory = new InMemoryResultsStore(now::get);
    private final Wire store = new Wire();

    /** The store, which can be changed under the hands of the conversion, and fails where it is told to. */
    private final class Wire implements ResultsStore {

        private @Nullable Consumer<RecordName> beforeRecord;
        private @Nullable Consumer<ResultName> beforeResult;
        private int updates;

        @Override
        public List<ArchiveOutcome> archive(List<RunPlacement> batch) {
            return memory.archive(batch);
        }

        @Override
        public Result updateResult(
                ResultName name, Map<String, String> annotations, Optional<RecordSummary> summary, String etag) {
            if (beforeResult != null) {
                beforeResult.accept(name);
            }
            updates++;
            return memory.updateResult(name, annotations, summary, etag);
        }

        @Override
        public Record updateRecord(RecordName name, String type, byte[] data, String etag) {
            if (beforeRecord != null) {
                beforeRecord.accept(name);
            }
            updates++;
            return memory.updateRecord(name, type, data, etag);
        }

        @Override
        public void deleteResult(ResultName name) {
            memory.deleteResult(name);
        }

        @Override
        public void deleteRecord(RecordName name) {
            memory.deleteRecord(name);
        }

        @Override
        public Optional<Result> findResult(ResultName name) {
            return memory.findResult(name);
        }

        @Override
        public Optional<Record> findRecord(RecordName name) {
            return memory.findRecord(name);
        }

        @Override
        public Page<Result> listResults(ListQuery query) {
            return memory.listResults(query);
        }

        @Override
        public Page<Record> listRecords(ListQuery query) {
            return memory.listRecords(query);
        }
    }

    private RecordName archive(String version, String namespace, String kind, String uid) {
        String json = """
                {"apiVersion":"tekton.dev/%s","kind":"%s","metadata":{"namespace":"%s","name":"run-%s","uid":"%s"},
                 "spec":{"timeout":"1h"},"status":{"conditions":[{"type":"Succeeded","status":"True"}]}}""".formatted(version, kind, namespace, uid, uid);
        RunPlacement run = ResultNaming.defaults().place(RunSnapshot.parse(json.getBytes(StandardCharsets.UTF_8)));
        assertThat(memory.archive(List.of(run)))
                .extracting(ArchiveOutcome::status)
                .containsExactly(ArchiveOutcome.Status.CREATED);
        now.updateAndGet(time -> time.plusSeconds(1));
        return run.record();
    }

    private RecordConversion conversion() {
        return RecordConversion.builder(store)
                .clock(now::get)
                .pause(time -> true)
                .build();
    }

    private Record stored(RecordName name) {
        return memory.findRecord(name).orElseThrow();
    }

    private String summaryType(RecordName name) {
        return memory.findResult(name.result())
                .flatMap(Result::summary)
                .orElseThrow()
                .type();
    }

    @Test
    void runsOfTheOlderVersionOfAllNamespacesAreRewritten() {
        RecordName first = archive("v1beta1", "ci", "PipelineRun", "first");
        RecordName second = archive("v1beta1", "shop", "TaskRun", "second");
        RecordName newer = archive("v1", "shop", "TaskRun", "newer");
        Record untouched = stored(newer);

        ConversionReport report = conversion().run();

        assertThat(report).hasToString("CONVERT: 2 of 2 Records converted, 2 summaries; 0 overtaken, 0 failures");
        assertThat(report.isComplete()).isTrue();
        assertThat(stored(first).type()).isEqualTo("tekton.dev/v1.PipelineRun");
        assertThat(summaryType(first)).isEqualTo("tekton.dev/v1.PipelineRun");
        assertThat(RunSnapshot.parse(stored(first).data()).uid()).isEqualTo("first");
        assertThat(new String(stored(first).data(), StandardCharsets.UTF_8)).contains("{\"pipeline\":\"1h\"}");
        assertThat(stored(second).type()).isEqualTo("tekton.dev/v1.TaskRun");
        assertThat(summaryType(second)).isEqualTo("tekton.dev/v1.TaskRun");
        assertThat(stored(newer)).isEqualTo(untouched);
    }

    @Test
    void whatIsConvertedIsNotLookedAtAgain() {
        archive("v1beta1", "ci", "PipelineRun", "first");
        conversion().run();
        int before = store.updates;

        assertThat(conversion().run().examined()).isZero();
        assertThat(store.updates).isEqualTo(before);
    }

    @Test
    void aPreviewChangesNothing() {
        RecordName first = archive("v1beta1", "ci", "PipelineRun", "first");

        ConversionReport report = conversion().preview();

        assertThat(report).hasToString("PREVIEW: 1 of 1 Records converted, 1 summaries; 0 overtaken, 0 failures");
        assertThat(report.isComplete()).isFalse();
        assertThat(store.updates).isZero();
        assertThat(stored(first).type()).isEqualTo(PIPELINE_RUN);
        conversion().run();
        assertThat(conversion().preview().isComplete()).isTrue();
    }

    @Test
    void oneNamespaceMayBeConvertedAlone() {
        RecordName mine = archive("v1beta1", "ci", "TaskRun", "mine");
        RecordName others = archive("v1beta1", "shop", "TaskRun", "others");

        RecordConversion.builder(store).parent("ci").clock(now::get).build().run();

        assertThat(stored(mine).type()).isEqualTo("tekton.dev/v1.TaskRun");
        assertThat(stored(others).type()).isEqualTo(TASK_RUN);
    }

    @Test
    void moreThanOnePageIsConverted() {
        List<RecordName> names = new ArrayList<>();
        for (int i = 0; i < 120; i++) {
            names.add(archive("v1beta1", "ci", "TaskRun", "run-" + i));
        }

        assertThat(conversion().run().converted()).isEqualTo(120);
        assertThat(names).allSatisfy(name -> assertThat(stored(name).type()).isEqualTo("tekton.dev/v1.TaskRun"));
    }

    @Test
    void whoeverChangesARecordMeanwhileWins() {
        RecordName changed = archive("v1beta1", "ci", "TaskRun", "changed");
        RecordName deleted = archive("v1beta1", "ci", "TaskRun", "deleted");
        RecordName left = archive("v1beta1", "ci", "TaskRun", "left");
        byte[] theirs = new String(stored(changed).data(), StandardCharsets.UTF_8)
                .replace("1h", "2h")
                .getBytes(StandardCharsets.UTF_8);
        store.beforeRecord = name -> {
            if (name.equals(changed)) {
                memory.updateRecord(
                        name, TASK_RUN, theirs, stored(name).stored().etag());
            } else if (name.equals(deleted)) {
                memory.deleteRecord(name);
            }
        };

        ConversionReport report = conversion().run();

        assertThat(report.overtaken()).isEqualTo(2);
        assertThat(report.isComplete()).isFalse();
        assertThat(stored(changed).data()).isEqualTo(theirs);
        assertThat(stored(left).type()).isEqualTo("tekton.dev/v1.TaskRun");
        store.beforeRecord = null;
        assertThat(conversion().run().converted()).isEqualTo(1);
        assertThat(new String(stored(changed).data(), StandardCharsets.UTF_8)).contains("{\"timeout\":\"2h\"}");
        assertThat(summaryType(changed)).isEqualTo("tekton.dev/v1.TaskRun");
    }

    @Test
    void whatIsAddedMeanwhileIsNotRunAfter() {
        archive("v1beta1", "ci", "TaskRun", "first");
        int[] added = {0};
        store.beforeRecord = name -> archive("v1beta1", "ci", "TaskRun", "added-" + added[0]++);

        assertThat(conversion().run().converted()).isEqualTo(1);

        store.beforeRecord = null;
        assertThat(conversion().run().converted()).isEqualTo(1);
    }

    @Test
    void annotationsThatAreAddedMeanwhileStay() {
        RecordName name = archive("v1beta1", "ci", "TaskRun", "first");
        store.beforeResult = result -> {
            Result found = memory.findResult(result).orElseThrow();
            memory.updateResult(
                    result,
                    Map.of("added", "meanwhile"),
                    found.summary(),
                    found.stored().etag());
            store.beforeResult = null;
        };

        assertThat(conversion().run().isComplete()).isTrue();

        assertThat(memory.findResult(name.result()).orElseThrow().annotations()).containsEntry("added", "meanwhile");
        assertThat(summaryType(name)).isEqualTo("tekton.dev/v1.TaskRun");
    }

    @Test
    void aProcessThatDiesInBetweenIsContinued() {
        RecordName name = archive("v1beta1", "ci", "PipelineRun", "first");
        store.beforeRecord = record -> {
            throw new IllegalStateException("the process dies");
        };
        assertThatThrownBy(() -> conversion().run()).isInstanceOf(IllegalStateException.class);
        store.beforeRecord = null;

        assertThat(conversion().run().converted()).isEqualTo(1);
        assertThat(stored(name).type()).isEqualTo("tekton.dev/v1.PipelineRun");
        assertThat(summaryType(name)).isEqualTo("tekton.dev/v1.PipelineRun");
    }

    @Test
    void whatCannotBeConvertedDoesNotHoldUpTheOthers() {
        RecordName odd = archive("v1beta1", "ci", "TaskRun", "odd");
        RecordName other = archive("v1beta1", "ci", "TaskRun", "other-kind");
        RecordName good = archive("v1beta1", "ci", "TaskRun", "good");
        memory.updateRecord(
                odd,
                TASK_RUN,
                "[]".getBytes(StandardCharsets.UTF_8),
                stored(odd).stored().etag());
        byte[] pipelineRun = new String(stored(other).data(), StandardCharsets.UTF_8)
                .replace("TaskRun", "PipelineRun")
                .getBytes(StandardCharsets.UTF_8);
        memory.updateRecord(other, TASK_RUN, pipelineRun, stored(other).stored().etag());

        ConversionReport report = conversion().run();

        assertThat(report.converted()).isEqualTo(1);
        assertThat(report.failures())
                .containsExactly(
                        new Failure(odd.toString(), "a run is a JSON object"),
                        new Failure(
                                other.toString(),
                                "the type of the Record is \"tekton.dev/v1beta1.TaskRun\", but it holds a PipelineRun; correct the type"));
        assertThat(report.isComplete()).isFalse();
        assertThat(stored(odd).type()).isEqualTo(TASK_RUN);
        assertThat(summaryType(odd)).isEqualTo(TASK_RUN);
        assertThat(stored(good).type()).isEqualTo("tekton.dev/v1.TaskRun");
    }

    @Test
    void aStoreThatIsGoneEndsIt() {
        for (int i = 0; i < 15; i++) {
            archive("v1beta1", "ci", "TaskRun", "run-" + i);
        }
        store.beforeRecord = name -> {
            throw new ResultsException(Code.UNAVAILABLE, "gone");
        };

        ConversionReport report = conversion().run();

        assertThat(report.examined()).isEqualTo(10);
        assertThat(report.failureCount()).isEqualTo(10);
        assertThat(report.halted().orElseThrow()).startsWith("10 failures in a row, the last one on ci/results/");
    }

    @Test
    void itKeepsItsPace() {
        for (int i = 0; i < 11; i++) {
            archive("v1beta1", "ci", "TaskRun", "run-" + i);
        }
        Instant before = now.get();

        ConversionReport report = RecordConversion.builder(store)
                .recordsPerSecond(5)
                .clock(now::get)
                .pause(time -> {
                    now.updateAndGet(instant -> instant.plus(time));
                    return true;
                })
                .build()
                .run();

        assertThat(Duration.between(before, now.get())).isEqualTo(Duration.ofSeconds(2));
        assertThat(Duration.between(report.started(), report.ended())).isEqualTo(Duration.ofSeconds(2));
    }

    @Test
    void anInterruptEndsItBetweenTwoRecords() {
        archive("v1beta1", "ci", "TaskRun", "first");
        archive("v1beta1", "ci", "TaskRun", "second");
        store.beforeRecord = name -> Thread.currentThread().interrupt();

        ConversionReport report = conversion().run();

        assertThat(Thread.interrupted()).isTrue();
        assertThat(report.converted()).isEqualTo(1);
        assertThat(report.halted()).contains("it was stopped");
    }

    @Test
    void everyMistakeIsTold() {
        assertThatThrownBy(() -> RecordConversion.builder(store)
                        .parent("ci/results/x")
                        .recordsPerSecond(0)
                        .build())
                .isInstanceOf(ResultsException.class)
                .hasMessageContaining("ci/results/x")
                .hasMessageContaining("recordsPerSecond 0 is not between 1 and 100000");
    }
}

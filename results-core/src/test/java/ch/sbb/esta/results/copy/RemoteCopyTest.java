package ch.sbb.esta.results.copy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ch.sbb.esta.results.ContainerLogId;
import ch.sbb.esta.results.ListQuery;
import ch.sbb.esta.results.LogDefect;
import ch.sbb.esta.results.LogInfo;
import ch.sbb.esta.results.LogLine;
import ch.sbb.esta.results.Page;
import ch.sbb.esta.results.Record;
import ch.sbb.esta.results.RecordName;
import ch.sbb.esta.results.Result;
import ch.sbb.esta.results.ResultName;
import ch.sbb.esta.results.ResultNaming;
import ch.sbb.esta.results.ResultNaming.Grouping;
import ch.sbb.esta.results.ResultsException;
import ch.sbb.esta.results.ResultsException.Code;
import ch.sbb.esta.results.RunSnapshot;
import ch.sbb.esta.results.SummaryStatus;
import ch.sbb.esta.results.memory.InMemoryLogs;
import ch.sbb.esta.results.memory.InMemoryResultsStore;
import ch.sbb.esta.results.spi.LogLines;
import ch.sbb.esta.results.spi.LogWriter;
import ch.sbb.esta.results.spi.ResultsReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RemoteCopyTest {

    private static final Instant NOON = Instant.parse("2026-11-01T12:00:00Z");
    private static final String LOG_TYPE = "results.tekton.dev/v1alpha3.Log";

    private final AtomicInteger tick = new AtomicInteger();
    private final InMemoryResultsStore source =
            new InMemoryResultsStore(() -> NOON.plusSeconds(tick.incrementAndGet()));
    private final InMemoryResultsStore target = new InMemoryResultsStore(InstantSource.system());
    private final InMemoryLogs sourceLogs = new InMemoryLogs();
    private final InMemoryLogs targetLogs = new InMemoryLogs();

    @Test
    void allResultsAndRecordsAreInTheTargetAndACopyRepeatedChangesNothing() {
        for (int i = 0; i < 23; i++) {
            archive(source, ResultNaming.defaults(), pipelineRun("ci", "p" + i, 5), taskRun("ci", "t" + i, "p" + i));
        }
        archive(source, ResultNaming.defaults(), pipelineRun("shop", "q1", 5));
        annotate(source, "ci/results/p3", "reviewed", "yes");
        Record unused = source.createRecord(
                RecordName.parse("ci/results/p3/records/events"),
                "results.tekton.dev/v1.EventList",
                json("{\"items\": [1.50]}"));

        RemoteCopy copy = RemoteCopy.builder(source, target).pageSize(5).build();
        CopyReport report = copy.run();

        assertThat(report.results()).isEqualTo(24);
        assertThat(report.created()).isEqualTo(48);
        assertThat(report.leftBehind()).isEmpty();
        CopyComparison comparison = copy.compare();
        assertThat(comparison.isSame()).as(comparison::toString).isTrue();
        assertThat(comparison.parents().keySet()).containsExactly("ci", "shop");
        assertThat(comparison.parents().get("ci")).satisfies(both -> {
            assertThat(both.source().results()).isEqualTo(23);
            assertThat(both.target().records()).isEqualTo(47);
        });
        assertThat(result(target, "ci/results/p3").annotations()).containsEntry("reviewed", "yes");

        Result before = result(target, "ci/results/p3");
        CopyReport again = copy.run();
        assertThat(again.created() + again.updated()).isZero();
        assertThat(again.unchanged()).isEqualTo(48);
        assertThat(result(target, "ci/results/p3")).isEqualTo(before);
    }

    @Test
    void runsStayUnderTheNamesOfTheSourceAndTheirSummariesToo() {
        ResultNaming byEvent = ResultNaming.defaults().groupedBy(Grouping.BY_TRIGGER_EVENT);
        archive(source, byEvent, eventRun("p1", "Failed"), eventRun("p2", "Succeeded"));

        RemoteCopy copy = RemoteCopy.builder(source, target).build();
        CopyReport report = copy.run();

        assertThat(report.created()).isEqualTo(2);
        assertThat(target.listResults(ListQuery.of("-")).items())
                .extracting(result -> result.name().toString())
                .containsExactly("ci/results/event-1");
        assertThat(result(target, "ci/results/event-1").summary().orElseThrow().status())
                .isEqualTo(SummaryStatus.FAILURE);
        assertThat(copy.compare().isSame()).isTrue();
    }

    @Test
    void whatIsNewerInTheTargetStaysAndIsSeenByTheComparison() {
        archive(source, ResultNaming.defaults(), pipelineRun("ci", "p1", 5));
        archive(target, ResultNaming.defaults(), pipelineRun("ci", "p1", 6));
        annotate(target, "ci/results/p1", "ours", "1");
        Result before = result(target, "ci/results/p1");

        RemoteCopy copy = RemoteCopy.builder(source, target).build();

        assertThat(copy.run().unchanged()).isEqualTo(1);
        assertThat(result(target, "ci/results/p1")).isEqualTo(before);
        assertThat(copy.compare().isSame()).isFalse();
        assertThat(copy.compare().toString()).contains("ci DIFFERENT");
    }

    @Test
    void aRecordThatIsNoRunIsBroughtToWhatTheSourceSays() {
        archive(source, ResultNaming.defaults(), pipelineRun("ci", "p1", 5));
        RecordName events = RecordName.parse("ci/results/p1/records/events");
        Record first = source.createRecord(events, "results.tekton.dev/v1.EventList", json("{\"items\": []}"));
        RemoteCopy copy = RemoteCopy.builder(source, target).build();
        CopyReport unused = copy.run();
        Record changed = source.updateRecord(
                events, first.type(), json("{\"items\": [1]}"), first.stored().etag());

        assertThat(copy.compare().isSame()).isFalse();
        CopyReport report = copy.run();

        assertThat(report.updated()).isEqualTo(1);
        assertThat(target.findRecord(events).orElseThrow().data()).isEqualTo(changed.data());
        assertThat(copy.compare().isSame()).isTrue();
    }

    @Test
    void whatCannotBeCopiedIsNamed() {
        archive(source, ResultNaming.defaults(), pipelineRun("ci", "p1", 5));
        Record unused = source.createRecord(
                RecordName.parse("ci/results/p1/records/events"), "results.tekton.dev/v1.EventList", json("{}"));
        source.deleteRecord(RecordName.parse("ci/results/p1/records/p1"));

        CopyReport report = RemoteCopy.builder(source, target).build().run();

        assertThat(report.leftBehindCount()).isEqualTo(2);
        assertThat(report.leftBehind())
                .anySatisfy(line -> assertThat(line).startsWith("ci/results/p1: it has no run"))
                .anySatisfy(line -> assertThat(line).startsWith("ci/results/p1/records/events: "));
    }

    @Test
    void aCopyThatBreaksOffGoesOnWhereItWas(@TempDir Path folder) throws Exception {
        for (int i = 0; i < 20; i++) {
            archive(source, ResultNaming.defaults(), pipelineRun("ci", "p" + i, 5));
        }
        Path position = folder.resolve("position");
        Fragile fragile = new Fragile(source, 13);
        RemoteCopy.Builder builder =
                RemoteCopy.builder(fragile, target).pageSize(5).positionFile(position);
        List<CopyReport> told = new ArrayList<>();

        assertThatThrownBy(() -> builder.build().run()).hasMessageContaining("cut");
        assertThat(Files.readString(position)).startsWith("-\n");
        fragile.heal();
        CopyReport rest = builder.listener(told::add).build().run();

        assertThat(rest.results()).isBetween(5L, 15L);
        assertThat(told).hasSize((int) rest.results());
        assertThat(position).doesNotExist();
        assertThat(builder.build().compare().isSame()).isTrue();
    }

    @Test
    void thePositionOfAnotherCopyIsRefused(@TempDir Path folder) throws Exception {
        Path position = Files.writeString(folder.resolve("position"), "shop\nabc\n");

        assertThatThrownBy(() -> RemoteCopy.builder(source, target)
                        .parent("ci")
                        .positionFile(position)
                        .build()
                        .run())
                .isInstanceOfSatisfying(
                        ResultsException.class, e -> assertThat(e.code()).isEqualTo(Code.INVALID))
                .hasMessageContaining("delete it");
    }

    @Test
    void logsComeWithTheirLinesTimesAndDefectsAndTheirRecordsAreMadeAnew() throws Exception {
        archive(source, ResultNaming.defaults(), pipelineRun("ci", "p1", 5), taskRun("ci", "t1", "p1"));
        Record unused = source.createRecord(
                RecordName.parse("ci/results/p1/records/log"), LOG_TYPE, json("{\"kind\": \"Log\"}"));
        ContainerLogId id = new ContainerLogId("ci", "t1", "pod", "step-a", 0);
        LogInfo written = writeLog(sourceLogs, id, true);
        ContainerLogId live = new ContainerLogId("ci", "t1", "pod", "step-b", 0);
        LogInfo unsealed = writeLog(sourceLogs, live, false);
        assertThat(unsealed.isSealed()).isFalse();
        List<RecordName> refreshed = new ArrayList<>();

        RemoteCopy copy = RemoteCopy.builder(source, target)
                .logs(sourceLogs, targetLogs)
                .logRecords(refreshed::add)
                .build();
        CopyReport report = copy.run();

        assertThat(report.logs()).isEqualTo(1);
        assertThat(report.logBytes()).isEqualTo(written.extent().bytes());
        assertThat(report.leftBehind())
                .singleElement()
                .asString()
                .contains("step-b")
                .contains("still written");
        assertThat(targetLogs.find(id)).contains(written);
        assertThat(text(targetLogs, id)).isEqualTo(text(sourceLogs, id));
        assertThat(lines(targetLogs, id)).isEqualTo(lines(sourceLogs, id));
        assertThat(refreshed).containsExactly(RecordName.parse("ci/results/p1/records/t1"));
        assertThat(target.findRecord(RecordName.parse("ci/results/p1/records/log")))
                .isEmpty();
        assertThat(copy.compare().isSame()).isTrue();
        assertThat(copy.run().logs()).isZero();
    }

    @Test
    void aLogThatWasBegunGoesOnInTheMiddleOfALine() throws Exception {
        archive(source, ResultNaming.defaults(), taskRun("ci", "t1", "p1"));
        ContainerLogId id = new ContainerLogId("ci", "t1", "pod", "step-a", 0);
        LogInfo written = writeLog(sourceLogs, id, true);
        try (LogWriter writer = targetLogs.open(id)) {
            writer.beginLine(NOON);
            append(writer, "first line\n");
            writer.beginLine(NOON.plusSeconds(1));
            append(writer, "sec");
        }

        CopyReport report = RemoteCopy.builder(source, target)
                .logs(sourceLogs, targetLogs)
                .build()
                .run();

        assertThat(report.logBytes()).isEqualTo(written.extent().bytes() - "first line\nsec".length());
        assertThat(targetLogs.find(id)).contains(written);
        assertThat(text(targetLogs, id)).isEqualTo(text(sourceLogs, id));
        assertThat(lines(targetLogs, id)).isEqualTo(lines(sourceLogs, id));
    }

    private static LogInfo writeLog(InMemoryLogs logs, ContainerLogId id, boolean sealed) {
        try (LogWriter writer = logs.open(id)) {
            writer.beginLine(NOON);
            append(writer, "first line\n");
            writer.beginLine(NOON.plusSeconds(1));
            append(writer, "second line\n");
            writer.defect(LogDefect.Reason.ANCHOR_LOST, "the node was restarted");
            writer.beginLine(NOON.plusSeconds(9));
            append(writer, "x".repeat(100_000));
            writer.defect(LogDefect.Reason.POD_VANISHED, "gone");
            return sealed ? writer.seal() : writer.info();
        }
    }

    private static void append(LogWriter writer, String text) {
        byte[] bytes = json(text);
        writer.append(bytes, 0, bytes.length);
    }

    private static String text(InMemoryLogs logs, ContainerLogId id) throws IOException {
        return new String(logs.read(id, 0, Long.MAX_VALUE).readAllBytes(), StandardCharsets.UTF_8);
    }

    private static List<LogLine> lines(InMemoryLogs logs, ContainerLogId id) throws IOException {
        List<LogLine> all = new ArrayList<>();
        try (LogLines lines = logs.lines(id, 0)) {
            for (LogLine line = lines.next(); line != null; line = lines.next()) {
                all.add(line);
            }
        }
        return all;
    }

    private static void archive(InMemoryResultsStore store, ResultNaming naming, String... runs) {
        for (String run : runs) {
            assertThat(store.archive(List.of(naming.place(RunSnapshot.parse(json(run))))))
                    .allMatch(outcome -> outcome.isArchived());
        }
    }

    private static void annotate(InMemoryResultsStore store, String name, String key, String value) {
        Result result = result(store, name);
        Map<String, String> annotations = new HashMap<>(result.annotations());
        annotations.put(key, value);
        Result unused = store.updateResult(
                result.name(), annotations, result.summary(), result.stored().etag());
    }

    private static Result result(InMemoryResultsStore store, String name) {
        return store.findResult(ResultName.parse(name)).orElseThrow();
    }

    private static String pipelineRun(String namespace, String uid, int version) {
        return """
                {"apiVersion": "tekton.dev/v1", "kind": "PipelineRun",
                 "metadata": {"name": "run", "namespace": "%s", "uid": "%s", "resourceVersion": "%d"},
                 "status": {"startTime": "2026-11-01T08:00:00Z", "completionTime": "2026-11-01T08:01:00Z",
                            "conditions": [{"type": "Succeeded", "status": "True", "reason": "Completed"}]}}
                """.formatted(namespace, uid, version);
    }

    private static String eventRun(String uid, String reason) {
        return """
                {"apiVersion": "tekton.dev/v1", "kind": "PipelineRun",
                 "metadata": {"name": "run", "namespace": "ci", "uid": "%s", "resourceVersion": "5",
                              "labels": {"triggers.tekton.dev/triggers-eventid": "event-1"}},
                 "status": {"completionTime": "2026-11-01T08:01:00Z",
                            "conditions": [{"type": "Succeeded", "status": "%s", "reason": "%s"}]}}
                """.formatted(uid, reason.equals("Failed") ? "False" : "True", reason);
    }

    private static String taskRun(String namespace, String uid, String owner) {
        return """
                {"apiVersion": "tekton.dev/v1", "kind": "TaskRun",
                 "metadata": {"name": "task", "namespace": "%s", "uid": "%s", "resourceVersion": "7",
                              "ownerReferences": [{"apiVersion": "tekton.dev/v1", "kind": "PipelineRun", "name": "run",
                                                   "uid": "%s", "controller": true}]},
                 "status": {"conditions": [{"type": "Succeeded", "status": "True", "reason": "Succeeded"}]}}
                """.formatted(namespace, uid, owner);
    }

    private static byte[] json(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    /** Fails from a certain list of Records on, as a server does that is restarted. */
    private static final class Fragile implements ResultsReader {

        private final ResultsReader whole;
        private int left;

        Fragile(ResultsReader whole, int lists) {
            this.whole = whole;
            this.left = lists;
        }

        void heal() {
            left = Integer.MAX_VALUE;
        }

        @Override
        public Optional<Result> findResult(ResultName name) {
            return whole.findResult(name);
        }

        @Override
        public Optional<Record> findRecord(RecordName name) {
            return whole.findRecord(name);
        }

        @Override
        public Page<Result> listResults(ListQuery query) {
            return whole.listResults(query);
        }

        @Override
        public Page<Record> listRecords(ListQuery query) {
            if (left-- <= 0) {
                throw new ResultsException(Code.UNAVAILABLE, "cut");
            }
            return whole.listRecords(query);
        }
    }
}

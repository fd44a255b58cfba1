package ch.sbb.esta.results.logs;

import ch.sbb.esta.results.ContainerLogId;
import ch.sbb.esta.results.ListQuery;
import ch.sbb.esta.results.LogAnnotation;
import ch.sbb.esta.results.LogInfo;
import ch.sbb.esta.results.LogSelection;
import ch.sbb.esta.results.Pages;
import ch.sbb.esta.results.Record;
import ch.sbb.esta.results.RecordName;
import ch.sbb.esta.results.ResultsException;
import ch.sbb.esta.results.spi.LogSource;
import ch.sbb.esta.results.spi.ResultsReader;
import java.io.ByteArrayInputStream;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;
import java.util.stream.Stream;

/**
 * Finds and joins the logs of whole runs: those of a TaskRun by attempt and in the order of its steps, those of a PipelineRun in the
 * order in which its TaskRuns began.
 *
 * <p>Which logs there are is asked of the log source, in which order they come of the archived records. Thread-safe.
 */
public final class RunLogs {

    private final ResultsReader records;
    private final LogSource logs;
    private final LogView view;

    /**
     * Creates a finder.
     *
     * @param records where the runs are archived
     * @param logs where their logs are
     */
    public RunLogs(ResultsReader records, LogSource logs) {
        this.records = Objects.requireNonNull(records, "records");
        this.logs = Objects.requireNonNull(logs, "logs");
        this.view = new LogView(logs);
    }

    /**
     * Lists the logs of a TaskRun.
     *
     * @param taskRun the TaskRun's record
     * @return earlier attempts first; of each attempt init containers, steps in the order of the TaskRun's status, sidecars
     * @throws ResultsException {@code NOT_FOUND} when there is no such record; {@code INVALID} when it is not a TaskRun's; what store and
     *     source throw
     */
    public List<LogInfo> listTaskRun(RecordName taskRun) {
        return list(TaskRunOrder.of(record(taskRun)));
    }

    /**
     * Opens the logs of a TaskRun as one text: behind a line {@code ==> TASK / CONTAINER <==} each of its logs as far as it is stored.
     *
     * @param taskRun the TaskRun's record
     * @param annotations what is put in
     * @return the text, to be closed by the caller; empty when no log is stored
     * @throws ResultsException as {@link #listTaskRun}
     */
    public InputStream openTaskRun(RecordName taskRun, Set<LogAnnotation> annotations) {
        return new JoinedText(
                texts(TaskRunOrder.of(record(taskRun)), annotations).iterator());
    }

    /**
     * Opens the logs of a PipelineRun as one text, as {@link #openTaskRun} does it, one TaskRun after the other. A TaskRun whose logs are
     * being read needs memory, the others do not.
     *
     * @param pipelineRun the PipelineRun's record
     * @param annotations what is put in
     * @return the text, to be closed by the caller; empty when no log is stored
     * @throws ResultsException {@code NOT_FOUND} when there is no such record; what store and source throw
     */
    public InputStream openPipelineRun(RecordName pipelineRun, Set<LogAnnotation> annotations) {
        return new JoinedText(listTaskRuns(pipelineRun).stream()
                .flatMap(order -> texts(order, annotations))
                .iterator());
    }

    /** The TaskRuns of a PipelineRun are the records of its Result that say that they are its. */
    private List<TaskRunOrder> listTaskRuns(RecordName pipelineRun) {
        String uid = TaskRunOrder.pipelineRunUid(record(pipelineRun));
        List<TaskRunOrder> children = new ArrayList<>();
        ListQuery query = ListQuery.of(pipelineRun.result().toString());
        try (Stream<Record> all = Pages.stream(query, records::listRecords)) {
            all.filter(TaskRunOrder::isTaskRun).map(TaskRunOrder::of).forEach(child -> {
                if (child.belongsTo(uid)) {
                    children.add(child);
                }
            });
        }
        children.sort(TaskRunOrder.BY_START);
        return children;
    }

    private Record record(RecordName name) {
        Optional<Record> record = records.findRecord(Objects.requireNonNull(name, "name"));
        return record.orElseThrow(() -> ResultsException.notFound(name));
    }

    private List<LogInfo> list(TaskRunOrder order) {
        List<LogInfo> stored = new ArrayList<>(logs.list(order.namespace(), order.uid()));
        Map<String, LogInfo> firstOfPod = new HashMap<>();
        Comparator<LogInfo> byTime = Comparator.<LogInfo, Boolean>comparing(
                        info -> info.firstTime().isEmpty())
                .thenComparing(info -> info.firstTime().orElse(java.time.Instant.MAX))
                .thenComparing(info -> info.id().path());
        for (LogInfo info : stored) {
            firstOfPod.merge(info.id().podUid(), info, (a, b) -> byTime.compare(a, b) <= 0 ? a : b);
        }
        stored.sort(Comparator.<LogInfo, LogInfo>comparing(
                        info -> Objects.requireNonNull(firstOfPod.get(info.id().podUid())), byTime)
                .thenComparing(info -> info.id().podUid())
                .thenComparingInt(info -> order.place(info.id().container()))
                .thenComparing(info -> info.id().container())
                .thenComparingInt(info -> info.id().restart()));
        return stored;
    }

    private Stream<Supplier<InputStream>> texts(TaskRunOrder order, Set<LogAnnotation> annotations) {
        Set<LogAnnotation> copy =
                annotations.isEmpty() ? EnumSet.noneOf(LogAnnotation.class) : EnumSet.copyOf(annotations);
        List<LogInfo> stored = list(order);
        List<String> pods =
                stored.stream().map(info -> info.id().podUid()).distinct().toList();
        return stored.stream().flatMap(info -> {
            ContainerLogId id = info.id();
            int attempt = pods.indexOf(id.podUid()) + 1;
            String heading = "==> " + order.task() + " / " + id.container()
                    + (pods.size() > 1 ? ", attempt " + attempt : "")
                    + (id.restart() > 0 ? ", restart " + id.restart() : "") + " <==\n";
            return Stream.<Supplier<InputStream>>of(
                    () -> new ByteArrayInputStream(heading.getBytes(StandardCharsets.UTF_8)),
                    () -> view.open(id, LogSelection.all(), copy));
        });
    }
}

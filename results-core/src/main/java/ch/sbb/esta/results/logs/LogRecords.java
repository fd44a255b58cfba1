package ch.sbb.esta.results.logs;

import ch.sbb.esta.results.ContainerLogId;
import ch.sbb.esta.results.Escaped;
import ch.sbb.esta.results.LogDefect;
import ch.sbb.esta.results.LogInfo;
import ch.sbb.esta.results.LogState;
import ch.sbb.esta.results.Record;
import ch.sbb.esta.results.RecordName;
import ch.sbb.esta.results.Result;
import ch.sbb.esta.results.ResultsException;
import ch.sbb.esta.results.ResultsException.Code;
import ch.sbb.esta.results.spi.LogSource;
import ch.sbb.esta.results.spi.RecordCreation;
import ch.sbb.esta.results.spi.ResultsStore;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * Keeps one Record of type {@value #TYPE} for each TaskRun that has logs, as Tekton Results does, so that its clients see them: with
 * the true size of the text, {@code isStored} once every log is sealed, and in {@code errorOnStoreMsg} what is known to be missing.
 * {@code status.containers} tells of each container's log by itself.
 *
 * <p>Thread-safe.
 */
public final class LogRecords {

    /** The type of the Records. */
    public static final String TYPE = "results.tekton.dev/v1alpha3.Log";

    /** The annotation of a TaskRun that names its log: {@code PARENT/results/RESULT/logs/LOG}. */
    public static final String ANNOTATION = "results.tekton.dev/log";

    private static final JsonMapper MAPPER = JsonMapper.builder().build();
    private static final int ATTEMPTS = 5;

    private final ResultsStore store;
    private final RecordCreation creation;
    private final LogSource logs;
    private final String backend;

    /**
     * Creates a keeper of Records.
     *
     * @param store where the runs are archived
     * @param creation the same store, or what adds Records to it
     * @param logs where their logs are
     * @param backend what the Records say of where the logs lie ({@code spec.type}), for example {@code S3}
     */
    public LogRecords(ResultsStore store, RecordCreation creation, LogSource logs, String backend) {
        this.store = Objects.requireNonNull(store, "store");
        this.creation = Objects.requireNonNull(creation, "creation");
        this.logs = Objects.requireNonNull(logs, "logs");
        this.backend = Objects.requireNonNull(backend, "backend");
    }

    /**
     * The name of a TaskRun's Log Record: a UUID of version 3 of the run's UID in the name space that is the Result's (RFC 9562, section
     * 5.3), as Tekton Results names it.
     *
     * @param result the Result of the TaskRun, as it is stored
     * @param taskRunUid the UID of the TaskRun
     * @return the name
     */
    public static RecordName name(Result result, String taskRunUid) {
        return result.derivedRecord(taskRunUid);
    }

    /**
     * Brings the Log Record of a TaskRun to what is stored of its logs now.
     *
     * @param taskRun the TaskRun's Record
     * @return the Log Record, or empty when the TaskRun has no logs
     * @throws ResultsException {@code NOT_FOUND} when there is no such Record; {@code INVALID} when it is not a TaskRun's; what store and
     *     source throw
     */
    public Optional<Record> refresh(RecordName taskRun) {
        Record run = store.findRecord(Objects.requireNonNull(taskRun, "taskRun"))
                .orElseThrow(() -> ResultsException.notFound(taskRun));
        TaskRunOrder order = TaskRunOrder.of(run);
        List<LogInfo> stored = logs.list(order.namespace(), order.uid());
        if (stored.isEmpty()) {
            return Optional.empty();
        }
        Result result = store.findResult(taskRun.result()).orElseThrow(() -> ResultsException.notFound(taskRun));
        RecordName name = name(result, order.uid());
        byte[] data = bytes(describe(name, order, run, stored));
        Record record = creation.createRecord(name, TYPE, data);
        for (int attempt = 1; !isSame(record, data); attempt++) {
            try {
                record = store.updateRecord(name, TYPE, data, record.stored().etag());
                break;
            } catch (ResultsException e) {
                if (e.code() != Code.CONFLICT || attempt == ATTEMPTS) {
                    throw e;
                }
                record = store.findRecord(name).orElseThrow(() -> ResultsException.notFound(name));
            }
        }
        return Optional.of(record);
    }

    /**
     * Whether a Log Record says that every log of its TaskRun is sealed.
     *
     * @param log a Record as {@link #refresh} returns it
     * @return false while some log is live
     */
    public static boolean isStored(Record log) {
        return json(log).path("status").path("isStored").asBoolean();
    }

    private ObjectNode describe(RecordName name, TaskRunOrder order, Record run, List<LogInfo> stored) {
        JsonNode metadata = json(run).path("metadata");
        String taskRun = metadata.path("name").asText();
        ObjectNode log = MAPPER.createObjectNode();
        log.put("apiVersion", "results.tekton.dev/v1alpha3").put("kind", "Log");
        log.putObject("metadata")
                .put("name", taskRun + "-log")
                .put("namespace", order.namespace())
                .put("uid", name.record());
        ObjectNode spec = log.putObject("spec").put("type", backend);
        spec.putObject("resource")
                .put("kind", "TaskRun")
                .put("namespace", order.namespace())
                .put("name", taskRun)
                .put("uid", order.uid());
        List<LogInfo> failed = stored.stream()
                .filter(info -> info.isSealed() && info.state() != LogState.COMPLETE)
                .toList();
        ObjectNode status = log.putObject("status")
                .put("path", order.namespace() + "/" + name.record() + "/" + taskRun + "-log")
                .put(
                        "size",
                        stored.stream().mapToLong(info -> info.extent().bytes()).sum())
                .put("isStored", stored.stream().allMatch(LogInfo::isSealed))
                .put("isRetryableErr", false);
        if (!failed.isEmpty()) {
            status.put(
                    "errorOnStoreMsg", failed.stream().map(LogRecords::failure).collect(Collectors.joining("; ")));
        }
        ArrayNode containers = status.putArray("containers");
        List<LogInfo> ordered = new ArrayList<>(stored);
        ordered.sort(java.util.Comparator.<LogInfo>comparingInt(
                        info -> order.place(info.id().container()))
                .thenComparing(info -> info.id().path()));
        ordered.forEach(info -> container(containers.addObject(), info));
        return log;
    }

    private static String failure(LogInfo info) {
        return info.id().container() + " is " + info.state() + ": "
                + info.defects().stream()
                        .map(defect -> defect.reason() + " at byte " + defect.offset())
                        .distinct()
                        .limit(5)
                        .collect(Collectors.joining(", "));
    }

    private static void container(ObjectNode to, LogInfo info) {
        ContainerLogId id = info.id();
        to.put("name", id.container())
                .put("podUid", id.podUid())
                .put("restart", id.restart())
                .put("path", id.path())
                .put("state", info.state().name())
                .put("size", info.extent().bytes())
                .put("lines", info.extent().lines());
        info.firstTime().ifPresent(time -> to.put("firstTime", time.toString()));
        if (info.extent().lastTime() != null) {
            to.put("lastTime", info.extent().lastTime().toString());
        }
        info.redactedBy().ifPresent(redaction -> to.put("redactedBy", redaction));
        if (!info.defects().isEmpty()) {
            ArrayNode defects = to.putArray("defects");
            for (LogDefect defect : info.defects()) {
                defects.addObject()
                        .put("reason", defect.reason().name())
                        .put("offset", defect.offset())
                        .put("detail", defect.detail());
            }
        }
    }

    private static boolean isSame(Record record, byte[] data) {
        try {
            return record.type().equals(TYPE) && MAPPER.readTree(record.data()).equals(MAPPER.readTree(data));
        } catch (IOException e) {
            throw new ResultsException(
                    Code.INTERNAL,
                    "the data of the record " + Escaped.of(record.name().toString()) + " is not JSON",
                    e);
        }
    }

    private static JsonNode json(Record record) {
        try {
            return MAPPER.readTree(record.data());
        } catch (IOException e) {
            throw new ResultsException(Code.INTERNAL, "the data of the record " + record.name() + " is not JSON", e);
        }
    }

    private static byte[] bytes(ObjectNode log) {
        try {
            return MAPPER.writeValueAsBytes(log);
        } catch (IOException e) {
            throw new UncheckedIOException("writing to memory failed", e);
        }
    }
}

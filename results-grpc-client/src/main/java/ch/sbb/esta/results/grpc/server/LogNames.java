package ch.sbb.esta.results.grpc.server;

import ch.sbb.esta.results.ListQuery;
import ch.sbb.esta.results.LogName;
import ch.sbb.esta.results.Record;
import ch.sbb.esta.results.RecordName;
import ch.sbb.esta.results.ResultName;
import ch.sbb.esta.results.ResultsException;
import ch.sbb.esta.results.logs.LogRecords;
import ch.sbb.esta.results.spi.ResultsReader;
import com.fasterxml.jackson.databind.JsonNode;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * Finds what the name of a log means: the Record that describes the log, or the one of the run itself. Nobody may write a Record that
 * leads out of its own namespace, whatever its data say.
 */
final class LogNames {

    private static final Pattern UID = Pattern.compile("[a-z0-9_-]{1,63}");
    private static final String TEKTON = "tekton.dev/";

    private final ResultsReader records;

    LogNames(ResultsReader records) {
        this.records = records;
    }

    /** The Record that describes a log, which an upload needs. */
    LogTarget described(LogName name) {
        LogTarget target = find(name);
        if (target.logRecord() == null) {
            throw ResultsException.invalid(name + " names a run; the name of its Log Record is needed here");
        }
        return target;
    }

    LogTarget find(LogName name) {
        RecordName recordName = name.result().record(name.log());
        Record record = records.findRecord(recordName).orElseThrow(() -> ResultsException.notFound(name));
        JsonNode data = read(record);
        if (isLog(record)) {
            JsonNode resource = data.path("spec").path("resource");
            String uid = uid(name, resource.path("uid").asText());
            requireOwn(name, resource.path("namespace").asText(name.result().parent()));
            return new LogTarget(
                    record,
                    findRun(name.result(), uid).orElse(null),
                    resource.path("kind").asText(),
                    uid);
        }
        Optional<String> kind = kind(record);
        if (kind.isEmpty()) {
            throw new ResultsException(
                            ResultsException.Code.NOT_FOUND, "its Record describes neither a log nor a run with logs")
                    .about(name);
        }
        JsonNode metadata = data.path("metadata");
        requireOwn(name, metadata.path("namespace").asText(name.result().parent()));
        return new LogTarget(
                null, record, kind.get(), uid(name, metadata.path("uid").asText()));
    }

    static boolean isLog(Record record) {
        return record.type().equals(LogRecords.TYPE) || record.type().equals("results.tekton.dev/v1alpha2.Log");
    }

    private static Optional<String> kind(Record record) {
        for (String kind : List.of("TaskRun", "PipelineRun")) {
            if (record.type().startsWith(TEKTON) && record.type().endsWith("." + kind)) {
                return Optional.of(kind);
            }
        }
        return Optional.empty();
    }

    /** Mostly its Record is named by the UID; an annotation may have said otherwise. */
    private Optional<Record> findRun(ResultName result, String uid) {
        Optional<Record> named = records.findRecord(result.record(uid)).filter(record -> isRun(record, uid));
        if (named.isPresent()) {
            return named;
        }
        ListQuery query = ListQuery.of(result.toString()).filter("data.metadata.uid == \"" + uid + "\"");
        return records.listRecords(query).items().stream()
                .filter(record -> isRun(record, uid))
                .findFirst();
    }

    private static boolean isRun(Record record, String uid) {
        if (kind(record).isEmpty()) {
            return false;
        }
        JsonNode metadata = read(record).path("metadata");
        return metadata.path("uid").asText().equals(uid)
                && metadata.path("namespace")
                        .asText(record.name().parent())
                        .equals(record.name().parent());
    }

    private static String uid(LogName name, String uid) {
        if (!UID.matcher(uid).matches() || uid.equals("-")) {
            throw new ResultsException(ResultsException.Code.NOT_FOUND, "its Record names no run by a UID").about(name);
        }
        return uid;
    }

    private static void requireOwn(LogName name, String namespace) {
        if (!namespace.equals(name.result().parent())) {
            throw new ResultsException(
                            ResultsException.Code.NOT_FOUND, "its Record describes something of another namespace")
                    .about(name);
        }
    }

    private static JsonNode read(Record record) {
        try {
            return Messages.json(record.data());
        } catch (UncheckedIOException e) {
            throw new ResultsException(
                    ResultsException.Code.INTERNAL, "the data of the record " + record.name() + " is not JSON", e);
        }
    }
}

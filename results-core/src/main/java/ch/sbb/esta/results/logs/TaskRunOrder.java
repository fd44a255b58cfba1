package ch.sbb.esta.results.logs;

import ch.sbb.esta.results.Escaped;
import ch.sbb.esta.results.Record;
import ch.sbb.esta.results.ResultsException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.util.Comparator;
import java.util.HashMap;
import java.util.Map;

/**
 * What an archived TaskRun says of the order of its logs.
 *
 * @param namespace its namespace
 * @param uid its UID
 * @param task by which name people know it: that of the task in the pipeline, else its own
 * @param start its {@code status.startTime}, or empty text
 * @param places where its containers come, by name
 * @param owner the UID of the run that owns it, or empty text
 */
record TaskRunOrder(
        String namespace, String uid, String task, String start, Map<String, Integer> places, String owner) {

    /** TaskRuns that have not begun come last. */
    static final Comparator<TaskRunOrder> BY_START = Comparator.<TaskRunOrder, Boolean>comparing(
                    order -> order.start.isEmpty())
            .thenComparing(TaskRunOrder::start)
            .thenComparing(TaskRunOrder::task)
            .thenComparing(TaskRunOrder::uid);

    private static final JsonMapper MAPPER = JsonMapper.builder().build();
    private static final int STEPS = 1_000;
    private static final int SIDECARS = 1_000_000;

    static boolean isTaskRun(Record record) {
        return record.type().startsWith("tekton.dev/") && record.type().endsWith(".TaskRun");
    }

    static String pipelineRunUid(Record record) {
        if (!record.type().startsWith("tekton.dev/") || !record.type().endsWith(".PipelineRun")) {
            throw ResultsException.invalid(
                    "the record " + record.name() + " is a " + Escaped.of(record.type()) + ", not a PipelineRun");
        }
        return json(record).path("metadata").path("uid").asText();
    }

    static TaskRunOrder of(Record record) {
        if (!isTaskRun(record)) {
            throw ResultsException.invalid(
                    "the record " + record.name() + " is a " + Escaped.of(record.type()) + ", not a TaskRun");
        }
        JsonNode run = json(record);
        JsonNode metadata = run.path("metadata");
        String name = metadata.path("name").asText();
        String task = metadata.path("labels").path("tekton.dev/pipelineTask").asText(name);
        Map<String, Integer> places = new HashMap<>();
        number(places, run.path("status").path("steps"), STEPS);
        number(places, run.path("status").path("sidecars"), SIDECARS);
        String owner = "";
        for (JsonNode each : metadata.path("ownerReferences")) {
            if (each.path("kind").asText().equals("PipelineRun")) {
                owner = each.path("uid").asText();
            }
        }
        return new TaskRunOrder(
                // Not what the object says: whoever may write a Record could name any namespace.
                record.name().parent(),
                metadata.path("uid").asText(),
                // It becomes a heading: one line of printable text.
                task.replaceAll("[^\\x21-\\x7e]", "?"),
                run.path("status").path("startTime").asText(),
                places,
                owner);
    }

    boolean belongsTo(String pipelineRunUid) {
        return owner.equals(pipelineRunUid);
    }

    /** Init containers are in no list: they come first. */
    int place(String container) {
        Integer place = places.get(container);
        if (place != null) {
            return place;
        }
        if (container.startsWith("step-")) {
            return SIDECARS - 1;
        }
        return container.startsWith("sidecar-") ? Integer.MAX_VALUE : 0;
    }

    private static void number(Map<String, Integer> places, JsonNode containers, int from) {
        int place = from;
        for (JsonNode each : containers) {
            places.put(each.path("container").asText(), place++);
        }
    }

    private static JsonNode json(Record record) {
        try {
            return MAPPER.readTree(record.data());
        } catch (IOException e) {
            throw new ResultsException(
                    ResultsException.Code.INTERNAL, "the data of the record " + record.name() + " is not JSON", e);
        }
    }
}

package ch.sbb.esta.results.archive;

import ch.sbb.esta.results.RecordName;
import ch.sbb.esta.results.ResultName;
import ch.sbb.esta.results.RunKind;
import ch.sbb.esta.results.spi.RunWatcher.Event;
import java.nio.charset.StandardCharsets;

/** Events of small TaskRuns. */
final class Runs {

    private Runs() {}

    static byte[] json(String uid, int version, boolean finished, String padding) {
        String status = finished ? "True" : "Unknown";
        return ("{\"apiVersion\":\"tekton.dev/v1\",\"kind\":\"TaskRun\",\"metadata\":{\"namespace\":\"ci\",\"name\":\"run-"
                        + uid + "\",\"uid\":\"" + uid + "\",\"resourceVersion\":\"" + version
                        + "\",\"annotations\":{\"p\":\""
                        + padding + "\"}},\"status\":{\"conditions\":[{\"type\":\"Succeeded\",\"status\":\"" + status
                        + "\"}]}}")
                .getBytes(StandardCharsets.UTF_8);
    }

    static Event running(String uid, int version) {
        return seen(json(uid, version, false, ""));
    }

    static Event finished(String uid, int version) {
        return seen(json(uid, version, true, ""));
    }

    static Event seen(byte[] json) {
        return new Event(Event.Type.SEEN, RunKind.TASK_RUN, json);
    }

    static Event deleted(byte[] json) {
        return new Event(Event.Type.DELETED, RunKind.TASK_RUN, json);
    }

    static RecordName record(String uid) {
        return new ResultName("ci", uid).record(uid);
    }
}

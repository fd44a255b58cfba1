package ch.sbb.esta.results.events;

import ch.sbb.esta.results.Escaped;
import ch.sbb.esta.results.JsonText;
import ch.sbb.esta.results.Record;
import ch.sbb.esta.results.RecordName;
import ch.sbb.esta.results.ResultsException;
import ch.sbb.esta.results.ResultsException.Code;
import ch.sbb.esta.results.internal.JsonTree;
import ch.sbb.esta.results.spi.RecordCreation;
import ch.sbb.esta.results.spi.ResultsStore;
import com.fasterxml.jackson.databind.JsonNode;
import java.math.BigInteger;

/** Brings pods into the store; the newest version stays. Thread-safe. */
final class PodWriter {

    private static final int ATTEMPTS = 5;

    private final ResultsStore store;
    private final RecordCreation creation;

    PodWriter(ResultsStore store, RecordCreation creation) {
        this.store = store;
        this.creation = creation;
    }

    /**
     * Writes a pod beside its TaskRun.
     *
     * @return whether that changed anything
     * @throws ResultsException {@code NOT_FOUND} when the Result is gone; {@code INVALID} when something else has the name; what the store
     *     throws
     */
    boolean write(RecordName taskRun, RedactedPod pod) {
        RecordName name = taskRun.result().record(pod.uid());
        byte[] json = pod.json();
        for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
            Record record = store.findRecord(name).orElse(null);
            try {
                if (record == null) {
                    record = creation.createRecord(name, RedactedPod.TYPE, json);
                    if (isSame(record, json)) {
                        return true;
                    }
                }
                if (!record.type().equals(RedactedPod.TYPE)) {
                    throw ResultsException.invalid(
                                    "the Record holds a " + Escaped.of(record.type()) + " and not this pod")
                            .about(name);
                }
                if (isSame(record, json) || isNewer(record, pod)) {
                    return false;
                }
                store.updateRecord(name, RedactedPod.TYPE, json, record.stored().etag());
                return true;
            } catch (ResultsException e) {
                boolean raced = e.code() == Code.CONFLICT || (e.code() == Code.NOT_FOUND && record != null);
                if (!raced) {
                    throw e;
                }
            }
        }
        throw new ResultsException(
                Code.UNAVAILABLE,
                "the Record " + name + " was changed by somebody else " + ATTEMPTS + " times in a row");
    }

    private static boolean isSame(Record record, byte[] json) {
        return JsonTree.isSame(tree(record.data()), tree(json));
    }

    private static boolean isNewer(Record record, RedactedPod pod) {
        String stored =
                tree(record.data()).path("metadata").path("resourceVersion").asText();
        return isDecimal(stored)
                && isDecimal(pod.resourceVersion())
                && new BigInteger(stored).compareTo(new BigInteger(pod.resourceVersion())) > 0;
    }

    private static boolean isDecimal(String text) {
        return text.matches("[0-9]{1,40}");
    }

    private static JsonNode tree(byte[] json) {
        return JsonTree.read(JsonText.withReadableKeys(json));
    }
}

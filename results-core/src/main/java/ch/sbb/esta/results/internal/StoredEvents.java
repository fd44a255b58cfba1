package ch.sbb.esta.results.internal;

import ch.sbb.esta.results.Escaped;
import ch.sbb.esta.results.EventList;
import ch.sbb.esta.results.Record;
import ch.sbb.esta.results.RecordName;
import ch.sbb.esta.results.ResultsException;
import ch.sbb.esta.results.spi.ResultsReader;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The Events of a run as they are stored now.
 *
 * @param name where they are, or would be
 * @param record the Record, or null while there is none
 * @param list what it holds
 */
public record StoredEvents(RecordName name, @Nullable Record record, EventList list) {

    /**
     * Reads the Events of a run.
     *
     * @param store where the run is stored
     * @param run the run's Record
     * @param runUid the run's UID
     * @param annotated the Record that the run names for its Events, or null; passed over where something else is stored there
     * @return what is stored, or empty when there is no Result
     * @throws ResultsException {@code INVALID} when something else lies in their place; what the store throws
     */
    public static Optional<StoredEvents> find(
            ResultsReader store, RecordName run, String runUid, @Nullable RecordName annotated) {
        return store.findResult(run.result()).map(result -> {
            if (annotated != null) {
                Record named = store.findRecord(annotated).orElse(null);
                if (named == null || named.type().equals(EventList.TYPE)) {
                    return of(annotated, named);
                }
            }
            RecordName own = EventList.name(result, runUid);
            return of(own, store.findRecord(own).orElse(null));
        });
    }

    private static StoredEvents of(RecordName name, @Nullable Record record) {
        if (record == null) {
            return new StoredEvents(name, null, EventList.EMPTY);
        }
        if (!record.type().equals(EventList.TYPE)) {
            throw ResultsException.invalid("the Record holds a " + Escaped.of(record.type()) + " and no list of Events")
                    .about(name);
        }
        try {
            return new StoredEvents(name, record, EventList.parse(record.data()));
        } catch (ResultsException e) {
            throw e.about(name);
        }
    }
}

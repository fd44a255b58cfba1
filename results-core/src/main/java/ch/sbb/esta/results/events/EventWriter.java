package ch.sbb.esta.results.events;

import ch.sbb.esta.results.EventBounds;
import ch.sbb.esta.results.EventList;
import ch.sbb.esta.results.EventSnapshot;
import ch.sbb.esta.results.Record;
import ch.sbb.esta.results.ResultsException;
import ch.sbb.esta.results.ResultsException.Code;
import ch.sbb.esta.results.internal.LogFields;
import ch.sbb.esta.results.internal.StoredEvents;
import ch.sbb.esta.results.spi.RecordCreation;
import ch.sbb.esta.results.spi.ResultsStore;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Merges Events into the Record of a run, against whoever else does so. Thread-safe. */
final class EventWriter {

    private static final Logger LOG = LoggerFactory.getLogger(EventWriter.class);
    private static final int ATTEMPTS = 5;

    private final ResultsStore store;
    private final RecordCreation creation;
    private final EventBounds bounds;

    EventWriter(ResultsStore store, RecordCreation creation, EventBounds bounds) {
        this.store = store;
        this.creation = creation;
        this.bounds = bounds;
    }

    /**
     * What became of some Events.
     *
     * @param hasRun whether there is a Result that they belong to
     * @param added how many were written
     * @param leftOut the identities of those that did not fit
     * @param refused how many the store does not take
     */
    record Outcome(boolean hasRun, int added, Set<String> leftOut, int refused) {}

    /**
     * Writes Events. One that the store refuses does not hold up the others.
     *
     * @param leftOutBefore the identities of those that did not fit earlier
     * @throws ResultsException when nothing is known of them; the same call may be repeated
     */
    Outcome write(KnownRun run, List<EventSnapshot> events, Set<String> leftOutBefore) {
        try {
            return merge(run, events, leftOutBefore);
        } catch (ResultsException e) {
            if (e.code() != Code.INVALID) {
                throw e;
            }
            return oneByOne(run, events, leftOutBefore);
        }
    }

    private Outcome oneByOne(KnownRun run, List<EventSnapshot> events, Set<String> leftOutBefore) {
        Set<String> leftOut = new HashSet<>();
        int added = 0;
        int refused = 0;
        for (EventSnapshot event : events) {
            try {
                Set<String> before = new HashSet<>(leftOutBefore);
                before.addAll(leftOut);
                Outcome one = merge(run, List.of(event), before);
                if (!one.hasRun) {
                    return one;
                }
                added += one.added;
                leftOut.addAll(one.leftOut);
            } catch (ResultsException e) {
                if (e.code() != Code.INVALID) {
                    throw e;
                }
                refused++;
                leftOut.add(event.identity());
                LogFields.of(run.record(), run.uid())
                        .run(() -> LOG.warn("the store does not take the {}: {}", event, e.getMessage()));
            }
        }
        if (refused > 0) {
            Set<String> without = new HashSet<>(leftOutBefore);
            without.addAll(leftOut);
            merge(run, List.of(), without);
        }
        return new Outcome(true, added, leftOut, refused);
    }

    @SuppressWarnings("ReferenceEquality") // the list that was read, not one that is equal
    private Outcome merge(KnownRun run, List<EventSnapshot> events, Set<String> leftOutBefore) {
        for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
            Optional<StoredEvents> found = StoredEvents.find(store, run.record(), run.uid(), run.annotated());
            if (found.isEmpty()) {
                return new Outcome(false, 0, Set.of(), 0);
            }
            StoredEvents stored = found.get();
            EventList.Merged merged = stored.list().merge(events, bounds);
            Set<String> without = new HashSet<>(leftOutBefore);
            without.addAll(merged.leftOut());
            EventList list = merged.list().leftOut(without.size());
            Outcome outcome = new Outcome(
                    true,
                    (int) events.stream()
                            .filter(event -> !stored.list().contains(event) && list.contains(event))
                            .count(),
                    merged.leftOut(),
                    0);
            boolean nothingNew =
                    outcome.added == 0 && list.leftOut() == stored.list().leftOut();
            if (nothingNew || isWritten(stored, list)) {
                return outcome;
            }
        }
        throw new ResultsException(
                Code.UNAVAILABLE,
                "the Events of the run " + run.record() + " were changed by somebody else " + ATTEMPTS
                        + " times in a row");
    }

    /** Writes a list in the place of the one that was read; false when that one is not there any more. */
    private boolean isWritten(StoredEvents stored, EventList list) {
        byte[] json = list.toJson();
        Record record = stored.record();
        try {
            if (record == null) {
                Record now = creation.createRecord(stored.name(), EventList.TYPE, json);
                return now.type().equals(EventList.TYPE)
                        && list.events().stream().allMatch(EventList.parse(now.data())::contains);
            }
            store.updateRecord(
                    stored.name(), EventList.TYPE, json, record.stored().etag());
            return true;
        } catch (ResultsException e) {
            if (e.code() == Code.CONFLICT || e.code() == Code.NOT_FOUND) {
                return false;
            }
            throw e;
        }
    }
}

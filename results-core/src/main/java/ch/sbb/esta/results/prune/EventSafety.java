package ch.sbb.esta.results.prune;

import ch.sbb.esta.results.EventList;
import ch.sbb.esta.results.EventSnapshot;
import ch.sbb.esta.results.RecordName;
import ch.sbb.esta.results.ResultsException;
import ch.sbb.esta.results.ResultsException.Code;
import ch.sbb.esta.results.RunSnapshot;
import ch.sbb.esta.results.internal.StoredEvents;
import ch.sbb.esta.results.internal.TaskRunPods;
import ch.sbb.esta.results.spi.ClusterEvents;
import ch.sbb.esta.results.spi.ResultsReader;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;

/** Looks for Events of a run and of its pods that the cluster has and the store has not. Thread-safe. */
final class EventSafety {

    private final ClusterEvents events;
    private final ResultsReader store;

    EventSafety(ClusterEvents events, ResultsReader store) {
        this.events = events;
        this.store = store;
    }

    void check(RunSnapshot run, RecordName record, RunDetails details, Findings findings) {
        List<EventSnapshot> present;
        try {
            present = present(run, details);
        } catch (ResultsException e) {
            if (e.code() != Code.DENIED) {
                throw e;
            }
            findings.missing(run, "may have Events that cannot be listed: " + e.getMessage());
            return;
        }
        if (present.isEmpty()) {
            return;
        }
        EventList stored = StoredEvents.find(
                        store,
                        record,
                        run.uid(),
                        EventList.findAnnotated(run, record).orElse(null))
                .map(StoredEvents::list)
                .orElse(EventList.EMPTY);
        long missing = present.stream().filter(event -> !stored.contains(event)).count();
        // A list that is full waits for nothing more.
        if (missing > 0 && stored.leftOut() == 0) {
            findings.missing(run, "has " + missing + " Events that are not stored");
        }
    }

    private List<EventSnapshot> present(RunSnapshot run, RunDetails details) {
        List<EventSnapshot> present = new ArrayList<>(events.listAbout(run.namespace(), run.uid()));
        Instant created = run.creationTime().orElse(null);
        for (String pod : details.pods()) {
            events.listAboutPod(run.namespace(), pod).stream()
                    .filter(event -> TaskRunPods.canHave(created, event))
                    .forEach(present::add);
        }
        return present;
    }
}

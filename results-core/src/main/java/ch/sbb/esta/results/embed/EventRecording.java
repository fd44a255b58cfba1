package ch.sbb.esta.results.embed;

import ch.sbb.esta.results.ArchiveOutcome;
import ch.sbb.esta.results.EventSnapshot;
import ch.sbb.esta.results.RunPlacement;
import ch.sbb.esta.results.archive.ArchiveListener;
import ch.sbb.esta.results.events.EventCollector;
import ch.sbb.esta.results.spi.ClusterEvents;
import ch.sbb.esta.results.spi.Watching;
import java.util.List;

/**
 * Tells the collector of Events which runs are stored. What the check before a deletion lists is taken too, so that a run is not held up
 * by an Event that no watch has brought. Thread-safe.
 */
record EventRecording(ClusterEvents cluster, EventCollector collector) implements ArchiveListener, ClusterEvents {

    @Override
    public void onArchived(RunPlacement placement, ArchiveOutcome outcome) {
        outcome.record().ifPresent(record -> collector.onStored(placement.run(), record));
    }

    @Override
    public Watching watchEvents(Handler handler) {
        return cluster.watchEvents(handler);
    }

    @Override
    public List<EventSnapshot> listAbout(String namespace, String uid) {
        return taken(cluster.listAbout(namespace, uid));
    }

    @Override
    public List<EventSnapshot> listAboutPod(String namespace, String pod) {
        return taken(cluster.listAboutPod(namespace, pod));
    }

    private List<EventSnapshot> taken(List<EventSnapshot> events) {
        events.forEach(collector::accept);
        return events;
    }
}

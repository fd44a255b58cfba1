package ch.sbb.esta.results.spi;

import ch.sbb.esta.results.EventSnapshot;
import java.util.List;

/**
 * The Kubernetes Events of a cluster. They expire after an hour unless the cluster says otherwise, and nothing tells when one does.
 *
 * <p><b>Concurrency.</b> Implementations are thread-safe. The handler is called from any thread, possibly from several at once, and must
 * not block.
 *
 * <p><b>Idempotency and ordering.</b> At least once, in no promised order; old versions may come again. After a gap in the watch every
 * Event that exists is delivered again. That an Event is gone is not delivered.
 *
 * <p><b>Tenancy.</b> Which namespaces are watched is the business of the implementation's configuration.
 *
 * <p><b>Failure.</b> A lost watch is healed by the implementation. Lists throw {@code ResultsException}: {@code DENIED},
 * {@code UNAVAILABLE}, {@code TIMEOUT}. What cannot be read as an Event is left out.
 *
 * <p><b>Lifecycle.</b> The client that is handed in is not closed.
 */
public interface ClusterEvents {

    /**
     * Begins to watch the Events that are about runs, of the kinds that the implementation was told of, and about pods.
     *
     * @param handler takes what is seen
     * @return the running watch
     */
    Watching watchEvents(Handler handler);

    /**
     * Lists the Events about one object.
     *
     * @param namespace the namespace of the object
     * @param uid {@code metadata.uid} of the object
     * @return all that the cluster has now
     */
    List<EventSnapshot> listAbout(String namespace, String uid);

    /**
     * Lists the Events about the pods of one name, one after the other.
     *
     * @param namespace the namespace of the pods
     * @param pod {@code metadata.name} of the pods
     * @return all that the cluster has now
     */
    List<EventSnapshot> listAboutPod(String namespace, String pod);

    /** Takes what is seen of Events. */
    @FunctionalInterface
    interface Handler {

        /**
         * Takes one version of an Event; returns at once.
         *
         * @param event what was seen
         */
        void onEvent(EventSnapshot event);
    }
}

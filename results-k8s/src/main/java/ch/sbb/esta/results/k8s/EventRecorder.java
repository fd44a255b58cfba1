package ch.sbb.esta.results.k8s;

import ch.sbb.esta.results.ResultsException;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.UUID;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tells the people of a namespace what happened, as Kubernetes Events. The same news of the same object is one Event that counts, written at most
 * once in some minutes; a namespace gets a bounded number of Events in an hour. An Event that cannot be written is no failure.
 */
final class EventRecorder {

    private static final Logger LOG = LoggerFactory.getLogger(EventRecorder.class);
    private static final Duration QUIET = Duration.ofMinutes(5);
    private static final Duration WINDOW = Duration.ofHours(1);
    private static final int MOST_PER_WINDOW = 30;
    private static final int REMEMBERED = 2_000;
    private static final int LONGEST_MESSAGE = 1_000;

    private final ClusterObjects objects;
    private final InstantSource clock;
    private final Source source;
    private final Map<String, Told> told = bounded();
    private final Map<String, Told> namespaces = bounded();

    /**
     * @param first when counting began
     * @param last when it was written last
     */
    private record Told(Instant first, Instant last, int count) {}

    /**
     * Who tells.
     *
     * @param component {@code source.component}
     * @param instance {@code reportingInstance}
     * @param prefix the beginning of the names of its Events
     */
    record Source(String component, String instance, String prefix) {}

    /** What an Event is about. */
    interface Subject {

        /** Where the Event is written. */
        String namespace();

        /** The UID of the object. */
        String uid();

        /** {@code involvedObject}. */
        ObjectNode reference();
    }

    EventRecorder(ClusterObjects objects, InstantSource clock, Source source) {
        this.objects = objects;
        this.clock = clock;
        this.source = source;
    }

    private static Map<String, Told> bounded() {
        return new LinkedHashMap<>() {
            private static final long serialVersionUID = 1L;

            @Override
            protected boolean removeEldestEntry(Map.Entry<String, Told> eldest) {
                return size() > REMEMBERED;
            }
        };
    }

    void normal(Subject subject, String reason, String message) {
        tell(subject, "Normal", reason, message);
    }

    void warning(Subject subject, String reason, String message) {
        tell(subject, "Warning", reason, message);
    }

    private void tell(Subject subject, String type, String reason, String message) {
        String text = message.length() <= LONGEST_MESSAGE ? message : message.substring(0, LONGEST_MESSAGE) + "…";
        String key = subject.uid() + " " + type + " " + reason + " " + text;
        Instant now = clock.instant();
        Told news;
        synchronized (this) {
            Told before = told.get(key);
            boolean quiet = before != null && now.isBefore(before.last().plus(QUIET));
            if (quiet || !mayTell(subject.namespace(), now)) {
                return;
            }
            news = before == null ? new Told(now, now, 1) : new Told(before.first(), now, before.count() + 1);
            told.put(key, news);
        }
        try {
            write(
                    event(subject, key, news)
                            .put("type", type)
                            .put("reason", reason)
                            .put("message", text),
                    news);
        } catch (ResultsException | OutdatedException e) {
            LOG.debug("Could not write an event {} in {}", reason, subject.namespace(), e);
        }
    }

    private boolean mayTell(String namespace, Instant now) {
        Told window = namespaces.get(namespace);
        if (window == null || !now.isBefore(window.first().plus(WINDOW))) {
            namespaces.put(namespace, new Told(now, now, 1));
            return true;
        }
        namespaces.put(namespace, new Told(window.first(), now, window.count() + 1));
        return window.count() < MOST_PER_WINDOW;
    }

    private void write(ObjectNode event, Told news) {
        String namespace = event.path("metadata").path("namespace").asText();
        if (news.count() == 1) {
            try {
                objects.create(ClusterObjects.EVENT, namespace, event);
                return;
            } catch (OutdatedException e) {
                LOG.trace("The event is there, from before a restart or from another operator", e);
            }
        }
        try {
            objects.patch(ClusterObjects.EVENT, namespace, ClusterObjects.name(event), event);
        } catch (OutdatedException e) {
            // Events live an hour.
            objects.create(ClusterObjects.EVENT, namespace, event);
        }
    }

    private ObjectNode event(Subject subject, String key, Told news) {
        ObjectNode event = ClusterObjects.object();
        event.put("apiVersion", "v1").put("kind", "Event");
        String hash =
                UUID.nameUUIDFromBytes(key.getBytes(StandardCharsets.UTF_8)).toString();
        event.putObject("metadata").put("namespace", subject.namespace()).put("name", source.prefix + hash);
        event.set("involvedObject", subject.reference());
        event.put("firstTimestamp", TenantStatus.time(news.first()));
        event.put("lastTimestamp", TenantStatus.time(news.last()));
        event.put("count", news.count());
        event.putObject("source").put("component", source.component);
        event.put("reportingComponent", source.component).put("reportingInstance", source.instance);
        return event;
    }
}

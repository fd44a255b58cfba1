package ch.sbb.esta.results.memory;

import ch.sbb.esta.results.EventSnapshot;
import ch.sbb.esta.results.RunKinds;
import ch.sbb.esta.results.spi.ClusterEvents;
import ch.sbb.esta.results.spi.Watching;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The Events of a cluster in memory, by the rules of an API server: each change gives a new resourceVersion. Thread-safe; handlers are
 * called by the thread that makes the change.
 */
public final class InMemoryClusterEvents implements ClusterEvents {

    private static final Logger LOG = LoggerFactory.getLogger(InMemoryClusterEvents.class);

    private final InstantSource clock;
    private final RunKinds kinds;
    private final Map<String, EventSnapshot> events = new LinkedHashMap<>();
    private final List<Subscription> subscriptions = new CopyOnWriteArrayList<>();
    private long version;

    /**
     * Creates a cluster without Events.
     *
     * @param clock says when something was heard of the cluster
     */
    public InMemoryClusterEvents(InstantSource clock) {
        this(clock, RunKinds.tekton());
    }

    /**
     * Creates a cluster without Events.
     *
     * @param clock says when something was heard of the cluster
     * @param kinds of which runs the Events are watched
     */
    public InMemoryClusterEvents(InstantSource clock, RunKinds kinds) {
        this.clock = Objects.requireNonNull(clock, "clock");
        this.kinds = Objects.requireNonNull(kinds, "kinds");
    }

    /**
     * Creates an Event or replaces the one of its namespace and name.
     *
     * @param json the whole object; it gets a resourceVersion, and a UID unless it has one or replaces an Event that has
     * @return the Event as it is kept
     * @throws ch.sbb.esta.results.ResultsException {@code INVALID} when it is no JSON object, or has neither name nor UID
     */
    public synchronized EventSnapshot put(byte[] json) {
        ObjectNode object = RunObjects.read(json);
        ObjectNode metadata = RunObjects.metadata(object);
        String place = metadata.path("namespace").asText() + "/"
                + metadata.path("name").asText();
        EventSnapshot before = events.get(place);
        if (!metadata.hasNonNull("uid")) {
            String uid = before == null ? null : before.identity();
            metadata.put(
                    "uid",
                    uid != null
                            ? uid
                            : UUID.nameUUIDFromBytes((place + version).getBytes(StandardCharsets.UTF_8))
                                    .toString());
        }
        metadata.put("resourceVersion", Long.toString(++version));
        EventSnapshot event = EventSnapshot.parse(RunObjects.bytes(object));
        events.put(place, event);
        subscriptions.forEach(subscription -> subscription.deliver(event));
        return event;
    }

    /**
     * Lets an Event expire. Nobody is told. No effect when it is gone.
     *
     * @param event which one
     */
    public synchronized void expire(EventSnapshot event) {
        events.values().removeIf(kept -> kept.identity().equals(event.identity()));
    }

    /** Forgets the past, as an API server does after a while: watches begin again with what exists. */
    public synchronized void forget() {
        events.values().forEach(event -> subscriptions.forEach(subscription -> subscription.deliver(event)));
    }

    @Override
    public synchronized Watching watchEvents(Handler handler) {
        Subscription subscription = new Subscription(Objects.requireNonNull(handler, "handler"));
        subscriptions.add(subscription);
        events.values().forEach(subscription::deliver);
        return subscription;
    }

    @Override
    public List<EventSnapshot> listAbout(String namespace, String uid) {
        return list(namespace, subject -> subject.uid().equals(uid));
    }

    @Override
    public List<EventSnapshot> listAboutPod(String namespace, String pod) {
        return list(namespace, subject -> subject.isPod() && subject.name().equals(pod));
    }

    private synchronized List<EventSnapshot> list(String namespace, Predicate<EventSnapshot.Subject> about) {
        List<EventSnapshot> found = new ArrayList<>();
        for (EventSnapshot event : events.values()) {
            if (event.namespace().equals(namespace) && about.test(event.subject())) {
                found.add(event);
            }
        }
        return found;
    }

    private final class Subscription implements Watching {

        private final Handler handler;
        private volatile @Nullable Instant heard;

        Subscription(Handler handler) {
            this.handler = handler;
            this.heard = clock.instant();
        }

        void deliver(EventSnapshot event) {
            heard = clock.instant();
            boolean ofRun =
                    event.subject().findRunKind().filter(kinds::contains).isPresent();
            if (!event.subject().isPod() && !ofRun) {
                return;
            }
            try {
                handler.onEvent(event);
            } catch (RuntimeException e) {
                LOG.error("a handler of Events failed; the watch goes on", e);
            }
        }

        @Override
        public Optional<Instant> lastHeard() {
            return Optional.ofNullable(heard);
        }

        @Override
        public void close() {
            subscriptions.remove(this);
        }
    }
}

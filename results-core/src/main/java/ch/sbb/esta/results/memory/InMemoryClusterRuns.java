package ch.sbb.esta.results.memory;

import ch.sbb.esta.results.Escaped;
import ch.sbb.esta.results.Page;
import ch.sbb.esta.results.ResultsException;
import ch.sbb.esta.results.RunKind;
import ch.sbb.esta.results.RunKinds;
import ch.sbb.esta.results.RunSnapshot;
import ch.sbb.esta.results.spi.ClusterRuns;
import ch.sbb.esta.results.spi.RunWatcher;
import ch.sbb.esta.results.spi.RunWatcher.Event;
import ch.sbb.esta.results.spi.Watching;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A cluster's runs in memory: {@link ClusterRuns} over them, and the changes that users and Tekton would make. What happens to them is
 * delivered by an {@link InMemoryRunWatcher}.
 *
 * <p>It follows the rules of an API server: every change gives a new resourceVersion, a run with finalizers stays until the last one is
 * gone, a name can be used again with another UID. Thread-safe; watchers are called by the thread that makes the change.
 */
public final class InMemoryClusterRuns implements ClusterRuns {

    private static final Logger LOG = LoggerFactory.getLogger(InMemoryClusterRuns.class);
    private static final int PAGE_SIZE = 10;

    private final InstantSource clock;
    private final RunKinds kinds;
    private final NavigableMap<Place, ObjectNode> runs = new TreeMap<>();
    private final List<Subscription> subscriptions = new ArrayList<>();
    private long version;
    private long generation;

    /** Creates an empty cluster by the system's clock. */
    public InMemoryClusterRuns() {
        this(InstantSource.system());
    }

    /**
     * Creates an empty cluster.
     *
     * @param clock gives the times of creation and deletion
     */
    public InMemoryClusterRuns(InstantSource clock) {
        this(clock, RunKinds.tekton());
    }

    /**
     * Creates an empty cluster.
     *
     * @param clock gives the times of creation and deletion
     * @param kinds which kinds are handled; objects of others cannot be put
     */
    public InMemoryClusterRuns(InstantSource clock, RunKinds kinds) {
        this.clock = Objects.requireNonNull(clock, "clock");
        this.kinds = Objects.requireNonNull(kinds, "kinds");
    }

    /**
     * Creates a run or replaces the one of its kind, namespace and name.
     *
     * @param json the whole object; it gets a resourceVersion, and a UID and a creation time unless it has them or replaces a run that
     *     has
     * @return the run as it is kept
     * @throws ResultsException {@code INVALID} when it is no run, or of a kind that is not handled
     */
    public synchronized RunSnapshot put(byte[] json) {
        ObjectNode object = RunObjects.read(json);
        ObjectNode metadata = RunObjects.metadata(object);
        Place place = Place.of(object);
        ObjectNode before = runs.get(place);
        if (before != null) {
            for (String field : List.of("uid", "creationTimestamp", "deletionTimestamp")) {
                if (!metadata.has(field) && RunObjects.metadata(before).has(field)) {
                    metadata.set(field, RunObjects.metadata(before).get(field));
                }
            }
        }
        if (!metadata.hasNonNull("uid")) {
            String seed = place + " " + version;
            metadata.put(
                    "uid",
                    UUID.nameUUIDFromBytes(seed.getBytes(StandardCharsets.UTF_8))
                            .toString());
        }
        if (!metadata.hasNonNull("creationTimestamp")) {
            metadata.put("creationTimestamp", now());
        }
        RunKind kind = RunObjects.snapshot(object).kind();
        if (!kinds.contains(kind)) {
            throw ResultsException.invalid(kind + " is not handled by this cluster, which was told of " + kinds);
        }
        return keep(place, object);
    }

    /**
     * Deletes a run as a user does, whatever its version; a run with finalizers stays and is marked. No effect when it is gone.
     *
     * @param run which run
     */
    public synchronized void delete(RunKey run) {
        ObjectNode object = object(run);
        if (object != null) {
            delete(object);
        }
    }

    /** Forgets the past, as an API server does after a while: page tokens expire, and watches begin again with what exists. */
    public synchronized void forget() {
        generation++;
        for (ObjectNode object : runs.values()) {
            publish(Event.Type.SEEN, object);
        }
    }

    @Override
    public RunKinds kinds() {
        return kinds;
    }

    @Override
    public synchronized Page<RunSnapshot> list(RunKind kind, String namespace, String continueToken) {
        Place after = continueToken.isEmpty() ? null : decode(continueToken);
        List<RunSnapshot> page = new ArrayList<>();
        for (var entry : (after == null ? runs : runs.tailMap(after, false)).entrySet()) {
            Place place = entry.getKey();
            if (!place.kind.equals(kind) || !(namespace.isEmpty() || place.namespace.equals(namespace))) {
                continue;
            }
            if (page.size() == PAGE_SIZE) {
                return new Page<>(page, encode(Place.of(page.get(PAGE_SIZE - 1))));
            }
            page.add(RunObjects.snapshot(entry.getValue()).asLiveRead());
        }
        return new Page<>(page, null);
    }

    @Override
    public synchronized Optional<RunSnapshot> find(RunKey run) {
        ObjectNode object = object(run);
        return object == null
                ? Optional.empty()
                : Optional.of(RunObjects.snapshot(object).asLiveRead());
    }

    @Override
    public synchronized boolean addFinalizer(RunKey run, String finalizer) {
        Objects.requireNonNull(finalizer, "finalizer");
        ObjectNode object = object(run);
        if (object == null || RunObjects.isBeingDeleted(object)) {
            return false;
        }
        Set<String> finalizers = RunObjects.finalizers(object);
        if (finalizers.add(finalizer)) {
            RunObjects.setFinalizers(object, finalizers);
            keep(Place.of(object), object);
        }
        return true;
    }

    @Override
    public synchronized void removeFinalizer(RunKey run, String finalizer) {
        Objects.requireNonNull(finalizer, "finalizer");
        ObjectNode object = object(run);
        if (object == null) {
            return;
        }
        Set<String> finalizers = RunObjects.finalizers(object);
        if (finalizers.remove(finalizer)) {
            RunObjects.setFinalizers(object, finalizers);
            keep(Place.of(object), object);
        }
    }

    @Override
    public synchronized boolean annotate(RunKey run, Map<String, String> annotations) {
        ObjectNode object = object(run);
        if (object == null) {
            return false;
        }
        if (RunObjects.annotate(object, annotations)) {
            keep(Place.of(object), object);
        }
        return true;
    }

    @Override
    public synchronized boolean delete(RunKey run, String resourceVersion) {
        Objects.requireNonNull(resourceVersion, "resourceVersion");
        ObjectNode object = object(run);
        if (object == null) {
            return false;
        }
        if (!RunObjects.metadata(object, "resourceVersion").equals(resourceVersion)) {
            throw new ResultsException(
                            ResultsException.Code.CONFLICT,
                            "the run has changed: its version is no longer " + Escaped.of(resourceVersion))
                    .about(run.kind().kind() + " " + run.namespace() + "/" + run.name());
        }
        delete(object);
        return true;
    }

    synchronized Watching watch(RunWatcher.Handler handler) {
        Subscription subscription = new Subscription(handler);
        subscriptions.add(subscription);
        for (ObjectNode object : List.copyOf(runs.values())) {
            subscription.take(event(Event.Type.SEEN, object));
        }
        subscription.heard = clock.instant();
        return subscription;
    }

    private void delete(ObjectNode object) {
        if (!RunObjects.isBeingDeleted(object)) {
            RunObjects.metadata(object).put("deletionTimestamp", now());
        }
        keep(Place.of(object), object);
    }

    /** Keeps a version, or lets the run go when it is deleted and nothing holds it. */
    private RunSnapshot keep(Place place, ObjectNode object) {
        version++;
        RunObjects.metadata(object).put("resourceVersion", Long.toString(version));
        if (RunObjects.isBeingDeleted(object) && RunObjects.finalizers(object).isEmpty()) {
            runs.remove(place);
            publish(Event.Type.DELETED, object);
        } else {
            runs.put(place, object);
            publish(Event.Type.SEEN, object);
        }
        return RunObjects.snapshot(object);
    }

    private void publish(Event.Type type, ObjectNode object) {
        for (Subscription subscription : List.copyOf(subscriptions)) {
            subscription.take(event(type, object));
        }
    }

    private static Event event(Event.Type type, ObjectNode object) {
        return new Event(type, RunObjects.key(object).kind(), RunObjects.bytes(object));
    }

    private @Nullable ObjectNode object(RunKey run) {
        ObjectNode object = runs.get(new Place(run.kind(), run.namespace(), run.name()));
        return object == null || !RunObjects.metadata(object, "uid").equals(run.uid()) ? null : object;
    }

    private String now() {
        return clock.instant().truncatedTo(ChronoUnit.SECONDS).toString();
    }

    private String encode(Place place) {
        String text = String.join(
                "\n",
                Long.toString(generation),
                place.kind.apiVersion(),
                place.kind.kind(),
                place.namespace,
                place.name);
        return Base64.getUrlEncoder().withoutPadding().encodeToString(text.getBytes(StandardCharsets.UTF_8));
    }

    private Place decode(String token) {
        String[] parts;
        try {
            parts = new String(Base64.getUrlDecoder().decode(token), StandardCharsets.UTF_8).split("\n", -1);
        } catch (IllegalArgumentException e) {
            parts = new String[0];
        }
        if (parts.length != 5) {
            throw ResultsException.invalid(
                    "continue token " + Escaped.of(token) + " is mangled; begin again without a token");
        }
        if (!parts[0].equals(Long.toString(generation))) {
            throw new ResultsException(
                    ResultsException.Code.CONFLICT, "the continue token has expired; begin again without a token");
        }
        return new Place(new RunKind(parts[1], parts[2]), parts[3], parts[4]);
    }

    private record Place(RunKind kind, String namespace, String name) implements Comparable<Place> {

        private static final Comparator<Place> ORDER = Comparator.comparing((Place p) -> p.kind.apiVersion())
                .thenComparing(p -> p.kind.kind())
                .thenComparing(Place::namespace)
                .thenComparing(Place::name);

        static Place of(ObjectNode object) {
            RunKey key = RunObjects.key(object);
            return new Place(key.kind(), key.namespace(), key.name());
        }

        static Place of(RunSnapshot run) {
            return new Place(run.kind(), run.namespace(), run.name());
        }

        @Override
        public int compareTo(Place other) {
            return ORDER.compare(this, other);
        }
    }

    private final class Subscription implements Watching {

        private final RunWatcher.Handler handler;
        private @Nullable Instant heard;

        Subscription(RunWatcher.Handler handler) {
            this.handler = handler;
        }

        void take(Event event) {
            heard = clock.instant();
            try {
                handler.onRun(event);
            } catch (RuntimeException e) {
                LOG.error("A watch handler failed; the watch goes on", e);
            }
        }

        @Override
        public Optional<Instant> lastHeard() {
            synchronized (InMemoryClusterRuns.this) {
                return Optional.ofNullable(heard);
            }
        }

        @Override
        public void close() {
            synchronized (InMemoryClusterRuns.this) {
                subscriptions.remove(this);
            }
        }
    }
}

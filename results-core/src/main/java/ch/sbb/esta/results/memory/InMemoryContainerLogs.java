package ch.sbb.esta.results.memory;

import ch.sbb.esta.results.Escaped;
import ch.sbb.esta.results.PodSnapshot;
import ch.sbb.esta.results.PodSnapshot.State;
import ch.sbb.esta.results.ResultsException;
import ch.sbb.esta.results.spi.ContainerLogs;
import ch.sbb.esta.results.spi.RunWatcher;
import ch.sbb.esta.results.spi.Watching;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.InstantSource;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;

/**
 * A cluster in memory whose pods write logs, with the faults of real ones, driven by a test.
 *
 * <p>It serves only the current file of a container, as a kubelet does ({@link #rotate}), leaves out lines before the second of
 * {@code since}, ends a follow when the container has ended, and does to the next streams what {@link #fault} says.
 *
 * <p>Thread-safe. Handlers of a watch are called by the thread that drives.
 */
public final class InMemoryContainerLogs implements ContainerLogs {

    private final InstantSource clock;
    private final Map<String, PodInMemory> pods = new LinkedHashMap<>();
    private final Set<String> foreign = new HashSet<>();
    private final List<PodHandler> handlers = new ArrayList<>();
    private ZoneOffset zone = ZoneOffset.UTC;
    private Instant lastHeard;

    /**
     * Creates an empty cluster.
     *
     * @param clock tells when containers start and end
     */
    public InMemoryContainerLogs(InstantSource clock) {
        this.clock = Objects.requireNonNull(clock, "clock");
        this.lastHeard = clock.instant();
    }

    /**
     * Names a container.
     *
     * @param namespace the namespace
     * @param pod the pod's name
     * @param container the container's name
     */
    public record Address(String namespace, String pod, String container) {

        /**
         * Checks that no component is null.
         *
         * @param namespace the namespace
         * @param pod the pod's name
         * @param container the container's name
         */
        public Address {
            Objects.requireNonNull(namespace, "namespace");
            Objects.requireNonNull(pod, "pod");
            Objects.requireNonNull(container, "container");
        }

        private String podKey() {
            return namespace + "/" + pod;
        }
    }

    /**
     * Adds a pod, or replaces one of the same name. Its containers are as the snapshot says.
     *
     * @param pod the pod
     */
    public void addPod(PodSnapshot pod) {
        synchronized (this) {
            foreign.remove(pod.namespace() + "/" + pod.name());
            PodInMemory old = pods.put(pod.namespace() + "/" + pod.name(), new PodInMemory(pod));
            if (old != null) {
                old.vanish();
            }
            notifyAll();
        }
        deliver(RunWatcher.Event.Type.SEEN, pod);
    }

    /**
     * Takes a name for a pod that belongs to no TaskRun: no watch and no question shows it.
     *
     * @param namespace the namespace
     * @param pod the pod's name
     */
    public synchronized void addForeignPod(String namespace, String pod) {
        if (pods.containsKey(namespace + "/" + pod)) {
            throw new IllegalArgumentException(
                    "there is a pod " + Escaped.of(namespace + "/" + pod) + "; delete it first");
        }
        foreign.add(namespace + "/" + pod);
    }

    /**
     * Says where a container stands. Starting one that has ended is a restart: its log begins anew, the old one becomes the previous.
     *
     * @param container which
     * @param state the new state
     */
    public void setState(Address container, State state) {
        change(container, log -> log.state(state, clock.instant()));
    }

    /**
     * Writes a line.
     *
     * @param container which
     * @param line any bytes; a newline is added
     * @param timestamp what the node's clock shows
     */
    public void append(Address container, byte[] line, Instant timestamp) {
        byte[] whole = Arrays.copyOf(line, line.length + 1);
        whole[line.length] = '\n';
        appendPart(container, whole, timestamp);
    }

    /**
     * Writes a line of text.
     *
     * @param container which
     * @param line the text; a newline is added
     * @param timestamp what the node's clock shows
     */
    public void append(Address container, String line, Instant timestamp) {
        append(container, line.getBytes(StandardCharsets.UTF_8), timestamp);
    }

    /**
     * Writes bytes as they are, a part of a line as a runtime splits long ones: behind a part without newline the next one goes on in the
     * same line, without a timestamp in front.
     *
     * @param container which
     * @param part at most one newline, at its end
     * @param timestamp what the node's clock shows
     */
    public synchronized void appendPart(Address container, byte[] part, Instant timestamp) {
        log(container).append(part.clone(), timestamp);
        notifyAll();
    }

    /**
     * Rotates a container's log: a new file is begun; what was opened before is read to the end of its file and goes on with the newest.
     *
     * @param container which
     */
    public synchronized void rotate(Address container) {
        log(container).rotate();
        notifyAll();
    }

    /**
     * Does something to the next stream that is opened on a container; several faults hit one stream after the other.
     *
     * @param container which
     * @param fault what
     */
    public synchronized void fault(Address container, LogFault fault) {
        log(container).faults.add(Objects.requireNonNull(fault, "fault"));
    }

    /**
     * Ends all streams that are open on a container now, in the middle of whatever they deliver.
     *
     * @param container which
     */
    public synchronized void cut(Address container) {
        log(container).cut();
        notifyAll();
    }

    /**
     * Sets the deletion timestamp of a pod; its containers go on.
     *
     * @param namespace the namespace
     * @param pod the pod's name
     */
    public void beginDeletion(String namespace, String pod) {
        PodSnapshot snapshot;
        synchronized (this) {
            PodInMemory found = pod(namespace + "/" + pod);
            found.beingDeleted = true;
            snapshot = found.snapshot();
        }
        deliver(RunWatcher.Event.Type.SEEN, snapshot);
    }

    /**
     * Removes a pod and its logs; open streams end. Does nothing when it is gone.
     *
     * @param namespace the namespace
     * @param pod the pod's name
     */
    public void deletePod(String namespace, String pod) {
        Optional<PodSnapshot> gone = vanishPod(namespace, pod);
        gone.ifPresent(snapshot -> deliver(RunWatcher.Event.Type.DELETED, snapshot));
    }

    /**
     * Removes a pod without a word of the watch, as if the event was lost.
     *
     * @param namespace the namespace
     * @param pod the pod's name
     * @return its last state, or empty when it was gone
     */
    public synchronized Optional<PodSnapshot> vanishPod(String namespace, String pod) {
        PodInMemory gone = pods.remove(namespace + "/" + pod);
        if (gone == null) {
            return Optional.empty();
        }
        gone.vanish();
        notifyAll();
        return Optional.of(gone.snapshot());
    }

    /**
     * Delivers an event to the watches, for example a stale one.
     *
     * @param type the type
     * @param pod what the watch says
     */
    public void deliver(RunWatcher.Event.Type type, PodSnapshot pod) {
        List<PodHandler> to;
        synchronized (this) {
            to = List.copyOf(handlers);
            lastHeard = clock.instant();
        }
        to.forEach(handler -> handler.onPod(type, pod));
    }

    /**
     * Sets the zone of the timestamps that streams opened from now on show.
     *
     * @param offset UTC at first
     */
    public synchronized void zone(ZoneOffset offset) {
        zone = Objects.requireNonNull(offset, "offset");
    }

    /**
     * Counts the streams that are open.
     *
     * @return the number; 0 when everybody closes what is opened
     */
    public synchronized int openStreams() {
        return pods.values().stream().mapToInt(PodInMemory::openStreams).sum();
    }

    @Override
    public Watching watchPods(PodHandler handler) {
        Objects.requireNonNull(handler, "handler");
        List<PodSnapshot> existing;
        synchronized (this) {
            handlers.add(handler);
            existing = pods.values().stream().map(PodInMemory::snapshot).toList();
        }
        existing.forEach(pod -> handler.onPod(RunWatcher.Event.Type.SEEN, pod));
        return new Watching() {
            @Override
            public Optional<Instant> lastHeard() {
                synchronized (InMemoryContainerLogs.this) {
                    return Optional.of(lastHeard);
                }
            }

            @Override
            public void close() {
                synchronized (InMemoryContainerLogs.this) {
                    handlers.remove(handler);
                }
            }
        };
    }

    @Override
    public synchronized Optional<PodSnapshot> findPod(String namespace, String name) {
        return Optional.ofNullable(pods.get(namespace + "/" + name)).map(PodInMemory::snapshot);
    }

    @Override
    public synchronized InputStream open(Request request) {
        PodInMemory pod = pods.get(request.namespace() + "/" + request.pod());
        if (pod == null) {
            throw ResultsException.notFound(request.namespace() + "/" + request.pod());
        }
        ContainerInMemory container = pod.containers.get(request.container());
        if (container == null) {
            throw ResultsException.notFound(request.namespace() + "/" + request.pod() + "/" + request.container());
        }
        return container.open(this, request, zone);
    }

    private void change(Address address, Consumer<ContainerInMemory> change) {
        PodSnapshot snapshot;
        synchronized (this) {
            change.accept(log(address));
            snapshot = pod(address.podKey()).snapshot();
            notifyAll();
        }
        deliver(RunWatcher.Event.Type.SEEN, snapshot);
    }

    private PodInMemory pod(String key) {
        PodInMemory pod = pods.get(key);
        if (pod == null) {
            throw new IllegalArgumentException("there is no pod " + Escaped.of(key) + "; add it first");
        }
        return pod;
    }

    private ContainerInMemory log(Address address) {
        ContainerInMemory container = pod(address.podKey()).containers.get(address.container());
        if (container == null) {
            throw new IllegalArgumentException("there is no container " + Escaped.of(address.toString()));
        }
        return container;
    }
}

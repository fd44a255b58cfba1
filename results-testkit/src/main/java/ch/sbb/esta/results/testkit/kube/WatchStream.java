package ch.sbb.esta.results.testkit.kube;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.vertx.core.Context;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * One watch: a cursor in the history that moves on when there is news and the peer takes it (API concepts, "Efficient detection of changes"). Nothing is
 * queued for a slow peer; one that falls out of the history is cut off, as {@code k8s.io/apiserver/pkg/storage/cacher/cache_watcher.go} does.
 *
 * <p>Runs on the event loop of its connection; only {@link #wake()} is called from elsewhere.
 */
final class WatchStream {

    /** What is watched: a resource in one version. */
    record Subject(KubeResource resource, String version) {}

    private static final int BATCH = 128;

    private final ObjectStore store;
    private final ApiFaults faults;
    private final Subject subject;
    private final ListOptions options;
    private final EventSink sink;
    private final Context context;
    private final AtomicBoolean awake = new AtomicBoolean();
    private final Deque<StoredObject> initial = new ArrayDeque<>();

    @SuppressWarnings("UnnecessaryLambda") // the store removes it by identity
    private final Consumer<History.Change> listener = change -> wake();

    private final Deque<Long> timers = new ArrayDeque<>();
    private long cursor;
    private boolean closed;
    private @Nullable Runnable onClosed;

    WatchStream(Cluster cluster, Subject subject, ListOptions options, EventSink sink, Context context) {
        this.store = cluster.store();
        this.faults = cluster.faults();
        this.subject = subject;
        this.options = options;
        this.sink = sink;
        this.context = context;
    }

    /** Whether a watch from this position can be served; asked before the stream is opened when the answer is to be a HTTP status. */
    static boolean isTooOld(ObjectStore store, ListOptions options) {
        return options.revision() > 0
                && store.changesAfter(ResourceRegistry.NAMESPACES, options.revision(), 1)
                        .isEmpty();
    }

    static KubeApiException tooOld(ObjectStore store, ListOptions options) {
        return ApiErrors.expired(
                "too old resource version: " + options.resourceVersion() + " (" + store.revision() + ")");
    }

    void start(Duration bookmarkInterval, Duration longest, Runnable whenClosed) {
        onClosed = whenClosed;
        sink.onClosed(this::close);
        sink.onDrain(this::wake);
        cursor = options.revision();
        if (cursor == 0) {
            // "Get State and Start at Most Recent" and "at Any": the present state as ADDED events first.
            ObjectStore.Snapshot snapshot = store.snapshot(subject.resource());
            snapshot.objects().values().stream()
                    .filter(options.selector()::matches)
                    .forEach(initial::add);
            cursor = snapshot.revision();
        } else if (isTooOld(store, options)) {
            send("ERROR", Json.bytes(tooOld(store, options).status()));
            finish();
            return;
        }
        store.onChange(listener);
        Vertx vertx = context.owner();
        timers.add(vertx.setTimer(Math.max(1, longest.toMillis()), id -> end()));
        if (options.bookmarks()) {
            timers.add(vertx.setPeriodic(Math.max(1, bookmarkInterval.toMillis()), id -> bookmark()));
        }
        wake();
    }

    void wake() {
        if (awake.compareAndSet(false, true)) {
            context.runOnContext(nothing -> {
                awake.set(false);
                pump();
            });
        }
    }

    private void pump() {
        while (!closed && !sink.isFull()) {
            @Nullable StoredObject first = initial.poll();
            if (first != null) {
                send("ADDED", first.json(subject.version()));
                continue;
            }
            Optional<ObjectStore.Changes> next = store.changesAfter(subject.resource(), cursor, BATCH);
            if (next.isEmpty()) {
                finish();
                return;
            }
            next.get().changes().forEach(this::send);
            cursor = next.get().upTo();
            if (next.get().changes().isEmpty()) {
                return;
            }
        }
    }

    private void send(History.Change change) {
        @Nullable StoredObject before = change.before();
        boolean was = before != null && options.selector().matches(before);
        if (change.removed() && was && faults.losesDeletion()) {
            return;
        }
        boolean is = !change.removed() && options.selector().matches(change.after());
        if (is) {
            send(was ? "MODIFIED" : "ADDED", change.after().json(subject.version()));
        } else if (was && change.removed()) {
            send("DELETED", change.after().json(subject.version()));
        } else if (before != null && was) {
            // Left the selection: the last state that matched, at the revision at which it stopped to.
            send("DELETED", before.withResourceVersion(change.revision()).json(subject.version()));
        }
    }

    private void send(String type, byte[] object) {
        if (faults.isSilent()) {
            return;
        }
        sink.send(Buffer.buffer("{\"type\":\"" + type + "\",\"object\":")
                .appendBytes(object)
                .appendByte((byte) '}'));
    }

    private void bookmark() {
        if (!closed && initial.isEmpty() && !sink.isFull()) {
            ObjectNode object = Json.object();
            object.put("kind", subject.resource().kind())
                    .put("apiVersion", subject.resource().apiVersion(subject.version()));
            object.putObject("metadata")
                    .put("resourceVersion", Long.toString(cursor))
                    .putNull("creationTimestamp");
            send("BOOKMARK", Json.bytes(object));
        }
    }

    /** Ends the watch as the server does after its time: without a word, except a last bookmark. */
    void end() {
        context.runOnContext(nothing -> {
            if (!closed) {
                if (options.bookmarks()) {
                    bookmark();
                }
                finish();
            }
        });
    }

    /** Sends everything again that the history has, as a server that has lost its place may. */
    void replay() {
        context.runOnContext(nothing -> {
            cursor = Math.min(cursor, store.oldest());
            pump();
        });
    }

    /** Ends the watch as the server does when its place in the history is compacted while it is open. */
    void expire() {
        context.runOnContext(nothing -> {
            if (!closed) {
                send(
                        "ERROR",
                        Json.bytes(ApiErrors.expired("The resourceVersion for the provided watch is too old.")
                                .status()));
                finish();
            }
        });
    }

    private void finish() {
        close();
        sink.end();
    }

    private void close() {
        if (!closed) {
            closed = true;
            store.removeListener(listener);
            timers.forEach(context.owner()::cancelTimer);
            if (onClosed != null) {
                onClosed.run();
            }
        }
    }
}

package ch.sbb.esta.results.testkit.kube;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import java.util.function.LongFunction;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * All objects, and the history of their changes. One revision counts all changes of all resources, as in etcd: a resourceVersion is
 * comparable across resources of a server (API concepts, "Resource versions").
 *
 * <p>Safe for many threads: a write takes the lock for its whole read-decide-commit, a reader for the moment it collects frozen states.
 */
final class ObjectStore {

    /** A part of the history as one watch sees it. */
    record Changes(List<History.Change> changes, long upTo) {}

    /** The objects of one resource at one revision, in the order of their keys. */
    record Snapshot(NavigableMap<String, StoredObject> objects, long revision) {}

    private final ReentrantLock lock = new ReentrantLock();
    private final Map<KubeResource, NavigableMap<String, StoredObject>> objects = new HashMap<>();
    private final List<Consumer<History.Change>> listeners = new CopyOnWriteArrayList<>();
    private final Set<String> uids = new HashSet<>();
    private final History history;
    private long revision = 1;

    ObjectStore(int historyChanges, long historyBytes) {
        history = new History(historyChanges, historyBytes, revision);
    }

    /** Runs a decision and its commits as one step; the lock is reentrant. */
    <T> T atomically(Supplier<T> step) {
        lock.lock();
        try {
            return step.get();
        } finally {
            lock.unlock();
        }
    }

    /** Called after each commit, with the lock held: must only signal. */
    void onChange(Consumer<History.Change> listener) {
        listeners.add(listener);
    }

    void removeListener(Consumer<History.Change> listener) {
        listeners.remove(listener);
    }

    /** Whether an object of this uid is there. */
    boolean hasUid(String uid) {
        return atomically(() -> uids.contains(uid));
    }

    long revision() {
        return atomically(() -> revision);
    }

    Optional<StoredObject> find(KubeResource resource, String namespace, String name) {
        return atomically(() -> Optional.ofNullable(table(resource).get(StoredObject.key(namespace, name))));
    }

    /** Puts a new state; the function gets the revision of the change and makes the state from it. */
    StoredObject put(KubeResource resource, LongFunction<StoredObject> state) {
        return atomically(() -> put(resource, revision + 1, state));
    }

    /** Puts a state that brings its own resourceVersion: the counter jumps to it if it is ahead, and never goes back. */
    StoredObject load(StoredObject object, long resourceVersion) {
        return atomically(() -> put(object.resource(), Math.max(resourceVersion, revision + 1), at -> object));
    }

    private StoredObject put(KubeResource resource, long at, LongFunction<StoredObject> state) {
        StoredObject after = state.apply(at);
        revision = at;
        StoredObject before = table(resource).put(StoredObject.key(after.namespace(), after.name()), after);
        uids.add(after.uid());
        record(new History.Change(at, resource, before, after, false));
        return after;
    }

    /** Removes an object; the last state gets the revision of the removal. */
    StoredObject remove(StoredObject object) {
        return atomically(() -> {
            revision++;
            StoredObject last = object.withResourceVersion(revision);
            table(object.resource()).remove(StoredObject.key(object.namespace(), object.name()));
            uids.remove(object.uid());
            record(new History.Change(revision, object.resource(), object, last, true));
            return last;
        });
    }

    private void record(History.Change change) {
        history.add(change);
        listeners.forEach(listener -> listener.accept(change));
    }

    Snapshot snapshot(KubeResource resource) {
        return atomically(() -> new Snapshot(new TreeMap<>(table(resource)), revision));
    }

    /** The objects as they were at a revision, or nothing if the history does not reach back to it. */
    Optional<Snapshot> snapshotAt(KubeResource resource, long at) {
        return atomically(() -> {
            if (!history.reaches(at)) {
                return Optional.empty();
            }
            TreeMap<String, StoredObject> then = new TreeMap<>(table(resource));
            history.backwards(at, change -> {
                if (change.resource().equals(resource)) {
                    String key = StoredObject.key(
                            change.after().namespace(), change.after().name());
                    @Nullable StoredObject before = change.before();
                    if (before == null) {
                        then.remove(key);
                    } else {
                        then.put(key, before);
                    }
                }
            });
            return Optional.of(new Snapshot(then, at));
        });
    }

    /** At most so many changes of a resource after a revision, or nothing if the history does not reach back to it. */
    Optional<Changes> changesAfter(KubeResource resource, long after, int most) {
        return atomically(() -> {
            if (!history.reaches(after)) {
                return Optional.empty();
            }
            List<History.Change> found = new ArrayList<>();
            long upTo = history.forwards(after, change -> {
                if (change.resource().equals(resource)) {
                    found.add(change);
                }
                return found.size() < most;
            });
            return Optional.of(new Changes(found, found.size() < most ? revision : upTo));
        });
    }

    /** The revision that the history reaches back to. */
    long oldest() {
        return atomically(history::oldest);
    }

    /** Forgets all history up to now, as a compaction of etcd does. */
    void compact() {
        atomically(() -> {
            history.forget(revision);
            return null;
        });
    }

    private NavigableMap<String, StoredObject> table(KubeResource resource) {
        return objects.computeIfAbsent(resource, r -> new TreeMap<>());
    }
}

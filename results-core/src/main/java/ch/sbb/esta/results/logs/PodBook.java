package ch.sbb.esta.results.logs;

import ch.sbb.esta.results.ContainerLogId;
import ch.sbb.esta.results.PodSnapshot;
import ch.sbb.esta.results.spi.RunWatcher.Event;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.BiFunction;
import java.util.function.Predicate;

/** Which pods were seen and which of their logs are in work. Not thread-safe. */
final class PodBook {

    /** Pods without a log in work are forgotten beyond this number; should one show up again, the sink knows its logs. */
    private static final int REMEMBERED = 10_000;

    private final BiFunction<ContainerLogId, String, ContainerCollection> factory;
    private final Map<String, Entry> pods = new LinkedHashMap<>();

    private static final class Entry {
        final String taskRunUid;
        final Map<ContainerLogId, ContainerCollection> active = new LinkedHashMap<>();
        final Set<ContainerLogId> known = new HashSet<>();
        boolean deleted;

        Entry(String taskRunUid) {
            this.taskRunUid = taskRunUid;
        }
    }

    /** What an event brought: logs to begin with, and logs whose container has changed. */
    record News(List<ContainerCollection> begun, List<ContainerCollection> changed) {}

    PodBook(BiFunction<ContainerLogId, String, ContainerCollection> factory) {
        this.factory = factory;
    }

    News take(Event.Type type, PodSnapshot pod) {
        boolean deleted = type == Event.Type.DELETED;
        News news = new News(new ArrayList<>(), new ArrayList<>());
        Entry entry = pods.computeIfAbsent(pod.uid(), uid -> new Entry(pod.taskRunUid()));
        // The last version of a deleted pod tells what the watch missed: a log that nobody began is to be labelled all
        // the same.
        entry.deleted |= deleted;
        begin(entry, pod, news.begun());
        Optional<PodSnapshot> seen = deleted ? Optional.empty() : Optional.of(pod);
        for (ContainerCollection collection : entry.active.values()) {
            if (deleted && news.begun().contains(collection)) {
                collection.observe(Optional.of(pod));
            }
            if (collection.observe(seen) && !news.begun().contains(collection)) {
                news.changed().add(collection);
            }
        }
        forget(pod.uid(), entry);
        return news;
    }

    void done(ContainerCollection collection) {
        Entry entry = pods.get(collection.id().podUid());
        if (entry != null) {
            // It may have been begun again since it was released.
            entry.active.remove(collection.id(), collection);
            forget(collection.id().podUid(), entry);
        }
    }

    /** Forgets the pods of TaskRuns that somebody else looks after; says which of their logs were in work. */
    List<ContainerCollection> release(Predicate<String> taskRuns) {
        List<ContainerCollection> released = new ArrayList<>();
        Iterator<Entry> entries = pods.values().iterator();
        while (entries.hasNext()) {
            Entry entry = entries.next();
            if (taskRuns.test(entry.taskRunUid)) {
                released.addAll(entry.active.values());
                entries.remove();
            }
        }
        return released;
    }

    List<ContainerCollection> active() {
        return pods.values().stream()
                .flatMap(entry -> entry.active.values().stream())
                .toList();
    }

    boolean isIdle() {
        return pods.values().stream().allMatch(entry -> entry.active.isEmpty());
    }

    boolean knows(String podUid) {
        return pods.containsKey(podUid);
    }

    private void begin(Entry entry, PodSnapshot pod, List<ContainerCollection> begun) {
        for (PodSnapshot.Container container : pod.containers()) {
            boolean runs = container.state() != PodSnapshot.State.WAITING;
            for (int restart = 0; restart < container.restarts() + (runs ? 1 : 0); restart++) {
                ContainerLogId id =
                        new ContainerLogId(pod.namespace(), pod.taskRunUid(), pod.uid(), container.name(), restart);
                if (entry.known.add(id)) {
                    ContainerCollection collection = factory.apply(id, pod.name());
                    entry.active.put(id, collection);
                    begun.add(collection);
                }
            }
        }
    }

    private void forget(String uid, Entry entry) {
        if (entry.deleted && entry.active.isEmpty()) {
            pods.remove(uid);
        }
        Iterator<Entry> oldest = pods.values().iterator();
        while (pods.size() > REMEMBERED && oldest.hasNext()) {
            if (oldest.next().active.isEmpty()) {
                oldest.remove();
            }
        }
    }
}

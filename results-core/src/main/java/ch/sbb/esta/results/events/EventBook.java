package ch.sbb.esta.results.events;

import ch.sbb.esta.results.EventSnapshot;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Which runs are stored, and which Events wait: of those runs to be written, of others for their run. An Event that finds no room pushes
 * out the oldest of those whose run is not known. Not thread-safe.
 */
final class EventBook {

    /** The runs that were looked at last; an Event of one that is forgotten waits for its run in vain. */
    private static final int REMEMBERED = 100_000;
    /** The place of what is no stray. */
    private static final String NOWHERE = "";
    /** What an Event costs beside its JSON. */
    private static final int OVERHEAD = 200;

    private static final int LEAST_WRITTEN = 10_000;
    /** More are not told apart. */
    private static final int MOST_LEFT_OUT = 10_000;

    private final int mostEvents;
    private final long mostBytes;
    /** The versions that were written, so that a new list of the cluster brings only what is new. */
    private final Map<String, String> written;

    private final Map<String, Entry> runs = new LinkedHashMap<>(16, 0.75f, true);
    private final Map<String, String> byPod = new HashMap<>();
    /** By what they are about, the oldest first. */
    private final Map<String, Map<String, EventSnapshot>> strays = new LinkedHashMap<>();

    private int strayEvents;
    private int waiting;
    private long bytes;
    private long postponed;
    private boolean missed;

    /** A run with what waits to be written of it. */
    static final class Entry {

        private final Map<String, EventSnapshot> waiting = new LinkedHashMap<>();
        private final Set<String> leftOut = new HashSet<>();
        private KnownRun run;
        private int attempts;
        private long due;

        Entry(KnownRun run) {
            this.run = run;
        }

        KnownRun run() {
            return run;
        }

        boolean isEmpty() {
            return waiting.isEmpty();
        }

        List<EventSnapshot> batch() {
            return List.copyOf(waiting.values());
        }

        Set<String> leftOut() {
            return leftOut;
        }

        int attempts() {
            return attempts;
        }

        void failed() {
            attempts++;
        }

        long due() {
            return due;
        }

        void due(long nanoTime) {
            due = nanoTime;
        }
    }

    EventBook(EventCollectorConfig config) {
        this.mostEvents = config.waitingEvents();
        this.mostBytes = config.waitingBytes();
        long most = Math.max(LEAST_WRITTEN, config.waitingEvents() * 2L);
        this.written = new LinkedHashMap<>(16, 0.75f, true) {
            private static final long serialVersionUID = 1L;

            @Override
            protected boolean removeEldestEntry(Map.Entry<String, String> eldest) {
                return size() > most;
            }
        };
    }

    /** Takes an Event; the run that it is of, or null when it waits for one, is of no interest or finds no room. */
    @Nullable
    Entry take(EventSnapshot event) {
        boolean aboutPod = event.subject().isPod();
        if ((!aboutPod && event.subject().findRunKind().isEmpty()) || isWritten(event)) {
            return null;
        }
        String place = place(event);
        String uid = aboutPod ? byPod.get(place) : event.subject().uid();
        Entry entry = uid == null ? null : runs.get(uid);
        if (entry == null
                || !entry.run.namespace().equals(event.namespace())
                || (aboutPod && !entry.run.canHave(event))) {
            stray(place, event);
            return null;
        }
        return put(NOWHERE, entry.waiting, event) ? entry : null;
    }

    private boolean isWritten(EventSnapshot event) {
        String version = written.get(event.identity());
        return version != null
                && event.resourceVersion().filter(version::equals).isPresent();
    }

    private static String place(EventSnapshot event) {
        return event.subject().isPod()
                ? pod(event.namespace(), event.subject().name())
                : run(event.namespace(), event.subject().uid());
    }

    private static String run(String namespace, String uid) {
        return namespace + "/run/" + uid;
    }

    private static String pod(String namespace, String name) {
        return namespace + "/pod/" + name;
    }

    private void stray(String place, EventSnapshot event) {
        Map<String, EventSnapshot> there = strays.computeIfAbsent(place, key -> new LinkedHashMap<>());
        int before = waiting;
        put(place, there, event);
        strayEvents += waiting - before;
        waiting = before;
        if (there.isEmpty()) {
            strays.remove(place);
        }
    }

    /** Whether an Event was taken or a newer version of one; false too when there is no room. */
    private boolean put(String place, Map<String, EventSnapshot> to, EventSnapshot event) {
        EventSnapshot before = to.get(event.identity());
        if (before != null && !event.isNewerThan(before)) {
            return false;
        }
        long more = size(event) - (before == null ? 0 : size(before));
        if (!makeRoom(place, before == null ? 1 : 0, more)) {
            postponed++;
            missed = true;
            return false;
        }
        to.put(event.identity(), event);
        waiting += before == null ? 1 : 0;
        bytes += more;
        return true;
    }

    private boolean makeRoom(String keep, int events, long size) {
        Iterator<Map.Entry<String, Map<String, EventSnapshot>>> oldest =
                strays.entrySet().iterator();
        while (waiting + strayEvents + events > mostEvents || bytes + size > mostBytes) {
            if (!oldest.hasNext()) {
                return false;
            }
            Map.Entry<String, Map<String, EventSnapshot>> next = oldest.next();
            if (!next.getKey().equals(keep)) {
                Map<String, EventSnapshot> out = next.getValue();
                oldest.remove();
                strayEvents -= out.size();
                postponed += out.size();
                missed = true;
                out.values().forEach(event -> bytes -= size(event));
            }
        }
        return true;
    }

    private static long size(EventSnapshot event) {
        return (long) event.json().length + OVERHEAD;
    }

    /** A run is stored, in whatever version; gives back its entry with the Events that waited for it. */
    Entry stored(KnownRun run) {
        Entry entry = runs.computeIfAbsent(run.uid(), uid -> new Entry(run));
        boolean finished = entry.run.finished() || run.finished();
        entry.run = new KnownRun(
                run.uid(), run.record(), run.annotated(), union(entry.run.pods(), run.pods()), run.created(), finished);
        adopt(entry, run(run.namespace(), run.uid()));
        for (String name : entry.run.pods()) {
            String place = pod(run.namespace(), name);
            if (isLaterThan(byPod.get(place), entry.run)) {
                byPod.put(place, run.uid());
                adopt(entry, place);
            }
        }
        forgetOldest();
        return entry;
    }

    private static List<String> union(List<String> one, List<String> other) {
        if (one.equals(other)) {
            return one;
        }
        List<String> all = new ArrayList<>(one);
        other.stream().filter(name -> !one.contains(name)).forEach(all::add);
        return all;
    }

    /** Whether a run has a better claim to a pod than the one that had it. */
    private boolean isLaterThan(@Nullable String uid, KnownRun run) {
        Entry other = uid == null ? null : runs.get(uid);
        return other == null
                || other.run.created() == null
                || run.created() == null
                || !run.created().isBefore(other.run.created());
    }

    private void adopt(Entry entry, String place) {
        Map<String, EventSnapshot> waited = strays.remove(place);
        if (waited == null) {
            return;
        }
        strayEvents -= waited.size();
        waited.values().forEach(event -> {
            bytes -= size(event);
            if (!event.subject().isPod() || entry.run.canHave(event)) {
                put(NOWHERE, entry.waiting, event);
            }
        });
    }

    private void forgetOldest() {
        Iterator<Entry> oldest = runs.values().iterator();
        for (int over = runs.size() - REMEMBERED; over > 0 && oldest.hasNext(); over--) {
            Entry entry = oldest.next();
            if (entry.isEmpty()) {
                oldest.remove();
                forgetPods(entry.run);
            }
        }
    }

    private void forgetPods(KnownRun run) {
        run.pods().forEach(name -> byPod.remove(pod(run.namespace(), name), run.uid()));
    }

    @Nullable
    Entry find(String uid) {
        return runs.get(uid);
    }

    /** What was written, or given up, waits no more. */
    void done(Entry entry, List<EventSnapshot> batch, Set<String> leftOut) {
        entry.attempts = 0;
        for (EventSnapshot event : batch) {
            event.resourceVersion().ifPresent(version -> written.put(event.identity(), version));
            if (entry.waiting.remove(event.identity(), event)) {
                waiting--;
                bytes -= size(event);
            }
        }
        for (String identity : leftOut) {
            if (entry.leftOut.size() < MOST_LEFT_OUT) {
                entry.leftOut.add(identity);
            }
        }
    }

    /** A run whose Result is gone is not expected back. */
    void forget(Entry entry) {
        done(entry, entry.batch(), Set.of());
        runs.remove(entry.run.uid(), entry);
        forgetPods(entry.run);
    }

    List<Entry> entriesWaiting() {
        return runs.values().stream().filter(entry -> !entry.isEmpty()).toList();
    }

    int waiting() {
        return waiting;
    }

    int strays() {
        return strayEvents;
    }

    long postponed() {
        return postponed;
    }

    /** Whether something had no room, and there is some for a new list of the cluster. */
    boolean shouldListAgain() {
        return missed && waiting < mostEvents / 2;
    }

    void listedAgain() {
        missed = false;
    }
}

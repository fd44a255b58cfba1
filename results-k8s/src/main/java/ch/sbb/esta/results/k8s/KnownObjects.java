package ch.sbb.esta.results.k8s;

import ch.sbb.esta.results.RunSnapshot;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * What an informer remembers of the objects that exist: key, UID, version and state, about 200 bytes each, and never the objects. By UID and
 * not by name, so that an object that replaced another of its name is not taken for it. Thread-safe.
 */
final class KnownObjects {

    private final Map<Object, Entry> byUid = new HashMap<>();
    /** One text for the many objects of a namespace. */
    private final Map<String, String> namespaces = new HashMap<>();

    private int round;
    private long replayed;
    private long vanished;
    private long vanishedUnfinished;

    /**
     * Numbers of one moment.
     *
     * @param objects how many are known
     * @param replayed how many old versions came again and were passed over
     * @param vanished how many went away unseen
     * @param vanishedUnfinished how many of those were not finished when they were seen last
     */
    record Counts(int objects, long replayed, long vanished, long vanishedUnfinished) {}

    private static final class Entry {
        private final String namespace;
        private final String name;
        private RunSnapshot.State state;
        private int round;
        private long version;
        /** Only where the version is no number. */
        private @Nullable String text;

        Entry(String namespace, String name, RunSnapshot.State state) {
            this.namespace = namespace;
            this.name = name;
            this.state = state;
        }
    }

    /** A list begins: whatever is not in it is gone. */
    synchronized void beginList() {
        round++;
    }

    /** Takes an object of a list; returns whether this version of it was known. */
    synchronized boolean listed(RawResource object) {
        Entry entry = byUid.get(key(object.uid()));
        boolean known = entry != null && versionOf(entry).equals(object.resourceVersion());
        keep(object, entry);
        return known;
    }

    /** A list ends; returns what went away unseen. */
    synchronized List<KnownObject> endList() {
        List<KnownObject> gone = new ArrayList<>();
        for (Iterator<Map.Entry<Object, Entry>> each = byUid.entrySet().iterator(); each.hasNext(); ) {
            Map.Entry<Object, Entry> next = each.next();
            if (next.getValue().round != round) {
                gone.add(known(next.getKey(), next.getValue()));
                each.remove();
            }
        }
        vanished += gone.size();
        vanishedUnfinished += gone.stream()
                .filter(object -> object.state() != RunSnapshot.State.FINISHED)
                .count();
        return gone;
    }

    /** Takes a version that a watch brings; returns false for one that is older than what is known. */
    synchronized boolean seen(RawResource object) {
        Entry entry = byUid.get(key(object.uid()));
        if (entry != null && isOlder(object.resourceVersion(), entry)) {
            replayed++;
            return false;
        }
        keep(object, entry);
        return true;
    }

    synchronized void deleted(String uid) {
        byUid.remove(key(uid));
    }

    synchronized Counts counts() {
        return new Counts(byUid.size(), replayed, vanished, vanishedUnfinished);
    }

    private void keep(RawResource object, @Nullable Entry before) {
        Entry entry = before;
        if (entry == null) {
            String namespace = namespaces.computeIfAbsent(object.namespace(), text -> text);
            entry = new Entry(namespace, object.name(), object.state());
            byUid.put(key(object.uid()), entry);
        }
        entry.state = object.state();
        entry.round = round;
        entry.version = decimal(object.resourceVersion());
        entry.text = entry.version < 0 ? object.resourceVersion() : null;
    }

    private static boolean isOlder(String version, Entry than) {
        long decimal = decimal(version);
        return decimal >= 0 && decimal < than.version;
    }

    private static KnownObject known(Object uid, Entry entry) {
        return new KnownObject(entry.namespace, entry.name, uid.toString(), versionOf(entry), entry.state);
    }

    private static String versionOf(Entry entry) {
        return entry.text == null ? Long.toString(entry.version) : entry.text;
    }

    /** The usual UID takes a third of the room as numbers. */
    private static Object key(String uid) {
        if (uid.length() == 36) {
            try {
                UUID compact = UUID.fromString(uid);
                return compact.toString().equals(uid) ? compact : uid;
            } catch (IllegalArgumentException e) {
                return uid;
            }
        }
        return uid;
    }

    /** Versions are compared only where both are decimal numbers; returns -1 for another one. */
    static long decimal(String version) {
        if (version.isEmpty() || version.length() > 18 || (version.length() > 1 && version.charAt(0) == '0')) {
            return -1;
        }
        for (int i = 0; i < version.length(); i++) {
            if (version.charAt(i) < '0' || version.charAt(i) > '9') {
                return -1;
            }
        }
        return Long.parseLong(version);
    }
}

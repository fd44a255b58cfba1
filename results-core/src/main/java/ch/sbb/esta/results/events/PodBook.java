package ch.sbb.esta.results.events;

import ch.sbb.esta.results.RecordName;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Which pods wait, and which TaskRuns are stored. A pod that finds no room pushes out the oldest without a TaskRun. Not thread-safe. */
final class PodBook {

    private static final int REMEMBERED = 100_000;
    private static final long MOST_BYTES = 64L << 20;

    private final Map<String, RecordName> taskRuns = bounded();
    /** The versions that were written, by the UID of the pod. */
    private final Map<String, String> written = bounded();

    private final Map<String, Ready> ready = new LinkedHashMap<>();
    private final Map<String, Stray> strays = new LinkedHashMap<>();
    private long bytes;
    private long dropped;

    /** A pod whose TaskRun is stored. */
    record Ready(RecordName taskRun, RedactedPod pod, int size) {}

    private record Stray(String taskRun, RedactedPod pod, int size) {}

    private static <V> Map<String, V> bounded() {
        return new LinkedHashMap<>(16, 0.75f, true) {
            private static final long serialVersionUID = 1L;

            @Override
            protected boolean removeEldestEntry(Map.Entry<String, V> eldest) {
                return size() > REMEMBERED;
            }
        };
    }

    void take(String taskRun, RedactedPod pod) {
        String version = pod.resourceVersion();
        if (!version.isEmpty() && version.equals(written.get(pod.uid()))) {
            return;
        }
        remove(pod.uid());
        int size = pod.json().length;
        if (!makeRoom(size)) {
            dropped++;
            return;
        }
        bytes += size;
        RecordName record = taskRuns.get(taskRun);
        if (record != null && record.parent().equals(pod.namespace())) {
            ready.put(pod.uid(), new Ready(record, pod, size));
        } else {
            strays.put(pod.uid(), new Stray(taskRun, pod, size));
        }
    }

    private void remove(String uid) {
        Ready one = ready.remove(uid);
        Stray other = strays.remove(uid);
        bytes -= (one == null ? 0 : one.size) + (other == null ? 0 : other.size);
    }

    private boolean makeRoom(int size) {
        Iterator<Stray> oldest = strays.values().iterator();
        while (bytes + size > MOST_BYTES) {
            if (!oldest.hasNext()) {
                return false;
            }
            bytes -= oldest.next().size;
            oldest.remove();
            dropped++;
        }
        return true;
    }

    void stored(String taskRun, RecordName record) {
        taskRuns.put(taskRun, record);
        Iterator<Stray> waiting = strays.values().iterator();
        while (waiting.hasNext()) {
            Stray stray = waiting.next();
            if (stray.taskRun.equals(taskRun) && record.parent().equals(stray.pod.namespace())) {
                waiting.remove();
                ready.put(stray.pod.uid(), new Ready(record, stray.pod, stray.size));
            }
        }
    }

    @Nullable
    Ready findReady() {
        Iterator<Ready> first = ready.values().iterator();
        return first.hasNext() ? first.next() : null;
    }

    boolean hasReady() {
        return !ready.isEmpty();
    }

    void done(Ready done) {
        if (ready.remove(done.pod.uid(), done)) {
            bytes -= done.size;
        }
        written.put(done.pod.uid(), done.pod.resourceVersion());
    }

    int size() {
        return ready.size() + strays.size();
    }

    long dropped() {
        return dropped;
    }
}

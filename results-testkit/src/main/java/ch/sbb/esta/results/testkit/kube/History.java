package ch.sbb.esta.results.testkit.kube;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** The last changes, bounded in number and bytes. Guarded by the lock of its store. */
final class History {

    /**
     * One change.
     *
     * @param before the state that it replaced; null for a new object
     * @param after the state that it made; of a removed object the last one
     * @param removed whether the object is gone
     */
    record Change(
            long revision, KubeResource resource, @Nullable StoredObject before, StoredObject after, boolean removed) {}

    private static final int TRIM_STEP = 64;

    private final int mostChanges;
    private final long mostBytes;
    private final List<Change> changes = new ArrayList<>();
    /** Where the part of the list begins that counts; what lies before it is cut off in steps. */
    private int first;

    private long bytes;
    /** Changes up to this one are forgotten. */
    private long forgotten;

    History(int mostChanges, long mostBytes, long revision) {
        this.mostChanges = mostChanges;
        this.mostBytes = mostBytes;
        this.forgotten = revision;
    }

    void add(Change change) {
        changes.add(change);
        bytes += change.after().size();
        while (changes.size() - first > mostChanges || (bytes > mostBytes && changes.size() - first > 1)) {
            dropFirst();
        }
        trim();
    }

    void forget(long upTo) {
        while (first < changes.size() && changes.get(first).revision() <= upTo) {
            dropFirst();
        }
        forgotten = Math.max(forgotten, upTo);
        trim();
    }

    /** Whether every change after a revision is still known. */
    boolean reaches(long revision) {
        return revision >= forgotten;
    }

    /** The oldest revision that it reaches back to. */
    long oldest() {
        return forgotten;
    }

    /** Visits the changes after a revision from the latest to the oldest. */
    void backwards(long revision, Consumer<Change> visitor) {
        for (int i = changes.size() - 1; i >= first && changes.get(i).revision() > revision; i--) {
            visitor.accept(changes.get(i));
        }
    }

    /** Visits the changes after a revision in order until the visitor says no; returns the revision of the last visited. */
    long forwards(long revision, Predicate<Change> visitor) {
        long last = revision;
        for (int i = indexAfter(revision); i < changes.size(); i++) {
            last = changes.get(i).revision();
            if (!visitor.test(changes.get(i))) {
                break;
            }
        }
        return last;
    }

    private int indexAfter(long revision) {
        int low = first;
        int high = changes.size();
        while (low < high) {
            int middle = (low + high) >>> 1;
            if (changes.get(middle).revision() <= revision) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        return low;
    }

    private void dropFirst() {
        Change change = changes.get(first++);
        bytes -= change.after().size();
        forgotten = change.revision();
    }

    private void trim() {
        if (first >= TRIM_STEP && first >= changes.size() / 4) {
            changes.subList(0, first).clear();
            first = 0;
        }
    }
}

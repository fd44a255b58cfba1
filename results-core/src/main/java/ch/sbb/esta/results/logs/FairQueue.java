package ch.sbb.esta.results.logs;

import java.util.ArrayDeque;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * A queue that serves namespaces in turn, and those in a hurry first. Not thread-safe.
 *
 * @param <T> what waits; by identity of {@code equals}
 */
final class FairQueue<T> {

    private final Map<String, ArrayDeque<T>> urgent = new LinkedHashMap<>();
    private final Map<String, ArrayDeque<T>> normal = new LinkedHashMap<>();
    private int size;

    void add(String namespace, T item, Urgency urgency) {
        level(urgency).computeIfAbsent(namespace, n -> new ArrayDeque<>()).addLast(item);
        size++;
    }

    /** Moves a waiting item to those in a hurry; does nothing when it does not wait. */
    void hurry(String namespace, T item) {
        ArrayDeque<T> waiting = normal.get(namespace);
        if (waiting != null && waiting.remove(item)) {
            if (waiting.isEmpty()) {
                normal.remove(namespace);
            }
            size--;
            add(namespace, item, Urgency.URGENT);
        }
    }

    Optional<T> poll() {
        return poll(urgent).or(() -> poll(normal));
    }

    int size() {
        return size;
    }

    boolean hasUrgent() {
        return !urgent.isEmpty();
    }

    private Optional<T> poll(Map<String, ArrayDeque<T>> level) {
        Iterator<Map.Entry<String, ArrayDeque<T>>> first = level.entrySet().iterator();
        if (!first.hasNext()) {
            return Optional.empty();
        }
        Map.Entry<String, ArrayDeque<T>> entry = first.next();
        first.remove();
        T item = entry.getValue().removeFirst();
        if (!entry.getValue().isEmpty()) {
            level.put(entry.getKey(), entry.getValue());
        }
        size--;
        return Optional.of(item);
    }

    private Map<String, ArrayDeque<T>> level(Urgency urgency) {
        return urgency == Urgency.URGENT ? urgent : normal;
    }

    /** Who goes first. */
    enum Urgency {
        /** The log will soon be out of reach. */
        URGENT,
        /** The container goes on running. */
        NORMAL
    }
}

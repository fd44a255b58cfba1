package ch.sbb.esta.results.archive;

import java.util.EnumMap;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLongArray;

/** Counts by the values of an enum. Thread-safe. */
final class Counts<E extends Enum<E>> {

    private final Class<E> type;
    private final AtomicLongArray counts;

    Counts(Class<E> type) {
        this.type = type;
        this.counts = new AtomicLongArray(type.getEnumConstants().length);
    }

    void add(E value) {
        counts.incrementAndGet(value.ordinal());
    }

    /** Only what occurred. */
    Map<E, Long> toMap() {
        Map<E, Long> map = new EnumMap<>(type);
        for (E value : type.getEnumConstants()) {
            long count = counts.get(value.ordinal());
            if (count > 0) {
                map.put(value, count);
            }
        }
        return map;
    }
}

package ch.sbb.esta.results.archive;

import java.util.EnumMap;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicLong;

/** Counts by the values of an enum. Thread-safe. */
final class Counts<E extends Enum<E>> {

    private final Class<E> type;
    /** Never changed after construction: only the counters inside. */
    private final Map<E, AtomicLong> counts;

    Counts(Class<E> type) {
        this.type = type;
        this.counts = new EnumMap<>(type);
        for (E value : type.getEnumConstants()) {
            counts.put(value, new AtomicLong());
        }
    }

    void add(E value) {
        Objects.requireNonNull(counts.get(value)).incrementAndGet();
    }

    /** Only what occurred. */
    Map<E, Long> toMap() {
        Map<E, Long> map = new EnumMap<>(type);
        counts.forEach((value, counter) -> {
            long count = counter.get();
            if (count > 0) {
                map.put(value, count);
            }
        });
        return map;
    }
}

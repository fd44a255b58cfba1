package ch.sbb.esta.results.archive;

import java.util.EnumMap;
import java.util.Map;
import java.util.concurrent.atomic.LongAdder;

/** Counts by the values of an enum. Thread-safe. */
final class Counts<E extends Enum<E>> {

    private final Class<E> type;
    private final Map<E, LongAdder> counts;

    Counts(Class<E> type) {
        this.type = type;
        this.counts = new EnumMap<>(type);
        for (E value : type.getEnumConstants()) {
            counts.put(value, new LongAdder());
        }
    }

    void add(E value) {
        adder(value).increment();
    }

    /** Only what occurred. */
    Map<E, Long> toMap() {
        Map<E, Long> map = new EnumMap<>(type);
        for (E value : type.getEnumConstants()) {
            long count = adder(value).sum();
            if (count > 0) {
                map.put(value, count);
            }
        }
        return map;
    }

    private LongAdder adder(E value) {
        LongAdder adder = counts.get(value);
        if (adder == null) {
            throw new IllegalStateException("every value has its adder from the start");
        }
        return adder;
    }
}

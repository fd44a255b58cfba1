package ch.sbb.esta.results.archive;

import java.util.LinkedHashMap;
import java.util.Map;

/** Remembers the keys that were put last, a bounded number. Used by one thread. */
final class RecentKeys extends LinkedHashMap<String, Boolean> {

    private static final long serialVersionUID = 1L;
    private static final int MAX = 10_000;

    @Override
    protected boolean removeEldestEntry(Map.Entry<String, Boolean> eldest) {
        return size() > MAX;
    }
}

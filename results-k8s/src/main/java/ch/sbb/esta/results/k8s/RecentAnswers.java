package ch.sbb.esta.results.k8s;

import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Remembers answers for a while, the latest of them only. What fails is not remembered. Thread-safe. */
final class RecentAnswers<K, V> {

    private final InstantSource clock;
    private final Duration lifetime;
    private final Map<K, Answer<V>> answers;

    private record Answer<V>(V value, Instant until) {}

    RecentAnswers(InstantSource clock, Duration lifetime, int capacity) {
        this.clock = clock;
        this.lifetime = lifetime;
        this.answers = new LinkedHashMap<>(16, 0.75f, true) {
            private static final long serialVersionUID = 1L;

            @Override
            protected boolean removeEldestEntry(Map.Entry<K, Answer<V>> eldest) {
                return size() > capacity;
            }
        };
    }

    /** Asks without holding a lock, so two callers at once may both ask. */
    V get(K key, Supplier<V> ask) {
        Instant now = clock.instant();
        V known = known(key, now);
        if (known != null) {
            return known;
        }
        V value = ask.get();
        synchronized (answers) {
            answers.put(key, new Answer<>(value, now.plus(lifetime)));
        }
        return value;
    }

    private @Nullable V known(K key, Instant now) {
        synchronized (answers) {
            Answer<V> answer = answers.get(key);
            if (answer == null) {
                return null;
            }
            if (answer.until().isAfter(now)) {
                return answer.value();
            }
            answers.remove(key);
            return null;
        }
    }
}

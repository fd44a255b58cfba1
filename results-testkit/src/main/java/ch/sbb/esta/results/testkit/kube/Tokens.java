package ch.sbb.esta.results.testkit.kube;

import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;

/** The bearer tokens of the server and until when each is good, as those of service accounts are. Safe for many threads. */
final class Tokens {

    private final InstantSource clock;
    private final Optional<Duration> lifetime;
    private final Map<String, Instant> ends = new ConcurrentHashMap<>();
    private volatile String newest = "";

    /** @param lifetime empty for tokens that never expire */
    Tokens(InstantSource clock, Optional<Duration> lifetime) {
        this.clock = clock;
        this.lifetime = lifetime;
        issue();
    }

    String newest() {
        return newest;
    }

    /** Makes a further token; those before are good until they expire. */
    String issue() {
        String token = UUID.randomUUID().toString();
        ends.put(token, lifetime.map(clock.instant()::plus).orElse(Instant.MAX));
        newest = token;
        return token;
    }

    void expireAll() {
        ends.clear();
    }

    boolean isGood(String token) {
        Instant end = ends.get(token);
        return end != null && clock.instant().isBefore(end);
    }
}

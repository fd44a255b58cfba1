package ch.sbb.esta.results.k8s;

import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Since when leases were not seen to change, by this machine's measure of elapsed time: the only time that tells whether a lease is over.
 * Not thread-safe. Times are those of {@link System#nanoTime()}.
 */
final class SeenLeases {

    private final Map<String, Seen> leases = new HashMap<>();

    private record Seen(String version, long since) {}

    /** @param answered when the list had arrived: what it shows is not younger */
    void observe(List<Lease> listed, long answered) {
        for (Lease lease : listed) {
            Seen before = leases.get(lease.name());
            if (before == null || !before.version.equals(lease.version())) {
                leases.put(lease.name(), new Seen(lease.version(), answered));
            }
        }
        Set<String> names = listed.stream().map(Lease::name).collect(Collectors.toSet());
        leases.keySet().retainAll(names);
    }

    /**
     * Whether a lease was not renewed for so many times its duration.
     *
     * @param asked when the list was asked for that shows it: it had not changed until then at least
     */
    boolean isOver(Lease lease, int times, long asked) {
        Seen seen = leases.get(lease.name());
        Duration most = lease.duration().multipliedBy(times);
        return seen != null && seen.version.equals(lease.version()) && asked - seen.since > most.toNanos();
    }
}

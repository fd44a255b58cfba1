package ch.sbb.esta.results.memory;

import ch.sbb.esta.results.PodSnapshot;
import java.util.LinkedHashMap;
import java.util.Map;

/** One pod of the cluster in memory; guarded by the cluster. */
final class PodInMemory {

    final Map<String, ContainerInMemory> containers = new LinkedHashMap<>();
    boolean beingDeleted;

    private final PodSnapshot first;

    PodInMemory(PodSnapshot pod) {
        this.first = pod;
        this.beingDeleted = pod.beingDeleted();
        pod.containers().forEach(c -> containers.put(c.name(), new ContainerInMemory(c)));
    }

    PodSnapshot snapshot() {
        return new PodSnapshot(
                first.namespace(),
                first.name(),
                first.uid(),
                first.taskRunUid(),
                beingDeleted,
                containers.values().stream().map(c -> c.status).toList());
    }

    void vanish() {
        containers.values().forEach(ContainerInMemory::vanish);
    }

    int openStreams() {
        return containers.values().stream()
                .mapToInt(ContainerInMemory::openStreams)
                .sum();
    }
}

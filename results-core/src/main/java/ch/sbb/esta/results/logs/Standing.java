package ch.sbb.esta.results.logs;

import ch.sbb.esta.results.ContainerLogId;
import ch.sbb.esta.results.PodSnapshot;
import java.util.Optional;

/** Where one run of a container stands, and so how its log is reached. */
enum Standing {
    /** Not begun, or ended and about to be begun again: there is nothing to open for sure. */
    WAITING,
    /** Runs. */
    RUNNING,
    /** Ended, and is the current run. */
    ENDED,
    /** Ended, and is the run before the current one. */
    PREVIOUS,
    /** Ended more than one run ago. */
    OUT_OF_REACH,
    /** The pod is gone, or another one bears its name. */
    GONE;

    /** Whether nothing will be written any more. */
    boolean isOver() {
        return this != WAITING && this != RUNNING;
    }

    static Standing of(Optional<PodSnapshot> pod, ContainerLogId id) {
        return pod.filter(p -> p.uid().equals(id.podUid()))
                .flatMap(p -> p.container(id.container()))
                .map(c -> of(c, id.restart()))
                .orElse(GONE);
    }

    private static Standing of(PodSnapshot.Container container, int restart) {
        int since = container.restarts() - restart;
        if (since > 1) {
            return OUT_OF_REACH;
        }
        if (since < 0 || container.state() == PodSnapshot.State.WAITING) {
            return WAITING;
        }
        if (since == 1) {
            return PREVIOUS;
        }
        return container.state() == PodSnapshot.State.RUNNING ? RUNNING : ENDED;
    }
}

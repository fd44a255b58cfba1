package ch.sbb.esta.results.events;

import ch.sbb.esta.results.EventList;
import ch.sbb.esta.results.EventSnapshot;
import ch.sbb.esta.results.RecordName;
import ch.sbb.esta.results.RunSnapshot;
import ch.sbb.esta.results.internal.TaskRunPods;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A run that is stored.
 *
 * @param annotated the Record that it names for its Events, or null
 * @param pods the names of its pods, if it is a TaskRun
 * @param created when it was created, or null when nobody knows
 */
record KnownRun(
        String uid,
        RecordName record,
        @Nullable RecordName annotated,
        List<String> pods,
        @Nullable Instant created,
        boolean finished) {

    static KnownRun of(RunSnapshot run, RecordName record) {
        return new KnownRun(
                run.uid(),
                record,
                EventList.findAnnotated(run, record).orElse(null),
                run.kind().isTaskRun() ? TaskRunPods.names(run.json()) : List.of(),
                run.creationTime().orElse(null),
                run.isFinished());
    }

    String namespace() {
        return record.parent();
    }

    /** Whether an Event of a pod of this run's can be about it: an earlier run may have had a pod of the same name. */
    boolean canHave(EventSnapshot podEvent) {
        return TaskRunPods.canHave(created, podEvent);
    }
}

package ch.sbb.esta.results;

import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Objects;

/**
 * The memory of a run that has expired: as long as it stands, the run is not archived again.
 *
 * @param record where the run was archived
 * @param type the type of that record, for example {@code tekton.dev/v1.TaskRun}
 * @param name {@code metadata.name} of the run
 * @param uid {@code metadata.uid} of the run, {@code [a-z0-9_-]{1,63}}
 * @param time when the run was found expired, cut to microseconds
 */
public record Tombstone(RecordName record, String type, String name, String uid, Instant time) {

    /**
     * Checks the UID and that no component is null.
     *
     * @param record where the run was archived
     * @param type the type of that record, for example {@code tekton.dev/v1.TaskRun}
     * @param name {@code metadata.name} of the run
     * @param uid {@code metadata.uid} of the run, {@code [a-z0-9_-]{1,63}}
     * @param time when the run was found expired, cut to microseconds
     * @throws ResultsException {@code INVALID} when the UID is malformed
     */
    public Tombstone {
        Objects.requireNonNull(record, "record");
        Objects.requireNonNull(type, "type");
        Objects.requireNonNull(name, "name");
        Names.single("uid", uid);
        time = time.truncatedTo(ChronoUnit.MICROS);
    }

    /**
     * The Kubernetes namespace of the run.
     *
     * @return the parent of its record
     */
    public String namespace() {
        return record.parent();
    }

    /**
     * Whether the run was a TaskRun of any version: the kind that has logs.
     *
     * @return true for {@code TaskRun}
     */
    public boolean isTaskRun() {
        return RunKind.findByRecordType(type).filter(RunKind::isTaskRun).isPresent();
    }

    /** For example {@code TaskRun ci/results/a/records/b}. */
    @Override
    public String toString() {
        return type.substring(type.lastIndexOf('.') + 1) + " " + record;
    }
}

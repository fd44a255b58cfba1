package ch.sbb.esta.results;

import java.time.Instant;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What a pod of a TaskRun says of its containers.
 *
 * @param namespace the namespace
 * @param name {@code metadata.name}
 * @param uid {@code metadata.uid}
 * @param taskRunUid the UID of the TaskRun that the pod belongs to
 * @param beingDeleted whether {@code metadata.deletionTimestamp} is set
 * @param containers every container that has or will have a log: init containers, steps and sidecars, in the order of the spec
 */
public record PodSnapshot(
        String namespace,
        String name,
        String uid,
        String taskRunUid,
        boolean beingDeleted,
        List<Container> containers) {

    /** The label by which Tekton says which TaskRun a pod belongs to. */
    public static final String TASK_RUN_UID_LABEL = "tekton.dev/taskRunUID";

    /** The label that every pod of a TaskRun carries. */
    public static final String TASK_RUN_LABEL = "tekton.dev/taskRun";

    /**
     * Copies the list and checks that no component is null.
     *
     * @param namespace the namespace
     * @param name {@code metadata.name}
     * @param uid {@code metadata.uid}
     * @param taskRunUid the UID of the TaskRun that the pod belongs to
     * @param beingDeleted whether {@code metadata.deletionTimestamp} is set
     * @param containers every container that has or will have a log: init containers, steps and sidecars, in the order of the spec
     */
    public PodSnapshot {
        Objects.requireNonNull(namespace, "namespace");
        Objects.requireNonNull(name, "name");
        Objects.requireNonNull(uid, "uid");
        Objects.requireNonNull(taskRunUid, "taskRunUid");
        containers = List.copyOf(containers);
    }

    /**
     * Reads a pod.
     *
     * @param json the pod as UTF-8 JSON
     * @return the snapshot, or empty for a pod that belongs to no TaskRun
     * @throws ResultsException {@code INVALID} when the bytes are no JSON object or the pod lacks namespace, name or UID
     */
    public static Optional<PodSnapshot> parse(byte[] json) {
        return PodParser.parse(json);
    }

    /**
     * Finds a container by name.
     *
     * @param container the name
     * @return what the pod says of it, or empty when it has none of that name
     */
    public Optional<Container> container(String container) {
        return containers.stream().filter(c -> c.name.equals(container)).findFirst();
    }

    /**
     * The id of a container's log.
     *
     * @param container the container, in its current run
     * @return the id
     */
    public ContainerLogId logId(Container container) {
        return new ContainerLogId(namespace, taskRunUid, uid, container.name, container.restarts);
    }

    /**
     * Finds the container for whose end a container waits before it runs what it is for, as the steps of a task do.
     *
     * @param container one of this pod's
     * @return the one that it waits for, or empty when it waits for none
     */
    public Optional<Container> containerBefore(Container container) {
        return Optional.ofNullable(container.waitsFor).flatMap(this::container);
    }

    /** What a container is. */
    public enum Role {
        /** Runs before the steps. */
        INIT,
        /** Runs a step of the task. */
        STEP,
        /** Runs beside the steps. */
        SIDECAR
    }

    /** Where a container stands. */
    public enum State {
        /** Not started; it may have run before if it was restarted. */
        WAITING,
        /** Runs. */
        RUNNING,
        /** Ended; nothing will be written in this run of it any more. */
        TERMINATED
    }

    /**
     * One container of a pod.
     *
     * @param name the name
     * @param role what it is
     * @param state where it stands
     * @param restarts how often it was restarted
     * @param startedAt when its current run began, or null before
     * @param finishedAt when its current run ended, or null before
     * @param waitsFor the name of the container for whose end Tekton's entrypoint waits in this one, or null when for none
     */
    public record Container(
            String name,
            Role role,
            State state,
            int restarts,
            @Nullable Instant startedAt,
            @Nullable Instant finishedAt,
            @Nullable String waitsFor) {

        /**
         * Checks that name, role and state are not null.
         *
         * @param name the name
         * @param role what it is
         * @param state where it stands
         * @param restarts how often it was restarted
         * @param startedAt when its current run began, or null before
         * @param finishedAt when its current run ended, or null before
         * @param waitsFor the name of the container for whose end Tekton's entrypoint waits in this one, or null when for none
         */
        public Container {
            Objects.requireNonNull(name, "name");
            Objects.requireNonNull(role, "role");
            Objects.requireNonNull(state, "state");
        }

        /**
         * Describes a container that waits for no other one.
         *
         * @param name the name
         * @param role what it is
         * @param state where it stands
         * @param restarts how often it was restarted
         * @param startedAt when its current run began, or null before
         * @param finishedAt when its current run ended, or null before
         */
        public Container(
                String name,
                Role role,
                State state,
                int restarts,
                @Nullable Instant startedAt,
                @Nullable Instant finishedAt) {
            this(name, role, state, restarts, startedAt, finishedAt, null);
        }
    }
}

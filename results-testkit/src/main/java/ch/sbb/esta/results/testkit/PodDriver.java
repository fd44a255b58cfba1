package ch.sbb.esta.results.testkit;

import ch.sbb.esta.results.PodSnapshot;
import java.time.Instant;
import java.util.List;
import java.util.Objects;

/** Plays the kubelet and the containers of pods in {@link ContainerLogsContract}. Thread-safe. */
public interface PodDriver {

    /**
     * Names a container.
     *
     * @param namespace the namespace
     * @param pod the pod's name
     * @param name the container's name
     */
    record Container(String namespace, String pod, String name) {

        /**
         * Checks that no component is null.
         *
         * @param namespace the namespace
         * @param pod the pod's name
         * @param name the container's name
         */
        public Container {
            Objects.requireNonNull(namespace, "namespace");
            Objects.requireNonNull(pod, "pod");
            Objects.requireNonNull(name, "name");
        }
    }

    /**
     * Creates a pod of a TaskRun whose containers all wait to start. The namespace is made where needed.
     *
     * @param namespace the namespace
     * @param name the pod's name
     * @param taskRunUid the UID of the TaskRun, as the label says it
     * @param containers the names of its containers
     * @return the pod as the cluster keeps it, with the UID that the cluster gave it
     */
    PodSnapshot create(String namespace, String name, String taskRunUid, List<String> containers);

    /**
     * Creates a pod that belongs to no TaskRun.
     *
     * @param namespace the namespace
     * @param name the pod's name
     */
    void createForeign(String namespace, String name);

    /**
     * Starts a container; one that has ended is restarted: its log begins anew, its old log becomes the previous.
     *
     * @param container which
     */
    void start(Container container);

    /**
     * Lets a running container write.
     *
     * @param container which
     * @param time what the node's clock shows
     * @param text lines or the beginning of one, as the container emits them
     */
    void write(Container container, Instant time, byte[] text);

    /**
     * Ends a running container.
     *
     * @param container which
     */
    void terminate(Container container);

    /**
     * Removes a pod at once.
     *
     * @param namespace the namespace
     * @param name the pod's name
     */
    void delete(String namespace, String name);
}

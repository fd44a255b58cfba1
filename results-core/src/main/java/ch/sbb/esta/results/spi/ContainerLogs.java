package ch.sbb.esta.results.spi;

import ch.sbb.esta.results.PodSnapshot;
import java.io.InputStream;
import java.time.Instant;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Opens the logs of containers in a cluster and says where the containers stand.
 *
 * <p><b>Concurrency.</b> Implementations are thread-safe. The handler is called from any thread and must not block. A stream is read by
 * one thread and may be closed by another, which ends a blocked read.
 *
 * <p><b>Idempotency and ordering.</b> Pods are delivered at least once, in no promised order; a stale version may come late.
 *
 * <p><b>Tenancy.</b> Which namespaces are watched is the business of the implementation's configuration.
 *
 * <p><b>Failure.</b> {@code ResultsException}: {@code NOT_FOUND} when the pod, the container or the previous run is gone;
 * {@code UNAVAILABLE} when the container has not started yet or the node cannot be reached: try again; {@code DENIED}. The end of a
 * stream means nothing by itself: it looks the same at the container's end, a rotation, a timeout or a cut. A cut may also be an
 * {@link java.io.IOException}.
 *
 * <p><b>Lifecycle.</b> The client that is handed in is not closed.
 */
public interface ContainerLogs {

    /**
     * Begins to watch the pods of TaskRuns.
     *
     * @param handler takes what is seen
     * @return the running watch
     */
    Watching watchPods(PodHandler handler);

    /**
     * Reads one pod from the API.
     *
     * @param namespace the namespace
     * @param name the pod's name
     * @return the pod as it is now, or empty when there is none or it belongs to no TaskRun
     */
    Optional<PodSnapshot> findPod(String namespace, String name);

    /**
     * Opens the log of a container. Each line comes with its timestamp and a space in front, as the kubelet writes it.
     *
     * @param request which log and from where
     * @return the lines, to be closed by the caller
     */
    InputStream open(Request request);

    /** Takes what is seen of pods. */
    @FunctionalInterface
    interface PodHandler {

        /**
         * Takes one version of a pod; returns at once.
         *
         * @param type whether the pod exists
         * @param pod the pod; of a deleted one the last state that is known
         */
        void onPod(RunWatcher.Event.Type type, PodSnapshot pod);
    }

    /**
     * Which log and from where.
     *
     * @param namespace the namespace
     * @param pod the pod's name
     * @param container the container's name
     * @param since only lines of this second and later, or null for all; the kubelet cuts it to whole seconds
     * @param mode whether to wait for more
     */
    record Request(
            String namespace,
            String pod,
            String container,
            @Nullable Instant since,
            Mode mode) {

        /**
         * Checks that no component but {@code since} is null.
         *
         * @param namespace the namespace
         * @param pod the pod's name
         * @param container the container's name
         * @param since only lines of this second and later, or null for all; the kubelet cuts it to whole seconds
         * @param mode whether to wait for more
         */
        public Request {
            Objects.requireNonNull(namespace, "namespace");
            Objects.requireNonNull(pod, "pod");
            Objects.requireNonNull(container, "container");
            Objects.requireNonNull(mode, "mode");
        }
    }

    /** Whether to wait for more. */
    enum Mode {
        /** What is there now. */
        READ,
        /** What is there and what comes. */
        FOLLOW,
        /** What the run of the container before the current one left. */
        PREVIOUS
    }
}

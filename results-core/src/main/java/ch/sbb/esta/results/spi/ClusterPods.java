package ch.sbb.esta.results.spi;

import ch.sbb.esta.results.spi.RunWatcher.Event;

/**
 * The pods of TaskRuns as whole objects, for those who keep them; {@link ContainerLogs} shows what their containers do.
 *
 * <p><b>Concurrency.</b> Implementations are thread-safe. The handler is called from any thread, possibly from several at once, and must
 * not block.
 *
 * <p><b>Idempotency and ordering.</b> At least once, in no promised order; old versions may come again. A pod that vanished while the
 * watch was down is not delivered any more.
 *
 * <p><b>Tenancy.</b> Which namespaces are watched is the business of the implementation's configuration.
 *
 * <p><b>Failure.</b> A lost watch is healed by the implementation.
 *
 * <p><b>Lifecycle.</b> The client that is handed in is not closed.
 */
@FunctionalInterface
public interface ClusterPods {

    /**
     * Begins to watch the pods of TaskRuns.
     *
     * @param handler takes what is seen
     * @return the running watch
     */
    Watching watchPodObjects(Handler handler);

    /** Takes what is seen of pods. */
    @FunctionalInterface
    interface Handler {

        /**
         * Takes one version of a pod; returns at once.
         *
         * @param type whether the pod exists
         * @param json the pod as UTF-8 JSON with every field, values of its environment included; of a deleted one the last state; not to be
         *     written into
         */
        void onPod(Event.Type type, byte[] json);
    }
}

package ch.sbb.esta.results.k8s;

import ch.sbb.esta.results.RunSnapshot;
import ch.sbb.esta.results.prune.FinalizerListener;
import ch.sbb.esta.results.prune.Safety;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.time.InstantSource;
import java.util.Objects;

/**
 * Tells the people of a namespace of each run that its finalizer could not hold until it was safe: a Kubernetes Event of the type
 * {@code Warning} about the run, with the reason {@value #REASON}, that says what is missing. Hand it to
 * {@link ch.sbb.esta.results.embed.ResultsArchive.Builder#onReleased}. Where Events are archived, it is archived with the run's.
 *
 * <p>A namespace gets 30 of them in an hour at most; the log and the metrics tell of each. One that cannot be written is no failure.
 *
 * <p>Needs the permission to {@code create} and {@code patch} Events. Thread-safe; the client that is handed in is not closed.
 */
public final class FabricRunEvents implements FinalizerListener {

    /** The reason of the Events. */
    public static final String REASON = "HistoryIncomplete";

    private final EventRecorder events;

    private record Subject(RunSnapshot run) implements EventRecorder.Subject {

        @Override
        public String namespace() {
            return run.namespace();
        }

        @Override
        public String uid() {
            return run.uid();
        }

        @Override
        public ObjectNode reference() {
            ObjectNode reference = ClusterObjects.object();
            reference
                    .put("apiVersion", run.kind().apiVersion())
                    .put("kind", run.kind().kind());
            reference.put("namespace", run.namespace()).put("name", run.name()).put("uid", run.uid());
            return reference;
        }
    }

    /**
     * Tells nothing yet.
     *
     * @param client talks to the cluster
     * @param config how long a request may take
     * @param instance which process tells it, such as the name of its pod
     */
    public FabricRunEvents(KubernetesClient client, FabricConfig config, String instance) {
        Objects.requireNonNull(instance, "instance");
        this.events = new EventRecorder(
                new ClusterObjects(new ApiRequests(Objects.requireNonNull(client, "client"), config), config),
                InstantSource.system(),
                new EventRecorder.Source("results-archive", instance, "results-archive-"));
    }

    @Override
    public void onReleased(RunSnapshot run, Cause cause, Safety missing) {
        if (cause == Cause.DEADLINE && !missing.isSafe()) {
            events.warning(
                    new Subject(run),
                    REASON,
                    "The finalizer was taken off at its deadline, although something is missing in the archive: "
                            + String.join("; ", missing.reasons()));
        }
    }
}

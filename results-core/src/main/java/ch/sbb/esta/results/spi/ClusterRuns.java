package ch.sbb.esta.results.spi;

import ch.sbb.esta.results.Page;
import ch.sbb.esta.results.RunKind;
import ch.sbb.esta.results.RunKinds;
import ch.sbb.esta.results.RunSnapshot;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;

/**
 * The runs that are in the cluster now, and the changes that we make to them.
 *
 * <p><b>Concurrency.</b> Implementations are thread-safe.
 *
 * <p><b>Idempotency.</b> Adding a finalizer that is there, removing one that is not, annotating a run as it is annotated and deleting one that is
 * gone have no effect.
 *
 * <p><b>Ordering.</b> Lists are in no promised order.
 *
 * <p><b>Failure.</b> {@code ResultsException}: {@code DENIED}, {@code CONFLICT} when a precondition fails, {@code UNAVAILABLE}.
 *
 * <p><b>Lifecycle.</b> The client that is handed in is not closed.
 */
public interface ClusterRuns {

    /**
     * Lists runs.
     *
     * @param kind the kind
     * @param namespace the namespace, or empty text for all that this implementation may see
     * @param continueToken the token of the page before, or empty text to begin
     * @return one page; every snapshot is a live read
     * @throws ch.sbb.esta.results.ResultsException {@code CONFLICT} when the token has expired: begin again
     */
    Page<RunSnapshot> list(RunKind kind, String namespace, String continueToken);

    /**
     * Which kinds are handled: what goes through the runs of the cluster lists these.
     *
     * @return the kinds of Tekton, unless the implementation was told of others
     */
    default RunKinds kinds() {
        return RunKinds.tekton();
    }

    /**
     * What a list without a namespace goes through. Who lists these one by one is not held up by one that must not be seen.
     *
     * @return namespaces, or one empty text where all are listed as one
     */
    default List<String> scopes() {
        return List.of("");
    }

    /**
     * Reads one run.
     *
     * @param run which run; the UID must fit too
     * @return the run as a live read, or empty when it is gone or its name belongs to another UID now
     */
    Optional<RunSnapshot> find(RunKey run);

    /**
     * Puts a finalizer on a run.
     *
     * @param run which run
     * @param finalizer for example {@code results.tekton.dev/taskrun}
     * @return false when the run is gone or is being deleted already, which refuses new finalizers
     */
    boolean addFinalizer(RunKey run, String finalizer);

    /**
     * Takes a finalizer off a run.
     *
     * @param run which run
     * @param finalizer for example {@code results.tekton.dev/taskrun}
     */
    void removeFinalizer(RunKey run, String finalizer);

    /**
     * Annotates a run; other annotations stay.
     *
     * @param run which run
     * @param annotations what these annotations are to say, whoever wrote them before
     * @return false when the run is gone
     */
    boolean annotate(RunKey run, Map<String, String> annotations);

    /**
     * Deletes a run if it still is what the caller decided about.
     *
     * @param run which run; the UID is a precondition
     * @param resourceVersion the version that the decision was made on, a precondition too
     * @return false when the run is gone already
     * @throws ch.sbb.esta.results.ResultsException {@code CONFLICT} when the run has changed meanwhile
     */
    boolean delete(RunKey run, String resourceVersion);

    /**
     * Identifies one run of a cluster.
     *
     * @param kind the kind
     * @param namespace the namespace
     * @param name {@code metadata.name}
     * @param uid {@code metadata.uid}
     */
    record RunKey(RunKind kind, String namespace, String name, String uid) {

        /**
         * Checks that no component is null.
         *
         * @param kind the kind
         * @param namespace the namespace
         * @param name {@code metadata.name}
         * @param uid {@code metadata.uid}
         */
        public RunKey {
            Objects.requireNonNull(kind, "kind");
            Objects.requireNonNull(namespace, "namespace");
            Objects.requireNonNull(name, "name");
            Objects.requireNonNull(uid, "uid");
        }

        /**
         * The key of a snapshot.
         *
         * @param run the snapshot
         * @return its key
         */
        public static RunKey of(RunSnapshot run) {
            return new RunKey(run.kind(), run.namespace(), run.name(), run.uid());
        }
    }
}

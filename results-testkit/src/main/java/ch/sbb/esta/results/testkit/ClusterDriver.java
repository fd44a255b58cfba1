package ch.sbb.esta.results.testkit;

import ch.sbb.esta.results.RunKind;
import ch.sbb.esta.results.RunSnapshot;
import ch.sbb.esta.results.spi.ClusterRuns.RunKey;

/** Plays users and Tekton in the contracts of roles that look at a cluster. Thread-safe. */
public interface ClusterDriver {

    /** The extra kind of the contracts, which clusters serve as {@code deliveries}: a name that does not follow from the kind. */
    RunKind EXTRA_KIND = new RunKind("example.dev/v1", "Delivery");

    /**
     * Creates a run or replaces the one of its kind, namespace and name, status included. The namespace is made where needed.
     *
     * @param json the whole object as UTF-8 JSON
     * @return the run as the cluster keeps it, with the UID, the version and the times that the cluster gave it
     */
    RunSnapshot put(byte[] json);

    /**
     * Deletes a run, whatever its version; one with finalizers stays and is marked. No effect when it is gone.
     *
     * @param run which run
     */
    void delete(RunKey run);

    /** Ends open watches and forgets the past, so that neither they nor page tokens can go on where they were. */
    void forget();
}

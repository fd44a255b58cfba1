package ch.sbb.esta.results.k8s;

import ch.sbb.esta.results.RunSnapshot;

/** An object of the cluster as its own JSON, beside the few fields that decide what becomes of it. Immutable, as long as nobody writes into the bytes. */
final class RawResource {

    private final byte[] json;
    private final Identity identity;
    private final Traits traits;

    /** Texts that the object lacks are empty. */
    record Identity(
            String apiVersion, String kind, String namespace, String name, String uid, String resourceVersion) {}

    /**
     * What is looked at beside the identity.
     *
     * @param managedBy {@code spec.managedBy}; empty where it is missing
     */
    record Traits(boolean deleting, String managedBy, RunSnapshot.State state) {}

    RawResource(byte[] json, Identity identity, Traits traits) {
        this.json = json;
        this.identity = identity;
        this.traits = traits;
    }

    byte[] json() {
        return json;
    }

    String apiVersion() {
        return identity.apiVersion;
    }

    String kind() {
        return identity.kind;
    }

    String namespace() {
        return identity.namespace;
    }

    String name() {
        return identity.name;
    }

    String uid() {
        return identity.uid;
    }

    String resourceVersion() {
        return identity.resourceVersion;
    }

    /** Whether {@code metadata.deletionTimestamp} is set. */
    boolean isDeleting() {
        return traits.deleting;
    }

    String managedBy() {
        return traits.managedBy;
    }

    /** Where a run stands, by its condition {@code Succeeded}, and of an extra kind by its completion; of other objects nothing. */
    RunSnapshot.State state() {
        return traits.state;
    }
}

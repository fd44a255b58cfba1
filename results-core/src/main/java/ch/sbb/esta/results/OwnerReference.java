package ch.sbb.esta.results;

import java.util.Objects;

/**
 * One entry of {@code metadata.ownerReferences}.
 *
 * @param apiVersion for example {@code tekton.dev/v1}
 * @param kind for example {@code PipelineRun}
 * @param name the owner's name; empty where the object has none
 * @param uid the owner's UID; empty where the object has none
 */
public record OwnerReference(String apiVersion, String kind, String name, String uid) {

    /**
     * Checks that no component is null.
     *
     * @param apiVersion for example {@code tekton.dev/v1}
     * @param kind for example {@code PipelineRun}
     * @param name the owner's name; empty where the object has none
     * @param uid the owner's UID; empty where the object has none
     */
    public OwnerReference {
        Objects.requireNonNull(apiVersion, "apiVersion");
        Objects.requireNonNull(kind, "kind");
        Objects.requireNonNull(name, "name");
        Objects.requireNonNull(uid, "uid");
    }

    boolean isPipelineRun() {
        return kind.equals("PipelineRun") && apiVersion.startsWith("tekton.dev/");
    }
}

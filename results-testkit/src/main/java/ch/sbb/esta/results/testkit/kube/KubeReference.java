package ch.sbb.esta.results.testkit.kube;

import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.databind.JsonNode;

/**
 * Where one object lives in a cluster.
 *
 * @param apiVersion group and version, such as {@code tekton.dev/v1}, or {@code v1} for the core group
 * @param kind the kind, such as {@code TaskRun}
 * @param namespace the namespace; empty for an object of the whole cluster
 * @param name the name
 */
public record KubeReference(String apiVersion, String kind, String namespace, String name) {

    /**
     * Checks that no component is null.
     *
     * @param apiVersion group and version
     * @param kind the kind
     * @param namespace the namespace, or empty
     * @param name the name
     */
    public KubeReference {
        requireNonNull(apiVersion, "apiVersion");
        requireNonNull(kind, "kind");
        requireNonNull(namespace, "namespace");
        requireNonNull(name, "name");
    }

    /**
     * The reference to an object.
     *
     * @param object an object with {@code apiVersion}, {@code kind} and {@code metadata}
     * @return where it lives
     */
    public static KubeReference of(JsonNode object) {
        JsonNode metadata = object.path("metadata");
        return new KubeReference(
                object.path("apiVersion").asText(),
                object.path("kind").asText(),
                metadata.path("namespace").asText(),
                metadata.path("name").asText());
    }

    /**
     * The reference to a pod.
     *
     * @param namespace its namespace
     * @param name its name
     * @return where it lives
     */
    public static KubeReference pod(String namespace, String name) {
        return new KubeReference("v1", "Pod", namespace, name);
    }
}

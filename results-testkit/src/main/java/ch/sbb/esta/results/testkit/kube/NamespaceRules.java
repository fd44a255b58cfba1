package ch.sbb.esta.results.testkit.kube;

import com.fasterxml.jackson.databind.node.ObjectNode;

/** The life of a namespace (documentation page "Namespaces"; {@code kubernetes/pkg/registry/core/namespace/storage}). */
final class NamespaceRules {

    static final String TERMINATING = "Terminating";

    private NamespaceRules() {}

    static void prepareNew(ObjectNode namespace) {
        ObjectNode spec = Json.child(namespace, "spec");
        spec.putArray("finalizers").add("kubernetes");
        ObjectNode labels = Json.child(Json.child(namespace, "metadata"), "labels");
        labels.put(
                "kubernetes.io/metadata.name",
                namespace.path("metadata").path("name").asText());
        namespace.putObject("status").put("phase", "Active");
    }

    static void terminate(ObjectNode namespace) {
        Json.child(namespace, "status").put("phase", TERMINATING);
    }

    /** A namespace goes only when it is empty, which its content tells and no write of a client. */
    static boolean mayGo(ObjectNode object) {
        return object.path("spec").path("finalizers").isEmpty()
                || !object.path("kind").asText().equals(ResourceRegistry.NAMESPACES.kind())
                || !object.path("apiVersion").asText().equals("v1");
    }

    static KubeApiException refusal(KubeResource resource, String name, String namespace) {
        String why = "unable to create new content in namespace " + namespace + " because it is being terminated";
        KubeApiException refusal = ApiErrors.forbidden(resource, name, why);
        ObjectNode status = refusal.status();
        Json.child(status, "details")
                .putArray("causes")
                .addObject()
                .put("reason", "NamespaceTerminating")
                .put("message", "namespace " + namespace + " is being terminated")
                .put("field", "metadata.namespace");
        return new KubeApiException(status);
    }
}

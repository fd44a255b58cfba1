package ch.sbb.esta.results.testkit.kube;

import ch.sbb.esta.results.testkit.kube.KubeResource.Trait;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.ConcurrentSkipListMap;

/** The resources that a server knows; grows while it runs. */
final class ResourceRegistry {

    static final KubeResource NAMESPACES = KubeResource.builtIn(
                    "", "namespaces", "Namespace", "v1", Trait.STATUS, Trait.RETURNS_DELETED, Trait.LABEL_NAME)
            .selectableBy("status.phase")
            .shortNamed("ns");
    static final KubeResource PODS = KubeResource.builtIn(
                    "", "pods", "Pod", "v1", Trait.NAMESPACED, Trait.STATUS, Trait.GENERATION, Trait.RETURNS_DELETED)
            .selectableBy(
                    "spec.nodeName",
                    "spec.restartPolicy",
                    "spec.schedulerName",
                    "spec.serviceAccountName",
                    "status.phase",
                    "status.podIP")
            .shortNamed("po");
    static final KubeResource DEFINITIONS = KubeResource.builtIn(
                    "apiextensions.k8s.io",
                    "customresourcedefinitions",
                    "CustomResourceDefinition",
                    "v1",
                    Trait.STATUS,
                    Trait.GENERATION)
            .shortNamed("crd", "crds");

    static final KubeResource EVENTS = core("events", "Event")
            .selectableBy(
                    "involvedObject.kind",
                    "involvedObject.namespace",
                    "involvedObject.name",
                    "involvedObject.uid",
                    "involvedObject.apiVersion",
                    "involvedObject.resourceVersion",
                    "involvedObject.fieldPath",
                    "reason",
                    "reportingComponent",
                    "source",
                    "type")
            .shortNamed("ev")
            .alsoServedAs(EventShape.VERSION);

    private final ConcurrentSkipListMap<String, KubeResource> byQualifiedPlural = new ConcurrentSkipListMap<>();

    ResourceRegistry() {
        register(NAMESPACES);
        register(PODS);
        register(DEFINITIONS);
        register(core("configmaps", "ConfigMap").shortNamed("cm"));
        register(core("secrets", "Secret").selectableBy("type"));
        register(core("serviceaccounts", "ServiceAccount").shortNamed("sa"));
        register(KubeResource.builtIn("", "services", "Service", "v1", Trait.NAMESPACED, Trait.STATUS, Trait.LABEL_NAME)
                .selectableBy("spec.clusterIP", "spec.type")
                .shortNamed("svc"));
        register(EVENTS);
        register(KubeResource.builtIn("coordination.k8s.io", "leases", "Lease", "v1", Trait.NAMESPACED));
        for (String kind : List.of("PipelineRun", "TaskRun")) {
            register(KubeResource.namespaced("tekton.dev", kind.toLowerCase(Locale.ROOT) + "s", kind, "v1", "v1beta1"));
        }
        // Tekton serves CustomRun as v1beta1; v1 is here so that readers can be tried on what may come.
        register(KubeResource.namespaced("tekton.dev", "customruns", "CustomRun", "v1beta1", "v1"));
    }

    private static KubeResource core(String plural, String kind) {
        return KubeResource.builtIn("", plural, kind, "v1", Trait.NAMESPACED);
    }

    void register(KubeResource resource) {
        byQualifiedPlural.put(resource.qualifiedPlural(), resource);
    }

    void remove(KubeResource resource) {
        byQualifiedPlural.remove(resource.qualifiedPlural());
    }

    Collection<KubeResource> all() {
        return byQualifiedPlural.values();
    }

    /** The events of the core group are served by another group too, under a version that no group has. */
    Optional<KubeResource> find(String group, String version, String plural) {
        return Optional.ofNullable(byQualifiedPlural.get(group.isEmpty() ? plural : plural + "." + group))
                .filter(resource -> resource.versions().contains(version));
    }

    boolean serves(String group, String version) {
        return all().stream()
                .anyMatch(resource ->
                        resource.group().equals(group) && resource.versions().contains(version));
    }

    /** The resource of a kind, or an error that says what to register. */
    KubeResource get(String apiVersion, String kind) {
        String group = group(apiVersion);
        String version = version(apiVersion);
        return all().stream()
                .filter(resource -> resource.group().equals(group)
                        && resource.kind().equals(kind)
                        && resource.versions().contains(version))
                .findFirst()
                .orElseThrow(() -> ApiErrors.badRequest("no matches for kind " + ApiErrors.quote(kind) + " in version "
                        + ApiErrors.quote(apiVersion) + ": register the resource first"));
    }

    static String group(String apiVersion) {
        int slash = apiVersion.indexOf('/');
        return slash < 0 ? "" : apiVersion.substring(0, slash);
    }

    static String version(String apiVersion) {
        return apiVersion.substring(apiVersion.indexOf('/') + 1);
    }
}

package ch.sbb.esta.results.k8s;

import ch.sbb.esta.results.PodSnapshot;
import ch.sbb.esta.results.RunKind;
import ch.sbb.esta.results.RunKinds;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * One resource in the versions in which a cluster may serve it, the preferred one first.
 *
 * @param kinds the same kind in its versions
 * @param labels a selector of labels; empty for all objects
 * @param fields a selector of fields; empty for all objects
 * @param naming how the name is known under which it is served
 */
record ResourceVersions(List<RunKind> kinds, String labels, String fields, Naming naming) {

    /** How the name is known under which a kind is served. */
    enum Naming {
        /** It follows from the kind. */
        KNOWN,
        /** The API server is asked. */
        DISCOVERED
    }

    private ResourceVersions(List<RunKind> kinds, String labels, String fields) {
        this(kinds, labels, fields, Naming.KNOWN);
    }

    static List<ResourceVersions> runs(RunFilter filter, RunKinds kinds) {
        List<ResourceVersions> runs = new ArrayList<>();
        for (List<RunKind> versions : kinds.versions()) {
            boolean tekton = versions.stream().allMatch(RunKind::isTekton);
            runs.add(new ResourceVersions(
                    versions,
                    filter.labelSelector(),
                    filter.fieldSelector(),
                    tekton ? Naming.KNOWN : Naming.DISCOVERED));
        }
        return runs;
    }

    /** Tekton puts the labels of a TaskRun on its pods; of the fields only the namespace is the same. */
    static ResourceVersions pods(RunFilter filter) {
        String labels = filter.labelSelector();
        return new ResourceVersions(
                List.of(ClusterObjects.POD),
                labels.isEmpty() ? PodSnapshot.TASK_RUN_LABEL : PodSnapshot.TASK_RUN_LABEL + "," + labels,
                filter.namespaceFields());
    }

    static ResourceVersions events(RunFilter filter) {
        return new ResourceVersions(List.of(ClusterObjects.EVENT), "", filter.namespaceFields());
    }

    static ResourceVersions namespaces(String labels) {
        return new ResourceVersions(List.of(ClusterObjects.NAMESPACE), labels, "");
    }

    static ResourceVersions labelled(RunKind kind, String labels) {
        return new ResourceVersions(List.of(kind), labels, "");
    }

    static ResourceVersions named(RunKind kind, String name) {
        return new ResourceVersions(List.of(kind), "", "metadata.name=" + name);
    }

    /** Whether the objects belong to no namespace. */
    boolean isClusterWide() {
        return kinds.get(0).equals(ClusterObjects.NAMESPACE);
    }

    /** The last part of the path under which the API serves a kind of Tekton's or of Kubernetes' own. */
    static String plural(RunKind kind) {
        return kind.kind().toLowerCase(Locale.ROOT) + "s";
    }
}

package ch.sbb.esta.results.k8s;

import ch.sbb.esta.results.PodSnapshot;
import ch.sbb.esta.results.RunKind;
import io.fabric8.kubernetes.client.dsl.base.ResourceDefinitionContext;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * One resource in the versions in which a cluster may serve it, the preferred one first.
 *
 * @param kinds the same kind in its versions
 * @param label a label that the objects must carry, or null for all objects
 * @param name the name that the objects must have, or null for all objects
 */
record ResourceVersions(
        List<RunKind> kinds,
        @Nullable String label,
        @Nullable String name) {

    static final ResourceVersions PODS =
            new ResourceVersions(List.of(new RunKind("v1", "Pod")), PodSnapshot.TASK_RUN_LABEL, null);

    static final List<ResourceVersions> RUNS = List.of(
            new ResourceVersions(List.of(RunKind.PIPELINE_RUN, RunKind.PIPELINE_RUN_V1BETA1), null, null),
            new ResourceVersions(List.of(RunKind.TASK_RUN, RunKind.TASK_RUN_V1BETA1), null, null),
            new ResourceVersions(List.of(RunKind.CUSTOM_RUN), null, null));

    /** The last part of the path under which the API serves a kind. */
    static String plural(RunKind kind) {
        return kind.kind().toLowerCase(Locale.ROOT) + "s";
    }

    static ResourceDefinitionContext context(RunKind kind) {
        int slash = kind.apiVersion().indexOf('/');
        ResourceDefinitionContext.Builder builder = new ResourceDefinitionContext.Builder()
                .withVersion(kind.apiVersion().substring(slash + 1))
                .withKind(kind.kind())
                .withPlural(plural(kind))
                .withNamespaced(true);
        return (slash < 0 ? builder : builder.withGroup(kind.apiVersion().substring(0, slash))).build();
    }
}

package ch.sbb.esta.results.k8s;

import ch.sbb.esta.results.testkit.kube.KubeRequest;
import ch.sbb.esta.results.testkit.kube.RbacRules;
import java.util.Set;
import java.util.concurrent.ConcurrentSkipListSet;
import java.util.function.Predicate;

/** RBAC as the operator's manifest grants it, with the part for labels: what is not in there is refused, and remembered. */
final class ManifestRules implements Predicate<KubeRequest> {

    private static final String DEFAULT_SECRET = "results-database";

    private final RbacRules rules =
            RbacRules.of(OperatorManifests.permissions()).bind("results-operator-labels");
    private final Set<String> furtherSecrets = new ConcurrentSkipListSet<>();
    private volatile Predicate<KubeRequest> further = request -> true;

    /** Refuses what this one refuses, too, without remembering it. */
    void restrict(Predicate<KubeRequest> allowed) {
        further = allowed;
    }

    /** Lists a further name of Secrets, as the manifest says that one must. */
    void allowSecret(String name) {
        furtherSecrets.add(name);
    }

    /** What was asked for beyond the manifest. */
    Set<String> refused() {
        return rules.refused();
    }

    /** The verbs of the manifest that nobody has used. */
    Set<String> unused() {
        return rules.unused();
    }

    @Override
    public boolean test(KubeRequest request) {
        return rules.test(asListed(request)) && further.test(request);
    }

    private KubeRequest asListed(KubeRequest request) {
        return request.resource().equals("secrets") && furtherSecrets.contains(request.name())
                ? new KubeRequest(
                        request.verb(), request.group(), request.resource(), request.namespace(), DEFAULT_SECRET)
                : request;
    }
}

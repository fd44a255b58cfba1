package ch.sbb.esta.results.k8s;

import io.fabric8.kubernetes.client.KubernetesClient;
import java.time.Duration;
import java.util.List;
import java.util.TreeSet;

/** What a list goes through: all namespaces as one, or those of a configuration one by one, as they are now. Thread-safe. */
final class ClusterScopes {

    private static final String SELECTED = "";
    /** A list of a thousand namespaces asks at every boundary. */
    private static final Duration REMEMBERED = Duration.ofSeconds(30);

    private final FabricConfig config;
    private final ApiRequests requests;
    private final RecentAnswers<String, List<String>> selected;

    ClusterScopes(KubernetesClient client, FabricConfig config) {
        this.config = config;
        this.requests = new ApiRequests(client, config);
        this.selected = new RecentAnswers<>(config.clock(), REMEMBERED, 1);
    }

    /** Sorted; one empty text where all are listed as one. */
    List<String> now() {
        return config.namespaceSelector()
                .map(selector -> selected.get(SELECTED, () -> select(selector)))
                .orElseGet(config::scopes);
    }

    private List<String> select(String selector) {
        TreeSet<String> names = new TreeSet<>();
        new ClusterObjects(requests, config)
                .list(ClusterObjects.NAMESPACE, "", selector, namespace -> names.add(namespace.name()));
        return List.copyOf(names);
    }
}

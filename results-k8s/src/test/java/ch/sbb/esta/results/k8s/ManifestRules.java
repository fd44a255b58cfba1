package ch.sbb.esta.results.k8s;

import ch.sbb.esta.results.testkit.kube.KubeRequest;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.fabric8.kubernetes.client.utils.KubernetesSerialization;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentSkipListSet;
import java.util.function.Predicate;
import java.util.regex.Pattern;

/** RBAC as the operator's manifest grants it: what is not in there is refused, and remembered. */
final class ManifestRules implements Predicate<KubeRequest> {

    private static final ObjectMapper MAPPER = new ObjectMapper();
    private static final Pattern SEPARATOR = Pattern.compile("(?m)^---$");

    private final List<JsonNode> rules = new ArrayList<>();
    private final Set<String> used = new ConcurrentSkipListSet<>();
    private final Set<String> refused = new ConcurrentSkipListSet<>();
    private volatile Predicate<KubeRequest> further = request -> true;

    ManifestRules() {
        for (ObjectNode document : documents(OperatorManifests.permissions())) {
            document.path("rules").forEach(rules::add);
        }
    }

    static List<ObjectNode> documents(String yaml) {
        KubernetesSerialization serialization = new KubernetesSerialization();
        List<ObjectNode> documents = new ArrayList<>();
        for (String document : SEPARATOR.splitAsStream(yaml).toList()) {
            documents.add(MAPPER.valueToTree(serialization.unmarshal(document, Map.class)));
        }
        return documents;
    }

    /** Refuses what this one refuses, too, without remembering it. */
    void restrict(Predicate<KubeRequest> allowed) {
        further = allowed;
    }

    /** Lists a further name of Secrets, as the manifest says that one must. */
    void allowSecret(String name) {
        for (JsonNode rule : rules) {
            if (rule.path("resourceNames") instanceof ArrayNode names) {
                names.add(name);
            }
        }
    }

    /** What was asked for beyond the manifest. */
    Set<String> refused() {
        return refused;
    }

    /** The verbs of the manifest that nobody has used. */
    Set<String> unused() {
        Set<String> unused = new TreeSet<>();
        for (JsonNode rule : rules) {
            for (JsonNode resource : rule.path("resources")) {
                for (JsonNode verb : rule.path("verbs")) {
                    unused.add(verb.asText() + " " + resource.asText());
                }
            }
        }
        unused.removeAll(used);
        return unused;
    }

    @Override
    public boolean test(KubeRequest request) {
        String text = request.verb() + " " + request.resource();
        for (JsonNode rule : rules) {
            if (has(rule, "apiGroups", request.group())
                    && has(rule, "resources", request.resource())
                    && has(rule, "verbs", request.verb())
                    && (!rule.has("resourceNames") || has(rule, "resourceNames", request.name()))) {
                used.add(text);
                return further.test(request);
            }
        }
        refused.add(text + " " + request.namespace() + " " + request.name());
        return false;
    }

    private static boolean has(JsonNode rule, String field, String value) {
        for (JsonNode entry : rule.path(field)) {
            if (entry.asText().equals(value)) {
                return true;
            }
        }
        return false;
    }
}

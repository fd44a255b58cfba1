package ch.sbb.esta.results.k8s;

import static org.assertj.core.api.Assertions.assertThat;

import ch.sbb.esta.results.ResultsException;
import ch.sbb.esta.results.testkit.kube.RbacRules;
import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

final class OperatorManifestsTest {

    private final JsonNode definition =
            RbacRules.documents(OperatorManifests.customResourceDefinition()).get(0);
    private final JsonNode version = definition.at("/spec/versions/0");

    @Test
    void theDefinitionNamesWhatTheOperatorAsksFor() {
        assertThat(definition.at("/metadata/name").asText())
                .isEqualTo(ResourceVersions.plural(ClusterObjects.TENANT) + "." + ClusterObjects.GROUP);
        assertThat(ClusterObjects.GROUP + "/" + version.path("name").asText())
                .isEqualTo(ClusterObjects.TENANT.apiVersion());
        assertThat(definition.at("/spec/scope").asText()).isEqualTo("Namespaced");
        assertThat(version.path("subresources").has("status")).isTrue();
        assertThat(version.at("/additionalPrinterColumns/0/name").asText()).isEqualTo("Ready");
    }

    /** What a structural schema must be: a type at every level, else the API server refuses the definition. */
    @Test
    void everyLevelOfTheSchemaHasAType() {
        List<String> without = new ArrayList<>();
        collectUntyped("schema", version.at("/schema/openAPIV3Schema"), without);
        assertThat(without).isEmpty();
    }

    private static void collectUntyped(String at, JsonNode schema, List<String> without) {
        if (schema.path("type").asText().isEmpty()) {
            without.add(at);
        }
        for (Map.Entry<String, JsonNode> property : schema.path("properties").properties()) {
            collectUntyped(at + "." + property.getKey(), property.getValue(), without);
        }
        if (schema.has("items")) {
            collectUntyped(at + "[]", schema.path("items"), without);
        }
    }

    @Test
    void theSchemaRefusesWhatTheOperatorWouldRefuse() {
        JsonNode spec = version.at("/schema/openAPIV3Schema/properties/spec/properties");
        for (String name :
                List.of("a", "results_team-1", "Team", "1a", "a\"b", "a b", "x".repeat(63), "x".repeat(64))) {
            assertThat(name.matches(spec.at("/schema/pattern").asText()))
                    .as(name)
                    .isEqualTo(reads("{\"schema\":\"" + name.replace("\"", "\\\"") + "\"}"));
        }
        for (String name : List.of("a", "a-b", "A", "-a", "a-", "a.b", "../a", "x".repeat(63), "x".repeat(64))) {
            assertThat(name.matches(spec.at("/secretName/pattern").asText()))
                    .as(name)
                    .isEqualTo(reads("{\"secretName\":\"" + name + "\"}"));
        }
        for (String time : List.of("30d", "1h30m", "12h", "1d2h3m4s", "often", "-1h", "1h ", "1m1h", "1.5h")) {
            assertThat(time.matches(spec.at("/rotationPeriod/pattern").asText()))
                    .as(time)
                    .isEqualTo(reads("{\"rotationPeriod\":\"" + time + "\"}"));
        }
        assertThat(spec.at("/reclaimPolicy/enum")).extracting(JsonNode::asText).containsExactly("Retain", "Delete");
        assertThat(spec.at("/reclaimPolicy/default").asText()).isEqualTo("Retain");
    }

    private static boolean reads(String spec) {
        try {
            TenantSpec.read(TestCluster.object(spec), "default");
            return true;
        } catch (ResultsException e) {
            return false;
        }
    }
}

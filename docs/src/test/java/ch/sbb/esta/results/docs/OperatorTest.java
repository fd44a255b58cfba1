package ch.sbb.esta.results.docs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import ch.sbb.esta.results.k8s.DatabaseAddress;
import ch.sbb.esta.results.k8s.TenantOperator;
import ch.sbb.esta.results.k8s.TenantOperatorConfig;
import ch.sbb.esta.results.memory.InMemoryTenantProvisioner;
import ch.sbb.esta.results.spi.TenantProvisioner;
import ch.sbb.esta.results.testkit.kube.KubeApiServer;
import ch.sbb.esta.results.testkit.kube.KubeReference;
import ch.sbb.esta.results.testkit.kube.KubeResource;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** The program of the chapter on the operator. */
class OperatorTest {

    @Test
    void anOperatorWritesTheSecretOfATenant() throws Exception {
        KubeResource tenants =
                KubeResource.namespaced("results.esta.sbb.ch", "resultstenants", "ResultsTenant", "v1alpha1");
        try (KubeApiServer cluster = KubeApiServer.builder().resource(tenants).start();
                KubernetesClient kubernetes = new KubernetesClientBuilder()
                        .withConfig(Config.fromKubeconfig(cluster.kubeconfig()))
                        .build()) {
            TenantProvisioner provisioner = new InMemoryTenantProvisioner("docs");

            // snippet: operator
            TenantOperatorConfig config = TenantOperatorConfig.builder(
                            new DatabaseAddress("db.example.org", 5432, "results", Map.of("sslmode", "verify-full")))
                    .rotationPeriod(Duration.ofDays(30))
                    .secretEntries(tenant -> Map.of("S3_BUCKET", "tekton-logs", "S3_PREFIX", tenant.namespace() + "/"))
                    .build();
            TenantOperator operator = new TenantOperator(kubernetes, provisioner, config);
            operator.start();
            // end snippet

            try (operator) {
                cluster.ensureNamespace("team-a");
                cluster.create((ObjectNode) JsonMapper.builder()
                        .build()
                        .readTree("{\"apiVersion\":\"results.esta.sbb.ch/v1alpha1\",\"kind\":\"ResultsTenant\","
                                + "\"metadata\":{\"namespace\":\"team-a\",\"name\":\"results\"},\"spec\":{}}"));
                KubeReference secret = new KubeReference("v1", "Secret", "team-a", "results-database");
                await().atMost(Duration.ofSeconds(60))
                        .untilAsserted(() -> assertThat(cluster.find(secret))
                                .hasValueSatisfying(
                                        found -> assertThat(found.path("data").has("S3_PREFIX"))
                                                .isTrue()));
            }
        }
    }
}

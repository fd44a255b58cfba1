package ch.sbb.esta.results.k8s;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import java.time.Duration;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;

class FabricReplicasTest {

    @AutoClose
    private final KubernetesClient client = new KubernetesClientBuilder().build();

    @Test
    void everyMistakeIsToldAtOnce() {
        assertThatThrownBy(() -> FabricReplicas.builder(client, "Esta\n", "results.prod")
                        .identity("Pod_1")
                        .leaseDuration(Duration.ofMillis(9_500))
                        .renewDeadline(Duration.ofSeconds(10))
                        .retryPeriod(Duration.ofSeconds(9))
                        .build())
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("namespace \"Esta\\u000a\"")
                .hasMessageContaining("group \"results.prod\"")
                .hasMessageContaining("identity \"Pod_1\"")
                .hasMessageContaining("leaseDuration PT9.5S")
                .hasMessageContaining("renewDeadline PT10S is not shorter")
                .hasMessageContaining("retryPeriod PT9S");
    }
}

package ch.sbb.esta.results.testkit.kube;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.extended.leaderelection.LeaderCallbacks;
import io.fabric8.kubernetes.client.extended.leaderelection.LeaderElectionConfigBuilder;
import io.fabric8.kubernetes.client.extended.leaderelection.LeaderElector;
import io.fabric8.kubernetes.client.extended.leaderelection.resourcelock.LeaseLock;
import io.fabric8.kubernetes.client.jdkhttp.JdkHttpClientFactory;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;

/** Leases as fabric8's leader elector uses them, with two clients as in two replicas. */
class LeaseTest {

    private static final Duration PATIENCE = Duration.ofMinutes(1);

    @AutoClose
    private final KubeApiServer server = KubeApiServer.builder().start();

    @AutoClose
    private final KubernetesClient one = connect();

    @AutoClose
    private final KubernetesClient two = connect();

    private final List<String> told = new CopyOnWriteArrayList<>();

    private KubernetesClient connect() {
        return new KubernetesClientBuilder()
                .withConfig(Config.fromKubeconfig(server.kubeconfig()))
                .withHttpClientFactory(new JdkHttpClientFactory())
                .build();
    }

    private LeaderElector elector(KubernetesClient client, String identity) {
        return client.leaderElector()
                .withConfig(new LeaderElectionConfigBuilder()
                        .withName("results")
                        .withLock(new LeaseLock("default", "results", identity))
                        .withLeaseDuration(Duration.ofSeconds(120))
                        .withRenewDeadline(Duration.ofSeconds(60))
                        .withRetryPeriod(Duration.ofMillis(100))
                        .withReleaseOnCancel(true)
                        .withLeaderCallbacks(new LeaderCallbacks(
                                () -> told.add(identity + " leads"), () -> told.add(identity + " stops"), leader -> {}))
                        .build())
                .build();
    }

    private String lease(String field) {
        return server.find(new KubeReference("coordination.k8s.io/v1", "Lease", "default", "results"))
                .orElseThrow()
                .path("spec")
                .path(field)
                .asText();
    }

    @Test
    void ofTwoClientsOneLeadsAndTheOtherFollowsWhenItGoes() {
        CompletableFuture<?> first = elector(one, "one").start();
        await().atMost(PATIENCE).until(() -> told.contains("one leads"));
        CompletableFuture<?> second = elector(two, "two").start();
        String renewed = lease("renewTime");
        await().atMost(PATIENCE).until(() -> !lease("renewTime").equals(renewed));
        assertThat(lease("holderIdentity")).isEqualTo("one");
        assertThat(lease("renewTime")).matches("[0-9-]{10}T[0-9:]{8}\\.[0-9]{6}Z");
        first.cancel(true);
        await().atMost(PATIENCE).until(() -> told.contains("two leads"));
        assertThat(told).containsSubsequence("one leads", "one stops").endsWith("two leads");
        assertThat(lease("holderIdentity")).isEqualTo("two");
        assertThat(lease("leaseTransitions")).isEqualTo("1");
        second.cancel(true);
        await().atMost(PATIENCE).until(() -> told.contains("two stops"));
    }
}

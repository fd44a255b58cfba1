package ch.sbb.esta.results.k8s;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;
import static org.junit.platform.engine.discovery.ClassNameFilter.includeClassNamePatterns;
import static org.junit.platform.engine.discovery.DiscoverySelectors.selectClass;
import static org.junit.platform.engine.discovery.DiscoverySelectors.selectPackage;
import static org.junit.platform.launcher.TagFilter.excludeTags;
import static org.junit.platform.launcher.TagFilter.includeTags;

import ch.sbb.esta.results.testkit.kube.KubeApiServer;
import ch.sbb.esta.results.testkit.kube.KubeResource;
import io.fabric8.kubernetes.client.Config;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.platform.engine.DiscoverySelector;
import org.junit.platform.launcher.core.LauncherDiscoveryRequestBuilder;
import org.junit.platform.launcher.core.LauncherFactory;
import org.junit.platform.launcher.listeners.SummaryGeneratingListener;
import org.junit.platform.launcher.listeners.TestExecutionSummary;

/** The tests of the profile "cluster", on a server of the kit that they know by a file only. */
class GivenClusterIT {

    private static final Duration PATIENCE = Duration.ofMinutes(2);

    @TempDir
    private Path folder;

    @Test
    void testsForAnyClusterPassAndLeaveNothingBehind() throws IOException {
        passes(
                17,
                selectClass(ClusterRunsOnClusterIT.class),
                selectClass(PruningOnClusterIT.class),
                selectClass(ContainerLogsOnClusterIT.class));
    }

    @Test
    @Tag("long")
    void allTestsForAnyClusterPassAndLeaveNothingBehind() throws IOException {
        passes(38, selectPackage(GivenCluster.class.getPackageName()));
    }

    private void passes(int atLeast, DiscoverySelector... tests) throws IOException {
        try (KubeApiServer server = KubeApiServer.builder().tls().start();
                LocalNode node = LocalNode.of(server)) {
            Path kubeconfig = Files.writeString(folder.resolve("kubeconfig"), server.kubeconfig());
            List<String> before = namespaces(server);
            TestExecutionSummary summary = run(kubeconfig, tests);
            assertThat(summary.getFailures())
                    .extracting(failure -> failure.getTestIdentifier().getDisplayName() + ": " + failure.getException())
                    .isEmpty();
            assertThat(summary.getTestsSucceededCount()).isGreaterThanOrEqualTo(atLeast);
            assertThat(node.containers()).isPositive();
            await().atMost(PATIENCE)
                    .untilAsserted(() -> assertThat(namespaces(server)).isEqualTo(before));
        }
    }

    private static TestExecutionSummary run(Path kubeconfig, DiscoverySelector... tests) {
        SummaryGeneratingListener listener = new SummaryGeneratingListener();
        System.setProperty(GivenCluster.KUBECONFIG, kubeconfig.toString());
        try {
            LauncherFactory.create()
                    .execute(
                            LauncherDiscoveryRequestBuilder.request()
                                    .selectors(tests)
                                    .filters(
                                            includeClassNamePatterns(".*IT"),
                                            includeTags("cluster"),
                                            excludeTags("faults"))
                                    .build(),
                            listener);
        } finally {
            System.clearProperty(GivenCluster.KUBECONFIG);
        }
        return listener.getSummary();
    }

    private static List<String> namespaces(KubeApiServer server) {
        return server.list("v1", "Namespace", "").stream()
                .map(namespace -> namespace.at("/metadata/name").asText())
                .toList();
    }

    @Test
    void aClusterWithoutTheDefinitionsOfTektonIsToldFromOneThatFails() {
        try (KubeApiServer server = KubeApiServer.builder()
                .resource(KubeResource.namespaced("tekton.dev", "customruns", "CustomRun", "v1alpha1"))
                .start()) {
            assertThatThrownBy(() -> GivenCluster.open(Config.fromKubeconfig(server.kubeconfig())))
                    .hasMessageContainingAll(
                            server.url(), "CustomRun of tekton.dev/v1beta1", "CustomResourceDefinitions");
        }
    }
}

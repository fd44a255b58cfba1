package ch.sbb.esta.results.k8s;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import ch.sbb.esta.results.ListQuery;
import ch.sbb.esta.results.RunKind;
import ch.sbb.esta.results.embed.ResultsArchive;
import ch.sbb.esta.results.memory.InMemoryResultsStore;
import ch.sbb.esta.results.prune.FinalizerConfig;
import ch.sbb.esta.results.prune.PrunerConfig;
import ch.sbb.esta.results.prune.RunFinalizers;
import ch.sbb.esta.results.prune.RunSafety;
import ch.sbb.esta.results.spi.ClusterRuns.RunKey;
import ch.sbb.esta.results.spi.Watching;
import com.fasterxml.jackson.databind.JsonNode;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.concurrent.Callable;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Runs are held until they are stored, deleted after that, and not held up when their namespace goes. */
@Tag("cluster")
class PruningOnClusterIT {

    private static final Duration PATIENCE = Duration.ofMinutes(2);

    @TempDir
    private Path directory;

    @AutoClose
    private final GivenCluster cluster = GivenCluster.open();

    private final String namespace = cluster.namespace("ci");
    private final FabricConfig config = cluster.config("ci").build();
    private final FabricClusterRuns runs = new FabricClusterRuns(cluster.client(), config);
    private final InMemoryResultsStore store = new InMemoryResultsStore(InstantSource.system());

    private static void until(Callable<Boolean> condition) {
        await().atMost(PATIENCE).until(condition);
    }

    private RunKey create(RunKind kind, String name, String owners) {
        return RunKey.of(cluster.put("""
                {"apiVersion":"%s","kind":"%s","metadata":{"namespace":"%s","name":"%s","ownerReferences":[%s]},"spec":{}}
                """.formatted(kind.apiVersion(), kind.kind(), namespace, name, owners)
                .getBytes(StandardCharsets.UTF_8)));
    }

    private static String owner(RunKey parent) {
        return """
                {"apiVersion":"tekton.dev/v1","kind":"PipelineRun","name":"%s","uid":"%s","controller":true,"blockOwnerDeletion":true}
                """.formatted(parent.name(), parent.uid());
    }

    private void finish(RunKey run) {
        cluster.patchStatus(
                run, TestCluster.object("""
                {"conditions":[{"type":"Succeeded","status":"True","reason":"Succeeded"}],
                 "startTime":"%1$s","completionTime":"%1$s"}
                """.formatted(Instant.now().toString().replaceAll("\\.\\d+", ""))));
    }

    private boolean isHeld(RunKey run) {
        JsonNode found = cluster.find(run).orElseThrow();
        return found.at("/metadata/finalizers").toString().contains(RunFinalizers.FINALIZER);
    }

    @Test
    void aRunIsHeldUntilItIsStoredAndThenDeletedWithItsChildren() {
        try (ResultsArchive archive = ResultsArchive.builder()
                .runs(new FabricRunWatcher(cluster.client(), config))
                .sweep(runs)
                .store(store)
                .workDirectory(directory)
                .namespaces(new FabricNamespaces(cluster.client(), config))
                .finalizers(FinalizerConfig.defaults())
                .prune(PrunerConfig.builder()
                        .grace("-1s")
                        .interval(Duration.ofMillis(500))
                        .build())
                .build()) {
            archive.start();
            RunKey parent = create(RunKind.PIPELINE_RUN, "build", "");
            RunKey child = create(RunKind.TASK_RUN, "build-test", owner(parent));
            until(() -> isHeld(parent) && isHeld(child));
            finish(child);
            finish(parent);
            until(() -> cluster.find(parent).isEmpty() && cluster.find(child).isEmpty());
        }
        assertThat(store.listResults(ListQuery.of(namespace)).items())
                .singleElement()
                .satisfies(result -> assertThat(result.summary()).isPresent());
        assertThat(store.listRecords(ListQuery.of(namespace + "/results/-")).items())
                .hasSize(2);
    }

    @Test
    void aNamespaceThatIsDeletedIsNotHeldUpAlthoughNothingIsStored() {
        try (RunFinalizers finalizers = RunFinalizers.builder(
                                RunSafety.builder(store, runs).build(), FinalizerConfig.defaults())
                        .namespaces(new FabricNamespaces(cluster.client(), config))
                        .build();
                Watching watching = holding(finalizers)) {
            RunKey run = create(RunKind.TASK_RUN, "build", "");
            until(() -> isHeld(run));
            cluster.deleteNamespace(namespace);
            until(() -> cluster.findNamespace(namespace).isEmpty());
            assertThat(watching.lastHeard()).isPresent();
        }
        assertThat(new FabricNamespaces(cluster.client(), config).isTerminating(namespace))
                .isTrue();
    }

    private Watching holding(RunFinalizers finalizers) {
        finalizers.start();
        return new FabricRunWatcher(cluster.client(), config).watch(finalizers);
    }
}

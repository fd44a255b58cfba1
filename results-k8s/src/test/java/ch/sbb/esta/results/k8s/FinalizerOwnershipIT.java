package ch.sbb.esta.results.k8s;

import static org.assertj.core.api.Assertions.assertThat;

import ch.sbb.esta.results.RunKind;
import ch.sbb.esta.results.spi.ClusterRuns.RunKey;
import ch.sbb.esta.results.testkit.kube.ApiFault;
import ch.sbb.esta.results.testkit.kube.KubeApiException;
import ch.sbb.esta.results.testkit.kube.KubeApiServer;
import ch.sbb.esta.results.testkit.kube.KubeReference;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Whose the finalizers of a run are, and that nobody loses one by what we do. */
@ParameterizedClass
@EnumSource(names = {"JDK", "VERTX_TLS"})
final class FinalizerOwnershipIT {

    private static final String OURS = "results.esta.sbb.ch/history";
    private static final String THEIRS = "chains.tekton.dev/hold";
    private static final int ROUNDS = 20;

    private final TestCluster cluster;
    private final KubeApiServer server;
    private final FabricClusterRuns runs;

    FinalizerOwnershipIT(Connection connection) {
        cluster = connection.open();
        server = cluster.server();
        runs = new FabricClusterRuns(cluster.client(), FabricConfig.builder().build());
    }

    @AfterEach
    void close() {
        cluster.close();
    }

    private RunKey create(String name) {
        server.ensureNamespace("ci");
        ObjectNode made = server.create(TestCluster.object("""
                {"apiVersion":"tekton.dev/v1","kind":"TaskRun","metadata":{"namespace":"ci","name":"%s"},"spec":{}}
                """.formatted(name)));
        return new RunKey(RunKind.TASK_RUN, "ci", name, made.at("/metadata/uid").asText());
    }

    private static KubeReference reference(RunKey run) {
        return new KubeReference(run.kind().apiVersion(), run.kind().kind(), run.namespace(), run.name());
    }

    private ObjectNode read(RunKey run) {
        return server.find(reference(run)).orElseThrow();
    }

    private List<String> finalizers(RunKey run) {
        List<String> all = new ArrayList<>();
        read(run).at("/metadata/finalizers").forEach(finalizer -> all.add(finalizer.asText()));
        return all;
    }

    /** Who owns a finalizer, as MANAGER OPERATION. */
    private List<String> owners(RunKey run, String finalizer) {
        List<String> owners = new ArrayList<>();
        for (JsonNode entry : read(run).at("/metadata/managedFields")) {
            if (entry.path("fieldsV1").path("f:metadata").path("f:finalizers").has("v:\"" + finalizer + "\"")) {
                owners.add(entry.path("manager").asText() + " "
                        + entry.path("operation").asText());
            }
        }
        return owners;
    }

    private void patchFinalizers(RunKey run, String... finalizers) {
        ObjectNode patch = TestCluster.object("{\"metadata\":{\"finalizers\":[]}}");
        for (String finalizer : finalizers) {
            patch.withObject("/metadata").withArray("/finalizers").add(finalizer);
        }
        server.patch(reference(run), patch);
    }

    @Test
    void aFinalizerIsOursByApplyAndGoesWhenWeGiveItUp() {
        RunKey run = create("build");
        assertThat(runs.addFinalizer(run, OURS)).isTrue();
        assertThat(owners(run, OURS)).containsExactly("esta-results Apply");
        runs.removeFinalizer(run, OURS);
        assertThat(finalizers(run)).isEmpty();
        assertThat(read(run).at("/metadata/managedFields").toString()).doesNotContain("esta-results");
    }

    @Test
    void severalOfOursAreGivenUpOneByOne() {
        RunKey run = create("build");
        runs.addFinalizer(run, OURS);
        runs.addFinalizer(run, "results.esta.sbb.ch/other");
        assertThat(finalizers(run)).containsExactlyInAnyOrder(OURS, "results.esta.sbb.ch/other");
        runs.removeFinalizer(run, OURS);
        assertThat(finalizers(run)).containsExactly("results.esta.sbb.ch/other");
    }

    @Test
    void aFinalizerThatSomebodyElseOwnsTooIsRemovedAllTheSame() {
        RunKey run = create("build");
        patchFinalizers(run, THEIRS);
        runs.addFinalizer(run, OURS);
        ObjectNode claim = TestCluster.object("""
                {"apiVersion":"tekton.dev/v1","kind":"TaskRun","metadata":{"namespace":"ci","name":"build","finalizers":["%s"]}}
                """.formatted(OURS));
        server.apply(claim, "somebody");
        assertThat(owners(run, OURS)).containsExactlyInAnyOrder("esta-results Apply", "somebody Apply");
        runs.removeFinalizer(run, OURS);
        assertThat(finalizers(run)).containsExactly(THEIRS);
        assertThat(owners(run, OURS)).isEmpty();
    }

    @Test
    void upstreamsFinalizerIsRemovedAlthoughItIsNotOurs() {
        RunKey run = create("build");
        patchFinalizers(run, THEIRS, "results.tekton.dev/taskrun", OURS);
        runs.removeFinalizer(run, "results.tekton.dev/taskrun");
        assertThat(finalizers(run)).containsExactly(THEIRS, OURS);
        assertThat(owners(run, THEIRS)).containsExactly("results-testkit Update");
    }

    @Test
    void aRunThatIsGoneIsNotMadeAgain() {
        RunKey run = create("build");
        server.delete(reference(run));
        assertThat(runs.addFinalizer(run, OURS)).isFalse();
        runs.removeFinalizer(run, OURS);
        assertThat(server.find(reference(run))).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"Apply", "Update"})
    void anotherWriterOfFinalizersLosesNoneAndTakesNoneFromUs(String operation) {
        RunKey run = create("build");
        CompletableFuture<Void> other = CompletableFuture.runAsync(() -> {
            for (int i = 0; i < ROUNDS; i++) {
                if (operation.equals("Apply")) {
                    applyTheirs(i);
                } else {
                    addByUpdate(run, "other.dev/" + i);
                }
            }
        });
        for (int i = 0; i < ROUNDS; i++) {
            assertThat(runs.addFinalizer(run, OURS)).isTrue();
            assertThat(finalizers(run)).contains(OURS);
            runs.removeFinalizer(run, OURS);
        }
        assertThat(runs.addFinalizer(run, OURS)).isTrue();
        other.join();
        List<String> expected = new ArrayList<>(List.of(OURS));
        for (int i = 0; i < ROUNDS; i++) {
            expected.add("other.dev/" + i);
        }
        assertThat(finalizers(run)).containsExactlyInAnyOrderElementsOf(expected);
    }

    private void applyTheirs(int upTo) {
        ObjectNode claim = TestCluster.object("""
                {"apiVersion":"tekton.dev/v1","kind":"TaskRun","metadata":{"namespace":"ci","name":"build","finalizers":[]}}
                """);
        for (int i = 0; i <= upTo; i++) {
            claim.withObject("/metadata").withArray("/finalizers").add("other.dev/" + i);
        }
        server.apply(claim, "somebody");
    }

    /** As a controller does it: reads, adds, replaces, and begins anew when somebody was faster. */
    private void addByUpdate(RunKey run, String finalizer) {
        while (true) {
            ObjectNode object = read(run);
            object.withObject("/metadata").withArray("/finalizers").add(finalizer);
            try {
                server.update(object);
                return;
            } catch (KubeApiException e) {
                assertThat(e.code()).isEqualTo(409);
            }
        }
    }

    @Test
    void aServerThatAsksForPatienceGetsIt() {
        RunKey run = create("build");
        server.faults()
                .next(1, request -> request.verb().equals("patch"), ApiFault.tooManyRequests(Duration.ofSeconds(1)));
        assertThat(runs.addFinalizer(run, OURS)).isTrue();
        assertThat(server.faults().answered()).isEqualTo(1);
        assertThat(finalizers(run)).containsExactly(OURS);
    }
}

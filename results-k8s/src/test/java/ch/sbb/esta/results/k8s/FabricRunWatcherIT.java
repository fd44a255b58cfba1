package ch.sbb.esta.results.k8s;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import ch.sbb.esta.results.RunKind;
import ch.sbb.esta.results.RunSnapshot;
import ch.sbb.esta.results.spi.RunWatcher.Event;
import ch.sbb.esta.results.spi.Watching;
import ch.sbb.esta.results.testkit.ManualClock;
import ch.sbb.esta.results.testkit.fault.FaultProxy;
import ch.sbb.esta.results.testkit.kube.KubeApiServer;
import ch.sbb.esta.results.testkit.kube.KubeReference;
import ch.sbb.esta.results.testkit.kube.KubeResource;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.fabric8.kubernetes.client.ConfigBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What {@link FabricRunWatcher} does beyond the contract, with each HTTP client. */
final class FabricRunWatcherIT {

    private static final Path CAPTURED = Path.of("../../shared/data/runs");
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    private final List<AutoCloseable> open = new ArrayList<>();
    private final Queue<Event> events = new ConcurrentLinkedQueue<>();

    @AfterEach
    void close() throws Exception {
        for (int i = open.size() - 1; i >= 0; i--) {
            open.get(i).close();
        }
    }

    @ParameterizedTest
    @EnumSource
    void capturedRunsAreDeliveredAsTheyAreByListAndByWatch(HttpStack stack) throws IOException {
        TestCluster cluster = start(stack, KubeApiServer.builder());
        List<KubeReference> references = new ArrayList<>();
        for (Path file : replayable()) {
            ObjectNode loaded = cluster.server().load(TestCluster.object(Files.readString(file)));
            references.add(KubeReference.of(loaded));
        }
        assertThat(references).hasSameSizeAs(replayable());
        watch(cluster, FabricConfig.builder().pageSize(7).build());
        references.forEach(reference -> awaitDeliveredAsKept(cluster, asServed(reference)));
        ObjectNode touch = TestCluster.object("{\"metadata\":{\"annotations\":{\"touched\":\"yes\"}}}");
        for (KubeReference reference : references) {
            cluster.server().patch(reference, touch);
        }
        references.forEach(reference -> awaitDeliveredAsKept(cluster, asServed(reference)));
    }

    @ParameterizedTest
    @EnumSource
    void whereOnlyPlainHttpWatchesWorkNoCharacterIsLost(HttpStack stack) {
        TestCluster cluster = start(stack, KubeApiServer.builder());
        try (KubernetesClient plain =
                stack.connect(new ConfigBuilder(cluster.client().getConfiguration())
                        .withOnlyHttpWatches(true)
                        .build())) {
            Watching watching = new FabricRunWatcher(plain, FabricConfig.defaults()).watch(events::add);
            awaitSeen(cluster.put(run("ns-a", "first", "one")));
            for (int i = 0; i < 20; i++) {
                String text = "größe 漢字 🚀".repeat(500 * i + i);
                KubeReference reference = KubeReference.of(TestCluster.tree(
                        cluster.put(run("ns-a", "text-" + i, text)).json()));
                awaitDeliveredAsKept(cluster, reference);
            }
            watching.close();
        }
    }

    @ParameterizedTest
    @EnumSource
    void oddRunsAreDeliveredAsTheyAreAndHoldUpNobody(HttpStack stack) {
        TestCluster cluster = start(stack, KubeApiServer.builder());
        List<KubeReference> odd = List.of(
                load(cluster, "nul", "\"\\u0000 \\ud800 \\udc00\\ud800 \\ud83d\\ude80 \u2028\""),
                load(cluster, "deep", "[".repeat(900) + "]".repeat(900)),
                load(cluster, "large", "\"" + "x".repeat(5_000_000) + "\""),
                load(cluster, "numbers", "[1e400, -0.1000000000000000000000000001, 1.50, 12345678901234567890123]"),
                load(cluster, "names", "{\"\\ud83d\\ude80\":{},\"\":[],\"a/b~c\":null}"));
        watch(cluster, FabricConfig.defaults());
        odd.forEach(reference -> awaitDeliveredAsKept(cluster, reference));
        ObjectNode touch = TestCluster.object("{\"metadata\":{\"labels\":{}},\"touched\":true}");
        odd.forEach(reference -> cluster.server().patch(reference, touch));
        odd.forEach(reference -> awaitDeliveredAsKept(cluster, reference));
        awaitSeen(cluster.put(run("build", "after", "one")));
    }

    @ParameterizedTest
    @EnumSource
    void aWatchThatIsSilentForTooLongIsBegunAgain(HttpStack stack) {
        TestCluster cluster = start(stack, KubeApiServer.builder().bookmarkInterval(Duration.ofHours(1)));
        watch(
                cluster,
                FabricConfig.builder().watchSilenceLimit(Duration.ofMillis(200)).build());
        awaitSeen(cluster.put(run("ns-a", "first", "one")));
        long connections = cluster.network().acceptedConnections();
        // Each kind is watched over a connection of its own.
        await().atMost(Duration.ofSeconds(60)).until(() -> cluster.network().acceptedConnections() >= connections + 6);
        awaitSeen(cluster.put(run("ns-a", "second", "one")));
    }

    @ParameterizedTest
    @EnumSource
    void onlyTheConfiguredNamespacesAreWatched(HttpStack stack) {
        TestCluster cluster = start(stack, KubeApiServer.builder());
        watch(cluster, FabricConfig.builder().namespaces("ns-a", "ns-b").build());
        RunSnapshot other = cluster.put(run("ns-c", "build", "one"));
        awaitSeen(cluster.put(run("ns-a", "build", "one")));
        awaitSeen(cluster.put(run("ns-b", "build", "one")));
        assertThat(events).noneMatch(event -> snapshot(event).uid().equals(other.uid()));
    }

    @ParameterizedTest
    @EnumSource
    void whereOnlyTheOldVersionIsServedThatOneIsWatched(HttpStack stack) {
        TestCluster cluster = start(
                stack,
                KubeApiServer.builder()
                        .resource(KubeResource.namespaced("tekton.dev", "taskruns", "TaskRun", "v1beta1")));
        watch(cluster, FabricConfig.defaults());
        RunSnapshot run = cluster.put(run("ns-a", "build", "one", RunKind.TASK_RUN_V1BETA1));
        awaitSeen(run);
        assertThat(events).anyMatch(event -> event.kind().equals(RunKind.TASK_RUN_V1BETA1));
    }

    @ParameterizedTest
    @EnumSource
    void aKindThatIsNotServedYetHoldsUpNobodyAndIsFoundLater(HttpStack stack) {
        TestCluster cluster = start(
                stack,
                KubeApiServer.builder()
                        .resource(KubeResource.namespaced("tekton.dev", "customruns", "CustomRun", "v1alpha1")));
        Watching watching = watch(
                cluster,
                FabricConfig.builder().kindRetryInterval(Duration.ofMillis(100)).build());
        awaitSeen(cluster.put(run("ns-a", "build", "one")));
        await().atMost(PATIENCE).until(() -> watching.lastHeard().isPresent());
        cluster.server().register(KubeResource.namespaced("tekton.dev", "customruns", "CustomRun", "v1beta1"));
        awaitSeen(cluster.put(run("ns-a", "build", "one", RunKind.CUSTOM_RUN)));
    }

    @ParameterizedTest
    @EnumSource
    void afterTheServerWasAwayEverythingIsSeen(HttpStack stack) {
        TestCluster cluster = start(stack, KubeApiServer.builder().goneAsHttpStatus());
        RunSnapshot deleted = cluster.put(run("ns-a", "deleted", "one"));
        RunSnapshot unchanged = cluster.put(run("ns-a", "unchanged", "one"));
        Watching watching = watch(cluster, FabricConfig.defaults());
        awaitSeen(deleted);
        awaitSeen(unchanged);
        cluster.network().refuse();
        cluster.network().cut();
        RunSnapshot changed = cluster.put(run("ns-a", "changed", "two"));
        cluster.server().delete(KubeReference.of(TestCluster.tree(deleted.json())));
        cluster.server().forgetHistory();
        events.clear();
        Instant back = Instant.now();
        cluster.network().heal();
        awaitSeen(changed);
        awaitSeen(unchanged);
        await().atMost(PATIENCE)
                .untilAsserted(() -> assertThat(watching.lastHeard())
                        .hasValueSatisfying(t -> assertThat(t).isAfter(back)));
        awaitSeen(cluster.put(run("ns-a", "later", "one")));
    }

    @ParameterizedTest
    @EnumSource
    void watchesThatTheServerEndsAgainAndAgainLoseNothing(HttpStack stack) {
        TestCluster cluster = start(stack, KubeApiServer.builder());
        watch(cluster, FabricConfig.defaults());
        for (int i = 0; i < 10; i++) {
            RunSnapshot run = cluster.put(run("ns-a", "build-" + i, "one"));
            if (i % 3 == 1) {
                cluster.server().endWatches();
            } else if (i % 3 == 2) {
                cluster.network().cut();
            }
            awaitSeen(run);
        }
    }

    @ParameterizedTest
    @EnumSource
    void theAgeOfTheKnowledgeIsThatOfTheLastProofAndNotOfAnOpenWatch(HttpStack stack) {
        TestCluster cluster = start(stack, KubeApiServer.builder().bookmarkInterval(Duration.ofMillis(100)));
        ManualClock clock = new ManualClock(Instant.parse("2026-01-01T00:00:00Z"));
        Watching watching = watch(cluster, FabricConfig.builder().clock(clock).build());
        await().atMost(PATIENCE).until(() -> watching.lastHeard().isPresent());

        Instant later = clock.advance(Duration.ofMinutes(1));
        await("a bookmark of each kind")
                .atMost(PATIENCE)
                .until(() -> watching.lastHeard().orElseThrow().equals(later));

        cluster.network().blackHole();
        long delivered = cluster.network().bytes(FaultProxy.Direction.TO_CLIENT);
        await("silence")
                .pollDelay(Duration.ofMillis(500))
                .until(() -> delivered == cluster.network().bytes(FaultProxy.Direction.TO_CLIENT));
        clock.advance(Duration.ofMinutes(10));
        await().during(Duration.ofSeconds(1))
                .atMost(PATIENCE)
                .until(() -> watching.lastHeard().orElseThrow().equals(later));
    }

    @ParameterizedTest
    @EnumSource
    void aWatchThatCannotReachTheServerWaitsForItAndKnowsNothing(HttpStack stack) {
        TestCluster cluster = start(stack, KubeApiServer.builder());
        cluster.network().refuse();
        Watching watching = watch(cluster, FabricConfig.defaults());
        assertThat(watching.lastHeard()).isEmpty();
        RunSnapshot run = cluster.put(run("ns-a", "build", "one"));
        cluster.network().accept();
        awaitSeen(run);
        await().atMost(PATIENCE).until(() -> watching.lastHeard().isPresent());
    }

    @ParameterizedTest
    @EnumSource
    void aClosedWatchLeavesNoThreads(HttpStack stack) {
        TestCluster cluster = start(stack, KubeApiServer.builder());
        for (int i = 0; i < 3; i++) {
            Watching watching = watch(cluster, FabricConfig.defaults());
            awaitSeen(cluster.put(run("ns-a", "build-" + i, "one")));
            watching.close();
        }
        TestThreads.awaitNone("results-watch");
        assertThat(cluster.client().getHttpClient().isClosed()).isFalse();
        assertThat(cluster.client()
                        .genericKubernetesResources("tekton.dev/v1", "TaskRun")
                        .inAnyNamespace()
                        .list()
                        .getItems())
                .as("the embedder's client still works and reads generic resources")
                .hasSize(3);
    }

    private TestCluster start(HttpStack stack, KubeApiServer.Builder builder) {
        TestCluster cluster = TestCluster.start(stack, builder);
        open.add(cluster);
        return cluster;
    }

    private Watching watch(TestCluster cluster, FabricConfig config) {
        Watching watching = new FabricRunWatcher(cluster.client(), config).watch(events::add);
        open.add(watching);
        return watching;
    }

    private static KubeReference load(TestCluster cluster, String name, String value) {
        return KubeReference.of(cluster.server().load(TestCluster.object("""
                        {"apiVersion":"tekton.dev/v1","kind":"TaskRun","metadata":{"namespace":"odd","name":"%s","uid":"uid-%s",
                          "labels":{}},"spec":{"value":%s}}
                        """.formatted(name, name, value))));
    }

    private void awaitDeliveredAsKept(TestCluster cluster, KubeReference reference) {
        ObjectNode kept = cluster.server().find(reference).orElseThrow();
        String uid = kept.path("metadata").path("uid").asText();
        String version = kept.path("metadata").path("resourceVersion").asText();
        byte[] head = ("\"" + uid + "\"").getBytes(StandardCharsets.UTF_8);
        await(reference.toString())
                .atMost(PATIENCE)
                .until(() -> events.stream()
                        .filter(event -> contains(event.json(), head))
                        .map(event -> TestCluster.tree(event.json()))
                        .anyMatch(tree -> tree.path("metadata")
                                        .path("resourceVersion")
                                        .asText()
                                        .equals(version)
                                && tree.equals(kept)));
    }

    /** The server gives objects of older versions in the one that is asked for. */
    private static KubeReference asServed(KubeReference reference) {
        return reference.kind().equals("CustomRun")
                ? reference
                : new KubeReference("tekton.dev/v1", reference.kind(), reference.namespace(), reference.name());
    }

    private static boolean contains(byte[] json, byte[] part) {
        return new String(json, StandardCharsets.ISO_8859_1).contains(new String(part, StandardCharsets.ISO_8859_1));
    }

    private void awaitSeen(RunSnapshot run) {
        await(run.toString())
                .atMost(PATIENCE)
                .until(() -> events.stream()
                        .filter(event -> contains(event.json(), run.uid().getBytes(StandardCharsets.UTF_8)))
                        .map(FabricRunWatcherIT::snapshot)
                        .anyMatch(seen -> seen.uid().equals(run.uid())
                                && seen.resourceVersion().equals(run.resourceVersion())));
    }

    private static RunSnapshot snapshot(Event event) {
        return RunSnapshot.parse(event.json());
    }

    private static byte[] run(String namespace, String name, String note) {
        return run(namespace, name, note, RunKind.TASK_RUN);
    }

    private static byte[] run(String namespace, String name, String note, RunKind kind) {
        return """
                {"apiVersion":"%s","kind":"%s","metadata":{"namespace":"%s","name":"%s","annotations":{"note":"%s"}},"spec":{}}
                """.formatted(kind.apiVersion(), kind.kind(), namespace, name, note)
                .getBytes(StandardCharsets.UTF_8);
    }

    private static List<Path> replayable() throws IOException {
        Path table = CAPTURED.resolve("EXPECTED.tsv");
        if (!Files.exists(table)) {
            return List.of();
        }
        return Files.readAllLines(table).stream()
                .filter(line -> line.endsWith("\tfirst") && line.contains("run-"))
                .map(line -> CAPTURED.resolve(line.substring(0, line.indexOf('\t'))))
                .toList();
    }
}

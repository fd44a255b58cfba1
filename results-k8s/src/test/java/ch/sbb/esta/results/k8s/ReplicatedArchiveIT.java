package ch.sbb.esta.results.k8s;

import static org.awaitility.Awaitility.await;

import ch.sbb.esta.results.Record;
import ch.sbb.esta.results.ResultNaming;
import ch.sbb.esta.results.RunKind;
import ch.sbb.esta.results.RunSnapshot;
import ch.sbb.esta.results.embed.ResultsArchive;
import ch.sbb.esta.results.logs.LogCollectorConfig;
import ch.sbb.esta.results.logs.LogStoreConfig;
import ch.sbb.esta.results.logs.SegmentedLogs;
import ch.sbb.esta.results.memory.InMemoryBlobStore;
import ch.sbb.esta.results.memory.InMemoryResultsStore;
import ch.sbb.esta.results.prune.FinalizerConfig;
import ch.sbb.esta.results.prune.RunFinalizers;
import ch.sbb.esta.results.testkit.fault.FaultProxy;
import ch.sbb.esta.results.testkit.kube.KubeApiServer;
import ch.sbb.esta.results.testkit.kube.KubeReference;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Three archives on one cluster, store and blob store; the leader loses its connection to the cluster and ends without a word. */
class ReplicatedArchiveIT {

    private static final Duration PATIENCE = Duration.ofMinutes(5);
    private static final String NAMESPACE = "ci";
    private static final int CONTAINERS = 20;
    private static final List<RunKind> KINDS = List.of(RunKind.PIPELINE_RUN, RunKind.TASK_RUN);

    @TempDir
    Path directory;

    private final long seed = System.nanoTime();
    private final KubeApiServer server = KubeApiServer.builder().start();
    private final BusyContainers containers = new BusyContainers(server, seed, CONTAINERS);
    private final InMemoryResultsStore store = new InMemoryResultsStore(InstantSource.system());
    private final InMemoryBlobStore blobs = new InMemoryBlobStore();
    private final List<One> replicas = new ArrayList<>();

    @AfterEach
    void close() {
        replicas.forEach(One::close);
        containers.close();
        server.close();
    }

    /** One archive with everything that a process of its own would have. */
    private final class One implements AutoCloseable {

        private final FaultProxy network = FaultProxy.to("127.0.0.1", server.port());
        private final KubernetesClient client = HttpStack.JDK.connect(
                server.kubeconfig().replace("127.0.0.1:" + server.port(), "127.0.0.1:" + network.port()));
        private final FabricContainerLogs pods = new FabricContainerLogs(client, FabricConfig.defaults());
        private final SegmentedLogs logs;
        private final ResultsArchive archive;

        One(String name) {
            logs = new SegmentedLogs(
                    blobs,
                    LogStoreConfig.builder()
                            .spoolDirectory(directory.resolve("spool-" + name))
                            .segmentBytes(32 << 10)
                            .segmentAge(Duration.ofMillis(500))
                            .build());
            archive = ResultsArchive.builder()
                    .runs(new FabricRunWatcher(client, FabricConfig.defaults()))
                    .sweep(new FabricClusterRuns(client, FabricConfig.defaults()), Duration.ofSeconds(5))
                    .store(store)
                    .logs(pods, logs)
                    .collector(LogCollectorConfig.builder()
                            .headWindow(Duration.ofMinutes(30))
                            .lagLimit(Duration.ofMinutes(30))
                            .minBackoff(Duration.ofMillis(50))
                            .maxBackoff(Duration.ofSeconds(1))
                            .checkAfter(Duration.ofSeconds(2))
                            .build())
                    .finalizers(FinalizerConfig.builder()
                            .sweepInterval(Duration.ofSeconds(2))
                            .build())
                    .replicas(FabricReplicas.builder(client, "default", "results")
                            .identity(name)
                            .leaseDuration(Duration.ofSeconds(2))
                            .renewDeadline(Duration.ofMillis(1_500))
                            .retryPeriod(Duration.ofMillis(100))
                            .build())
                    .workDirectory(directory.resolve(name))
                    .build();
            archive.start();
        }

        boolean leads() {
            return archive.stats().replica().orElseThrow().isLeader();
        }

        int members() {
            return archive.stats().replica().orElseThrow().members().size();
        }

        /** Nothing that it does is seen by the cluster any more, not even that it ends. */
        void vanish() {
            network.refuse();
            network.cut();
        }

        @Override
        public void close() {
            archive.stop();
            pods.close();
            logs.close();
            client.close();
            network.close();
        }
    }

    private static void until(Callable<Boolean> condition) {
        await().atMost(PATIENCE).until(condition);
    }

    @Test
    void theLeaderVanishesAndNothingIsLost() throws Exception {
        oneLeaderAfterTheOther(1);
    }

    @Test
    @Tag("long")
    void leadersVanishOneAfterTheOtherAndNothingIsLost() throws Exception {
        oneLeaderAfterTheOther(12);
    }

    private void oneLeaderAfterTheOther(int losses) throws Exception {
        for (int i = 0; i < 3; i++) {
            replicas.add(new One("replica-" + i));
        }
        until(() -> replicas.stream().allMatch(one -> one.members() == 3));
        containers.start(0, CONTAINERS / 2);
        for (int i = 0; i < losses; i++) {
            List<ObjectNode> running = begin("before-" + i);
            One leader = awaitLeader();
            leader.vanish();
            replicas.remove(leader);
            List<ObjectNode> meanwhile = begin("meanwhile-" + i);
            finish(running);
            leader.close();
            if (i == 0) {
                containers.start(CONTAINERS / 2, CONTAINERS);
            }
            awaitLeader();
            finish(meanwhile);
            replicas.add(new One("successor-" + i));
        }
        until(() -> replicas.stream().allMatch(one -> one.members() == 3));
        awaitLeader();
        containers.endAll();
        SegmentedLogs stored = replicas.get(0).logs;
        until(() -> containers.areSealed(stored));
        containers.assertComplete(stored, "seed " + seed);
        until(() -> clusterRuns().stream().allMatch(this::isStored));
        until(() -> clusterRuns().stream().noneMatch(ReplicatedArchiveIT::isHeld));
    }

    /** On a busy machine a leader may be late with a renewal: none leads for a moment then. */
    private One awaitLeader() {
        return await().atMost(PATIENCE)
                .until(() -> replicas.stream().filter(One::leads).toList(), leaders -> leaders.size() == 1)
                .get(0);
    }

    /** A PipelineRun and its TaskRun. */
    private List<ObjectNode> begin(String name) {
        ObjectNode parent = create("PipelineRun", name, "");
        String owner = """
                ,"ownerReferences":[{"apiVersion":"tekton.dev/v1","kind":"PipelineRun","name":"%s","uid":"%s"}]
                """.formatted(name, parent.path("metadata").path("uid").asText());
        return List.of(create("TaskRun", name + "-build", owner), parent);
    }

    private ObjectNode create(String kind, String name, String owner) {
        server.ensureNamespace(NAMESPACE);
        return server.create(TestCluster.object("""
                {"apiVersion":"tekton.dev/v1","kind":"%s","metadata":{"namespace":"%s","name":"%s"%s},"spec":{}}
                """.formatted(kind, NAMESPACE, name, owner)));
    }

    private void finish(List<ObjectNode> runs) {
        for (ObjectNode run : runs) {
            server.patchStatus(KubeReference.of(run), TestCluster.object("""
                    {"conditions":[{"type":"Succeeded","status":"True","reason":"Succeeded"}],"completionTime":"%s"}
                    """.formatted(Instant.now())));
        }
    }

    private List<ObjectNode> clusterRuns() {
        return KINDS.stream()
                .flatMap(kind -> server.list(kind.apiVersion(), kind.kind(), NAMESPACE).stream())
                .toList();
    }

    private boolean isStored(ObjectNode object) {
        RunSnapshot run = RunSnapshot.parse(TestCluster.bytes(object));
        Optional<Record> record =
                store.findRecord(ResultNaming.defaults().place(run).record());
        return run.isFinished()
                && record.isPresent()
                && TestCluster.tree(record.get().data())
                        .path("metadata")
                        .path("resourceVersion")
                        .asText()
                        .equals(run.version().resourceVersion());
    }

    private static boolean isHeld(ObjectNode run) {
        return run.path("metadata").path("finalizers").toString().contains(RunFinalizers.FINALIZER);
    }
}

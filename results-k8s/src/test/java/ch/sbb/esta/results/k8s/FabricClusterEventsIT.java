package ch.sbb.esta.results.k8s;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import ch.sbb.esta.results.EventList;
import ch.sbb.esta.results.EventSnapshot;
import ch.sbb.esta.results.Record;
import ch.sbb.esta.results.RecordName;
import ch.sbb.esta.results.ResultName;
import ch.sbb.esta.results.ResultsException;
import ch.sbb.esta.results.ResultsException.Code;
import ch.sbb.esta.results.RunSnapshot;
import ch.sbb.esta.results.embed.ResultsArchive;
import ch.sbb.esta.results.memory.InMemoryResultsStore;
import ch.sbb.esta.results.prune.PrunerConfig;
import ch.sbb.esta.results.spi.ClusterRuns.RunKey;
import ch.sbb.esta.results.testkit.kube.KubeApiServer;
import ch.sbb.esta.results.testkit.kube.KubeReference;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What {@link FabricClusterEvents} and {@link FabricClusterPods} do beyond the contract. */
final class FabricClusterEventsIT {

    private static final Duration PATIENCE = Duration.ofSeconds(60);

    @TempDir
    Path directory;

    private final List<AutoCloseable> open = new ArrayList<>();
    private final Queue<EventSnapshot> seen = new ConcurrentLinkedQueue<>();

    @AfterEach
    void close() throws Exception {
        for (int i = open.size() - 1; i >= 0; i--) {
            open.get(i).close();
        }
    }

    private TestCluster start(KubeApiServer.Builder builder) {
        TestCluster cluster = TestCluster.start(HttpStack.VERTX, builder);
        open.add(cluster);
        return cluster;
    }

    private static EventSnapshot put(TestCluster cluster, String namespace, String name, String kind, String object) {
        ObjectNode event = TestCluster.object("""
                {"apiVersion":"v1","kind":"Event","metadata":{"namespace":"%s","name":"%s"},"type":"Normal","lastTimestamp":"%s",
                 "involvedObject":{"apiVersion":"%s","kind":"%s","namespace":"%s","name":"%s","uid":"%s"}}""".formatted(
                        namespace,
                        name,
                        Instant.now(),
                        kind.equals("Pod") ? "v1" : "tekton.dev/v1",
                        kind,
                        namespace,
                        object,
                        object));
        return FabricClusterEventsContractIT.put(cluster, event);
    }

    private void awaitSeen(EventSnapshot event) {
        await(event.toString())
                .atMost(PATIENCE)
                .until(() -> seen.stream().anyMatch(one -> one.identity().equals(event.identity())));
    }

    @Test
    void aNamespaceWhoseEventsAreForbiddenHoldsUpNoOther() {
        AtomicBoolean forbidden = new AtomicBoolean(true);
        TestCluster cluster = start(KubeApiServer.builder()
                .authorizer(asked -> !(forbidden.get()
                        && asked.resource().equals("events")
                        && asked.namespace().equals("ns-b"))));
        FabricClusterEvents events = new FabricClusterEvents(
                cluster.client(),
                FabricConfig.builder().namespaces("ns-a", "ns-b").build());
        EventSnapshot hidden = put(cluster, "ns-b", "e1", "TaskRun", "r1");
        open.add(events.watchEvents(seen::add));
        awaitSeen(put(cluster, "ns-a", "e1", "TaskRun", "r1"));
        assertThatThrownBy(() -> events.listAbout("ns-b", "r1"))
                .isInstanceOf(ResultsException.class)
                .hasMessageContaining("ns-b")
                .extracting(e -> ((ResultsException) e).code())
                .isEqualTo(Code.DENIED);
        assertThat(events.listAbout("ns-a", "r1")).hasSize(1);
        assertThat(seen).noneMatch(event -> event.identity().equals(hidden.identity()));
        forbidden.set(false);
        awaitSeen(hidden);
    }

    @Test
    void watchesThatAreCutExpiredAndEndedLoseNothing() {
        TestCluster cluster = start(KubeApiServer.builder().goneAsHttpStatus());
        open.add(new FabricClusterEvents(cluster.client(), FabricConfig.defaults()).watchEvents(seen::add));
        for (int i = 0; i < 4; i++) {
            switch (i % 4) {
                case 0 -> cluster.server().endWatches();
                case 1 -> cluster.network().cut();
                case 2 -> cluster.server().expireWatches();
                default -> cluster.forget();
            }
            awaitSeen(put(cluster, "ns-a", "e" + i, i % 2 == 0 ? "TaskRun" : "Pod", "object"));
        }
    }

    @Test
    void runsAreArchivedWithTheirEventsAndFinalPodsAndStayUntilThen() throws Exception {
        TestCluster cluster = start(KubeApiServer.builder());
        InMemoryResultsStore store = new InMemoryResultsStore(InstantSource.system());
        FabricConfig scope = FabricConfig.defaults();
        ResultsArchive archive = ResultsArchive.builder()
                .runs(new FabricRunWatcher(cluster.client(), scope))
                .sweep(new FabricClusterRuns(cluster.client(), scope))
                .events(new FabricClusterEvents(cluster.client(), scope))
                .finalPods(new FabricClusterPods(cluster.client(), scope))
                .store(store)
                .workDirectory(directory)
                .prune(PrunerConfig.builder()
                        .grace("-1s")
                        .interval(Duration.ofMillis(200))
                        .build())
                .build();
        open.add(archive);
        archive.start();
        RunSnapshot run = cluster.put(taskRun("Unknown"));
        ObjectNode pod = cluster.server().create(TestCluster.object("""
                {"apiVersion":"v1","kind":"Pod","metadata":{"namespace":"ns-a","name":"build-pod",
                  "labels":{"tekton.dev/taskRun":"build","tekton.dev/taskRunUID":"%s"}},
                 "spec":{"containers":[{"name":"step-a","image":"i","env":[{"name":"TOKEN","value":"s3cr3t"}]}]}}""".formatted(run.uid())));
        String podUid = pod.path("metadata").path("uid").asText();
        EventSnapshot early = put(cluster, "ns-a", "e1", "TaskRun", run.uid());
        EventSnapshot scheduled = put(cluster, "ns-a", "e2", "Pod", "build-pod");
        put(cluster, "ns-a", "e3", "Pod", "database-0");
        cluster.server()
                .patchStatus(KubeReference.pod("ns-a", "build-pod"), TestCluster.object("{\"phase\":\"Succeeded\"}"));
        cluster.put(taskRun("True"));

        ResultName result = new ResultName("ns-a", run.uid());
        RecordName podRecord = result.record(podUid);
        await().atMost(PATIENCE).until(() -> store.findRecord(podRecord).isPresent());
        await().atMost(PATIENCE)
                .until(() -> cluster.server()
                        .find(TestCluster.reference(RunKey.of(run)))
                        .isEmpty());
        Record record = store.findRecord(EventList.name(store.findResult(result).orElseThrow(), run.uid()))
                .orElseThrow();
        assertThat(EventList.parse(record.data()).events())
                .extracting(EventSnapshot::identity)
                .containsExactlyInAnyOrder(early.identity(), scheduled.identity());
        assertThat(new String(store.findRecord(podRecord).orElseThrow().data(), StandardCharsets.UTF_8))
                .contains("TOKEN", "Succeeded")
                .doesNotContain("s3cr3t");
    }

    private static byte[] taskRun(String status) {
        return """
                {"apiVersion":"tekton.dev/v1","kind":"TaskRun","metadata":{"namespace":"ns-a","name":"build"},"spec":{},
                 "status":{"podName":"build-pod","completionTime":"%s","conditions":[{"type":"Succeeded","status":"%s"}]}}""".formatted(Instant.now(), status).getBytes(StandardCharsets.UTF_8);
    }
}

package ch.sbb.esta.results.docs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import ch.sbb.esta.results.EventBounds;
import ch.sbb.esta.results.EventList;
import ch.sbb.esta.results.EventSnapshot;
import ch.sbb.esta.results.Record;
import ch.sbb.esta.results.Result;
import ch.sbb.esta.results.ResultName;
import ch.sbb.esta.results.RunKind;
import ch.sbb.esta.results.RunSnapshot;
import ch.sbb.esta.results.embed.ResultsArchive;
import ch.sbb.esta.results.events.EventCollectorConfig;
import ch.sbb.esta.results.k8s.FabricClusterEvents;
import ch.sbb.esta.results.k8s.FabricClusterPods;
import ch.sbb.esta.results.k8s.FabricConfig;
import ch.sbb.esta.results.k8s.FabricRunWatcher;
import ch.sbb.esta.results.memory.InMemoryResultsStore;
import ch.sbb.esta.results.testkit.kube.KubeApiServer;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.ConfigBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The programs of the chapter on Events. */
class EventsTest {

    private static final Duration PATIENCE = Duration.ofSeconds(60);

    @TempDir
    private Path workDirectory;

    @Test
    void eventsAreKeptAndRead() throws Exception {
        InMemoryResultsStore store = new InMemoryResultsStore(InstantSource.system());
        FabricConfig scope = FabricConfig.defaults();
        try (KubeApiServer cluster = KubeApiServer.builder().start();
                KubernetesClient kubernetes = client(cluster)) {
            // snippet: archive
            ResultsArchive archive = ResultsArchive.builder()
                    .runs(new FabricRunWatcher(kubernetes, scope))
                    .store(store)
                    .workDirectory(workDirectory)
                    .events(new FabricClusterEvents(kubernetes, scope))
                    .finalPods(new FabricClusterPods(kubernetes, scope))
                    .build();
            archive.start();
            // end snippet
            try (archive) {
                cluster.ensureNamespace("shop");
                ObjectNode created = cluster.create(json("""
                        {"apiVersion": "tekton.dev/v1", "kind": "TaskRun", "metadata": {"namespace": "shop", "name": "build"}}"""));
                RunSnapshot run = RunSnapshot.parse(created.toString().getBytes(StandardCharsets.UTF_8));
                cluster.create(json("""
                        {"apiVersion": "v1", "kind": "Event", "metadata": {"namespace": "shop", "name": "build.1"},
                         "involvedObject": {"apiVersion": "tekton.dev/v1", "kind": "TaskRun", "namespace": "shop", "uid": "%s"}}""".formatted(run.uid())));
                await().atMost(PATIENCE)
                        .until(() -> archive.awaitIdle(PATIENCE)
                                && !read(store, run.uid()).events().isEmpty());
                assertThat(run.kind()).isEqualTo(RunKind.TASK_RUN);
            }
        }
    }

    private static EventList read(InMemoryResultsStore store, String uid) {
        Optional<Result> found = store.findResult(new ResultName("shop", uid));
        if (found.isEmpty()) {
            return EventList.EMPTY;
        }
        Result result = found.get();
        // snippet: read
        Optional<Record> record = store.findRecord(EventList.name(result, uid));
        EventList list = record.map(Record::data).map(EventList::parse).orElse(EventList.EMPTY);
        for (EventSnapshot event : list.events()) {
            System.out.println(event.lastTime().orElse(null) + " " + event);
        }
        // end snippet
        return list;
    }

    @Test
    void howMuchIsKeptIsConfigured() {
        // snippet: config
        EventCollectorConfig config = EventCollectorConfig.builder()
                .writeInterval(Duration.ofMinutes(1))
                .bounds(new EventBounds(2_000, 2 << 20))
                .build();
        // end snippet
        assertThat(config.bounds().events()).isEqualTo(2_000);
    }

    private static KubernetesClient client(KubeApiServer cluster) {
        Config config = new ConfigBuilder(Config.empty())
                .withMasterUrl(cluster.url())
                .withOauthToken(cluster.token())
                .build();
        return new KubernetesClientBuilder().withConfig(config).build();
    }

    private static ObjectNode json(String text) throws IOException {
        return (ObjectNode) JsonMapper.builder().build().readTree(text);
    }
}

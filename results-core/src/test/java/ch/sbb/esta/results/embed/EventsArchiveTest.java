package ch.sbb.esta.results.embed;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import ch.sbb.esta.results.EventList;
import ch.sbb.esta.results.EventSnapshot;
import ch.sbb.esta.results.Record;
import ch.sbb.esta.results.RecordName;
import ch.sbb.esta.results.Result;
import ch.sbb.esta.results.ResultName;
import ch.sbb.esta.results.RunKind;
import ch.sbb.esta.results.RunSnapshot;
import ch.sbb.esta.results.memory.InMemoryClusterEvents;
import ch.sbb.esta.results.memory.InMemoryClusterRuns;
import ch.sbb.esta.results.memory.InMemoryResultsStore;
import ch.sbb.esta.results.memory.InMemoryRunWatcher;
import ch.sbb.esta.results.prune.PrunerConfig;
import ch.sbb.esta.results.spi.ClusterEvents;
import ch.sbb.esta.results.spi.ClusterPods;
import ch.sbb.esta.results.spi.ResultsStore;
import ch.sbb.esta.results.spi.RunWatcher.Event;
import ch.sbb.esta.results.spi.Watching;
import java.lang.reflect.Proxy;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class EventsArchiveTest {

    private static final Duration PATIENCE = Duration.ofSeconds(60);

    @TempDir
    Path directory;

    private final InMemoryClusterRuns cluster = new InMemoryClusterRuns();
    private final InMemoryClusterEvents events = new InMemoryClusterEvents(InstantSource.system());
    private final InMemoryResultsStore store = new InMemoryResultsStore(InstantSource.system());

    private ResultsArchive.Builder builder() {
        return ResultsArchive.builder()
                .runs(new InMemoryRunWatcher(cluster))
                .store(store)
                .workDirectory(directory);
    }

    private RunSnapshot putRun(String status) {
        return cluster.put("""
                {"apiVersion":"tekton.dev/v1","kind":"TaskRun","metadata":{"namespace":"ci","name":"build"},
                 "status":{"podName":"build-pod","conditions":[{"type":"Succeeded","status":"%s"}],"completionTime":"%s"}}""".formatted(status, Instant.now()).getBytes(StandardCharsets.UTF_8));
    }

    private EventSnapshot putEvent(RunSnapshot run, String name) {
        return events.put("""
                {"metadata":{"namespace":"ci","name":"%s"},"lastTimestamp":"%s",
                 "involvedObject":{"apiVersion":"tekton.dev/v1","kind":"TaskRun","uid":"%s"}}""".formatted(name, Instant.now(), run.uid()).getBytes(StandardCharsets.UTF_8));
    }

    private EventList stored(RunSnapshot run) {
        Result result = store.findResult(new ResultName("ci", run.uid())).orElseThrow();
        return store.findRecord(EventList.name(result, run.uid()))
                .map(Record::data)
                .map(EventList::parse)
                .orElse(EventList.EMPTY);
    }

    @Test
    void runsAreArchivedWithTheirEventsAndPods() throws Exception {
        ClusterPods pods = handler -> {
            handler.onPod(Event.Type.SEEN, """
                    {"metadata":{"namespace":"ci","name":"build-pod","uid":"pod1","resourceVersion":"1",
                     "labels":{"tekton.dev/taskRunUID":"%s"}},"status":{"phase":"Succeeded"}}""".formatted(cluster.list(RunKind.TASK_RUN, "ci", "")
                            .items()
                            .get(0)
                            .uid())
                    .getBytes(StandardCharsets.UTF_8));
            return new InMemoryRunWatcher(cluster).watch(event -> {});
        };
        RunSnapshot run = putRun("True");
        EventSnapshot event = putEvent(run, "e1");
        try (ResultsArchive archive = builder().events(events).finalPods(pods).build()) {
            archive.start();
            await().atMost(PATIENCE)
                    .until(() -> archive.awaitIdle(PATIENCE)
                            && store.findResult(new ResultName("ci", run.uid())).isPresent()
                            && stored(run).contains(event));
            RecordName pod = RecordName.parse("ci/results/" + run.uid() + "/records/pod1");
            await().atMost(PATIENCE).until(() -> store.findRecord(pod).isPresent());
            EventSnapshot late = putEvent(run, "e2");
            assertThat(archive.stop().isEmpty()).isTrue();
            assertThat(stored(run).contains(late)).isTrue();
            assertThat(archive.stats().events().orElseThrow().collected()).isEqualTo(2);
            assertThat(archive.stats().finalPods().orElseThrow().written()).isEqualTo(1);
        }
    }

    @Test
    void aRunStaysUntilItsEventsAreStoredAlsoThoseThatNoWatchBrought() {
        ClusterEvents silent = new ClusterEvents() {
            @Override
            public Watching watchEvents(Handler handler) {
                return events.watchEvents(event -> {});
            }

            @Override
            public List<EventSnapshot> listAbout(String namespace, String uid) {
                return events.listAbout(namespace, uid);
            }

            @Override
            public List<EventSnapshot> listAboutPod(String namespace, String pod) {
                return events.listAboutPod(namespace, pod);
            }
        };
        RunSnapshot run = putRun("True");
        EventSnapshot event = putEvent(run, "e1");
        try (ResultsArchive archive = builder()
                .events(silent)
                .sweep(cluster)
                .prune(PrunerConfig.builder()
                        .grace("-1s")
                        .interval(Duration.ofMillis(20))
                        .build())
                .build()) {
            archive.start();
            await().atMost(PATIENCE)
                    .until(() -> cluster.list(RunKind.TASK_RUN, "", "").items().isEmpty());
            assertThat(stored(run).contains(event)).isTrue();
        }
    }

    @Test
    void withoutThemNothingIsAskedAndTheStoreMustTakeRecords() {
        assertThat(builder().build().stats().events()).isEqualTo(Optional.empty());
        assertThat(builder().build().stats().finalPods()).isEmpty();
        ResultsStore runsOnly = (ResultsStore) Proxy.newProxyInstance(
                getClass().getClassLoader(), new Class<?>[] {ResultsStore.class}, (proxy, method, arguments) -> {
                    throw new AssertionError("nothing is asked");
                });
        assertThatThrownBy(() -> builder().store(runsOnly, store).events(events).build())
                .hasMessageContaining("RecordCreation");
    }
}

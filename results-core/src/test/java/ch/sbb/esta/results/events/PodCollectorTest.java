package ch.sbb.esta.results.events;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import ch.sbb.esta.results.Record;
import ch.sbb.esta.results.RecordName;
import ch.sbb.esta.results.ResultNaming;
import ch.sbb.esta.results.ResultsException;
import ch.sbb.esta.results.ResultsException.Code;
import ch.sbb.esta.results.RunSnapshot;
import ch.sbb.esta.results.memory.InMemoryResultsStore;
import ch.sbb.esta.results.spi.ClusterPods;
import ch.sbb.esta.results.spi.RecordCreation;
import ch.sbb.esta.results.spi.RunWatcher.Event;
import ch.sbb.esta.results.spi.Watching;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class PodCollectorTest {

    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final RecordName TASK_RUN = RecordName.parse("ci/results/r1/records/r1");
    private static final RecordName POD = RecordName.parse("ci/results/r1/records/pod1");

    private final InMemoryResultsStore store = new InMemoryResultsStore(InstantSource.system());
    private ClusterPods.@Nullable Handler handler;
    private @Nullable PodCollector collector;

    @AfterEach
    void close() {
        if (collector != null) {
            collector.close();
        }
    }

    private PodCollector start(RecordCreation creation) {
        PodCollector started = new PodCollector(
                taken -> {
                    handler = taken;
                    return new Watching() {
                        @Override
                        public Optional<Instant> lastHeard() {
                            return Optional.empty();
                        }

                        @Override
                        public void close() {
                            handler = null;
                        }
                    };
                },
                store,
                creation);
        collector = started;
        started.start();
        return started;
    }

    private void deliver(Event.Type type, int version, String phase) {
        if (handler == null) {
            throw new AssertionError("nobody watches");
        }
        handler.onPod(type, pod("r1", version, phase));
    }

    private static byte[] pod(String taskRun, int version, String phase) {
        return """
                {"metadata":{"namespace":"ci","name":"build-pod","uid":"pod1","resourceVersion":"%d",
                 "labels":{"tekton.dev/taskRunUID":"%s"}},
                 "spec":{"containers":[{"name":"step-a","env":[{"name":"A","value":"s3cr3t"}]}]},"status":{"phase":"%s"}}""".formatted(version, taskRun, phase).getBytes(StandardCharsets.UTF_8);
    }

    private void storeRun(PodCollector to) {
        RunSnapshot run = RunSnapshot.parse(
                "{\"apiVersion\":\"tekton.dev/v1\",\"kind\":\"TaskRun\",\"metadata\":{\"namespace\":\"ci\",\"name\":\"build\",\"uid\":\"r1\"}}"
                        .getBytes(StandardCharsets.UTF_8));
        assertThat(store.archive(List.of(ResultNaming.defaults().place(run)))).hasSize(1);
        to.onStored(run, TASK_RUN);
    }

    private String text() {
        return store.findRecord(POD)
                .map(Record::data)
                .map(data -> new String(data, StandardCharsets.UTF_8))
                .orElse("");
    }

    @Test
    void aPodThatIsOverIsStoredBesideItsTaskRunWithoutValues() throws Exception {
        PodCollector pods = start(store);
        deliver(Event.Type.SEEN, 1, "Running");
        deliver(Event.Type.SEEN, 2, "Succeeded");
        assertThat(pods.stats().waiting()).isEqualTo(1);
        storeRun(pods);
        assertThat(pods.awaitIdle(PATIENCE)).isTrue();
        assertThat(text()).contains("Succeeded").doesNotContain("s3cr3t");
        assertThat(store.findRecord(POD)).get().extracting(Record::type).isEqualTo("v1.Pod");
        Record before = store.findRecord(POD).orElseThrow();
        deliver(Event.Type.SEEN, 2, "Succeeded");
        deliver(Event.Type.DELETED, 1, "Running");
        assertThat(pods.awaitIdle(PATIENCE)).isTrue();
        assertThat(store.findRecord(POD)).contains(before);
        deliver(Event.Type.DELETED, 3, "Failed");
        assertThat(pods.awaitIdle(PATIENCE)).isTrue();
        assertThat(text()).contains("Failed");
        assertThat(pods.stats()).isEqualTo(new PodCollector.Stats(2, 0, 0, 0));
    }

    @Test
    void aPodThatIsDeletedWhileItRunsIsKeptAsItWasLast() throws Exception {
        PodCollector pods = start(store);
        storeRun(pods);
        deliver(Event.Type.SEEN, 1, "Running");
        assertThat(text()).isEmpty();
        deliver(Event.Type.DELETED, 2, "Running");
        assertThat(pods.awaitIdle(PATIENCE)).isTrue();
        assertThat(text()).contains("Running");
    }

    @Test
    void whileTheStoreFailsThePodWaits() {
        AtomicInteger failures = new AtomicInteger(1);
        PodCollector pods = start((name, type, data) -> {
            if (failures.getAndDecrement() > 0) {
                throw new ResultsException(Code.UNAVAILABLE, "out of reach");
            }
            return store.createRecord(name, type, data);
        });
        storeRun(pods);
        deliver(Event.Type.SEEN, 2, "Succeeded");
        await().atMost(PATIENCE).until(() -> !text().isEmpty());
        assertThat(pods.stats().failures()).isEqualTo(1);
    }

    @Test
    void whatCannotBeStoredIsCountedAndHoldsUpNobody() throws Exception {
        PodCollector pods = start(store);
        storeRun(pods);
        if (handler == null) {
            throw new AssertionError("nobody watches");
        }
        handler.onPod(Event.Type.DELETED, "[]".getBytes(StandardCharsets.UTF_8));
        handler.onPod(
                Event.Type.DELETED,
                new String(pod("r1", 1, "Failed"), StandardCharsets.UTF_8)
                        .replace("pod1", "r1")
                        .getBytes(StandardCharsets.UTF_8));
        deliver(Event.Type.SEEN, 2, "Succeeded");
        assertThat(pods.awaitIdle(PATIENCE)).isTrue();
        assertThat(text()).contains("Succeeded");
        assertThat(store.findRecord(TASK_RUN)).get().extracting(Record::type).isEqualTo("tekton.dev/v1.TaskRun");
        assertThat(pods.stats().dropped()).isEqualTo(2);
    }
}

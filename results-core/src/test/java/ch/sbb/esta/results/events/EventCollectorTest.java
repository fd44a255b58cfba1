package ch.sbb.esta.results.events;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import ch.sbb.esta.results.EventBounds;
import ch.sbb.esta.results.EventList;
import ch.sbb.esta.results.EventSnapshot;
import ch.sbb.esta.results.Record;
import ch.sbb.esta.results.RecordName;
import ch.sbb.esta.results.ResultNaming;
import ch.sbb.esta.results.ResultsException;
import ch.sbb.esta.results.ResultsException.Code;
import ch.sbb.esta.results.RunPlacement;
import ch.sbb.esta.results.RunSnapshot;
import ch.sbb.esta.results.memory.InMemoryClusterEvents;
import ch.sbb.esta.results.memory.InMemoryResultsStore;
import ch.sbb.esta.results.spi.RecordCreation;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class EventCollectorTest {

    private static final Duration PATIENCE = Duration.ofSeconds(60);

    private final InMemoryClusterEvents cluster = new InMemoryClusterEvents(InstantSource.system());
    private final InMemoryResultsStore store = new InMemoryResultsStore(InstantSource.system());
    private final List<EventCollector> open = new ArrayList<>();

    static Stream<Long> seeds() {
        return Stream.concat(
                Stream.of(ThreadLocalRandom.current().nextLong()),
                new Random(11).longs(9).boxed());
    }

    @AfterEach
    void close() {
        open.forEach(EventCollector::close);
    }

    private static EventCollectorConfig.Builder quick() {
        return EventCollectorConfig.builder()
                .writeInterval(Duration.ofMillis(5))
                .settling(Duration.ofMillis(1))
                .retries(Duration.ofMillis(1), Duration.ofMillis(5));
    }

    private EventCollector start(EventCollectorConfig.Builder config, RecordCreation creation) {
        EventCollector collector = new EventCollector(cluster, store, creation, config.build());
        open.add(collector);
        collector.start();
        return collector;
    }

    private EventCollector start() {
        return start(quick(), store);
    }

    private EventSnapshot put(String name, String kind, String object, String uid, String more) {
        return cluster.put("""
                {"metadata":{"namespace":"ci","name":"%s"},"type":"Normal","lastTimestamp":"2026-11-20T10:00:30Z",
                 "involvedObject":{"apiVersion":"%s","kind":"%s","namespace":"ci","name":"%s","uid":"%s"}%s}""".formatted(name, kind.equals("Pod") ? "v1" : "tekton.dev/v1", kind, object, uid, more)
                .getBytes(StandardCharsets.UTF_8));
    }

    private EventSnapshot about(String name, String run) {
        return put(name, "TaskRun", run, run + "-uid", "");
    }

    private static RunSnapshot run(String name, String status, String pods) {
        return RunSnapshot.parse("""
                {"apiVersion":"tekton.dev/v1","kind":"TaskRun","metadata":{"namespace":"ci","name":"%s","uid":"%s-uid",
                 "creationTimestamp":"2026-11-20T10:00:00Z"},
                 "status":{%s"conditions":[{"type":"Succeeded","status":"%s"}]}}""".formatted(name, name, pods, status).getBytes(StandardCharsets.UTF_8));
    }

    /** Stores a run and tells the collector, as an archive does. */
    private RecordName store(EventCollector collector, RunSnapshot run) {
        RunPlacement placement = ResultNaming.defaults().place(run);
        RecordName record = store.archive(List.of(placement)).get(0).record().orElseThrow();
        collector.onStored(run, record);
        return record;
    }

    private EventList stored(String run) {
        RecordName record = RecordName.parse("ci/results/" + run + "-uid/records/" + run + "-uid");
        return store.findResult(record.result())
                .flatMap(result -> store.findRecord(EventList.name(result, run + "-uid")))
                .map(Record::data)
                .map(EventList::parse)
                .orElse(EventList.EMPTY);
    }

    private void awaitStored(String run, EventSnapshot... events) {
        await().atMost(PATIENCE).untilAsserted(() -> {
            assertThat(stored(run).events()).hasSize(events.length);
            assertThat(events).allMatch(stored(run)::contains);
        });
    }

    @Test
    void eventsOfARunWaitForItAndLaterOnesAreAdded() {
        EventCollector collector = start();
        EventSnapshot early = about("e1", "build");
        assertThat(collector.stats().strays()).isEqualTo(1);
        store(collector, run("build", "Unknown", ""));
        awaitStored("build", early);
        EventSnapshot again = about("e1", "build");
        EventSnapshot second = about("e2", "build");
        awaitStored("build", again, second);
        store(collector, run("build", "True", ""));
        EventSnapshot late = about("e3", "build");
        awaitStored("build", again, second, late);
        assertThat(collector.stats().strays()).isZero();
    }

    @Test
    void eventsThatTheClusterHasForgottenStay() throws Exception {
        EventCollector collector = start();
        store(collector, run("build", "Unknown", ""));
        EventSnapshot first = about("e1", "build");
        assertThat(collector.awaitIdle(PATIENCE)).isTrue();
        collector.close();
        cluster.expire(first);
        EventCollector next = start();
        store(next, run("build", "True", ""));
        EventSnapshot second = about("e2", "build");
        awaitStored("build", first, second);
        assertThat(next.stats().collected()).isEqualTo(1);
    }

    @Test
    void theEventsOfThePodsOfAllAttemptsGoWithTheirTaskRun() {
        EventCollector collector = start();
        EventSnapshot first = put("p1", "Pod", "build-pod", "u1", "");
        EventSnapshot retry = put("p2", "Pod", "build-pod-retry1", "u2", "");
        EventSnapshot stranger = put("p3", "Pod", "database-0", "u3", "");
        EventSnapshot old = put("p4", "Pod", "build-pod", "u0", ",\"count\":1");
        EventSnapshot before = cluster.put(new String(old.json(), StandardCharsets.UTF_8)
                .replace("2026-11-20T10:00:30Z", "2026-11-20T09:00:00Z")
                .getBytes(StandardCharsets.UTF_8));
        store(
                collector,
                run(
                        "build",
                        "True",
                        "\"podName\":\"build-pod-retry1\",\"retriesStatus\":[{\"podName\":\"build-pod\"}],"));
        await().atMost(PATIENCE).until(() -> stored("build").events().size() >= 2);
        assertThat(stored("build").contains(first)).isTrue();
        assertThat(stored("build").contains(retry)).isTrue();
        assertThat(stored("build").contains(before)).isFalse();
        assertThat(stored("build").contains(stranger)).isFalse();
        EventSnapshot later = put("p5", "Pod", "build-pod", "u1", "");
        await().atMost(PATIENCE).until(() -> stored("build").contains(later));
    }

    @Test
    void anEventOfAnotherNamespaceOrKindIsNobodys() throws Exception {
        EventCollector collector = start();
        store(collector, run("build", "True", ""));
        cluster.put("""
                {"metadata":{"namespace":"other","name":"e"},
                 "involvedObject":{"apiVersion":"tekton.dev/v1","kind":"TaskRun","name":"build","uid":"build-uid"}}""".getBytes(StandardCharsets.UTF_8));
        put("e2", "Deployment", "build", "build-uid", "");
        EventSnapshot own = about("e3", "build");
        awaitStored("build", own);
        assertThat(collector.awaitIdle(PATIENCE)).isTrue();
        assertThat(stored("build").events()).hasSize(1);
    }

    @Test
    void whatIsStoredAlreadyIsNotWrittenAgain() throws Exception {
        EventCollector collector = start();
        RecordName record = store(collector, run("build", "True", ""));
        about("e1", "build");
        assertThat(collector.awaitIdle(PATIENCE)).isTrue();
        RecordName name = EventList.name(store.findResult(record.result()).orElseThrow(), "build-uid");
        Record before = store.findRecord(name).orElseThrow();
        collector.close();
        collector.start();
        assertThat(collector.awaitIdle(PATIENCE)).isTrue();
        assertThat(store.findRecord(name)).contains(before);
        assertThat(collector.stats().collected()).isEqualTo(1);
    }

    @Test
    void aRunThatIsAnnotatedNamesTheRecord() {
        EventCollector collector = start();
        RunSnapshot plain = run("build", "True", "");
        RunSnapshot annotated = RunSnapshot.parse(new String(plain.json(), StandardCharsets.UTF_8)
                .replace(
                        "\"creationTimestamp\"",
                        "\"annotations\":{\"results.tekton.dev/eventlist\":\"ci/results/build-uid/records/mine\"},\"creationTimestamp\"")
                .getBytes(StandardCharsets.UTF_8));
        store(collector, annotated);
        about("e1", "build");
        await().atMost(PATIENCE)
                .until(() -> store.findRecord(RecordName.parse("ci/results/build-uid/records/mine"))
                        .isPresent());
        assertThat(stored("build").events()).isEmpty();
    }

    @Test
    void whileTheStoreFailsEventsWait() {
        AtomicInteger failures = new AtomicInteger(20);
        EventCollector collector = start(quick(), (name, type, data) -> {
            if (failures.decrementAndGet() >= 0) {
                throw new ResultsException(Code.UNAVAILABLE, "out of reach");
            }
            return store.createRecord(name, type, data);
        });
        store(collector, run("build", "True", ""));
        EventSnapshot event = about("e1", "build");
        awaitStored("build", event);
        assertThat(collector.stats().failures()).isEqualTo(20);
        assertThat(collector.stats().dropped()).isZero();
    }

    @Test
    void anEventThatTheStoreRefusesHoldsUpNobodyAndIsMarked() throws Exception {
        RecordCreation picky = (name, type, data) -> {
            if (new String(data, StandardCharsets.UTF_8).contains("poison")) {
                throw ResultsException.invalid("no poison here");
            }
            return store.createRecord(name, type, data);
        };
        EventCollector collector = start(quick().settling(Duration.ofHours(1)), picky);
        store(collector, run("build", "True", ""));
        put("e1", "TaskRun", "build", "build-uid", ",\"message\":\"poison\"");
        EventSnapshot good = about("e2", "build");
        assertThat(collector.awaitIdle(PATIENCE)).isTrue();
        awaitStored("build", good);
        assertThat(stored("build").leftOut()).isEqualTo(1);
        assertThat(collector.stats().dropped()).isEqualTo(1);
        store(collector, run("other", "True", ""));
        put("e3", "TaskRun", "other", "other-uid", ",\"message\":\"poison\"");
        assertThat(collector.awaitIdle(PATIENCE)).isTrue();
        assertThat(stored("other").leftOut()).as("one that comes alone").isEqualTo(1);
        assertThat(collector.stats().dropped()).isEqualTo(2);
    }

    @Test
    void whatDoesNotFitIsCountedOnce() throws Exception {
        EventCollector collector = start(quick().bounds(new EventBounds(4, 100_000)), store);
        store(collector, run("build", "True", ""));
        for (int round = 0; round < 3; round++) {
            for (int i = 0; i < 10; i++) {
                about("e" + i, "build");
            }
            assertThat(collector.awaitIdle(PATIENCE)).isTrue();
        }
        assertThat(stored("build").events()).hasSize(3);
        assertThat(stored("build").leftOut()).isEqualTo(7);
        assertThat(collector.stats().leftOut()).isEqualTo(7);
    }

    @Test
    void whatFoundNoRoomIsAskedForAgain() {
        EventCollector collector = start(quick().waitingEvents(4).relistInterval(Duration.ofMillis(20)), store);
        List<EventSnapshot> events = new ArrayList<>();
        for (int i = 0; i < 20; i++) {
            events.add(about("e" + i, "build"));
        }
        assertThat(collector.stats().strays()).isLessThanOrEqualTo(4);
        store(collector, run("build", "True", ""));
        awaitStored("build", events.toArray(EventSnapshot[]::new));
        assertThat(collector.stats().postponed()).isPositive();
    }

    @Test
    void theEventsOfARunWhoseResultIsGoneAreLetGo() throws Exception {
        EventCollector collector = start();
        RecordName record = store(collector, run("build", "True", ""));
        store.deleteResult(record.result());
        about("e1", "build");
        assertThat(collector.awaitIdle(PATIENCE)).isTrue();
        assertThat(collector.stats().dropped()).isEqualTo(1);
        assertThat(store.findResult(record.result())).isEqualTo(Optional.empty());
    }

    @Test
    void whatWaitsForAnIntervalIsWrittenWhenTheCollectorIsClosed() {
        EventCollector collector = start(quick().writeInterval(Duration.ofHours(1)), store);
        store(collector, run("build", "Unknown", ""));
        EventSnapshot event = about("e1", "build");
        assertThat(collector.stats().waiting()).isEqualTo(1);
        collector.close();
        assertThat(stored("build").contains(event)).isTrue();
    }

    @Test
    void aRunThatEndsDoesNotWaitForTheInterval() {
        EventCollector collector = start(quick().writeInterval(Duration.ofHours(1)), store);
        store(collector, run("build", "Unknown", ""));
        EventSnapshot event = about("e1", "build");
        store(collector, run("build", "True", ""));
        awaitStored("build", event);
    }

    @ParameterizedTest
    @MethodSource("seeds")
    void severalCollectorsThatFailAndRestartLoseNothing(long seed) throws Exception {
        Random random = new Random(seed);
        RecordCreation moody = (name, type, data) -> {
            boolean fails = ThreadLocalRandom.current().nextInt(3) == 0;
            if (fails && ThreadLocalRandom.current().nextBoolean()) {
                throw new ResultsException(Code.UNAVAILABLE, "before");
            }
            Record record = store.createRecord(name, type, data);
            if (fails) {
                throw new ResultsException(Code.TIMEOUT, "after");
            }
            return record;
        };
        EventCollector one = start(quick(), moody);
        EventCollector two = start(quick(), moody);
        List<EventSnapshot> last = new ArrayList<>();
        for (int i = 0; i < 60; i++) {
            String run = "run" + random.nextInt(3);
            if (random.nextInt(3) == 0) {
                RunSnapshot snapshot = run(run, random.nextBoolean() ? "True" : "Unknown", "");
                store(one, snapshot);
                store(two, snapshot);
            }
            last.add(about(run + "-e" + random.nextInt(6), run));
            if (random.nextInt(20) == 0) {
                two.close();
                two.start();
            }
        }
        for (String run : List.of("run0", "run1", "run2")) {
            store(one, run(run, "True", ""));
            store(two, run(run, "True", ""));
        }
        assertThat(one.awaitIdle(PATIENCE)).as("seed %d", seed).isTrue();
        assertThat(two.awaitIdle(PATIENCE)).as("seed %d", seed).isTrue();
        for (EventSnapshot event : last) {
            String run = event.subject().name();
            assertThat(stored(run).contains(event))
                    .as("seed %d: %s in %s", seed, event, stored(run))
                    .isTrue();
        }
    }
}

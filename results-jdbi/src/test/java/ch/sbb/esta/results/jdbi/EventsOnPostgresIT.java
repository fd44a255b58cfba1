package ch.sbb.esta.results.jdbi;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import ch.sbb.esta.results.EventBounds;
import ch.sbb.esta.results.EventList;
import ch.sbb.esta.results.EventSnapshot;
import ch.sbb.esta.results.JsonText;
import ch.sbb.esta.results.Record;
import ch.sbb.esta.results.RecordName;
import ch.sbb.esta.results.RunPlacement;
import ch.sbb.esta.results.events.EventCollector;
import ch.sbb.esta.results.events.EventCollectorConfig;
import ch.sbb.esta.results.internal.JsonTree;
import ch.sbb.esta.results.memory.InMemoryClusterEvents;
import com.fasterxml.jackson.databind.JsonNode;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** Lists of Events that several collectors write into the same rows. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@SuppressWarnings("NullAway.Init") // set before each test
class EventsOnPostgresIT {

    private static final Duration PATIENCE = Duration.ofMinutes(2);

    private final Fixture fixture = new Fixture(Servers.current().newDatabase());
    private final RunPlacement run = Fixture.run("build", "1", "{}");
    private JdbiResultsStore store;
    private InMemoryClusterEvents cluster;
    private RecordName record;

    @BeforeEach
    void storeTheRun() {
        store = JdbiResultsStore.builder(fixture.pool(), fixture.newSchema()).build();
        cluster = new InMemoryClusterEvents(InstantSource.system());
        record = store.archive(List.of(run)).get(0).record().orElseThrow();
    }

    @AfterEach
    void noConnectionLeaked() {
        fixture.assertNoConnectionLeaked();
    }

    @AfterAll
    void close() {
        fixture.close();
    }

    private EventCollector start() {
        EventCollector collector = new EventCollector(
                cluster,
                store,
                store,
                EventCollectorConfig.builder()
                        .writeInterval(Duration.ofMillis(1))
                        .settling(Duration.ofMillis(1))
                        .bounds(new EventBounds(100, 1 << 20))
                        .build());
        collector.start();
        collector.onStored(run.run(), record);
        return collector;
    }

    private EventSnapshot put(String name, String more) {
        return cluster.put(json(name, more));
    }

    private EventSnapshot event(String name, String more) {
        return EventSnapshot.parse(json(name, more));
    }

    private byte[] json(String name, String more) {
        return """
                {"metadata":{"namespace":"ci","name":"%s","uid":"uid-%s","resourceVersion":"1"},"type":"Normal","message":"größe 🚀",
                 "involvedObject":{"apiVersion":"tekton.dev/v1","kind":"%s","uid":"%s"}%s}""".formatted(name, name, run.run().kind().kind(), run.run().uid(), more)
                .getBytes(StandardCharsets.UTF_8);
    }

    private EventList stored() {
        return store.findRecord(EventList.name(
                        store.findResult(record.result()).orElseThrow(),
                        run.run().uid()))
                .map(Record::data)
                .map(EventList::parse)
                .orElse(EventList.EMPTY);
    }

    @Test
    void collectorsThatWriteAtTheSameTimeLoseNothing() throws Exception {
        List<EventSnapshot> last = new ArrayList<>();
        try (EventCollector one = start();
                EventCollector two = start()) {
            for (int i = 0; i < 40; i++) {
                last.add(put("e" + i, ""));
                if (i % 5 == 0) {
                    last.set(last.size() - 1, put("e" + i, ",\"count\":2"));
                    assertThat((i % 2 == 0 ? one : two).awaitIdle(PATIENCE)).isTrue();
                }
            }
            assertThat(one.awaitIdle(PATIENCE)).isTrue();
            assertThat(two.awaitIdle(PATIENCE)).isTrue();
            assertThat(one.stats().dropped() + two.stats().dropped()).isZero();
        }
        assertThat(stored().events()).hasSize(40);
        assertThat(last).allMatch(stored()::contains);
    }

    @Test
    void anEventThatPostgresRefusesIsMarkedAndOddOnesComeBackAsTheyWere() throws Exception {
        EventSnapshot poison = event("poison", ",\"odd\":1e200000");
        EventSnapshot odd =
                event("odd", ",\"odd\":\"\\u0000 \\ud800\",\"\\ud800\":[1e300,0.10000000000000000000000001]");
        EventSnapshot plain = event("plain", "");
        try (EventCollector collector = start()) {
            List.of(poison, odd, plain).forEach(collector::accept);
            await().atMost(PATIENCE).until(() -> stored().events().size() == 2);
            assertThat(collector.awaitIdle(PATIENCE)).isTrue();
            assertThat(collector.stats().dropped()).isEqualTo(1);
        }
        EventList list = stored();
        assertThat(list.contains(poison)).isFalse();
        assertThat(list.contains(plain)).isTrue();
        assertThat(list.leftOut()).isEqualTo(1);
        EventSnapshot back = list.events().stream()
                .filter(event -> event.identity().equals(odd.identity()))
                .findFirst()
                .orElseThrow();
        assertThat(JsonTree.isSame(tree(back), tree(odd))).isTrue();
    }

    private static JsonNode tree(EventSnapshot event) {
        return JsonTree.read(JsonText.withReadableKeys(event.json()));
    }
}

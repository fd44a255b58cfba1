package ch.sbb.esta.results;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.ThreadLocalRandom;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class EventListTest {

    private static final EventBounds ROOMY = EventBounds.DEFAULTS;

    static Stream<Long> seeds() {
        return Stream.concat(
                Stream.of(ThreadLocalRandom.current().nextLong()),
                new Random(7).longs(29).boxed());
    }

    private static byte[] bytes(String json) {
        return json.getBytes(StandardCharsets.UTF_8);
    }

    private static EventSnapshot event(String uid, int version, int count, String more) {
        return EventSnapshot.parse(bytes("""
                {"metadata":{"namespace":"ci","name":"e-%s","uid":"%s","resourceVersion":"%d"},
                 "involvedObject":{"apiVersion":"tekton.dev/v1","kind":"TaskRun","name":"build","uid":"r1"},
                 "type":"Normal","reason":"Started","count":%d,
                 "firstTimestamp":"2026-11-20T10:00:0%dZ","lastTimestamp":"2026-11-20T10:30:00Z"%s}\
                """.formatted(uid, uid, version, count, Math.abs(uid.hashCode() % 10), more)));
    }

    private static List<String> identities(EventList list) {
        return list.events().stream().map(EventSnapshot::identity).toList();
    }

    @Test
    void whatIsReadOffAnEventDecidesAndTheRestIsKept() {
        EventSnapshot event = event("a", 5, 1, ",\"odd\":[1.50,null]");
        assertThat(event.identity()).isEqualTo("a");
        assertThat(event.namespace()).isEqualTo("ci");
        assertThat(event.subject()).isEqualTo(new EventSnapshot.Subject("tekton.dev/v1", "TaskRun", "build", "r1"));
        assertThat(event.subject().findRunKind()).contains(RunKind.TASK_RUN);
        assertThat(event.subject().isPod()).isFalse();
        assertThat(event.isNormal()).isTrue();
        assertThat(event.lastTime()).contains(Instant.parse("2026-11-20T10:30:00Z"));
        assertThat(event).hasToString("Event \"ci\"/\"e-a\" of \"TaskRun\" \"build\"");
        assertThat(new String(event.json(), StandardCharsets.UTF_8)).endsWith("\"odd\":[1.50,null]}");
    }

    @Test
    void ofASeriesTheLastOccurrenceCounts() {
        EventSnapshot event = EventSnapshot.parse(bytes("""
                {"metadata":{"name":"e","namespace":"ci"},"involvedObject":{"apiVersion":"v1","kind":"Pod","name":"p"},
                 "eventTime":"2026-11-20T10:00:00.000001Z","firstTimestamp":null,"lastTimestamp":"yesterday",
                 "series":{"count":7,"lastObservedTime":"2026-11-20T11:00:00.000002Z"}}"""));
        assertThat(event.lastTime()).contains(Instant.parse("2026-11-20T11:00:00.000002Z"));
        assertThat(event.identity()).isEqualTo("ci/e");
        assertThat(event.subject().isPod()).isTrue();
    }

    @Test
    void whatIsNoEventIsRefused() {
        for (String wrong :
                List.of("", "[]", "{\"metadata\":{}}", "{\"metadata\":{\"uid\":7}}", "{} {}", "{\"a\":1,\"a\":1}")) {
            assertThatThrownBy(() -> EventSnapshot.parse(bytes(wrong)))
                    .isInstanceOf(ResultsException.class)
                    .extracting(e -> ((ResultsException) e).code())
                    .isEqualTo(ResultsException.Code.INVALID);
        }
    }

    @ParameterizedTest
    @MethodSource("seeds")
    void inWhateverOrderAndHoweverOftenVersionsComeTheSameListComesOut(long seed) {
        Random random = new Random(seed);
        List<EventSnapshot> versions = new ArrayList<>();
        Map<String, Integer> newest = new HashMap<>();
        for (int i = 0; i < 40; i++) {
            String uid = "e" + random.nextInt(12);
            int version = 1 + random.nextInt(20);
            versions.add(event(uid, version, version, ""));
            newest.merge(uid, version, Math::max);
        }
        EventList expected = EventList.EMPTY.merge(versions, ROOMY).list();
        Collections.shuffle(versions, random);
        EventList list = EventList.EMPTY;
        for (EventSnapshot version : versions) {
            int size = list.events().size();
            list = EventList.parse(list.merge(List.of(version), ROOMY).list().toJson());
            assertThat(list.events()).as("seed %d", seed).hasSizeGreaterThanOrEqualTo(size);
        }
        assertThat(list).as("seed %d", seed).isEqualTo(expected);
        newest.forEach((uid, version) -> assertThat(expected.contains(event(uid, version, version, "")))
                .as("seed %d: %s in version %d", seed, uid, version)
                .isTrue());
        assertThat(expected.events()).hasSameSizeAs(newest.keySet());
        EventList.Merged again = expected.merge(versions, ROOMY);
        assertThat(again.list()).as("nothing new").isSameAs(expected);
    }

    @Test
    void anEventIsKeptByteForByte() {
        String odd =
                ",\"größe 漢字 🚀\":\"\\u0000 \\ud800\",\"\\ud800\":{\"\\udc00\":[1e400,1.50,-0.0]}, \"x\" :\t\"}]\"";
        EventSnapshot event = event("a", 1, 1, odd);
        EventSnapshot other = event("b", 1, 1, "");
        EventList list = EventList.EMPTY.merge(List.of(event, other), ROOMY).list();
        EventList read = EventList.parse(list.toJson());
        assertThat(read).isEqualTo(list);
        assertThat(read.events().stream().map(EventSnapshot::json))
                .containsExactlyInAnyOrder(event.json(), other.json());
    }

    @Test
    void theListIsAnEventListOfKubernetes() {
        assertThat(new String(EventList.EMPTY.toJson(), StandardCharsets.UTF_8))
                .isEqualTo("{\"apiVersion\":\"v1\",\"kind\":\"EventList\",\"metadata\":{},\"items\":[]}");
        assertThat(new String(EventList.EMPTY.leftOut(3).toJson(), StandardCharsets.UTF_8))
                .contains("\"metadata\":{\"remainingItemCount\":3}");
        assertThat(EventList.parse(EventList.EMPTY.leftOut(3).toJson()).leftOut())
                .isEqualTo(3);
        assertThat(EventList.EMPTY.leftOut(3).leftOut(2).leftOut()).isEqualTo(3);
    }

    @Test
    void listsThatTektonResultsWroteAreUnderstood() {
        EventList theirs = EventList.parse(bytes("""
                {"metadata":{"resourceVersion":"77"},"items":[
                 {"metadata":{"name":"e-a","namespace":"ci","creationTimestamp":"2026-11-20T10:00:00Z"},
                  "involvedObject":{"kind":"TaskRun"},"count":2,"lastTimestamp":"2026-11-20T10:30:00Z"}]}"""));
        assertThat(theirs.contains(event("a", 5, 2, ""))).isTrue();
        assertThat(theirs.merge(List.of(event("a", 5, 2, "")), ROOMY).list()).isSameAs(theirs);
        EventList more = theirs.merge(List.of(event("a", 6, 3, ""), event("b", 7, 1, "")), ROOMY)
                .list();
        assertThat(identities(more)).containsExactlyInAnyOrder("a", "b");
        assertThat(EventList.parse(bytes("{\"metadata\":{},\"items\":null}")).events())
                .isEmpty();
        assertThat(EventList.parse(bytes("{}")).events()).isEmpty();
    }

    @Test
    void whatIsNoListIsRefused() {
        for (String wrong : List.of("[]", "{\"items\":[7]}", "{\"items\":[{}]}", "{\"items\":[")) {
            assertThatThrownBy(() -> EventList.parse(bytes(wrong))).isInstanceOf(ResultsException.class);
        }
    }

    @Test
    void aStormOfNormalEventsLeavesRoomForWarnings() {
        EventBounds eight = new EventBounds(8, 1 << 20);
        List<EventSnapshot> storm = new ArrayList<>();
        for (int i = 0; i < 20; i++) {
            storm.add(event("n" + i, 1, 1, ""));
        }
        EventList.Merged full = EventList.EMPTY.merge(storm, eight);
        assertThat(full.list().events()).hasSize(6);
        assertThat(full.leftOut()).hasSize(14);
        EventSnapshot warning = EventSnapshot.parse(
                bytes("{\"type\":\"Warning\",\"metadata\":{\"uid\":\"w\",\"name\":\"w\",\"resourceVersion\":\"1\"}}"));
        EventList.Merged warned = full.list().merge(List.of(warning), eight);
        assertThat(warned.leftOut()).isEmpty();
        assertThat(warned.list().contains(warning)).isTrue();
        EventSnapshot grown = full.list().events().get(0);
        EventSnapshot newer = event(grown.identity(), 2, 2, "");
        assertThat(warned.list().merge(List.of(newer), eight).list().contains(newer))
                .as("what is there takes no new room")
                .isTrue();
    }

    @Test
    void anEventThatIsTooLargeIsLeftOutAndTheOthersAreNot() {
        EventBounds small = new EventBounds(100, 4_000);
        EventSnapshot large = event("large", 1, 1, ",\"message\":\"" + "x".repeat(5_000) + "\"");
        EventList.Merged merged = EventList.EMPTY.merge(List.of(large, event("a", 1, 1, "")), small);
        assertThat(identities(merged.list())).containsExactly("a");
        assertThat(merged.leftOut()).containsExactly("large");
        EventSnapshot grown = event("a", 2, 2, ",\"message\":\"" + "x".repeat(5_000) + "\"");
        assertThat(merged.list().merge(List.of(grown), small).list())
                .as("what was taken stays, where the newer version is too large")
                .isSameAs(merged.list());
    }

    @Test
    void boundsThatAreNotPossibleAreRefused() {
        assertThatThrownBy(() -> new EventBounds(3, 100)).hasMessageContaining("3 Events");
        assertThatThrownBy(() -> new EventBounds(10, 9 << 20)).hasMessageContaining("8388608");
    }

    @Test
    void theRecordIsNamedAsTektonResultsNamesIt() {
        Result result = new Result(
                ResultName.parse("ci/results/r1"),
                new Result.Stored("9c0a7d4e-3b6a-4d5e-8f35-2f1a7c9b0d11", Instant.EPOCH, Instant.EPOCH, "etag"),
                Map.of(),
                null);
        // uuid.uuid3(uuid.UUID(RESULT), RUN + "eventlist") of Python
        assertThat(EventList.name(result, "5b2f9a3c-77aa-4f0e-9d0b-6a5c1d2e3f40"))
                .isEqualTo(RecordName.parse("ci/results/r1/records/0b76a784-ca9c-3b1d-b274-866fc53f309d"));
    }

    @Test
    void anAnnotationNamesTheRecordOfATopLevelRunInItsOwnResultOnly() {
        RecordName record = RecordName.parse("ci/results/r1/records/r1");
        assertThat(annotated("ci/results/r1/records/mine", ""))
                .contains(RecordName.parse("ci/results/r1/records/mine"));
        assertThat(annotated("ci/results/r1/records/mine", "{\"kind\":\"PipelineRun\",\"uid\":\"p\"}"))
                .isEmpty();
        assertThat(annotated("ci/results/r2/records/mine", "")).isEmpty();
        assertThat(annotated("other/results/r1/records/mine", "")).isEmpty();
        assertThat(annotated(record.toString(), "")).isEmpty();
        assertThat(annotated("nonsense", "")).isEmpty();
    }

    private static Optional<RecordName> annotated(String annotation, String owner) {
        RunSnapshot run = RunSnapshot.parse(bytes("""
                {"apiVersion":"tekton.dev/v1","kind":"TaskRun","metadata":{"namespace":"ci","name":"build","uid":"r1",
                 "annotations":{"results.tekton.dev/eventlist":"%s"},"ownerReferences":[%s]}}""".formatted(annotation, owner)));
        return EventList.findAnnotated(run, RecordName.parse("ci/results/r1/records/r1"));
    }
}

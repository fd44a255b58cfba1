package ch.sbb.esta.results.prune;

import static org.assertj.core.api.Assertions.assertThat;

import ch.sbb.esta.results.EventBounds;
import ch.sbb.esta.results.EventList;
import ch.sbb.esta.results.EventSnapshot;
import ch.sbb.esta.results.Record;
import ch.sbb.esta.results.RecordName;
import ch.sbb.esta.results.ResultName;
import ch.sbb.esta.results.ResultsException;
import ch.sbb.esta.results.ResultsException.Code;
import ch.sbb.esta.results.RunSnapshot;
import ch.sbb.esta.results.spi.ClusterEvents;
import ch.sbb.esta.results.spi.Watching;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;

class EventSafetyTest {

    private final Scene scene = new Scene();
    private final RunSafety safety = scene.safety().events(scene.events()).build();

    private EventSnapshot put(String name, String subject, String time) {
        return scene.events().put("""
                {"metadata":{"namespace":"ci","name":"%s"},"lastTimestamp":"%s","involvedObject":{%s}}""".formatted(name, time, subject).getBytes(StandardCharsets.UTF_8));
    }

    private EventSnapshot about(RunSnapshot run, String name) {
        return put(
                name,
                "\"apiVersion\":\"tekton.dev/v1\",\"kind\":\"TaskRun\",\"uid\":\"%s\"".formatted(run.uid()),
                "2026-06-01T00:00:00Z");
    }

    private EventSnapshot aboutPod(String name, String pod, String time) {
        return put(name, "\"apiVersion\":\"v1\",\"kind\":\"Pod\",\"name\":\"%s\"".formatted(pod), time);
    }

    private void keep(RunSnapshot run, EventSnapshot... events) {
        EventList list =
                EventList.EMPTY.merge(List.of(events), EventBounds.DEFAULTS).list();
        RecordName name = EventList.name(
                scene.store().findResult(new ResultName("ci", run.uid())).orElseThrow(), run.uid());
        Record record = scene.store().createRecord(name, EventList.TYPE, list.toJson());
        scene.store()
                .updateRecord(
                        name, EventList.TYPE, list.toJson(), record.stored().etag());
    }

    @Test
    void aRunWhoseEventsAreNotStoredIsNotSafe() {
        RunSnapshot run = scene.store(TestRun.taskRun("build").ended(scene.now()));
        assertThat(safety.check(run)).isSameAs(Safety.SAFE);
        EventSnapshot first = about(run, "e1");
        assertThat(safety.check(run).reasons())
                .containsExactly("TaskRun ci/\"build\" has 1 Events that are not stored");
        keep(run, first);
        assertThat(safety.check(run)).isSameAs(Safety.SAFE);
        EventSnapshot again = about(run, "e1");
        assertThat(safety.check(run).isSafe()).as("it occurred again").isFalse();
        keep(run, again);
        assertThat(safety.check(run).isSafe()).isTrue();
        assertThat(safety.checkByRecords(run).isSafe()).isTrue();
    }

    @Test
    void theEventsOfPodsCountUnlessTheyAreOfAnEarlierPodOfThatName() {
        RunSnapshot run =
                scene.store(TestRun.taskRun("build").ended(scene.now()).podNamed("build-pod"));
        aboutPod("old", "build-pod", "2026-05-01T00:00:00Z");
        assertThat(safety.check(run).isSafe()).isTrue();
        EventSnapshot event = aboutPod("e1", "build-pod", "2026-06-01T00:00:00Z");
        assertThat(safety.check(run).isSafe()).isFalse();
        keep(run, event);
        assertThat(safety.check(run).isSafe()).isTrue();
    }

    @Test
    void aListThatIsFullHoldsNothingUp() {
        RunSnapshot run = scene.store(TestRun.taskRun("build").ended(scene.now()));
        about(run, "e1");
        RecordName name = EventList.name(
                scene.store().findResult(new ResultName("ci", run.uid())).orElseThrow(), run.uid());
        scene.store()
                .createRecord(name, EventList.TYPE, EventList.EMPTY.leftOut(1).toJson());
        assertThat(safety.check(run).isSafe()).isTrue();
    }

    @Test
    void whereEventsMayNotBeListedNothingIsSafeAndTheReasonIsTold() {
        RunSnapshot run = scene.store(TestRun.taskRun("build").ended(scene.now()));
        RunSafety forbidden = scene.safety().events(new Forbidden()).build();
        assertThat(forbidden.check(run).reasons())
                .singleElement()
                .asString()
                .contains("Events that cannot be listed", "nobody may");
    }

    private static final class Forbidden implements ClusterEvents {

        @Override
        public Watching watchEvents(Handler handler) {
            throw new AssertionError("not asked for");
        }

        @Override
        public List<EventSnapshot> listAbout(String namespace, String uid) {
            throw new ResultsException(Code.DENIED, "nobody may");
        }

        @Override
        public List<EventSnapshot> listAboutPod(String namespace, String pod) {
            throw new AssertionError("not asked for");
        }
    }
}

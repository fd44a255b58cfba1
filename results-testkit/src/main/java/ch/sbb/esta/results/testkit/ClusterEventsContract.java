package ch.sbb.esta.results.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import ch.sbb.esta.results.EventSnapshot;
import ch.sbb.esta.results.spi.ClusterEvents;
import ch.sbb.esta.results.spi.Watching;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * What every {@link ClusterEvents} must do. Subclasses hand in the Events of an empty cluster, all namespaces, with at most 10 Events on a
 * page, made anew for each test, and what changes them. The test that makes the cluster forget is tagged {@code faults}.
 */
public abstract class ClusterEventsContract {

    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final int MANY = 25;

    private final Queue<EventSnapshot> seen = new ConcurrentLinkedQueue<>();
    private final Queue<Watching> open = new ConcurrentLinkedQueue<>();

    /** For subclasses. */
    protected ClusterEventsContract() {}

    /**
     * The Events under test.
     *
     * @return the same object for the whole test
     */
    protected abstract ClusterEvents events();

    /**
     * Creates an Event or replaces the one of its namespace and name; the namespace is made where needed.
     *
     * @param json the whole object as UTF-8 JSON
     * @return the Event as the cluster keeps it
     */
    protected abstract EventSnapshot put(byte[] json);

    /** Ends open watches and forgets the past, so that they cannot go on where they were. */
    protected abstract void forget();

    /**
     * Names a namespace of the tests. A cluster that others use too gives each test namespaces of its own; the name itself by default.
     *
     * @param name a DNS label of at most 20 characters
     * @return the name of the namespace, the same each time
     */
    protected String namespace(String name) {
        return name;
    }

    /** Releases what the subclass opened, after the watches were closed. Nothing by default. */
    protected void release() {}

    @AfterEach
    final void closeWatches() {
        open.forEach(Watching::close);
        release();
    }

    private void watch() {
        open.add(events().watchEvents(seen::add));
    }

    private EventSnapshot put(String namespace, String name, String subject) {
        String real = namespace(namespace);
        return put("""
                {"apiVersion":"v1","kind":"Event","metadata":{"namespace":"%s","name":"%s"},
                 "involvedObject":{%s,"namespace":"%s"},"reason":"Started","type":"Normal","message":"größe 🚀"}""".formatted(real, name, subject, real).getBytes(StandardCharsets.UTF_8));
    }

    private static String run(String uid) {
        return "\"apiVersion\":\"tekton.dev/v1\",\"kind\":\"TaskRun\",\"name\":\"build\",\"uid\":\"" + uid + "\"";
    }

    private static String pod(String name, String uid) {
        return "\"apiVersion\":\"v1\",\"kind\":\"Pod\",\"name\":\"" + name + "\",\"uid\":\"" + uid + "\"";
    }

    /** In this version. */
    private void awaitSeen(EventSnapshot event) {
        await().atMost(PATIENCE).until(() -> seen.stream().anyMatch(one -> isSame(one, event)));
    }

    private static boolean isSame(EventSnapshot one, EventSnapshot other) {
        return one.identity().equals(other.identity()) && one.resourceVersion().equals(other.resourceVersion());
    }

    @Test
    final void eventsThatExistAndEveryVersionOfThoseThatComeAreDelivered() {
        EventSnapshot existing = put("ns-a", "e1", run("r1"));
        watch();
        awaitSeen(existing);
        EventSnapshot pod = put("ns-b", "e2", pod("build-pod", "p1"));
        awaitSeen(pod);
        EventSnapshot again = put("ns-a", "e1", run("r1"));
        assertThat(again.isNewerThan(existing)).isTrue();
        awaitSeen(again);
    }

    @Test
    final void eventsAboutOtherThingsAreNotDelivered() {
        watch();
        put("ns-a", "e1", "\"apiVersion\":\"apps/v1\",\"kind\":\"Deployment\",\"name\":\"build\",\"uid\":\"d1\"");
        put("ns-a", "e2", "\"apiVersion\":\"example.org/v1\",\"kind\":\"TaskRun\",\"name\":\"build\",\"uid\":\"d2\"");
        EventSnapshot run = put("ns-a", "e3", run("r1"));
        awaitSeen(run);
        assertThat(seen).allMatch(event -> isSame(event, run));
    }

    @Test
    @Tag("faults")
    final void afterAGapWhatExistsIsDeliveredAgain() {
        watch();
        EventSnapshot event = put("ns-a", "e1", run("r1"));
        awaitSeen(event);
        seen.clear();
        forget();
        awaitSeen(event);
        awaitSeen(put("ns-a", "e2", run("r1")));
    }

    @Test
    final void aWatchTellsTheAgeOfItsKnowledgeAndDeliversNothingOnceClosed() {
        Queue<EventSnapshot> late = new ConcurrentLinkedQueue<>();
        Watching watching = events().watchEvents(late::add);
        open.add(watching);
        EventSnapshot first = put("ns-a", "e1", run("r1"));
        await().atMost(PATIENCE).until(() -> late.stream().anyMatch(event -> isSame(event, first)));
        await().atMost(PATIENCE).until(() -> watching.lastHeard().isPresent());
        watching.close();
        late.clear();
        watch();
        awaitSeen(put("ns-a", "e2", run("r1")));
        assertThat(late).isEmpty();
        watching.close();
    }

    @Test
    final void everythingAboutAnObjectIsListedHoweverMuchItIs() {
        List<String> identities = new ArrayList<>();
        for (int i = 0; i < MANY; i++) {
            identities.add(put("ns-a", "e" + i, run("r1")).identity());
        }
        put("ns-a", "other-run", run("r2"));
        put("ns-b", "other-namespace", run("r1"));
        assertThat(events().listAbout(namespace("ns-a"), "r1"))
                .extracting(EventSnapshot::identity)
                .containsExactlyInAnyOrderElementsOf(identities);
        assertThat(events().listAbout(namespace("ns-a"), "nobody, no=body\\")).isEmpty();
    }

    @Test
    final void theEventsOfThePodsOfANameAreListed() {
        EventSnapshot first = put("ns-a", "e1", pod("build-pod", "p1"));
        EventSnapshot second = put("ns-a", "e2", pod("build-pod", "p2"));
        put("ns-a", "e3", pod("build-pod-retry1", "p3"));
        put("ns-a", "e4", run("r1").replace("build", "build-pod"));
        put("ns-b", "e5", pod("build-pod", "p1"));
        assertThat(events().listAboutPod(namespace("ns-a"), "build-pod"))
                .extracting(EventSnapshot::identity)
                .containsExactlyInAnyOrder(first.identity(), second.identity());
    }

    @Test
    final void anEventComesWithEveryField() {
        EventSnapshot put = put("""
                {"apiVersion":"v1","kind":"Event","metadata":{"namespace":"%1$s","name":"e1"},"involvedObject":{%2$s,"namespace":"%1$s"},
                 "invented":{"empty":{},"none":null,"list":[],"number":1.50}}""".formatted(namespace("ns-a"), run("r1")).getBytes(StandardCharsets.UTF_8));
        watch();
        awaitSeen(put);
        List<EventSnapshot> both = new ArrayList<>(events().listAbout(namespace("ns-a"), "r1"));
        both.addAll(seen);
        assertThat(both)
                .hasSizeGreaterThanOrEqualTo(2)
                .allSatisfy(event -> assertThat(Runs.tree(event.json()).path("invented"))
                        .isEqualTo(Runs.tree(put.json()).path("invented")));
    }
}

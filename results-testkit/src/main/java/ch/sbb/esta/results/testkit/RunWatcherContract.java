package ch.sbb.esta.results.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import ch.sbb.esta.results.RunKind;
import ch.sbb.esta.results.RunSnapshot;
import ch.sbb.esta.results.spi.ClusterRuns.RunKey;
import ch.sbb.esta.results.spi.RunWatcher;
import ch.sbb.esta.results.spi.RunWatcher.Event;
import ch.sbb.esta.results.spi.Watching;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.function.Predicate;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * What every {@link RunWatcher} must do. Subclasses hand in a watcher by the system's clock over all namespaces of an empty cluster that
 * was told of {@link ClusterDriver#EXTRA_KIND}, made anew for each test, and a driver of that cluster. The tests that make it forget are
 * tagged {@code faults}.
 */
public abstract class RunWatcherContract {

    private static final Duration PATIENCE = Duration.ofSeconds(60);

    private final Queue<Event> events = new ConcurrentLinkedQueue<>();
    private final Queue<Watching> open = new ConcurrentLinkedQueue<>();

    /** For subclasses. */
    protected RunWatcherContract() {}

    /**
     * The watcher under test.
     *
     * @return the same one for the whole test
     */
    protected abstract RunWatcher watcher();

    /**
     * What changes the runs of the cluster that is watched.
     *
     * @return the same one for the whole test
     */
    protected abstract ClusterDriver cluster();

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

    @Test
    final void runsThatExistAreDelivered() {
        RunSnapshot run = put(RunKind.TASK_RUN, "ns-a", "build", "one");
        RunSnapshot other = put(RunKind.TASK_RUN, "ns-b", "build", "one");
        watch();
        awaitSeen(run);
        awaitSeen(other);
    }

    @Test
    final void runsOfEveryKindAreDelivered() {
        watch();
        for (RunKind kind : List.of(RunKind.PIPELINE_RUN, RunKind.TASK_RUN, RunKind.CUSTOM_RUN)) {
            RunSnapshot run = put(kind, "ns-a", "build", "one");
            awaitSeen(run);
            assertThat(events.stream().filter(e -> uid(e).equals(run.uid())))
                    .allMatch(e -> e.kind().equals(kind));
        }
    }

    @Test
    final void everyVersionOfARunIsDeliveredUntilItIsGone() {
        Watching watching = watch();
        RunSnapshot first = put(RunKind.TASK_RUN, "ns-a", "build", "one");
        awaitSeen(first);
        RunSnapshot second = put(RunKind.TASK_RUN, "ns-a", "build", "two");
        awaitSeen(second);
        cluster().delete(RunKey.of(second));
        awaitEvent(e -> e.type() == Event.Type.DELETED && uid(e).equals(second.uid()));
        Event deleted = events.stream()
                .filter(e -> e.type() == Event.Type.DELETED)
                .findFirst()
                .orElseThrow();
        assertThat(RunSnapshot.parse(deleted.json()).annotations()).containsEntry("note", "two");
        assertThat(watching.lastHeard()).isPresent();
    }

    @Test
    final void objectsOfAnExtraKindAreDeliveredUntilTheyAreGone() {
        RunSnapshot existing = put(ClusterDriver.EXTRA_KIND, "ns-a", "existing", "one");
        watch();
        awaitSeen(existing);
        RunSnapshot changed = put(ClusterDriver.EXTRA_KIND, "ns-a", "existing", "two");
        awaitSeen(changed);
        cluster().delete(RunKey.of(changed));
        awaitEvent(e -> e.type() == Event.Type.DELETED
                && e.kind().equals(ClusterDriver.EXTRA_KIND)
                && uid(e).equals(changed.uid()));
    }

    @Test
    final void aRunIsDeliveredWithEveryField() {
        RunSnapshot existing = put(RunKind.PIPELINE_RUN, "ns-a", "existing", "one");
        watch();
        RunSnapshot created = put(RunKind.PIPELINE_RUN, "ns-a", "created", "one");
        for (RunSnapshot run : List.of(existing, created)) {
            awaitSeen(run);
            Event event = events.stream().filter(seen(run)).findFirst().orElseThrow();
            assertThat(Runs.tree(event.json())).isEqualTo(Runs.tree(run.json()));
        }
    }

    @Test
    final void aRunThatReplacesAnotherOfItsNameIsDelivered() {
        watch();
        RunSnapshot first = put(RunKind.TASK_RUN, "ns-a", "build", "one");
        awaitSeen(first);
        cluster().delete(RunKey.of(first));
        RunSnapshot second = put(RunKind.TASK_RUN, "ns-a", "build", "one");
        assertThat(second.uid()).isNotEqualTo(first.uid());
        awaitSeen(second);
        awaitEvent(e -> e.type() == Event.Type.DELETED && uid(e).equals(first.uid()));
    }

    @Test
    @Tag("faults")
    final void afterAGapEveryRunThatExistsIsDeliveredAgain() {
        RunSnapshot unchanged = put(RunKind.TASK_RUN, "ns-a", "unchanged", "one");
        RunSnapshot before = put(RunKind.TASK_RUN, "ns-a", "changed", "one");
        watch();
        awaitSeen(unchanged);
        awaitSeen(before);
        events.clear();
        cluster().forget();
        RunSnapshot after = put(RunKind.TASK_RUN, "ns-a", "changed", "two");
        awaitSeen(unchanged);
        awaitSeen(after);
    }

    @Test
    final void anExceptionOfTheHandlerDoesNotEndTheWatch() {
        open.add(watcher().watch(event -> {
            events.add(event);
            throw new IllegalStateException("thrown by a test");
        }));
        awaitSeen(put(RunKind.TASK_RUN, "ns-a", "first", "one"));
        awaitSeen(put(RunKind.TASK_RUN, "ns-a", "second", "one"));
    }

    @Test
    final void whoWatchesLaterSeesEverythingToo() {
        Watching first = watch();
        RunSnapshot run = put(RunKind.TASK_RUN, "ns-a", "build", "one");
        awaitSeen(run);
        first.close();
        Queue<Event> later = new ConcurrentLinkedQueue<>();
        open.add(watcher().watch(later::add));
        await().atMost(PATIENCE).until(() -> later.stream().anyMatch(seen(run)));
    }

    @Test
    final void afterTheCloseNothingIsDelivered() {
        Watching closed = watch();
        awaitSeen(put(RunKind.TASK_RUN, "ns-a", "before", "one"));
        closed.close();
        closed.close();
        events.clear();
        Queue<Event> other = new ConcurrentLinkedQueue<>();
        open.add(watcher().watch(other::add));
        RunSnapshot run = put(RunKind.TASK_RUN, "ns-a", "after", "one");
        await().atMost(PATIENCE).until(() -> other.stream().anyMatch(seen(run)));
        assertThat(events).isEmpty();
    }

    @Test
    final void aHandlerMayCloseItsOwnWatch() {
        Queue<Watching> own = new ConcurrentLinkedQueue<>();
        own.add(watcher().watch(event -> {
            events.add(event);
            own.forEach(Watching::close);
        }));
        open.addAll(own);
        RunSnapshot run = put(RunKind.TASK_RUN, "ns-a", "build", "one");
        awaitEvent(e -> uid(e).equals(run.uid()));
    }

    @Test
    final void theAgeOfTheKnowledgeMovesWithWhatIsHeard() {
        Instant start = Instant.now();
        Watching watching = watch();
        RunSnapshot run = put(RunKind.TASK_RUN, "ns-a", "build", "one");
        awaitSeen(run);
        await().atMost(PATIENCE).until(() -> watching.lastHeard().isPresent());
        assertThat(watching.lastHeard().orElseThrow()).isBetween(start, Instant.now());
    }

    private Watching watch() {
        Watching watching = watcher().watch(events::add);
        open.add(watching);
        return watching;
    }

    private RunSnapshot put(RunKind kind, String namespace, String name, String note) {
        return cluster().put(Runs.run(kind, namespace(namespace), name, note));
    }

    private void awaitSeen(RunSnapshot run) {
        awaitEvent(seen(run));
    }

    private void awaitEvent(Predicate<Event> expected) {
        await().atMost(PATIENCE).until(() -> events.stream().anyMatch(expected));
    }

    private static Predicate<Event> seen(RunSnapshot run) {
        return event -> {
            RunSnapshot seen = RunSnapshot.parse(event.json());
            return event.type() == Event.Type.SEEN
                    && seen.uid().equals(run.uid())
                    && seen.resourceVersion().equals(run.resourceVersion());
        };
    }

    private static String uid(Event event) {
        return RunSnapshot.parse(event.json()).uid();
    }
}

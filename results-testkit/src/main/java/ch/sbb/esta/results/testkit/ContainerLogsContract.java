package ch.sbb.esta.results.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import ch.sbb.esta.results.PodSnapshot;
import ch.sbb.esta.results.PodSnapshot.State;
import ch.sbb.esta.results.ResultsException;
import ch.sbb.esta.results.ResultsException.Code;
import ch.sbb.esta.results.spi.ContainerLogs;
import ch.sbb.esta.results.spi.ContainerLogs.Mode;
import ch.sbb.esta.results.spi.RunWatcher.Event;
import ch.sbb.esta.results.spi.Watching;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.Arrays;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/**
 * What every {@link ContainerLogs} must do. Subclasses hand in one over all namespaces of an empty cluster, made anew for each test, and a
 * driver of that cluster.
 */
public abstract class ContainerLogsContract {

    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final Instant TIME = Instant.parse("2026-11-20T10:00:00.123456789Z");
    private static final PodDriver.Container STEP = new PodDriver.Container("ns-a", "build-pod", "step-build");
    private static final String TASK_RUN = "0b7f2c1e-0000-4000-8000-000000000001";

    private final Queue<Seen> events = new ConcurrentLinkedQueue<>();
    private final Queue<AutoCloseable> open = new ConcurrentLinkedQueue<>();

    private record Seen(Event.Type type, PodSnapshot pod) {}

    /** For subclasses. */
    protected ContainerLogsContract() {}

    /**
     * The role under test.
     *
     * @return the same one for the whole test
     */
    protected abstract ContainerLogs logs();

    /**
     * What moves the pods of the cluster.
     *
     * @return the same one for the whole test
     */
    protected abstract PodDriver cluster();

    @AfterEach
    final void closeWhatIsOpen() throws Exception {
        for (AutoCloseable each : open) {
            each.close();
        }
    }

    @Test
    final void podsThatExistAndPodsThatComeAreDelivered() {
        PodSnapshot existing = create();
        watch();
        awaitEvent(seen(existing, State.WAITING));
        PodSnapshot later = cluster().create("ns-b", "later-pod", TASK_RUN, List.of("prepare", "step-a"));
        awaitEvent(seen(later, State.WAITING));
        Seen event =
                events.stream().filter(seen(later, State.WAITING)).findFirst().orElseThrow();
        assertThat(event.pod().taskRunUid()).isEqualTo(TASK_RUN);
        assertThat(event.pod().containers())
                .extracting(PodSnapshot.Container::name)
                .containsExactlyInAnyOrder("prepare", "step-a");
    }

    @Test
    final void everyStateOfAContainerIsDelivered() {
        Watching watching = watch();
        PodSnapshot pod = create();
        awaitEvent(seen(pod, State.WAITING));
        cluster().start(STEP);
        awaitEvent(seen(pod, State.RUNNING));
        cluster().terminate(STEP);
        awaitEvent(seen(pod, State.TERMINATED));
        cluster().delete("ns-a", "build-pod");
        awaitEvent(e -> e.type() == Event.Type.DELETED && e.pod().uid().equals(pod.uid()));
        assertThat(watching.lastHeard()).isPresent();
    }

    @Test
    final void podsOfNoTaskRunAreNotDelivered() {
        cluster().createForeign("ns-a", "foreign");
        watch();
        PodSnapshot pod = create();
        awaitEvent(seen(pod, State.WAITING));
        assertThat(events).noneMatch(e -> e.pod().name().equals("foreign"));
        assertThat(logs().findPod("ns-a", "foreign")).isEmpty();
    }

    @Test
    final void afterTheCloseNothingIsDelivered() {
        Watching closed = watch();
        PodSnapshot pod = create();
        awaitEvent(seen(pod, State.WAITING));
        closed.close();
        closed.close();
        events.clear();
        Queue<Seen> other = new ConcurrentLinkedQueue<>();
        open.add(logs().watchPods((type, p) -> other.add(new Seen(type, p))));
        cluster().start(STEP);
        await().atMost(PATIENCE).until(() -> other.stream().anyMatch(seen(pod, State.RUNNING)));
        assertThat(events).isEmpty();
    }

    @Test
    final void aPodIsFoundAsItIsNow() {
        PodSnapshot pod = create();
        PodSnapshot.Container waiting = container();
        assertThat(waiting.state()).isEqualTo(State.WAITING);
        cluster().start(STEP);
        assertThat(container().state()).isEqualTo(State.RUNNING);
        assertThat(container().startedAt()).isNotNull();
        cluster().terminate(STEP);
        assertThat(container().state()).isEqualTo(State.TERMINATED);
        assertThat(container().finishedAt()).isNotNull();
        cluster().start(STEP);
        assertThat(container().restarts()).isEqualTo(1);
        assertThat(logs().findPod("ns-a", "build-pod")).map(PodSnapshot::uid).contains(pod.uid());
        cluster().delete("ns-a", "build-pod");
        assertThat(logs().findPod("ns-a", "build-pod")).isEmpty();
        assertThat(logs().findPod("ns-a", "never")).isEmpty();
    }

    @Test
    final void everyLineComesWithItsTimestamp() throws IOException {
        run();
        write(TIME, "one\n\ntwo");
        // A line without an end is in the log once the container has ended.
        cluster().terminate(STEP);
        String text = read(Mode.READ, null);
        String[] lines = text.split("\n", -1);
        assertThat(lines).hasSize(3);
        assertThat(lines[0]).endsWith(" one");
        assertThat(lines[1]).endsWith(" ");
        assertThat(lines[2]).endsWith(" two");
        for (String line : lines) {
            assertThat(time(line)).isEqualTo(TIME);
        }
    }

    @Test
    final void anyBytePasses() throws IOException {
        run();
        byte[] line = new byte[256];
        for (int i = 0; i < line.length; i++) {
            line[i] = (byte) (i == '\n' ? ' ' : i);
        }
        byte[] written = Arrays.copyOf(line, 257);
        written[256] = '\n';
        cluster().write(STEP, TIME, written);
        byte[] read = all(open(Mode.READ, null));
        int content = new String(read, StandardCharsets.ISO_8859_1).indexOf(' ') + 1;
        assertThat(Arrays.copyOfRange(read, content, read.length)).isEqualTo(written);
    }

    @Test
    final void onlyLinesOfTheSecondAndLaterCome() throws IOException {
        run();
        write(TIME.minusSeconds(1), "before\n");
        write(TIME, "same second\n");
        write(TIME.plusSeconds(5), "after\n");
        assertThat(read(Mode.READ, TIME.plusMillis(800)).split("\n"))
                .hasSize(2)
                .satisfiesExactly(
                        first -> assertThat(first).endsWith("same second"),
                        second -> assertThat(second).endsWith("after"));
    }

    @Test
    final void aFollowGoesOnUntilTheContainerEnds() throws Exception {
        run();
        write(TIME, "one\n");
        InputStream in = open(Mode.FOLLOW, null);
        assertThat(line(in)).endsWith(" one");
        write(TIME.plusSeconds(1), "two\n");
        assertThat(line(in)).endsWith(" two");
        CompletableFuture<Integer> end = CompletableFuture.supplyAsync(() -> readOne(in));
        cluster().terminate(STEP);
        assertThat(end.get(PATIENCE.toSeconds(), TimeUnit.SECONDS)).isEqualTo(-1);
        assertThat(read(Mode.READ, null).split("\n")).hasSize(2);
    }

    @Test
    final void closingEndsABlockedRead() throws Exception {
        run();
        write(TIME, "one\n");
        InputStream in = open(Mode.FOLLOW, null);
        line(in);
        CompletableFuture<Integer> end = CompletableFuture.supplyAsync(() -> readOne(in));
        in.close();
        assertThat(end.get(PATIENCE.toSeconds(), TimeUnit.SECONDS)).isNegative();
    }

    @Test
    final void theRunBeforeTheCurrentOneIsRead() throws IOException {
        run();
        assertCode(Mode.PREVIOUS, Code.NOT_FOUND);
        write(TIME, "first\n");
        cluster().terminate(STEP);
        cluster().start(STEP);
        write(TIME.plusSeconds(1), "second\n");
        assertThat(read(Mode.PREVIOUS, null)).endsWith(" first\n");
        assertThat(read(Mode.READ, null)).endsWith(" second\n");
    }

    @Test
    final void aContainerThatWaitsIsUnavailable() {
        create();
        assertCode(Mode.READ, Code.UNAVAILABLE);
        assertCode(Mode.FOLLOW, Code.UNAVAILABLE);
    }

    @Test
    final void whatIsNotThereIsNotFound() {
        assertCode(Mode.READ, Code.NOT_FOUND);
        run();
        cluster().delete("ns-a", "build-pod");
        assertCode(Mode.READ, Code.NOT_FOUND);
        assertCode(Mode.FOLLOW, Code.NOT_FOUND);
    }

    private PodSnapshot create() {
        return cluster().create("ns-a", "build-pod", TASK_RUN, List.of("step-build"));
    }

    private void run() {
        create();
        cluster().start(STEP);
    }

    private void write(Instant time, String text) {
        cluster().write(STEP, time, text.getBytes(StandardCharsets.UTF_8));
    }

    private PodSnapshot.Container container() {
        return logs().findPod("ns-a", "build-pod")
                .flatMap(pod -> pod.container("step-build"))
                .orElseThrow();
    }

    private InputStream open(Mode mode, @Nullable Instant since) {
        InputStream in = logs().open(new ContainerLogs.Request("ns-a", "build-pod", "step-build", since, mode));
        open.add(in);
        return in;
    }

    private String read(Mode mode, @Nullable Instant since) throws IOException {
        return new String(all(open(mode, since)), StandardCharsets.UTF_8);
    }

    private void assertCode(Mode mode, Code code) {
        assertThatThrownBy(() -> all(open(mode, null)))
                .isInstanceOfSatisfying(
                        ResultsException.class, e -> assertThat(e.code()).isEqualTo(code));
    }

    private static byte[] all(InputStream in) throws IOException {
        try (in) {
            return in.readAllBytes();
        }
    }

    /** The next byte; -1 at the end, -2 when the stream broke off. */
    private static int readOne(InputStream in) {
        try {
            return in.read();
        } catch (IOException e) {
            return -2;
        }
    }

    private static String line(InputStream in) throws IOException {
        ByteArrayOutputStream line = new ByteArrayOutputStream();
        for (int b = in.read(); b != '\n'; b = in.read()) {
            assertThat(b).as("the stream goes on").isNotNegative();
            line.write(b);
        }
        return line.toString(StandardCharsets.UTF_8);
    }

    private static Instant time(String line) {
        return OffsetDateTime.parse(line.substring(0, line.indexOf(' '))).toInstant();
    }

    private Watching watch() {
        Watching watching = logs().watchPods((type, pod) -> events.add(new Seen(type, pod)));
        open.add(watching);
        return watching;
    }

    private void awaitEvent(Predicate<Seen> expected) {
        await().atMost(PATIENCE).until(() -> events.stream().anyMatch(expected));
    }

    private static Predicate<Seen> seen(PodSnapshot pod, State state) {
        return event -> event.type() == Event.Type.SEEN
                && event.pod().uid().equals(pod.uid())
                && event.pod().containers().stream().allMatch(c -> c.state() == state);
    }
}

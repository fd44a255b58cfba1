package ch.sbb.esta.results.logs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import ch.sbb.esta.results.ContainerLogId;
import ch.sbb.esta.results.LogDefect.Reason;
import ch.sbb.esta.results.LogInfo;
import ch.sbb.esta.results.LogLine;
import ch.sbb.esta.results.ResultsException;
import ch.sbb.esta.results.ResultsException.Code;
import ch.sbb.esta.results.logs.WaywardSink.Call;
import ch.sbb.esta.results.memory.InMemoryLogs;
import ch.sbb.esta.results.spi.LogLines;
import ch.sbb.esta.results.spi.LogSource;
import ch.sbb.esta.results.spi.LogWriter;
import java.io.IOException;
import java.io.InputStream;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Collectors;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Several containers write what each time they write alike. The process dies at random, with the primary and the secondary durable at
 * different bytes; the secondary throws at random. In the end both have the same, or the fan-out names what not.
 */
class FanOutFuzzTest {

    private static final int CONTAINERS = 4;
    private static final int STEPS = 400;
    private static final Instant T0 = Instant.parse("2026-03-01T10:00:00Z");
    private static final List<Reason> REASONS = List.of(Reason.values());

    private final InMemoryLogs primary = new InMemoryLogs();
    private final InMemoryLogs copies = new InMemoryLogs();

    /** What a container emits, always the same. */
    private record Container(ContainerLogId id, List<byte[]> lines) {

        long offset(int line) {
            return lines.subList(0, line).stream().mapToLong(l -> l.length).sum();
        }
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12})
    void inTheEndBothHaveTheSameOrItIsNamed(long seed) throws IOException {
        Random random = new Random(seed);
        List<Container> containers = containers(random);
        // Odd seeds: what a dead process noted, its successor notes again; then nothing at all may differ.
        boolean faithful = seed % 2 == 1;
        int[] next = new int[CONTAINERS];
        while (!isOver(next, containers)) {
            process(random, containers, next, faithful);
        }
        WaywardSink sound = new WaywardSink(copies);
        FanOutLogs logs = fanOut(random, sound);
        for (Container container : containers) {
            logs.open(container.id).seal();
        }
        logs.close();
        Map<ContainerLogId, UncopiedLog> named =
                logs.uncopied().stream().collect(Collectors.toMap(UncopiedLog::id, log -> log));
        for (Container container : containers) {
            compare(seed, container, named, faithful);
        }
    }

    private void compare(long seed, Container container, Map<ContainerLogId, UncopiedLog> named, boolean faithful)
            throws IOException {
        String place = "seed " + seed + ", " + container.id;
        LogInfo info = primary.find(container.id).orElseThrow();
        assertThat(info.extent().bytes()).as(place).isEqualTo(container.offset(container.lines.size()));
        assertThat(text(copies, container.id)).as(place).isEqualTo(text(primary, container.id));
        assertThat(lines(copies, container.id)).as(place).isEqualTo(lines(primary, container.id));
        LogInfo copy = copies.find(container.id).orElseThrow();
        assertThat(copy.isSealed()).as(place).isTrue();
        assertThat(copy.extent()).as(place).isEqualTo(info.extent());
        if (named.containsKey(container.id)) {
            assertThat(faithful).as(place + ": " + named).isFalse();
            assertThat(named.get(container.id).reason()).as(place).isEqualTo(UncopiedLog.Reason.LABEL_DIFFERS);
        } else {
            assertThat(copy.state()).as(place).isEqualTo(info.state());
            assertThat(copy.defects()).as(place).hasSameElementsAs(info.defects());
        }
    }

    /** One process from its start to its death or to the end of everything. */
    private void process(Random random, List<Container> containers, int[] next, boolean faithful) throws IOException {
        long faults = random.nextLong();
        WaywardSink first = new WaywardSink(primary);
        WaywardSink second = new WaywardSink(copies);
        second.before(new Faults(faults, random.nextInt(4)));
        Random durable = new Random(faults);
        second.flushes(() -> durable.nextInt(4) == 0);
        FanOutLogs logs = new FanOutLogs(
                first, primary, second, config(random).closeLimit(Duration.ZERO).build());
        LogWriter[] writers = new LogWriter[CONTAINERS];
        int[] at = new int[CONTAINERS];
        for (int i = 0; i < CONTAINERS; i++) {
            writers[i] = logs.open(containers.get(i).id);
            at[i] = resume(containers.get(i), writers[i].info().extent().bytes(), writers[i]);
        }
        int life = random.nextInt(STEPS);
        for (int step = 0; step < life && !isOver(next, containers); step++) {
            int i = random.nextInt(CONTAINERS);
            Container container = containers.get(i);
            if (writers[i].info().isSealed()) {
                next[i] = container.lines.size() + 1;
                continue;
            }
            switch (random.nextInt(12)) {
                case 0 -> writers[i].flush();
                case 2 -> awaitLife(second, logs);
                case 1 -> {
                    writers[i].close();
                    writers[i] = logs.open(container.id);
                }
                default -> at[i] = write(random, container, at[i], writers[i], faithful);
            }
        }
        // The process is dead: neither gets anything any more.
        first.before(call -> dead());
        second.before(call -> dead());
        logs.close();
        assertThat(logs.uncopied())
                .as("the text is always the same")
                .extracting(UncopiedLog::reason)
                .doesNotContain(UncopiedLog.Reason.TEXT_DIFFERS);
    }

    /** Lets the threads that copy have their turn. */
    private static void awaitLife(WaywardSink secondary, FanOutLogs logs) {
        int appended = secondary.calls(Call.APPEND);
        await().pollInterval(Duration.ofMillis(1))
                .until(() -> secondary.calls(Call.APPEND) > appended
                        || logs.stats().bufferedBytes() == 0
                        || logs.stats().behind() > 0);
    }

    private static int write(Random random, Container container, int line, LogWriter writer, boolean faithful) {
        if (line == container.lines.size()) {
            writer.seal();
            return line;
        }
        if (faithful ? line % 9 == 4 : random.nextInt(20) == 0) {
            writer.defect(REASONS.get(line % REASONS.size()), "before line " + line);
        }
        byte[] bytes = container.lines.get(line);
        writer.beginLine(T0.plusMillis(line));
        int cut = random.nextInt(bytes.length);
        writer.append(bytes, 0, cut);
        writer.append(bytes, cut, bytes.length - cut);
        return line + 1;
    }

    /** Goes on behind what is durable, within a line if need be. */
    private static int resume(Container container, long durable, LogWriter writer) {
        int line = 0;
        while (line < container.lines.size() && container.offset(line + 1) <= durable) {
            line++;
        }
        int rest = (int) (durable - container.offset(line));
        if (rest > 0) {
            byte[] bytes = container.lines.get(line);
            writer.append(bytes, rest, bytes.length - rest);
            line++;
        }
        return line;
    }

    private static boolean isOver(int[] next, List<Container> containers) {
        for (int i = 0; i < CONTAINERS; i++) {
            if (next[i] <= containers.get(i).lines.size()) {
                return false;
            }
        }
        return true;
    }

    private static List<Container> containers(Random random) {
        List<Container> containers = new ArrayList<>();
        for (int i = 0; i < CONTAINERS; i++) {
            List<byte[]> lines = new ArrayList<>();
            int count = 20 + random.nextInt(60);
            for (int line = 0; line < count; line++) {
                byte[] bytes = new byte[1 + random.nextInt(random.nextInt(10) == 0 ? 5000 : 100)];
                random.nextBytes(bytes);
                lines.add(bytes);
            }
            containers.add(new Container(new ContainerLogId("ci", "run-1", "pod-" + i, "step-a", 0), lines));
        }
        return containers;
    }

    private FanOutLogs fanOut(Random random, WaywardSink secondary) {
        return new FanOutLogs(primary, primary, secondary, config(random).build());
    }

    private static FanOutConfig.Builder config(Random random) {
        return FanOutConfig.builder()
                .windowBytes(random.nextInt(3000))
                .threads(1 + random.nextInt(4))
                .minPause(Duration.ofMillis(1))
                .maxPause(Duration.ofMillis(3));
    }

    private static void dead() {
        throw new IllegalStateException("the process is dead");
    }

    /** Throws at random, each kind of thing. */
    private static final class Faults implements java.util.function.Consumer<Call> {

        private final Random random;
        private final int tenths;

        Faults(long seed, int tenths) {
            this.random = new Random(seed);
            this.tenths = tenths;
        }

        @Override
        public synchronized void accept(Call call) {
            if (random.nextInt(10) >= tenths) {
                return;
            }
            switch (random.nextInt(4)) {
                case 0 -> throw new ResultsException(Code.UNAVAILABLE, "away");
                case 1 -> throw new ResultsException(Code.INTERNAL, "broken");
                case 2 -> throw new IllegalStateException("a fault");
                default -> throw new AssertionError("an error");
            }
        }
    }

    private static byte[] text(LogSource source, ContainerLogId id) throws IOException {
        try (InputStream in = source.read(id, 0, Long.MAX_VALUE)) {
            return in.readAllBytes();
        }
    }

    private static List<LogLine> lines(LogSource source, ContainerLogId id) throws IOException {
        List<LogLine> all = new ArrayList<>();
        try (LogLines lines = source.lines(id, 0)) {
            for (LogLine line = lines.next(); line != null; line = lines.next()) {
                all.add(line);
            }
        }
        return all;
    }
}

package ch.sbb.esta.results.k8s;

import static org.assertj.core.api.Assertions.assertThat;

import ch.sbb.esta.results.ContainerLogId;
import ch.sbb.esta.results.LogAnnotation;
import ch.sbb.esta.results.LogSelection;
import ch.sbb.esta.results.LogState;
import ch.sbb.esta.results.logs.LogCollector;
import ch.sbb.esta.results.logs.LogCollectorConfig;
import ch.sbb.esta.results.logs.LogStoreConfig;
import ch.sbb.esta.results.logs.LogView;
import ch.sbb.esta.results.logs.SegmentedLogs;
import ch.sbb.esta.results.testkit.ManualClock;
import ch.sbb.esta.results.testkit.PodDriver.Container;
import ch.sbb.esta.results.testkit.kube.KubeApiServer;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeFormatterBuilder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Captured logs, where there are some, go from the API server through the collector to S3 and back. */
final class CapturedLogsIT {

    private static final Path CAPTURED = Path.of("../../shared/data/logs");
    private static final Instant START = Instant.parse("2026-11-20T10:00:00Z");
    private static final Duration BETWEEN_LINES = Duration.ofNanos(1_000);
    private static final String NAMESPACE = "captured";
    private static final String POD = "build-pod";
    private static final DateTimeFormatter TIMES =
            new DateTimeFormatterBuilder().appendInstant(9).toFormatter();

    /** Each made in a few bytes that are hard to keep; those that were captured come behind them. */
    private static final List<String> MADE = List.of(
            "", "\n", "no newline at the end", "\r\n10%\r20%\r\n\r", "a\u0000b\n\n\n", "\u001b[31mred\u001b[0m\n");

    @TempDir
    Path folder;

    private final ManualClock clock = new ManualClock(START);

    @Test
    void everyLogComesBackByteByByteAndWithItsTimes() throws Exception {
        List<byte[]> texts = texts();
        List<String> names = new ArrayList<>();
        for (int i = 0; i < texts.size(); i++) {
            names.add("step-" + i);
        }
        try (TestStore store = TestStore.start(TestStore.Kind.S3, folder);
                KubeApiServer server = KubeApiServer.builder().clock(clock).start();
                KubernetesClient client = HttpStack.JDK.connect(server.kubeconfig());
                FabricContainerLogs logs = new FabricContainerLogs(client, FabricConfig.defaults());
                SegmentedLogs sink = new SegmentedLogs(
                        store.blobs(),
                        LogStoreConfig.builder()
                                .segmentBytes(64 << 10)
                                .spoolDirectory(folder.resolve("spool"))
                                .build());
                LogCollector collector = new LogCollector(logs, sink, quick(), clock)) {
            TestPods pods = new TestPods(server, clock);
            String uid = pods.create(NAMESPACE, POD, "taskrun", names).uid();
            collector.start();
            pods.startAll(NAMESPACE, POD);
            List<byte[]> timed = new ArrayList<>();
            for (int i = 0; i < texts.size(); i++) {
                timed.add(write(pods, new Container(NAMESPACE, POD, names.get(i)), texts.get(i)));
            }
            assertThat(collector.awaitIdle(Duration.ofSeconds(90))).isTrue();

            for (int i = 0; i < texts.size(); i++) {
                ContainerLogId id = new ContainerLogId(NAMESPACE, "taskrun", uid, names.get(i), 0);
                assertThat(sink.find(id)).hasValueSatisfying(info -> {
                    assertThat(info.defects()).isEmpty();
                    assertThat(info.state()).isEqualTo(LogState.COMPLETE);
                });
                assertSame(all(sink.read(id, 0, Long.MAX_VALUE)), texts.get(i));
                assertSame(unzipped(all(sink.openGzip(id))), texts.get(i));
                assertSame(all(show(sink, id, EnumSet.allOf(LogAnnotation.class))), timed.get(i));
                assertSame(all(show(sink, id, EnumSet.of(LogAnnotation.MARKERS))), texts.get(i));
            }
        }
    }

    private static LogCollectorConfig quick() {
        return LogCollectorConfig.builder()
                .minBackoff(Duration.ofMillis(10))
                .maxBackoff(Duration.ofMillis(200))
                .build();
    }

    private static void assertSame(byte[] text, byte[] expected) {
        assertThat(Arrays.mismatch(text, expected))
                .as("first difference of %d bytes from %d", text.length, expected.length)
                .isEqualTo(-1);
    }

    private static InputStream show(SegmentedLogs logs, ContainerLogId id, Set<LogAnnotation> annotations) {
        return new LogView(logs).open(id, LogSelection.all(), annotations);
    }

    /** Lets a container write a text, line by line, and end; returns it with the time in front of each line. */
    private byte[] write(TestPods pods, Container container, byte[] text) {
        ByteArrayOutputStream timed = new ByteArrayOutputStream();
        for (int from = 0; from < text.length; ) {
            int to = from + 1;
            while (to < text.length && text[to - 1] != '\n') {
                to++;
            }
            byte[] line = Arrays.copyOfRange(text, from, to);
            clock.advance(BETWEEN_LINES);
            pods.write(container, clock.instant(), line);
            timed.writeBytes((TIMES.format(clock.instant()) + " ").getBytes(StandardCharsets.US_ASCII));
            timed.writeBytes(line);
            from = to;
        }
        // A last line without newline bears the time of the end.
        pods.terminate(container);
        return timed.toByteArray();
    }

    private static byte[] all(InputStream stream) throws IOException {
        try (InputStream in = stream) {
            return in.readAllBytes();
        }
    }

    /** From an array, whose stream says what is left, the JDK's own reader goes on behind a member. */
    private static byte[] unzipped(byte[] file) throws IOException {
        return all(new GZIPInputStream(new ByteArrayInputStream(file)));
    }

    private static List<byte[]> texts() throws IOException {
        List<byte[]> texts = new ArrayList<>();
        MADE.forEach(text -> texts.add(text.getBytes(StandardCharsets.UTF_8)));
        texts.add(new byte[] {(byte) 0xff, (byte) 0xfe, 0, 'x', '\n', (byte) 0xc3});
        if (Files.isDirectory(CAPTURED)) {
            try (Stream<Path> files = Files.list(CAPTURED)) {
                for (Path file : files.filter(Files::isRegularFile).sorted().toList()) {
                    texts.add(Files.readAllBytes(file));
                }
            }
        }
        return texts;
    }
}

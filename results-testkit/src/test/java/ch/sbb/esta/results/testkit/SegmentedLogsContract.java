package ch.sbb.esta.results.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import ch.sbb.esta.results.ContainerLogId;
import ch.sbb.esta.results.logs.LogStoreConfig;
import ch.sbb.esta.results.logs.SegmentedLogs;
import ch.sbb.esta.results.spi.BlobStore;
import ch.sbb.esta.results.spi.LogSink;
import ch.sbb.esta.results.spi.LogSource;
import ch.sbb.esta.results.spi.LogWriter;
import ch.sbb.esta.results.testkit.fault.FaultyBlobStore;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Segments over any blob store; every sink has the store behind a wire of its own, which can be cut. */
abstract class SegmentedLogsContract extends LogSinkContract {

    private final Map<LogSink, FaultyBlobStore> sinks = new IdentityHashMap<>();

    @TempDir
    @SuppressWarnings("NullAway.Init") // set by JUnit
    Path directory;

    @SuppressWarnings("NullAway.Init") // set before each test
    private BlobStore store;

    abstract BlobStore newStore();

    abstract int segmentBytes();

    @Override
    protected final void newStorage() {
        store = newStore();
    }

    @Override
    protected final LogSink openSink() {
        FaultyBlobStore wire = new FaultyBlobStore(store);
        LogSink sink = open(wire);
        sinks.put(sink, wire);
        return sink;
    }

    @Override
    protected final void kill(LogSink killed) {
        FaultyBlobStore wire = sinks.get(killed);
        assertThat(wire).isNotNull();
        wire.stop();
    }

    @Override
    protected final LogSource openSource() {
        SegmentedLogs source = open(store);
        sinks.put(source, new FaultyBlobStore(store));
        return source;
    }

    private SegmentedLogs open(BlobStore blobs) {
        return new SegmentedLogs(
                blobs,
                LogStoreConfig.builder()
                        .segmentBytes(segmentBytes())
                        .segmentAge(Duration.ofHours(1))
                        .spoolBytes(64 << 20)
                        .spoolDirectory(directory.resolve("spool"))
                        .build());
    }

    @Test
    final void capturedLogsSurvive() throws IOException {
        // The tests run in the module's folder, the data lies beside the project's.
        Path folder = Path.of("../../shared/data/logs");
        if (!Files.isDirectory(folder)) {
            return;
        }
        LogSink sink = openSink();
        LogSource source = openSource();
        int number = 0;
        try (Stream<Path> files = Files.list(folder)) {
            for (Path file : files.sorted().toList()) {
                ContainerLogId id = new ContainerLogId("ci", "captured", "pod-" + number++, "step-a", 0);
                byte[] bytes = Files.readAllBytes(file);
                LogWriter writer = sink.open(id);
                int start = 0;
                for (int i = 0; i < bytes.length; i++) {
                    if (bytes[i] == '\n' || i == bytes.length - 1) {
                        writer.beginLine(Instant.ofEpochSecond(1_700_000_000L, i));
                        writer.append(bytes, start, i + 1 - start);
                        start = i + 1;
                    }
                }
                writer.seal();
                try (InputStream in = source.read(id, 0, Long.MAX_VALUE)) {
                    assertThat(in.readAllBytes()).as(file.toString()).isEqualTo(bytes);
                }
            }
        }
    }

    @AfterEach
    final void closeSinks() throws IOException {
        sinks.keySet().forEach(LogSink::close);
        try (Stream<Path> left = Files.list(directory.resolve("spool"))) {
            assertThat(left.toList()).as("what stays in the spool").isEqualTo(List.of());
        }
    }
}

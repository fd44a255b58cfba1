package ch.sbb.esta.results.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import ch.sbb.esta.results.logs.LogStoreConfig;
import ch.sbb.esta.results.logs.SegmentedLogs;
import ch.sbb.esta.results.memory.InMemoryBlobStore;
import ch.sbb.esta.results.spi.BlobStore;
import ch.sbb.esta.results.spi.LogSink;
import ch.sbb.esta.results.spi.LogSource;
import ch.sbb.esta.results.testkit.fault.FaultyBlobStore;
import ch.sbb.esta.results.testkit.fault.FaultyBlobStore.Moment;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.junit.jupiter.api.io.TempDir;

/** The secondary's blob store fails now and then. */
class FanOutSegmentsTest extends FanOutContract {

    private final Map<SegmentedLogs, FaultyBlobStore> opened = new ConcurrentHashMap<>();

    @TempDir
    @SuppressWarnings("NullAway.Init") // set by JUnit
    Path directory;

    private BlobStore primary = new InMemoryBlobStore();
    private BlobStore secondary = new InMemoryBlobStore();

    @SuppressWarnings("NullAway.Init") // set before each test
    private SegmentedLogs primarySource;

    @SuppressWarnings("NullAway.Init") // set before each test
    private SegmentedLogs secondarySource;

    @Override
    protected void newStorage() {
        primary = new InMemoryBlobStore();
        secondary = new InMemoryBlobStore();
        primarySource = open(new FaultyBlobStore(primary));
        secondarySource = open(new FaultyBlobStore(secondary));
    }

    @Override
    LogSink openPrimary() {
        return open(new FaultyBlobStore(primary));
    }

    @Override
    LogSink openSecondary() {
        FaultyBlobStore faulty = new FaultyBlobStore(secondary);
        faulty.failCall(5, Moment.AFTER);
        return open(faulty);
    }

    @Override
    LogSource primarySource() {
        return primarySource;
    }

    @Override
    LogSource secondarySource() {
        return secondarySource;
    }

    @Override
    void end(LogSink primaryOrSecondary) {
        FaultyBlobStore wire = opened.get(primaryOrSecondary);
        assertThat(wire).isNotNull();
        wire.stop();
    }

    @Override
    void closeStorage() {
        opened.keySet().forEach(SegmentedLogs::close);
    }

    private SegmentedLogs open(FaultyBlobStore blobs) {
        SegmentedLogs logs = new SegmentedLogs(
                blobs,
                LogStoreConfig.builder()
                        .segmentBytes(4096)
                        .segmentAge(Duration.ofHours(1))
                        .spoolBytes(64 << 20)
                        .spoolDirectory(directory.resolve("spool"))
                        .build());
        opened.put(logs, blobs);
        return logs;
    }
}

package ch.sbb.esta.results.s3;

import static org.assertj.core.api.Assertions.assertThat;

import ch.sbb.esta.results.logs.LogStoreConfig;
import ch.sbb.esta.results.logs.SegmentedLogs;
import ch.sbb.esta.results.spi.BlobStore;
import ch.sbb.esta.results.spi.LogSink;
import ch.sbb.esta.results.spi.LogSource;
import ch.sbb.esta.results.testkit.LogSinkContract;
import ch.sbb.esta.results.testkit.fault.FaultyBlobStore;
import ch.sbb.esta.results.testkit.s3.S3Server;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import software.amazon.awssdk.services.s3.S3Client;

/** Logs in segments on S3. */
@Tag("long")
class S3LogSinkContractIT extends LogSinkContract {

    private static final AtomicInteger STORES = new AtomicInteger();

    private static S3Server server;
    private static S3Client client;

    private final Map<LogSink, FaultyBlobStore> sinks = new ConcurrentHashMap<>();

    @TempDir
    @SuppressWarnings("NullAway.Init") // set by JUnit
    Path directory;

    @SuppressWarnings("NullAway.Init") // set before each test
    private BlobStore store;

    @BeforeAll
    static void start() {
        server = S3Server.open();
        server.createBucket("logs");
        client = Server.client(server);
    }

    @AfterAll
    static void stop() {
        client.close();
        server.close();
    }

    @Override
    protected void newStorage() {
        store = new S3BlobStore(
                client,
                S3BlobStoreConfig.builder("logs")
                        .prefix("store-" + STORES.incrementAndGet())
                        .build());
    }

    @Override
    protected LogSink openSink() {
        FaultyBlobStore wire = new FaultyBlobStore(store);
        LogSink sink = open(wire);
        sinks.put(sink, wire);
        return sink;
    }

    @Override
    protected void kill(LogSink killed) {
        FaultyBlobStore wire = sinks.get(killed);
        assertThat(wire).isNotNull();
        wire.stop();
    }

    @Override
    protected LogSource openSource() {
        SegmentedLogs source = open(store);
        sinks.put(source, new FaultyBlobStore(store));
        return source;
    }

    private SegmentedLogs open(BlobStore blobs) {
        return new SegmentedLogs(
                blobs,
                LogStoreConfig.builder()
                        .segmentBytes(64 << 10)
                        .segmentAge(Duration.ofHours(1))
                        .spoolBytes(64 << 20)
                        .spoolDirectory(directory.resolve("spool"))
                        .build());
    }

    @AfterEach
    void closeSinks() {
        sinks.keySet().forEach(LogSink::close);
    }
}

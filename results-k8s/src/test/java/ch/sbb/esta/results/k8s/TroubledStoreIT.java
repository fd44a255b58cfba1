package ch.sbb.esta.results.k8s;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import ch.sbb.esta.results.logs.LogCollector;
import ch.sbb.esta.results.logs.LogCollectorConfig;
import ch.sbb.esta.results.logs.LogStoreConfig;
import ch.sbb.esta.results.logs.LogStoreStats;
import ch.sbb.esta.results.logs.SegmentedLogs;
import ch.sbb.esta.results.s3.S3BlobStore;
import ch.sbb.esta.results.s3.S3BlobStoreConfig;
import ch.sbb.esta.results.s3.S3ClientConfig;
import ch.sbb.esta.results.testkit.fault.FaultProxy;
import ch.sbb.esta.results.testkit.kube.KubeApiServer;
import ch.sbb.esta.results.testkit.s3.S3Server;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.services.s3.S3Client;

/** Containers write while the S3 store is slow, refuses, denies or is silent: over HTTP on both sides. */
final class TroubledStoreIT {

    private static final int CONTAINERS = 6;
    private static final long SPOOL = 64 << 20;
    private static final Duration PATIENCE = Duration.ofMinutes(2);

    @TempDir
    Path folder;

    private final List<AutoCloseable> open = new ArrayList<>();
    private final long seed = System.nanoTime();
    private final KubeApiServer server = opened(KubeApiServer.builder().start());
    private final BusyContainers containers = opened(new BusyContainers(server, seed, CONTAINERS));
    private final S3Server s3 = opened(S3Server.open());
    private final FaultProxy network =
            opened(FaultProxy.to("127.0.0.1", s3.endpoint().getPort()));

    /** What is wrong with the store. */
    enum Trouble {
        /** 503: it is overloaded. */
        REFUSING {
            @Override
            void begin(S3Server s3, FaultProxy network) {
                s3.refuse(503);
            }
        },
        /** 403: a policy or a key was changed. */
        DENYING {
            @Override
            void begin(S3Server s3, FaultProxy network) {
                s3.refuse(403);
            }
        },
        /** Nothing comes back. */
        SILENT {
            @Override
            void begin(S3Server s3, FaultProxy network) {
                network.blackHole();
            }
        },
        /** Nobody listens. */
        AWAY {
            @Override
            void begin(S3Server s3, FaultProxy network) {
                network.refuse();
                network.cut();
            }
        };

        abstract void begin(S3Server s3, FaultProxy network);
    }

    @AfterEach
    void close() throws Exception {
        for (int i = open.size() - 1; i >= 0; i--) {
            open.get(i).close();
        }
    }

    @ParameterizedTest
    @EnumSource
    void whatWasReadDuringTheTroubleIsStoredBehindIt(Trouble trouble) throws Exception {
        readDuring(trouble, Duration.ofSeconds(5));
    }

    @Test
    @Tag("long")
    void whatWasReadDuringALongOverloadIsStoredBehindIt() throws Exception {
        readDuring(Trouble.REFUSING, Duration.ofSeconds(30));
    }

    /** What was read before its pod vanished is only in the spool, and comes from there. */
    private void readDuring(Trouble trouble, Duration time) throws Exception {
        SegmentedLogs sink = sink(LogStoreConfig.builder().spoolBytes(SPOOL));
        LogCollector collector = collector(sink, LogCollectorConfig.builder());
        collector.start();
        containers.start();
        await().atMost(PATIENCE).until(() -> sink.stats().segments() > CONTAINERS);
        assertThat(sink.stats().isHealthy()).isTrue();

        trouble.begin(s3, network);
        await("the trouble to be seen")
                .atMost(PATIENCE)
                .until(() -> !sink.stats().isHealthy());
        LogStoreStats troubled = sink.stats();
        assertThat(troubled.lastError()).isNotBlank();
        assertThat(troubled.failures()).isPositive();
        await().during(time).atMost(PATIENCE).until(() -> sink.stats().failingSince() != null);
        assertThat(sink.stats().failingSince()).isEqualTo(troubled.failingSince());
        containers.endAll();
        awaitAllRead(collector);
        assertThat(sink.stats().spoolBytes()).isBetween(1L, SPOOL);
        assertThat(sink.stats().isHealthy()).isFalse();
        containers.deletePods();
        s3.heal();
        network.heal();

        assertThat(collector.awaitIdle(PATIENCE)).isTrue();
        containers.assertComplete(sink, trouble + ", seed " + seed);
        assertThat(sink.stats().isHealthy()).as("%s", sink.stats()).isTrue();
        assertThat(sink.stats().lastError()).isNull();
        assertThat(sink.stats().spoolBytes()).isZero();
    }

    /** Beyond the spool's bound nothing is read on: the node keeps the rest. */
    @Test
    void aSpoolThatIsFullStopsTheReadingAndLosesNothing() throws Exception {
        long bound = 256 << 10;
        SegmentedLogs sink =
                sink(LogStoreConfig.builder().segmentBytes(32 << 10).spoolBytes(bound));
        LogCollector collector = collector(sink, LogCollectorConfig.builder().lagLimit(Duration.ofMinutes(5)));
        s3.refuse(503);
        collector.start();
        containers.start();
        await("the spool to be full").atMost(PATIENCE).until(() -> {
            assertThat(sink.stats().spoolBytes()).isLessThanOrEqualTo(bound);
            return containers.emittedBytes() > 3 * bound && sink.stats().spoolBytes() > bound / 2;
        });
        assertThat(collector.stats().bytes()).isLessThanOrEqualTo(bound);
        assertThat(sink.stats().spoolBound()).isEqualTo(bound);
        assertThat(sink.stats().isHealthy()).isFalse();
        s3.heal();
        containers.endAll();
        assertThat(collector.awaitIdle(PATIENCE)).isTrue();
        containers.assertComplete(sink, "seed " + seed);
    }

    @Test
    void aSlowStoreGetsEverythingInFewSegments() throws Exception {
        SegmentedLogs sink = sink(LogStoreConfig.builder().segmentBytes(8 << 10).spoolBytes(SPOOL));
        LogCollector collector = collector(sink, LogCollectorConfig.builder());
        s3.delayPuts(Duration.ofSeconds(2));
        collector.start();
        containers.start();
        await("text to wait").atMost(PATIENCE).until(() -> sink.stats().spoolBytes() > CONTAINERS * (16L << 10));
        await().atMost(PATIENCE).until(() -> sink.stats().segments() > CONTAINERS);
        containers.endAll();
        assertThat(collector.awaitIdle(PATIENCE)).isTrue();
        containers.assertComplete(sink, "seed " + seed);
        assertThat(sink.stats().segments() * (8L << 10)).isLessThan(containers.emittedBytes());
        assertThat(sink.stats().isHealthy()).isTrue();
    }

    /** Logs that wait for the store take no place from those that are to be read. */
    @Test
    void containersThatStartDuringTheTroubleAreReadThoughOthersWaitToBeSealed() throws Exception {
        SegmentedLogs sink = sink(LogStoreConfig.builder().spoolBytes(SPOOL));
        LogCollector collector = collector(sink, LogCollectorConfig.builder().maxStreams(2));
        s3.refuse(503);
        collector.start();
        containers.start(0, 2);
        await().atMost(PATIENCE).until(() -> containers.emittedBytes() > 10_000);
        containers.end(0);
        containers.end(1);
        awaitAllRead(collector);
        containers.start(2, CONTAINERS);
        await().atMost(PATIENCE).until(() -> containers.emittedBytes() > 50_000);
        containers.endAll();
        awaitAllRead(collector);
        s3.heal();
        assertThat(collector.awaitIdle(PATIENCE)).isTrue();
        containers.assertComplete(sink, "seed " + seed);
    }

    /** Until every container's log is in the spool and known to be over. */
    private void awaitAllRead(LogCollector collector) {
        await("everything to be in the spool")
                .atMost(PATIENCE)
                .until(() -> collector.stats().bytes() == containers.emittedBytes());
        await("the ends to be proven")
                .during(Duration.ofSeconds(2))
                .atMost(PATIENCE)
                .until(() -> containers.openStreams() == 0);
    }

    private SegmentedLogs sink(LogStoreConfig.Builder config) {
        s3.createBucket("logs");
        S3Client client = opened(S3ClientConfig.builder(s3.region())
                .endpoint(URI.create("http://127.0.0.1:" + network.port()))
                .credentials(
                        StaticCredentialsProvider.create(AwsBasicCredentials.create(s3.accessKey(), s3.secretKey())))
                .socketTimeout(Duration.ofSeconds(4))
                .callTimeout(Duration.ofSeconds(5))
                .build()
                .openClient());
        return opened(new SegmentedLogs(
                new S3BlobStore(client, S3BlobStoreConfig.builder("logs").build()),
                config.segmentAge(Duration.ofMillis(500))
                        .spoolDirectory(folder.resolve("spool"))
                        .build()));
    }

    private LogCollector collector(SegmentedLogs sink, LogCollectorConfig.Builder config) {
        KubernetesClient client = opened(HttpStack.JDK.connect(server.kubeconfig()));
        FabricContainerLogs logs = opened(new FabricContainerLogs(client, FabricConfig.defaults()));
        return opened(new LogCollector(
                logs,
                sink,
                config.headWindow(Duration.ofMinutes(30))
                        .minBackoff(Duration.ofMillis(50))
                        .maxBackoff(Duration.ofSeconds(1))
                        .checkAfter(Duration.ofSeconds(2))
                        .build(),
                InstantSource.system()));
    }

    private <T extends AutoCloseable> T opened(T resource) {
        open.add(resource);
        return resource;
    }
}

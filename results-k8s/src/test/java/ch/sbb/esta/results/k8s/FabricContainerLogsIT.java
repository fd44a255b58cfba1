package ch.sbb.esta.results.k8s;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import ch.sbb.esta.results.ResultsException;
import ch.sbb.esta.results.ResultsException.Code;
import ch.sbb.esta.results.internal.Threads;
import ch.sbb.esta.results.spi.ContainerLogs.Mode;
import ch.sbb.esta.results.spi.ContainerLogs.Request;
import ch.sbb.esta.results.testkit.ManualClock;
import ch.sbb.esta.results.testkit.PodDriver.Container;
import ch.sbb.esta.results.testkit.kube.KubeApiServer;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.ConfigBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** What {@link FabricContainerLogs} does beyond the contract, with each HTTP client. */
final class FabricContainerLogsIT {

    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final Instant TIME = Instant.parse("2026-11-20T10:00:00Z");

    private final List<AutoCloseable> open = new ArrayList<>();
    private final ManualClock clock = new ManualClock(TIME);

    @AfterEach
    void close() throws Exception {
        for (int i = open.size() - 1; i >= 0; i--) {
            open.get(i).close();
        }
    }

    @ParameterizedTest
    @EnumSource
    void moreLogsAreFollowedAtOnceThanAConnectionHasStreams(HttpStack stack) throws Exception {
        int many = 150;
        TestCluster cluster = start(stack, KubeApiServer.builder().tls().clock(clock));
        TestPods pods = new TestPods(cluster.server(), clock);
        FabricContainerLogs logs = logs(cluster.client(), FabricConfig.defaults());
        List<String> names = new ArrayList<>();
        for (int i = 0; i < many; i++) {
            names.add("step-" + i);
        }
        pods.create("ns-a", "pod", "uid", names);
        pods.startAll("ns-a", "pod");
        List<InputStream> streams = new ArrayList<>();
        for (String name : names) {
            Container container = new Container("ns-a", "pod", name);
            pods.write(container, TIME, ("first of " + name + "\n").getBytes(StandardCharsets.UTF_8));
            streams.add(logs.open(new Request("ns-a", "pod", name, null, Mode.FOLLOW)));
        }
        ExecutorService threads = Executors.newFixedThreadPool(many, Threads.named("test-follow"));
        open.add(threads::shutdownNow);
        List<Callable<String>> reads = new ArrayList<>();
        streams.forEach(stream -> reads.add(() -> new String(stream.readAllBytes(), StandardCharsets.UTF_8)));
        List<Future<String>> texts = reads.stream().map(threads::submit).toList();
        for (String name : names) {
            Container container = new Container("ns-a", "pod", name);
            pods.write(container, TIME, ("last of " + name + "\n").getBytes(StandardCharsets.UTF_8));
        }
        pods.terminateAll("ns-a", "pod");
        for (int i = 0; i < many; i++) {
            assertThat(texts.get(i).get(60, TimeUnit.SECONDS).lines())
                    .hasSize(2)
                    .anyMatch(("2026-11-20T10:00:00.000000000Z last of step-" + i)::equals);
        }
    }

    @ParameterizedTest
    @EnumSource
    void aReaderThatDoesNotReadStopsTheSender(HttpStack stack) throws Exception {
        try (RawHttpServer server = RawHttpServer.endless()) {
            KubernetesClient client = connect(stack, server.url());
            InputStream log = logs(client, FabricConfig.defaults()).open(request(Mode.FOLLOW));
            AtomicLong before = new AtomicLong();
            await("the sender to be stopped")
                    .atMost(PATIENCE)
                    .pollInterval(Duration.ofMillis(500))
                    .until(() -> before.getAndSet(server.sent()) == server.sent() && server.sent() > 0);
            assertThat(server.sent()).isLessThan(32 << 20);
            long stopped = server.sent();
            assertThat(log.readNBytes(64 << 20)).hasSize(64 << 20);
            assertThat(server.sent()).isGreaterThan(stopped);
            log.close();
        }
    }

    @ParameterizedTest
    @EnumSource
    void aCutConnectionEndsTheStreamAfterWhatHasArrived(HttpStack stack) throws Exception {
        TestCluster cluster = start(stack, KubeApiServer.builder().clock(clock));
        TestPods pods = new TestPods(cluster.server(), clock);
        Container container = new Container("ns-a", "pod", "step-a");
        pods.create("ns-a", "pod", "uid", List.of("step-a"));
        pods.start(container);
        pods.write(container, TIME, "one\n".getBytes(StandardCharsets.UTF_8));
        InputStream log = logs(cluster.client(), FabricConfig.defaults())
                .open(new Request("ns-a", "pod", "step-a", null, Mode.FOLLOW));
        byte[] line = log.readNBytes("2026-11-20T10:00:00.000000000Z one\n".length());
        assertThat(new String(line, StandardCharsets.UTF_8)).endsWith(" one\n");
        CompletableFuture<Boolean> ended = CompletableFuture.supplyAsync(() -> {
            try {
                return log.read() == -1;
            } catch (IOException e) {
                return true;
            }
        });
        cluster.network().cut();
        assertThat(ended.get(60, TimeUnit.SECONDS)).isTrue();
    }

    @ParameterizedTest
    @EnumSource
    void closingTheLogsEndsTheStreamsAndNotTheClient(HttpStack stack) throws Exception {
        TestCluster cluster = start(stack, KubeApiServer.builder().tls().clock(clock));
        TestPods pods = new TestPods(cluster.server(), clock);
        pods.create("ns-a", "pod", "uid", List.of("step-a"));
        pods.start(new Container("ns-a", "pod", "step-a"));
        FabricContainerLogs logs = new FabricContainerLogs(cluster.client(), FabricConfig.defaults());
        Request follow = new Request("ns-a", "pod", "step-a", null, Mode.FOLLOW);
        InputStream log = logs.open(follow);
        CompletableFuture<Void> read =
                CompletableFuture.runAsync(() -> assertThatThrownBy(log::read).isInstanceOf(IOException.class));
        logs.close();
        logs.close();
        read.get(60, TimeUnit.SECONDS);
        assertThatThrownBy(() -> logs.open(follow)).isInstanceOf(IllegalStateException.class);
        assertThat(cluster.client().getHttpClient().isClosed()).isFalse();
        assertThat(logs.findPod("ns-a", "pod")).isPresent();
    }

    @ParameterizedTest
    @CsvSource({
        "JDK,429,UNAVAILABLE", "VERTX,429,UNAVAILABLE", "JDK,503,UNAVAILABLE", "VERTX,503,UNAVAILABLE",
        "JDK,403,DENIED", "VERTX,403,DENIED", "JDK,400,INVALID", "VERTX,404,NOT_FOUND"
    })
    void anErrorIsSaidAtOnceAndAskedForOnce(HttpStack stack, int status, Code code) throws Exception {
        try (RawHttpServer server = RawHttpServer.answering(status, "{\"kind\":\"Status\",\"message\":\"so it is\"}")) {
            FabricContainerLogs logs = logs(connect(stack, server.url()), FabricConfig.defaults());
            assertThatThrownBy(() -> logs.open(request(Mode.READ)))
                    .isInstanceOfSatisfying(
                            ResultsException.class, e -> assertThat(e.code()).isEqualTo(code))
                    .hasMessageContainingAll("ns-a/pod/step-a", String.valueOf(status), "so it is");
            assertThat(server.requests()).isEqualTo(1);
        }
    }

    @ParameterizedTest
    @EnumSource
    void anAnswerThatDoesNotComeIsATimeout(HttpStack stack) throws Exception {
        try (RawHttpServer server = RawHttpServer.silent()) {
            FabricConfig config = FabricConfig.builder()
                    .requestTimeout(Duration.ofMillis(300))
                    .build();
            FabricContainerLogs logs = logs(connect(stack, server.url()), config);
            assertThatThrownBy(() -> logs.open(request(Mode.FOLLOW)))
                    .isInstanceOfSatisfying(
                            ResultsException.class, e -> assertThat(e.code()).isEqualTo(Code.TIMEOUT));
            assertThatThrownBy(() -> logs.findPod("ns-a", "pod"))
                    .isInstanceOfSatisfying(
                            ResultsException.class, e -> assertThat(e.code()).isEqualTo(Code.TIMEOUT));
        }
    }

    @ParameterizedTest
    @EnumSource
    void aWrongTokenIsDeniedAndNotSaid(HttpStack stack) {
        TestCluster cluster = start(stack, KubeApiServer.builder());
        Config config = new ConfigBuilder(cluster.client().getConfiguration())
                .withOauthToken("s3cret-token")
                .build();
        KubernetesClient client = stack.connect(config);
        open.add(client);
        FabricContainerLogs logs = logs(client, FabricConfig.defaults());
        assertThatThrownBy(() -> logs.open(request(Mode.READ)))
                .isInstanceOfSatisfying(
                        ResultsException.class, e -> assertThat(e.code()).isEqualTo(Code.DENIED))
                .hasMessageNotContaining("s3cret");
        assertThatThrownBy(() -> logs.findPod("ns-a", "pod"))
                .isInstanceOfSatisfying(
                        ResultsException.class, e -> assertThat(e.code()).isEqualTo(Code.DENIED));
    }

    private TestCluster start(HttpStack stack, KubeApiServer.Builder builder) {
        TestCluster cluster = TestCluster.start(stack, builder);
        open.add(cluster);
        return cluster;
    }

    private KubernetesClient connect(HttpStack stack, String url) {
        KubernetesClient client = stack.connect(
                new ConfigBuilder(Config.empty()).withMasterUrl(url).build());
        open.add(client);
        return client;
    }

    private FabricContainerLogs logs(KubernetesClient client, FabricConfig config) {
        FabricContainerLogs logs = new FabricContainerLogs(client, config);
        open.add(logs);
        return logs;
    }

    private static Request request(Mode mode) {
        return new Request("ns-a", "pod", "step-a", null, mode);
    }
}
